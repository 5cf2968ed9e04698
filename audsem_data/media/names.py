"""How media are named: by the endings of files that are looked for, video before sound, or by an address."""

MEDIA_SUFFIXES = ("mp4", "webm", "mkv", "mov", "avi", "m4v", "ts", "wav", "flac", "mp3", "ogg", "opus", "m4a")


def is_address(name: str) -> bool:
    """Say whether what names a medium is an address on the web, not a path."""
    return name.startswith(("http://", "https://"))
