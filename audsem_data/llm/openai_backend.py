"""A model behind a server that speaks the OpenAI protocol: vLLM, SGLang, llama.cpp, Ollama, hosted ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from audsem_data.core.outcome import Failed
from audsem_data.llm.backend import Reply, Request
from audsem_data.llm.endpoint import Endpoint

_ANSWER = "answer"  # the protocol wants a name for a schema


class OpenAIBackend:
    """Asks with the schema in the server's dialect; what fails for a while is asked again by the endpoint."""

    def __init__(self, endpoint: Endpoint, model: str, dialect: Literal["json_schema", "llama.cpp"]) -> None:
        self._endpoint, self._model, self._dialect = endpoint, model, dialect

    def ask(self, requests: Sequence[Request]) -> Iterator[tuple[int, Reply | Failed]]:
        """Yield (place, answer), each as soon as the server has given it."""
        for place, answer, seconds in self._endpoint.ask_each([self._body(request) for request in requests]):
            yield place, answer if isinstance(answer, Failed) else _reply(answer, seconds)

    def _body(self, request: Request) -> dict[str, Any]:
        sampling = request.sampling
        return {
            "model": self._model,
            "messages": list(request.messages),
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": request.seed,
            "response_format": self._format(request.schema),
        }

    def _format(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        if self._dialect == "llama.cpp":
            return {"type": "json_object", "schema": schema}
        return {"type": "json_schema", "json_schema": {"name": _ANSWER, "schema": schema, "strict": True}}


def _reply(answer: Mapping[str, Any], seconds: float) -> Reply:
    """Return what was said; a refusal by the server's own field counts as words, which the validators judge."""
    choice = answer["choices"][0]
    message = choice["message"]
    usage = answer.get("usage") or {}
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Reply(
        text=message.get("content") or message.get("refusal") or "",
        finished=choice.get("finish_reason") != "length",
        tokens_in=int(usage.get("prompt_tokens") or 0),
        tokens_cached=int(cached),
        tokens_out=int(usage.get("completion_tokens") or 0),
        seconds=seconds,
    )
