"""Which video of a workspace a person means, by its id or an address, however that was copied."""

import difflib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pyarrow.parquet as pq

from audsem_data.acquisition.addresses import ids_in, plain_address
from audsem_data.core.errors import UsageError
from audsem_data.core.keys import escape_video_id, unescape_video_id
from audsem_data.media.names import is_address
from audsem_data.runtime.context import Context
from audsem_data.runtime.fetched_subtitles import journal_videos, subtitle_files
from audsem_data.runtime.holdings import videos_in

_INVISIBLE = "\u200b\u200e\u200f\ufeff"
_NEAR = 3
_MANY = 20_000  # ids among which looking for near ones takes seconds


class KnownVideos:
    """The videos that a workspace knows: from its files, its frozen partition, what was fetched, exclude.txt."""

    def __init__(self, context: Context) -> None:
        self._context = context
        root = context.root
        self.held = videos_in(root) | subtitle_files(root).keys() | set(journal_videos(root).values())
        self.ids = self.held | context.workspace.partition().keys() | context.excluded

    def find(self, given: str) -> str:
        """Return the escaped id of the video that is meant.

        An id may come with spaces around it, in another case, escaped or not; an address in any form that the site
        has. Raises UsageError, with the ids that are most alike, for what names no known video or several.
        """
        text = given.strip().strip(_INVISIBLE).strip()
        if not text:
            raise UsageError("an empty text names no video")
        for name in self._names(text):
            for video in (name, escape_video_id(name)):
                if video in self.ids:
                    return video
            if alike := self._by_case.get(escape_video_id(name).casefold()) or self._by_case.get(name.casefold()):
                if len(alike) > 1:
                    raise UsageError(f"{given!r} may be {' or '.join(alike)}: the case of letters tells; give one")
                return alike[0]
        near = self._near(text)
        raise UsageError(
            f"{given!r} names no video of {self._context.root}; nothing was changed"
            + (f". Near it: {', '.join(near)}" if near else "")
            + ". To keep out a video that is not here yet, list its id in exclude.txt"
        )

    @cached_property
    def _by_case(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for video in sorted(self.ids):
            found.setdefault(video.casefold(), []).append(video)
        return found

    def _names(self, text: str) -> Iterator[str]:
        """Yield what the text may call a video, most likely first."""
        yield text
        address = text if is_address(text) else f"https://{text}" if "." in text and "/" in text else ""
        if address:
            yield from self._recorded.get(plain_address(address), ())
            yield from ids_in(address)

    @cached_property
    def _recorded(self) -> dict[str, list[str]]:
        """The videos at each address that the workspace has noted."""
        found: dict[str, list[str]] = {}
        for address, video in (*journal_videos(self._context.root).items(), *self._addresses()):
            found.setdefault(plain_address(address), []).append(video)
        return found

    def _addresses(self) -> Iterator[tuple[str, str]]:
        workspace = self._context.workspace
        for stage in self._context.stages.values():
            columns = [column.name for column in stage.columns if column.name in ("media", "address")]
            if not columns or "video_id" not in {column.name for column in stage.columns}:
                continue
            for record in workspace.records(stage).values():
                rows: list[dict[str, Any]] = pq.read_table(
                    workspace.path(stage, record.data), columns=["video_id", columns[0]], partitioning=None
                ).to_pylist()
                for video, address in {(row["video_id"], row[columns[0]]) for row in rows}:
                    if address and is_address(address):
                        yield address, video

    def _near(self, text: str) -> list[str]:
        names = [escape_video_id(name).casefold() for name in self._names(text)]
        pool = list(self._by_case)
        if len(pool) > _MANY:
            ends = {end for name in names for end in (name[:3], name[-3:])}
            pool = [one for one in pool if one[:3] in ends or one[-3:] in ends]
        close = [one for name in names for one in difflib.get_close_matches(name, pool, _NEAR)]
        return [unescape_video_id(video) for one in dict.fromkeys(close) for video in self._by_case[one]][:_NEAR]
