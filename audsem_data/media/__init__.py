"""Decoding, cutting, encoding and measuring media, and reading subtitles."""
