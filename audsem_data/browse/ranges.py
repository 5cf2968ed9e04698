"""A part of a file by HTTP, which browsers ask for when a listener moves to another place in the sound."""

import re
from collections.abc import Mapping

from starlette.responses import Response

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def ranged(wanted: str | None, data: bytes, kind: str, headers: Mapping[str, str]) -> Response:
    """Return all of the data, or the one range that the header `Range` wants (RFC 9110, section 14)."""
    said = {**headers, "Accept-Ranges": "bytes"}
    match = _RANGE.fullmatch(wanted) if wanted else None
    if match is None or not any(match.groups()):
        return Response(data, media_type=kind, headers=said)
    first, last = match.groups()
    begin = int(first) if first else max(len(data) - int(last), 0)
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if begin > end:
        return Response(status_code=416, headers={**said, "Content-Range": f"bytes */{len(data)}"})
    said["Content-Range"] = f"bytes {begin}-{end}/{len(data)}"
    return Response(data[begin : end + 1], 206, said, kind)
