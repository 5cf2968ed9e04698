"""A model in this process by vLLM: structured by xgrammar, with prefix caching and chunked prefill.

Written against vLLM 0.32 (`vllm.LLM.chat`, `vllm.sampling_params.StructuredOutputsParams`).
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from audsem_data.core.errors import ModelError
from audsem_data.core.outcome import Failed
from audsem_data.llm.backend import Reply, Request

_TOGETHER = 256  # requests a call: what a kill can lose


class VllmBackend:
    """Answers chats by the model's own chat template, many at a time."""

    def __init__(
        self, folder: Path, dtype: str, tensor_parallel: int = 1, max_model_len: int = 16_384, memory: float = 0.9
    ) -> None:
        """Load a model; raises ModelError where vllm is not installed."""
        try:
            import vllm  # noqa: PLC0415  (heavy, and an extra)
            from vllm.sampling_params import StructuredOutputsParams  # noqa: PLC0415
        except ImportError as error:
            raise ModelError(f"backend=vllm needs the extra vllm, or use backend=openai ({error})") from error
        self._sampling, self._structured = vllm.SamplingParams, StructuredOutputsParams
        self._model = vllm.LLM(
            model=str(folder),
            dtype=dtype,
            tensor_parallel_size=tensor_parallel,
            max_model_len=max_model_len,
            gpu_memory_utilization=memory,
            enable_prefix_caching=True,
            enable_chunked_prefill=True,
            structured_outputs_config={"backend": "xgrammar"},
            trust_remote_code=False,
            seed=0,
        )

    def ask(self, requests: Sequence[Request]) -> Iterator[tuple[int, Reply | Failed]]:
        """Yield (place, answer), in order, as each call of the model ends."""
        for start in range(0, len(requests), _TOGETHER):
            together = requests[start : start + _TOGETHER]
            started = time.monotonic()
            answers = self._model.chat(
                [list(request.messages) for request in together],
                [self._parameters(request) for request in together],
                use_tqdm=False,
            )
            each = (time.monotonic() - started) / len(together)
            for place, answer in enumerate(answers, start):
                yield place, _reply(answer, each)

    def _parameters(self, request: Request) -> Any:
        sampling = request.sampling
        return self._sampling(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=sampling.max_tokens,
            seed=request.seed,
            structured_outputs=self._structured(json=dict(request.schema)),
        )


def _reply(answer: Any, seconds: float) -> Reply:
    written = answer.outputs[0]
    return Reply(
        text=written.text,
        finished=written.finish_reason != "length",
        tokens_in=len(answer.prompt_token_ids),
        tokens_cached=answer.num_cached_tokens or 0,
        tokens_out=len(written.token_ids),
        seconds=seconds,
    )
