"""Where the videos are for which the sources name no address."""

from urllib.parse import quote

from audsem_data.core.keys import unescape_video_id

YOUTUBE = "https://www.youtube.com/watch?v={video_id}"


def page_of(template: str, video_id: str) -> str:
    """Return the address of a video, given an address with `{video_id}` in it and the escaped id."""
    return template.replace("{video_id}", quote(unescape_video_id(video_id), safe=""))
