"""Which backend writes, and where: the options that stages share, and the backend that they mean."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from audsem_data.core.errors import UsageError
from audsem_data.core.model import OWN_WEIGHTS, Device, ModelConfig, ModelSpec
from audsem_data.core.stage import run_only
from audsem_data.llm.backend import Backend, Sampling
from audsem_data.llm.endpoint import Endpoint
from audsem_data.models.specs import QWEN2_5
from audsem_data.models.store import locate
from audsem_data.models.weights import ServableWeights, WeightsOf

Dialect = Literal["json_schema", "llama.cpp"]


class BackendConfig(ModelConfig):
    """Which model writes, how it is drawn from, and how it is run."""

    backend: Literal["rules", "vllm", "openai", "transformers"] = Field(
        "rules",
        description="what writes: rules, or a language model: vllm or transformers in this process, or openai, any "
        "server that speaks the OpenAI protocol (paper: Qwen2.5-72B-Instruct)",
    )
    served_model: str = Field("", description="what the server calls the model")
    temperature: float = Field(0.7, ge=0, description="0 takes the likeliest token each time (paper: not said)")
    top_p: float = Field(0.8, gt=0, le=1, description="share of the likeliest tokens drawn from (paper: not said)")
    max_tokens: int = Field(2048, ge=1, description="most tokens of an answer (the authors' code: 1,024 to 2,048)")
    endpoint: str = run_only("", "address of the server, up to and with /v1")
    dialect: Dialect = run_only("json_schema", "how the server takes a schema: json_schema, or llama.cpp's own way")
    concurrency: int = run_only(16, "requests at a time to a server")
    timeout: float = run_only(600.0, "seconds that a server may take for an answer")
    tensor_parallel: int = run_only(1, "GPUs that vllm spreads the model over (the authors: 4)")
    max_model_len: int = run_only(16_384, "most tokens of prompt and answer that vllm makes room for")
    gpu_memory: float = run_only(0.9, "share of a GPU's memory that vllm takes")

    @classmethod
    def renamed(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a recipe's options by today's names: `writer` and `engine` were one choice in two."""
        found = dict(values)
        writer, engine = found.pop("writer", None), found.pop("engine", "vllm")
        return {"backend": engine if writer == "model" else writer, **found} if writer else found

    @property
    def modules(self) -> tuple[str, ...]:
        """What the backend imports."""
        return {"vllm": ("vllm",), "transformers": (*super().modules, "xgrammar")}.get(self.backend, ())

    @property
    def asks(self) -> tuple[str, str] | None:
        """The server."""
        return (self.endpoint, self.served_model) if self.backend == "openai" else None

    @property
    def unset(self) -> str:
        """What a server must be told."""
        named = self.asks is None or all(self.asks)
        return "" if named else "backend=openai needs endpoint=URL (with /v1) and served_model=NAME"

    @property
    def sampling(self) -> Sampling:
        """How tokens are drawn."""
        return Sampling(self.temperature, self.top_p, self.max_tokens)

    @property
    def model_name(self) -> str:
        """What the model is called in the dataset."""
        if self.backend == "openai":
            return self.served_model
        return Path(self.checkpoint).name if self.checkpoint else QWEN2_5.source.removeprefix("hf:")

    @property
    def model_identity(self) -> str:
        """Which model is asked: a name on a server, weights of somebody's own, or the published ones."""
        if self.backend == "openai":
            return self.served_model
        return OWN_WEIGHTS.strip() if self.checkpoint else QWEN2_5.identity["model"]

    @property
    def answering(self) -> str:
        """Which weights answer, as far as can be known: what a remembered answer is kept under."""
        if self.backend == "openai":
            return self.served_model
        return WeightsOf(QWEN2_5)(self) or self.model_identity


class WriterWeights(ServableWeights):
    """The weights of what writes; rules have none."""

    def __call__(self, config: BackendConfig) -> str | None:
        """Return which weights answer under options."""
        return None if config.backend == "rules" else super().__call__(config)

    def model(self, config: BackendConfig) -> ModelSpec | None:
        """Return the published model that is to be on this machine."""
        return None if config.backend == "rules" else super().model(config)


WEIGHTS = WriterWeights(QWEN2_5)


def open_backend(config: BackendConfig, device: Device) -> Backend:
    """Return the backend; raises ModelError or UsageError. Stages of one process that mean the same share it."""
    if config.backend == "rules":
        raise UsageError("backend=rules asks no model: name vllm, openai or transformers")
    if config.backend == "openai":
        if config.unset:
            raise UsageError(config.unset)
        return _server(config.endpoint, config.served_model, config.dialect, config.concurrency, config.timeout)
    folder = locate(QWEN2_5, config.checkpoint)
    if config.backend == "transformers":
        return _in_transformers(folder, device, config.dtype)
    return _in_vllm(folder, config.dtype, config.tensor_parallel, config.max_model_len, config.gpu_memory)


@lru_cache(maxsize=2)
def _server(url: str, model: str, dialect: Dialect, concurrency: int, timeout: float) -> Backend:
    from audsem_data.llm.openai_backend import OpenAIBackend  # noqa: PLC0415  (each backend imports its own)

    return OpenAIBackend(Endpoint(url, concurrency, timeout=timeout), model, dialect)


@lru_cache(maxsize=1)
def _in_transformers(folder: Path, device: Device, dtype: str) -> Backend:
    from audsem_data.llm.transformers_backend import TransformersBackend  # noqa: PLC0415  (torch is heavy)

    return TransformersBackend(folder, device, dtype)


@lru_cache(maxsize=1)
def _in_vllm(folder: Path, dtype: str, tensor_parallel: int, max_model_len: int, gpu_memory: float) -> Backend:
    from audsem_data.llm.vllm_backend import VllmBackend  # noqa: PLC0415  (vllm is heavy, and may be absent)

    return VllmBackend(folder, dtype, tensor_parallel, max_model_len, gpu_memory)
