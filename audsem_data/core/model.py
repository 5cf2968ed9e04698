"""What a neural model is before it is loaded: where its weights come from, whose they are, and where it runs."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import Field

from audsem_data.core.stage import Config

# How records tell weights that nobody published from those of a ModelSpec.
OWN_WEIGHTS = "own checkpoint "
SERVED = "served as "


@dataclass(frozen=True)
class ModelSpec:
    """A published model that a stage loads; all of them stand in `audsem_data/models/specs.py`.

    Attributes:
        name: what `audsem-data models fetch NAME` calls it.
        source: `hf:OWNER/NAME` on the Hub, or the https address of one file.
        revision: the pinned commit on the Hub; empty for an address.
        files: the files that loading needs; glob patterns are allowed on the Hub.
        sha256: the digest of a file where its publisher, or the Hub, states one.
        licence: of the weights, as an SPDX identifier where there is one.
        beside: files laid beside these, by what holds them: another repository (`hf:OWNER/NAME@COMMIT`), or an
            address ending in `/`.
        rate: hertz of the audio that it takes; 0 for none.
        memory: GiB that loading and a batch need at the default dtype, roughly.
        reference: the paper or model card.
    """

    name: str
    source: str
    files: tuple[str, ...]
    licence: str
    reference: str
    revision: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rate: int = 0
    memory: float = 1.0

    @property
    def identity(self) -> dict[str, str]:
        """What a stage's fingerprint says of the model; which weights of it answered is in the records."""
        return {"model": " ".join([self.source, *(source.partition("@")[0] for source in self.beside)])}


@dataclass(frozen=True)
class Device:
    """Where a model runs; changes no result beyond the stated tolerance, so it enters no fingerprint.

    Attributes:
        name: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
        compile: run the network through torch.compile.
        worker: which worker of the machine this is; `auto` and `cuda` give each the next GPU in turn.
    """

    name: str = "auto"
    compile: bool = False
    worker: int = 0

    @property
    def expects_gpu(self) -> bool:
        """Whether models will run on an NVIDIA GPU, as far as can be said without torch."""
        return self.name.startswith("cuda") or (self.name == "auto" and shutil.which("nvidia-smi") is not None)


class ModelConfig(Config):
    """Base of the options of a stage that loads a model."""

    checkpoint: str = Field(
        "", description="file or folder to load instead of the published weights; its content counts, not its place"
    )
    dtype: str = Field(
        "float32", pattern="^(float32|bfloat16|float16)$", description="float32, bfloat16 or float16 weights"
    )

    @property
    def identity(self) -> dict[str, Any]:
        """The options that a fingerprint covers: of a checkpoint, that it is one's own."""
        return {**super().identity, "checkpoint": "own" if self.checkpoint else ""}

    @property
    def modules(self) -> tuple[str, ...]:
        """What loads a network in this process."""
        return ("torch", "transformers")
