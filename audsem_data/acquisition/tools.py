"""The tools that fetch: yt-dlp, and an ffmpeg on the path or from pip."""

import importlib.util
import shutil

from audsem_data.core.errors import UsageError


def find_ffmpeg() -> str | None:
    """Return the path of an ffmpeg, or None where there is none."""
    if found := shutil.which("ffmpeg"):
        return found
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        return None
    import imageio_ffmpeg  # noqa: PLC0415  (an extra)

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError:  # the package without its binary
        return None


def check_tools() -> None:
    """Raise UsageError, saying how to get it, for a tool that is not there."""
    if importlib.util.find_spec("yt_dlp") is None:
        raise UsageError("fetching needs yt-dlp: pip install 'audsem-data[download]'")
    if find_ffmpeg() is None:
        raise UsageError("fetching needs ffmpeg: pip install 'audsem-data[download]' brings one")
