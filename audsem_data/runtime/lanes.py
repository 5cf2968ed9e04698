"""Lanes: the stages of a group at work beside one another, each on its own clips in their order."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from audsem_data.core.stage import Media
from audsem_data.runtime.guard import Guard
from audsem_data.runtime.prefetch import Buffer
from audsem_data.runtime.stage_shard import StageShard

Clip = tuple[str, Mapping[Media, Any]]


class Lanes:
    """`with Lanes(...) as lanes:` offer it clips; when the block ends, every stage has worked on all of its clips.

    What a stage raises is in its guard, and the stage gets no more clips. Media are shared between lanes, not
    copied.

    Args:
        members: the stages, which are entered already.
        guards: by a stage's name.
        size: bytes of a clip.
        most: bytes that may wait for each stage; 0 has them work in turn, in the caller's thread.
    """

    def __init__(
        self, members: Sequence[StageShard], guards: Mapping[str, Guard], size: Callable[[Clip], int], most: int
    ) -> None:
        self._members, self._guards = members, guards
        self._buffers = [Buffer(size, most) for _ in members] if most else []
        self._stack = ExitStack()
        self._working: list[Future[None]] = []

    def __enter__(self) -> Self:
        if self._buffers:
            threads = self._stack.enter_context(ThreadPoolExecutor(len(self._members), "lane"))
            lanes = zip(self._members, self._buffers, strict=True)
            self._working = [threads.submit(self._drain, member, buffer) for member, buffer in lanes]
        return self

    def offer(self, clip: Clip) -> None:
        """Give a clip to the stages that it is pending for; waits while one of their lanes is full."""
        for place, member in enumerate(self._members):
            if clip[0] in member.pending:
                if self._buffers:
                    self._buffers[place].put(clip)
                else:
                    self._work(member, lambda member=member: member.offer(*clip))  # type: ignore[misc]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for buffer in self._buffers:
            buffer.end() if error is None else buffer.close()
        self._stack.__exit__(kind, error, trace)
        if error is None:
            for done in self._working:
                done.result()

    def _drain(self, member: StageShard, buffer: Buffer[Clip]) -> None:
        try:
            for clip in buffer.drain():
                self._work(member, lambda clip=clip: member.offer(*clip))  # type: ignore[misc]
            if not buffer.closed:
                self._work(member, member.flush)
        finally:
            buffer.close()  # what an exit of this thread would leave waiting, nobody takes

    def _work(self, member: StageShard, work: Callable[[], None]) -> None:
        guard = self._guards[member.stage.name]
        if guard.error is None:
            with guard:
                work()
