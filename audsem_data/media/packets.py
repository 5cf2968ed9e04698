"""Read a container's packets to its end, passing over broken places."""

from collections.abc import Iterator

import av
from av import Packet
from av.container import InputContainer
from av.stream import Stream

_MAX_ERRORS = 100


def read_packets(container: InputContainer, *streams: Stream) -> Iterator["Packet[Stream]"]:
    """Yield the packets of these streams, or of all; a container broken in over 100 places ends there."""
    for _ in range(_MAX_ERRORS):
        try:
            yield from container.demux(*streams)
        except av.error.FFmpegError:
            continue
        return
