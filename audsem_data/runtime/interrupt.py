"""A first Ctrl-C (or SIGTERM) finishes what is in flight and stops; a second stops at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from audsem_data.runtime.engine import Engine

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def graceful(engine: Engine) -> Iterator[None]:
    """Turn the first interrupt into `engine.stop()`; raises KeyboardInterrupt when the block has then ended."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread; whoever called us from another handles them
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        if engine.stopping:
            raise KeyboardInterrupt
        engine.stop()
        sys.stderr.write("finishing what is in flight; once more to stop at once (nothing committed is lost)\n")

    before = {number: signal.signal(number, on_signal) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if engine.stopping:
        raise KeyboardInterrupt
