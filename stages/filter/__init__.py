"""Scores that speak for or against a clip, and the one stage that decides."""
