"""How examples are written: by whom, of which clips, and at what price."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from audsem_data.core.stage import run_only
from audsem_data.llm.answers import Variant
from audsem_data.llm.backends import BackendConfig
from audsem_data.llm.prompts import prompt_version


class GenerateConfig(BackendConfig):
    """How examples are written."""

    prompt_version: int = prompt_version()
    variants: tuple[Variant, ...] = Field(
        ("simple", "semantic"), description="without and with the nine semantic descriptors (paper: both)"
    )
    share: float = Field(
        1.0,
        gt=0,
        le=1,
        description="fraction of the clips, by hash, that this task is written of (the paper's mix, 20, 25, 50 and "
        "5 % of the examples, comes of about 0.8, 0.4, 0.8 and 0.2)",
    )
    seed: int = Field(0, description="changes wordings and distractors, or what a model draws, and nothing else")
    regenerations: int = Field(5, ge=0, description="how often what is not fit is asked for again (paper: up to 5)")
    judge: bool = Field(True, description="whether a model reads what a model wrote (paper: a separate judge)")
    judge_model: str = Field(
        "", description="what its server calls the judge; empty: the writer judges, in a call of its own"
    )
    judge_endpoint: str = run_only("", "address of the judge's server; empty: the writer's")
    currency: str = run_only("USD", "what prices are in")
    price_in: float = run_only(0.0, "money for a million tokens of prompt")
    price_cached: float = run_only(0.0, "money for a million tokens of prompt that were cached")
    price_out: float = run_only(0.0, "money for a million tokens written")

    def price(self, usage: Mapping[str, float]) -> tuple[float, str] | None:
        """Return the money that writing and judging cost; None where no price is set."""
        if not (self.price_in or self.price_out):
            return None
        read, cached, written = (
            usage.get(name, 0) + usage.get(f"judge_{name}", 0)
            for name in ("tokens_in", "tokens_cached", "tokens_out")
        )
        millions = (read - cached) * self.price_in + cached * self.price_cached + written * self.price_out
        return millions / 1e6, self.currency

    @property
    def identity(self) -> dict[str, Any]:
        """The options that change what the chosen backend writes."""
        names = super().identity
        if self.backend == "rules":  # as records have said it since rules were a writer
            return {"writer": "rules", **{name: names[name] for name in ("variants", "share", "seed")}}
        return names
