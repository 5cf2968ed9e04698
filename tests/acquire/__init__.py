"""Acquisition: real yt-dlp and ffmpeg against a server on loopback."""
