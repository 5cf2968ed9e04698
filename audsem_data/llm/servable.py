"""Options of a stage whose model runs in this process, or behind a server that speaks the OpenAI protocol."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.model import ModelConfig
from audsem_data.core.stage import run_only
from audsem_data.llm.endpoint import Endpoint


class ServableConfig(ModelConfig):
    """Where the model runs, and what it is called there."""

    backend: Literal["transformers", "openai"] = Field(
        "transformers",
        description="transformers: the model runs in this process; openai: behind a server of that protocol",
    )
    endpoint: str = run_only("", "address of the server, up to and with /v1")
    served_model: str = Field("", description="what the server calls the model")

    @classmethod
    def renamed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a recipe's options by today's names: `backend` was `engine`, `openai` was `endpoint`."""
        found = dict(values)
        engine = found.pop("engine", None)
        return {"backend": "openai" if engine == "endpoint" else engine, **found} if engine else found

    @property
    def modules(self) -> tuple[str, ...]:
        """What a model in this process needs; one behind a server needs nothing here."""
        return super().modules if self.backend == "transformers" else ()

    @property
    def asks(self) -> tuple[str, str] | None:
        """The server."""
        return (self.endpoint, self.served_model) if self.backend == "openai" else None

    @property
    def unset(self) -> str:
        """What a server must be told."""
        named = self.asks is None or all(self.asks)
        return "" if named else "backend=openai needs endpoint=URL (with /v1) and served_model=NAME"

    def server(self, stage: str) -> Endpoint | None:
        """Return the server, None where the model runs here. Raises UsageError where it is wanted and not named."""
        if self.backend != "openai":
            return None
        if self.unset:
            raise UsageError(f"{stage}: {self.unset}")
        return Endpoint(self.endpoint)
