"""From ids, addresses, channels and playlists to a folder of subtitles that `ingest` reads.

The folder lies in the workspace. A journal beside the files says what became of each video, so that a run that was
killed, or that is repeated with more videos, asks for nothing again that was answered for good.
"""

import json
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from audsem_data.acquisition.addresses import youtube_ids
from audsem_data.acquisition.calling import call_fetching
from audsem_data.acquisition.governor import THROTTLED_TRIES
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.pages import YOUTUBE, page_of
from audsem_data.acquisition.reasons import FetchError
from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.media.isolation import Isolated
from audsem_data.media.names import is_address
from audsem_data.runtime.fetched_subtitles import FOLDER, JOURNAL, Entry, read_journal
from audsem_data.storage.location import storage_errors
from audsem_data.storage.workspace import Workspace

_COOL_DOWN_S = 3600.0
_MEMORY = 2 << 30
_SECONDS = 600.0  # for one video, waiting for the governor apart
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")


def addresses_of(given: Sequence[str]) -> list[str]:
    """Return the addresses of what was given: addresses, YouTube ids, and files with one of either a line.

    Raises InputError for what is none of these.
    """
    found: list[str] = []
    for one in given:
        if is_address(one):
            found.append(one)
        elif Path(one).is_file():
            lines = [line.strip() for line in Path(one).read_text(encoding="utf-8-sig").splitlines()]
            found += addresses_of([line for line in lines if line and not line.startswith("#")])
        elif _VIDEO_ID.fullmatch(one):
            found.append(page_of(YOUTUBE, one))
        else:
            raise InputError(f"{one!r} is no address, no YouTube id (11 letters), and no file that lists them")
    return list(dict.fromkeys(found))


class SubtitleFetcher:
    """Fetches the manual English subtitles of videos into a workspace."""

    def __init__(self, root: Path, options: FetchOptions, redo: frozenset[str] = frozenset()) -> None:
        """Set where to, how hosts are asked, and for which reasons a video that failed is asked for again."""
        self.folder = root / FOLDER
        self._options, self._redo = options, redo
        self._excluded = Workspace(root).excluded()
        self._isolated = Isolated(_MEMORY)
        with storage_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._known = read_journal(self.folder / JOURNAL)

    def run(self, given: Sequence[str], say: Callable[[str], None]) -> Counter[str]:
        """Fetch what is not there yet, and return how many of all videos ended how: `done`, or a reason.

        `say` gets a line for each video that is asked for. What exclude.txt names is `excluded`: nothing of it is
        fetched, nor noted in the journal.
        """
        from audsem_data.acquisition.subtitles import fetch_subtitles  # noqa: PLC0415  (an extra)

        counts: Counter[str] = Counter()
        for address in self._videos(addresses_of(given)):
            entry = self._known.get(address)
            if self._is_excluded(address, entry):
                counts["excluded"] += 1
                continue
            if entry is None or self._is_due(entry):
                answer = self._call(fetch_subtitles, address, self.folder, self._options, self._excluded)
                if getattr(answer, "excluded", False):
                    counts["excluded"] += 1
                    continue
                entry = self._note(address, answer)
                say(f"{entry['outcome']}: {address} {entry['detail']}".rstrip())
            counts[entry["outcome"]] += 1
        return counts

    def _videos(self, addresses: Sequence[str]) -> Iterator[str]:
        """Yield the videos of these addresses, channels and playlists taken apart."""
        from audsem_data.acquisition.subtitles import list_videos  # noqa: PLC0415  (an extra)

        for address in addresses:
            if address in self._known or address.startswith(page_of(YOUTUBE, "")):
                yield address
                continue
            answer = self._call(list_videos, address, self._options)
            if isinstance(answer, FetchError):
                self._note(address, answer)
                yield address
            else:
                yield from answer

    def _call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return the answer; of a host that is asked too often, the one that it gives when we may ask again."""
        for _ in range(THROTTLED_TRIES):
            answer = call_fetching(self._isolated, function, *arguments, seconds=_SECONDS)
            if not (isinstance(answer, FetchError) and answer.throttles):
                break
        return answer

    def _is_excluded(self, address: str, entry: Entry | None) -> bool:
        """Say whether exclude.txt names the video at an address, as far as that is known without asking."""
        names = [*youtube_ids(address), *([entry["video_id"]] if entry and entry["video_id"] else [])]
        return any(escape_video_id(name) in self._excluded for name in names)

    def _is_due(self, entry: Entry) -> bool:
        if entry["outcome"] in self._redo:
            return True
        return bool(entry["transient"]) and time.time() - entry["at"] >= _COOL_DOWN_S

    def _note(self, address: str, answer: Any) -> Entry:
        """Write what became of a video into the journal, durably."""
        failed = isinstance(answer, FetchError)
        entry = {
            "address": address,
            "outcome": str(answer.reason) if failed else "done" if answer.files else "no_subtitles",
            "detail": answer.detail if failed else "",
            "transient": failed and answer.reason.transient,
            "video_id": None if failed else answer.video_id,
            "at": time.time(),
        }
        with storage_errors(self.folder), (self.folder / JOURNAL).open("ab") as journal:
            journal.write(b"\n" + json.dumps(entry).encode() + b"\n")  # a torn line before it stays alone
            journal.flush()
            os.fsync(journal.fileno())
        self._known[address] = entry
        return entry
