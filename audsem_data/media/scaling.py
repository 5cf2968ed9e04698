"""Scale frames to the pictures of a clip: upright, yuv420p, and in one kind of colour whatever the source's was.

The matrix is BT.601's and the range limited: what readers take untagged pictures of this size to be in. FFmpeg's
filter converts both by what a frame says (PyAV's own reformatting does not); one that says nothing is taken so.
"""

from av import VideoFrame
from av.filter import Graph

MATRIX = 6  # AVCOL_SPC_SMPTE170M, BT.601's
RANGE = 1  # AVCOL_RANGE_MPEG, limited
_SCALE = "flags=bicubic+accurate_rnd+bitexact+full_chroma_int:out_color_matrix=smpte170m:out_range=limited"
_UPRIGHT = {1: ("transpose", "cclock"), 2: ("rotate", "PI"), 3: ("transpose", "clock")}  # by quarter turns


def turns(frame: VideoFrame) -> int:
    """Return how many quarter turns counter-clockwise show the frame upright."""
    return round(frame.rotation / 90) % 4


class Scaler:
    """Scales frames of one file; keeps what it needs as long as they are alike."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._made_for: tuple[object, ...] = ()

    def scale(self, frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
        """Return the frame upright at `size`, (width, height) in pixels; raises FFmpegError if it cannot be."""
        kind = (
            frame.width,
            frame.height,
            frame.format.name,
            frame.colorspace,
            frame.color_range,
            turns(frame),
            size,
        )
        if self._graph is None or kind != self._made_for:
            self._graph, self._made_for = _graph(frame, size), kind
        self._graph.vpush(frame)
        return self._graph.vpull()


def _graph(frame: VideoFrame, size: tuple[int, int]) -> Graph:
    graph = Graph()
    graph.threads = 1
    kind = f"colorspace={frame.colorspace}:range={frame.color_range}"
    source = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000:{kind}"
    turned = turns(frame)
    width, height = size[::-1] if turned % 2 else size
    nodes = [graph.add("buffer", source), graph.add("scale", f"{width}:{height}:{_SCALE}")]
    nodes.append(graph.add("format", "yuv420p"))
    if turned:
        nodes.append(graph.add(*_UPRIGHT[turned]))
    nodes.append(graph.add("buffersink"))
    graph.link_nodes(*nodes).configure()
    return graph
