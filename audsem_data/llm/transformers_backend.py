"""A chat model of transformers in this process; xgrammar lets it write nothing but what the schema allows.

For small models, and for machines without a server: requests are answered one by one, so that an answer depends on
its own seed and prompt, and on nothing that is asked beside it.
"""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import xgrammar
from transformers import AutoModelForCausalLM, AutoTokenizer
from xgrammar.contrib.hf import LogitsProcessor

from audsem_data.core.model import Device
from audsem_data.core.outcome import Failed
from audsem_data.llm.backend import Reply, Request
from audsem_data.models.placement import place
from audsem_data.models.pretrained import load_pretrained


class TransformersBackend:
    """Answers chats by the model's own chat template."""

    def __init__(self, folder: Path, device: Device | None = None, dtype: str = "float32") -> None:
        """Load a chat model; raises ModelError."""
        self._tokenizer = load_pretrained(AutoTokenizer, folder)
        self._network = place(load_pretrained(AutoModelForCausalLM, folder), device or Device(), dtype)
        size = self._network.config.vocab_size  # a network's vocabulary is often padded beyond the tokenizer's
        known = xgrammar.TokenizerInfo.from_huggingface(self._tokenizer, vocab_size=size)
        self._compiler = xgrammar.GrammarCompiler(known)

    def ask(self, requests: Sequence[Request]) -> Iterator[tuple[int, Reply | Failed]]:
        """Yield (place, answer), in order."""
        for index, request in enumerate(requests):
            yield index, self._answer(request)

    def _answer(self, request: Request) -> Reply:
        started = time.monotonic()
        template = self._tokenizer.apply_chat_template
        prompt = template(list(request.messages), add_generation_prompt=True, return_dict=True, return_tensors="pt")
        prompt = prompt.to(self._network.device)
        length = prompt["input_ids"].shape[1]
        with torch.random.fork_rng(), torch.inference_mode():
            torch.manual_seed(request.seed)
            made = self._network.generate(
                **prompt, **self._drawing(request), logits_processor=[self._grammar(request.schema)]
            )
        written = made[0, length:]
        ended = int(written[-1]) in self._ends
        return Reply(
            text=self._tokenizer.decode(written, skip_special_tokens=True),
            finished=ended or len(written) < request.sampling.max_tokens,
            tokens_in=length,
            tokens_out=len(written),
            seconds=time.monotonic() - started,
        )

    def _drawing(self, request: Request) -> dict[str, Any]:
        """Return how tokens are drawn; all of it said, so that nothing comes from the checkpoint's habits."""
        sampling = request.sampling
        drawn: dict[str, Any] = {"do_sample": False, "temperature": None, "top_p": None}
        if sampling.temperature > 0:
            drawn = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p}
        pad = self._tokenizer.pad_token_id
        return {
            **drawn,
            "top_k": None,
            "max_new_tokens": sampling.max_tokens,
            "pad_token_id": self._tokenizer.eos_token_id if pad is None else pad,
        }

    def _grammar(self, schema: Mapping[str, Any]) -> LogitsProcessor:
        """Return the constraint for one answer; the compiler remembers what it has compiled."""
        return LogitsProcessor(self._compiler.compile_json_schema(json.dumps(schema), any_whitespace=False))

    @property
    def _ends(self) -> set[int]:
        ends = self._network.generation_config.eos_token_id
        return set(ends) if isinstance(ends, list) else {ends}
