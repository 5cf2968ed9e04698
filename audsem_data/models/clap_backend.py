"""Which implementation of CLAP is used: transformers', or the laion-clap package with a checkpoint of its own."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
import pyarrow as pa
from pydantic import Field

from audsem_data.core.model import Device, ModelConfig
from audsem_data.models.specs import CLAP
from audsem_data.models.store import locate

Array = np.ndarray[Any, Any]

EMBEDDING = pa.list_(pa.float32(), 512)


class ClapConfig(ModelConfig):
    """Options of the stages that embed by CLAP; both must have the same, or their spaces differ."""

    backend: Literal["transformers", "laion-clap"] = Field(
        "transformers",
        description="transformers, or the laion-clap package (an environment of its own) with `checkpoint`",
    )


class ClapBackend(Protocol):
    """What either gives: an embedding of length 1 for each clip or text, None where there is none."""

    def embed_audio(self, clips: Sequence[Array]) -> list[Array | None]:
        """Embed float32 mono clips of 48 kHz."""
        ...

    def embed_text(self, texts: Sequence[str]) -> list[Array | None]:
        """Embed texts."""
        ...


def open_clap(config: ClapConfig, device: Device) -> ClapBackend:
    """Load CLAP; raises ModelError."""
    path = locate(CLAP, config.checkpoint)
    if config.backend == "laion-clap":
        from audsem_data.models.laion_clap import LaionClap  # noqa: PLC0415  (its package may be absent)

        return LaionClap(path, device)
    from audsem_data.models.clap import Clap  # noqa: PLC0415  (transformers is heavy)

    return Clap(path, device, config.dtype)
