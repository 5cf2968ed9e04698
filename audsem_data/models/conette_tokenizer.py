"""CoNeTTE's vocabulary, from its configuration, or from the pickle in its weights, of which nothing is run."""

import io
import pickle
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from audsem_data.core.errors import ModelError

_SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
_CONTAINERS = {("collections", "OrderedDict"): OrderedDict}


class Vocabulary(NamedTuple):
    """The words by id, and the ids of special tokens and tasks by name."""

    words: tuple[str, ...]
    ids: Mapping[str, int]

    @property
    def end(self) -> int:
        """The id of the end of a caption."""
        return self.ids["<eos>"]

    def task(self, name: str) -> int:
        """Return the token that asks for captions like a dataset's; raises ModelError that lists the tasks."""
        token = f"<bos_{name}>"
        if token not in self.ids:
            tasks = sorted(one[5:-1] for one in self.ids if one.startswith("<bos_"))
            raise ModelError(f"this CoNeTTE has no task {name!r}; its tasks: {', '.join(tasks)}")
        return self.ids[token]

    def text(self, ids: tuple[int, ...]) -> str:
        """Return a caption's words, without special tokens."""
        words = (self.words[index] for index in ids)
        return " ".join(word for word in words if word not in _SPECIAL and not word.startswith("<bos_"))


def read_vocabulary(state: Any, path: Path) -> Vocabulary:
    """Return the vocabulary that a tokenizer's state holds: a list, or a table by id, under a name in `itos`.

    Raises:
        ModelError: there is none, or it lacks a special token.
    """
    held = _itos(state)
    if isinstance(held, Mapping):
        try:
            held = [word for _, word in sorted((int(index), word) for index, word in held.items())]
        except (TypeError, ValueError) as error:
            raise ModelError(f"{path}: the vocabulary is no table of words by id ({error})") from error
    if not isinstance(held, list | tuple) or not all(isinstance(word, str) for word in held):
        raise ModelError(f"{path} holds no vocabulary (itos)")
    ids = {word: index for index, word in enumerate(held) if word.startswith("<")}
    if absent := [token for token in _SPECIAL if token not in ids]:
        raise ModelError(f"{path}: the vocabulary has no {', '.join(absent)}")
    return Vocabulary(tuple(held), ids)


def unpickle_plain(data: bytes, path: Path) -> Any:
    """Return what a pickle of plain containers, texts and numbers holds; raises ModelError for any other."""
    try:
        return _Plain(io.BytesIO(data)).load()
    except _RefusedError as error:
        raise ModelError(f"{path} carries a pickle that asks for {error}; it was not read further") from error
    except (pickle.UnpicklingError, EOFError, ValueError, IndexError, KeyError, AttributeError, TypeError) as error:
        raise ModelError(f"{path} carries a tokenizer's state that is damaged ({error})") from error


class _RefusedError(Exception):
    """A pickle asked for something that is no plain container."""


class _Plain(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return a container; refuse everything else."""
        if (module, name) in _CONTAINERS:
            return _CONTAINERS[module, name]
        raise _RefusedError(f"{module}.{name}")

    def persistent_load(self, pid: Any) -> Any:
        """Refuse."""
        raise _RefusedError(f"the object {pid!r} from elsewhere")


def _itos(state: Any) -> Any:
    """Return the first value under a name that ends in `itos`, at whatever depth."""
    if not isinstance(state, Mapping):
        return None
    for name, value in state.items():
        if str(name).rpartition(".")[2].strip("_") == "itos":
            return value
    return next((found for value in state.values() if (found := _itos(value)) is not None), None)
