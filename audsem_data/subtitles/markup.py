"""What in a cue's text is markup and not text: tags, ASS override codes, character entities."""

import html
import re

# Only tags that subtitle formats have: any other `<...>`, such as `<laughs>`, is somebody's text.
_TAG = re.compile(
    r"</?(?:b|i|u|s|c|v|em|strong|ruby|rt|lang|font|span|p|div)(?:[.\s][^<>]*)?/?>|<\d[\d:.,]*>", re.IGNORECASE
)
_LINE_BREAK = re.compile(r"<br\s*/?>|\\N", re.IGNORECASE)
# `{\an8}` is markup; `{paper tearing}` is a caption.
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")


def strip_markup(text: str) -> str:
    """Return a cue's text as the viewer sees it, its line breaks kept, outer white space removed."""
    text = _OVERRIDE.sub("", _LINE_BREAK.sub("\n", text))
    text = html.unescape(_TAG.sub("", text)).replace("\0", "").strip()
    return text.encode("utf-8", "replace").decode()  # JSON can escape half a surrogate pair
