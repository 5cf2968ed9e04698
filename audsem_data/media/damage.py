"""Tell damaged pictures from memory that ran out: codecs often say the same of both."""

import av

from audsem_data.media.isolated import memory_left

_BYTES_A_PIXEL = 32  # of the pictures that a decoder may keep at once


def blame_damage(error: av.error.FFmpegError, pixels: int) -> None:
    """Return if an error of a codec, on pictures of so many pixels, says that they are damaged or impossible.

    Raises MemoryError where memory is so short that it may be the cause: then nothing is known of the pictures.
    """
    left = memory_left()
    if isinstance(error, MemoryError) or (left is not None and left < pixels * _BYTES_A_PIXEL):
        raise MemoryError(str(error)) from error
