"""Which clips of a frequent caption to leave out: all but those of smallest hash."""

import heapq

from audsem_data.core.keys import hash_fraction

_SALT = "select-captions-frequency"


class Frequency:
    """Counts clips by caption, in any case of letters; memory holds every clip that is added."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._kept: dict[str, list[tuple[float, str]]] = {}
        self._left_out: list[str] = []
        self._seen: set[str] = set()

    def add(self, caption: str, clip: str) -> None:
        """Take a clip into account."""
        if self._most is None or clip in self._seen:
            return
        self._seen.add(clip)  # another track may have it too
        kept = self._kept.setdefault(caption.lower(), [])
        one = (-hash_fraction(_SALT, clip), clip)  # a heap has its smallest first: the largest hash
        if len(kept) < self._most:
            heapq.heappush(kept, one)
        else:
            self._left_out.append(heapq.heappushpop(kept, one)[1])

    def left_out(self) -> list[str] | None:
        """Return the clips that are too many; None where there is no limit."""
        return None if self._most is None else self._left_out
