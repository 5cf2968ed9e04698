"""CLAP by its authors' package, laion-clap, for the checkpoints that it publishes and transformers does not.

The package pins numpy<2 and loads a text tokenizer from the Hub: it lives in an environment of its own, see
docs/models.md. Windows are those of `Clap`: the package never gets more than 10 s, so it never crops at random.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.checkpoint import read_checkpoint
from audsem_data.models.clap import RATE, unit, windows_of
from audsem_data.models.placement import batch_samples, torch_device

Array = np.ndarray[Any, Any]


class LaionClap:
    """Embeds clips of 48 kHz, and texts; every embedding has length 1."""

    def __init__(self, checkpoint: Path, device: Device) -> None:
        """Load a checkpoint of the package (`*.pt`); raises ModelError, also where the package is absent."""
        try:
            import laion_clap  # noqa: PLC0415
        except ImportError as error:
            raise ModelError(
                f"the laion-clap package cannot be imported ({error}); install the extra laion-clap in an "
                "environment of its own, or use backend=transformers"
            ) from error
        read_checkpoint(checkpoint)  # refuses what would run; the package reads it once more
        self._device = torch_device(device)
        self._module = laion_clap.CLAP_Module(enable_fusion=False, device=str(self._device))
        self._module.load_ckpt(str(checkpoint), verbose=False)
        self._module.eval()

    @torch.inference_mode()
    def embed_audio(self, clips: Sequence[Array]) -> list[Array | None]:
        """Return one float32 array of length 1 a clip; None for an empty clip and one that is not finite."""
        results: list[Array | None] = []
        size = max(1, batch_samples(self._device, RATE) // (10 * RATE))
        for clip in clips:
            windows = windows_of(clip)
            rows = [
                self._module.get_audio_embedding_from_data(
                    x=np.stack(windows[begin : begin + size]), use_tensor=False
                )
                for begin in range(0, len(windows), size)
            ]
            results.append(unit(np.concatenate(rows).mean(0)) if rows and np.isfinite(clip).all() else None)
        return results

    @torch.inference_mode()
    def embed_text(self, texts: Sequence[str]) -> list[Array | None]:
        """Return one float32 array of length 1 a text."""
        # The package squeezes a batch of one away: it gets each text twice.
        return [unit(self._module.get_text_embedding([text, text], use_tensor=False)[0]) for text in texts]
