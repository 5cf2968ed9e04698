"""A clip's samples, and what several measures share: its level over time and its spectrogram."""

from functools import cached_property

import numpy as np
import scipy
from numpy.typing import NDArray

from audsem_data.media.level import FLOOR_DB
from audsem_data.media.mixdown import Samples

LEVEL_FRAME_S = 0.05
WINDOW_S = 0.032
HOP_S = 0.01
SILENT_DBFS = -60.0
SILENT_BELOW_LOUDEST_DB = 40.0


class Signal:
    """Mono float32 samples, shape (n,), n >= 1, with full scale 1, at `rate` hertz.

    All but `samples` are of the signal without its mean: a constant offset cannot be heard.
    """

    def __init__(self, samples: Samples, rate: int) -> None:
        self.samples, self.rate = samples, rate
        self.duration_s = len(samples) / rate

    @cached_property
    def centred(self) -> Samples:
        """Return the samples without their mean, float32 shape (n,)."""
        return self.samples - np.float32(self.samples.mean(dtype=np.float64))

    @cached_property
    def levels(self) -> NDArray[np.float64]:
        """Return the RMS of frames of 50 ms that follow each other, in dBFS; one frame if the clip is shorter."""
        return rms_levels(self.centred, max(round(LEVEL_FRAME_S * self.rate), 1))

    @cached_property
    def audible(self) -> NDArray[np.bool_]:
        """Say which 50 ms frames are not silent: above -60 dBFS and at most 40 dB below the loudest."""
        threshold = max(SILENT_DBFS, float(self.levels.max()) - SILENT_BELOW_LOUDEST_DB)
        return np.asarray(self.levels > threshold)

    @cached_property
    def power(self) -> NDArray[np.float32]:
        """Return the power spectrogram, shape (frames, bins): whole Hann windows of 32 ms, one every 10 ms.

        Zeros fill the one window of a clip that is shorter.
        """
        window, hop = round(WINDOW_S * self.rate), round(HOP_S * self.rate)
        padded = np.pad(self.centred, (0, max(window - len(self.samples), 0)))
        frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
        taper = np.hanning(window + 1)[:-1].astype(np.float32)
        spectrum = scipy.fft.rfft(frames * taper, axis=1)
        power: NDArray[np.float32] = spectrum.real**2 + spectrum.imag**2
        return power

    @cached_property
    def frequencies(self) -> NDArray[np.float64]:
        """Return the bins of `power`, in hertz."""
        size = round(WINDOW_S * self.rate)
        return np.arange(size // 2 + 1, dtype=np.float64) * (self.rate / size)


def rms_levels(samples: Samples, frame: int) -> NDArray[np.float64]:
    """Return the RMS of each whole frame in dBFS, at least -120; of all samples if there is no whole frame."""
    whole = len(samples) // frame * frame
    frames = samples[:whole].reshape(-1, frame) if whole else samples[None]
    power = np.einsum("ij,ij->i", frames, frames, dtype=np.float64) / frames.shape[1]
    return np.asarray(10 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10))))
