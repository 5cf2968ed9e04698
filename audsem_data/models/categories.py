"""The categories that CLIP chooses from, and which implementation of it chooses."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.stage import run_only
from audsem_data.models.frame_batches import PictureModel
from audsem_data.models.specs import CLIP
from audsem_data.models.store import folder_of, locate

IMAGENET = "imagenet-simple-labels.json"


class ZeroShotConfig(ModelConfig):
    """Options of the stage that names what is seen by CLIP."""

    categories: str = run_only("", "file of categories, one a line or a JSON list; ImageNet's 1,000 where empty")
    sentence: str = Field("a photo of a {category}", description="what a category is called for CLIP (paper)")
    top: int = Field(1, ge=1, description="categories kept of each picture, the likeliest first")
    backend: Literal["transformers", "open-clip"] = Field(
        "transformers", description="transformers, or the open_clip_torch package (an extra) with `checkpoint`"
    )
    architecture: str = Field("ViT-B-32", description="what open_clip calls the network of its checkpoint")

    @property
    def modules(self) -> tuple[str, ...]:
        """What the backend imports."""
        return ("torch", "open_clip") if self.backend == "open-clip" else super().modules


def categories_of(config: ZeroShotConfig) -> tuple[str, ...]:
    """Return the categories. Raises UsageError for a list that is not there, empty, or names one twice."""
    path = Path(config.categories).expanduser() if config.categories else folder_of(CLIP) / IMAGENET
    try:
        text = path.read_text(encoding="utf-8")
        names = json.loads(text) if path.suffix == ".json" else text.splitlines()
        found = tuple(name.strip() for name in names if name.strip())
    except (OSError, ValueError, AttributeError, TypeError) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"annotate-clip: the categories {path} cannot be read ({said}); name a file by --set "
            "annotate-clip.categories=FILE, or get ImageNet's by `audsem-data models fetch clip`"
        ) from error
    twice = next((name for index, name in enumerate(found) if name in found[:index]), None)
    if config.categories and (not found or twice):
        raise UsageError(f"annotate-clip: {path} names {f'{twice!r} twice' if twice else 'no category'}")
    return found


def identity_of(config: ZeroShotConfig) -> Mapping[str, str]:
    """Return what the stage's fingerprint says of model and categories: a list counts by its content."""
    if not config.categories:
        return {**CLIP.identity, "categories": IMAGENET}
    digest = hashlib.sha256("\n".join(categories_of(config)).encode()).hexdigest()
    return {**CLIP.identity, "categories": digest[:16]}


def open_zero_shot(config: ZeroShotConfig, names: Sequence[str], device: Device) -> PictureModel:
    """Load CLIP and embed the categories: it gives a row of probabilities a picture. Raises ModelError."""
    path = locate(CLIP, config.checkpoint)
    texts = [config.sentence.format(category=name) for name in names]
    if config.backend == "open-clip":
        from audsem_data.models.open_clip import OpenClip  # noqa: PLC0415  (its package may be absent)

        return OpenClip(path, config.architecture, texts, device)
    from audsem_data.models.clip import Clip  # noqa: PLC0415  (transformers is heavy)

    return Clip(path, texts, device, config.dtype)
