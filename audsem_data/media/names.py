"""How media files are named: the endings that are looked for, video before sound."""

MEDIA_SUFFIXES = ("mp4", "webm", "mkv", "mov", "avi", "m4v", "ts", "wav", "flac", "mp3", "ogg", "opus", "m4a")
