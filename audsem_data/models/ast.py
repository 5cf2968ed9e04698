"""Audio Spectrogram Transformer, fine-tuned on AudioSet: how likely each of the 527 sound classes is in a clip.

Source: Gong et al., AST: Audio Spectrogram Transformer, Interspeech 2021; MIT/ast-finetuned-audioset-10-10-0.4593.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import ASTForAudioClassification

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.audioset import labels
from audsem_data.models.kaldi_fbank import AST_SCALING, FRAME, RATE, SHIFT, Fbank, frames_of
from audsem_data.models.placement import batch_samples, place, torch_device
from audsem_data.models.pretrained import load_pretrained
from audsem_data.models.ragged import counts, padded

Array = np.ndarray[Any, Any]

_AUTO = Device()
_FILLING = -AST_SCALING.mean / (2 * AST_SCALING.deviation)  # a log energy of 0, normalised


class Ast:
    """The probabilities of AudioSet's classes in clips of 16 kHz.

    The network looks at a fixed number of frames (1,024: 10.24 s). A shorter clip is filled up with
    log energies of 0, as the published feature extractor does; a longer one is looked at in consecutive windows
    whose probabilities are averaged, each weighted by how much of the clip it holds.
    """

    def __init__(self, folder: Path, device: Device = _AUTO, dtype: str = "float32") -> None:
        """Load a folder as published; raises ModelError, also for labels that are not AudioSet's."""
        network = load_pretrained(ASTForAudioClassification, folder)
        _check_labels(network.config.id2label, folder)
        self._device = torch_device(device)
        self._frames = int(network.config.max_length)
        self.fbank = Fbank(AST_SCALING).to(self._device)
        self.network = place(network, device, dtype)

    def __call__(self, clips: Sequence[Array]) -> list[Array | None]:
        """Return one float32 array of 527 probabilities a clip, in the order of AudioSet's index.

        The same, to 1e-5 at float32, whatever else is in the batch. A clip shorter than a frame (25 ms) is silence
        up to there. None for a clip whose samples or probabilities are not all finite.

        Args:
            clips: float32 mono samples in [-1, 1] at 16 kHz, (samples,).
        """
        windows = [self._windows(clip) for clip in clips]
        likely = self._run([window for of_clip in windows for window in of_clip])
        results: list[Array | None] = []
        for clip, of_clip in zip(clips, windows, strict=True):
            rows, likely = likely[: len(of_clip)], likely[len(of_clip) :]
            weights = [frames_of(len(window)) for window in of_clip]
            mean = np.average(rows, axis=0, weights=weights).astype(np.float32)
            results.append(mean if np.isfinite(clip).all() and np.isfinite(mean).all() else None)
        return results

    def _windows(self, clip: Array) -> list[Array]:
        """Return the samples of each window: as many frames as the network takes, or fewer at a clip's end."""
        filled = np.pad(clip, (0, max(0, FRAME - len(clip))))
        begins = range(0, len(filled), self._frames * SHIFT)
        windows = [filled[begin : begin + (self._frames - 1) * SHIFT + FRAME] for begin in begins]
        return [window for window in windows if len(window) >= FRAME]  # a shorter rest was in the window before

    @torch.inference_mode()
    def _run(self, windows: Sequence[Array]) -> Array:
        size = max(1, batch_samples(self._device, RATE) // (self._frames * SHIFT))
        rows = []
        for begin in range(0, len(windows), size):
            batch = windows[begin : begin + size]
            features = self._features(batch).to(self.network.dtype)
            rows.append(self.network(features).logits.float().sigmoid())
        return torch.cat(rows).cpu().numpy() if rows else np.zeros((0, len(labels())), np.float32)

    def _features(self, windows: Sequence[Array]) -> Tensor:
        """Return (windows, max frames, 128); frames after a window's own are log energies of 0, normalised."""
        features = self.fbank(padded(windows, self._device))
        missing = self._frames - features.shape[1]
        features = torch.nn.functional.pad(features, (0, 0, 0, missing), value=_FILLING)
        own = counts([frames_of(len(window)) for window in windows], self._device)
        beyond = torch.arange(self._frames, device=self._device) >= own[:, None]
        return features.masked_fill(beyond[..., None], _FILLING)


def _check_labels(named: dict[int, str], folder: Path) -> None:
    """Refuse a checkpoint of other classes, such as one that was fine-tuned on ESC-50."""
    found = [named[index] for index in sorted(named)]
    for index, label in enumerate(labels()):
        other = found[index] if index < len(found) else "nothing"
        if other.casefold() != label.casefold():
            raise ModelError(
                f"{folder} does not name AudioSet's classes: its class {index} is {other!r}, AudioSet's {label!r}"
            )
    if len(found) > len(labels()):
        raise ModelError(f"{folder} names {len(found)} classes; AudioSet has {len(labels())}")
