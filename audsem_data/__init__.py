"""audsem-data: a resumable pipeline that builds audio-language datasets from sound captions."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["Project", "__version__", "with_audio"]


def __getattr__(name: str) -> Any:
    """Import the API when it is first asked for, so that the command line starts fast."""
    if name == "Project":
        from audsem_data.runtime.api import Project  # noqa: PLC0415

        return Project
    if name == "with_audio":
        from audsem_data.publish.joining import with_audio  # noqa: PLC0415

        return with_audio
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
