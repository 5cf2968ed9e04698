"""Subtitle files as cues: VTT, SRT, json3, srv1, srv2, srv3 and Filmot dumps; damage is counted, not fatal."""
