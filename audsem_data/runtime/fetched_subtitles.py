"""The folder of fetched subtitles: which files are of which video, and the journal of what was asked for."""

import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from audsem_data.core.keys import escape_video_id
from audsem_data.storage.location import LocalLocation

FOLDER = "subtitles"
JOURNAL = "fetched.jsonl"

Entry = Mapping[str, Any]


def subtitle_files(root: Path) -> dict[str, list[Path]]:
    """Return the files of each video of a workspace, by escaped id: tracks and what is known of the page."""
    found: dict[str, list[Path]] = {}
    for path in sorted((root / FOLDER).glob("*")):
        if path.is_file() and path.name != JOURNAL:
            found.setdefault(path.name.partition(".")[0], []).append(path)
    return found


def read_journal(path: Path) -> dict[str, Entry]:
    """Return the last entry of each address; a line that a crash has torn says nothing."""
    known: dict[str, Entry] = {}
    if path.is_file():
        for line in path.read_bytes().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            known[entry["address"]] = entry
    return known


def journal_videos(root: Path) -> dict[str, str]:
    """Return the escaped id of the video at each address that was asked for, where it was told."""
    entries = read_journal(root / FOLDER / JOURNAL).items()
    return {address: escape_video_id(entry["video_id"]) for address, entry in entries if entry.get("video_id")}


def forget_subtitles(root: Path, videos: Set[str]) -> None:
    """Delete the files of videos, and what the journal says of them; for who holds the workspace alone."""
    for video, paths in subtitle_files(root).items():
        if video in videos:
            for path in paths:
                path.unlink()
    gone = {address for address, video in journal_videos(root).items() if video in videos}
    if gone:
        kept = [entry for address, entry in read_journal(root / FOLDER / JOURNAL).items() if address not in gone]
        lines = "".join(json.dumps(entry) + "\n" for entry in kept)
        LocalLocation(root).put(f"{FOLDER}/{JOURNAL}", lines.encode())
