"""audsem-data: a resumable pipeline that builds audio-language datasets from sound captions."""

__version__ = "0.1.0"
