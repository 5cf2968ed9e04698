"""What a model is asked to write, as JSON: a schema for each task and variant, enforced and then read strictly.

Source: paper, appendix C.3 (thinking, optional descriptors, answer; two to three items a clip).
"""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.llm.answers import Example, Task, Variant

INSTRUCTION = "Describe the audio in detail."  # paper, section 4: what captions are trained to answer
LEAST_ITEMS, MOST_ITEMS = 2, 3
_ABOUT = ("$defs", "title", "description", "properties")
CHOICES = 4

# One line of text without what JSON must escape: grammars that follow a pattern write its characters as they are,
# and those that only bound a length let raw control characters through.
Text = Annotated[str, Field(pattern=r'^[^"\\\x00-\x1f\x7f]+$')]
Phrases = Annotated[list[Text], Field(min_length=1, max_length=3)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class UnreadableError(ValueError):
    """A text is not JSON of the schema; the message says what is wrong with it."""


_DESCRIBED: dict[str, Any] = dict.fromkeys(DESCRIPTORS, (Phrases, ...))
_Elements: type[BaseModel] = create_model("SemanticElements", __base__=_Strict, **_DESCRIBED)


class Verdict(_Strict):
    """What a judge answers."""

    valid: bool
    reason: Text


@cache
def schema_of(task: Task, variant: Variant) -> type[BaseModel]:
    """Return the model of an answer; its fields stand in the order in which they are to be written."""
    asked: dict[str, Any] = {} if task == "captioning" else {"question": (Text, ...)}
    if task == "mc_qa":
        asked["choices"] = (Annotated[list[Text], Field(min_length=CHOICES, max_length=CHOICES)], ...)
    reasoned: dict[str, Any] = {"thinking": (Text, ...)}
    if variant == "semantic":
        reasoned["semantic_elements"] = (_Elements, ...)
    item: type[BaseModel] = create_model("Item", __base__=_Strict, **asked, **reasoned, answer=(Text, ...))
    if task not in ("mc_qa", "open_qa"):
        return item
    items = Annotated[list[item], Field(min_length=LEAST_ITEMS, max_length=MOST_ITEMS)]
    return create_model("Items", __base__=_Strict, items=(items, ...))


@cache
def json_schema(model: type[BaseModel]) -> Mapping[str, Any]:
    """Return a model as a JSON schema without references or titles, which not every server follows."""
    schema = model.model_json_schema()
    inlined: Mapping[str, Any] = _inlined(schema, schema.get("$defs", {}))
    return inlined


def read_examples(task: Task, variant: Variant, text: str) -> list[Example]:
    """Return what a model wrote; the right one of its choices comes first where it is among them.

    Raises:
        UnreadableError: it is not JSON of the schema of this task and variant.
    """
    value = _read(schema_of(task, variant), text)
    return [_example(item) for item in value.get("items", [value])]


def read_verdict(text: str) -> Verdict:
    """Return what a judge wrote; raises UnreadableError."""
    return Verdict(**_read(Verdict, text))


def _read(model: type[BaseModel], text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, object_pairs_hook=_once)
        read = model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UnreadableError(f"{place or 'the answer'}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"not JSON: {error}") from error
    trimmed: dict[str, Any] = _trimmed(read.model_dump())
    return trimmed


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object, refusing a name that stands in it twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return value


def _example(item: Mapping[str, Any]) -> Example:
    choices, answer = item.get("choices"), item["answer"]
    if choices:
        choices, answer = with_answer_first(choices, answer)
    question = item.get("question", INSTRUCTION)
    return Example(question, item["thinking"], answer, choices, item.get("semantic_elements"))


def with_answer_first(choices: Sequence[str], answer: str) -> tuple[list[str], str]:
    """Return the choices with the one that the answer repeats, up to case and a full stop, first; and that one.

    Both stay as they are where no choice, or more than one, is the answer.
    """
    right = [place for place, choice in enumerate(choices) if _plain(choice) == _plain(answer)]
    if len(right) != 1:
        return list(choices), answer
    [place] = right
    return [choices[place], *choices[:place], *choices[place + 1 :]], choices[place]


def _trimmed(value: Any) -> Any:
    """Return a value whose texts have no space around them."""
    if isinstance(value, dict):
        return {name: _trimmed(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_trimmed(inner) for inner in value]
    return value.strip() if isinstance(value, str) else value


def _plain(text: str) -> str:
    return text.casefold().strip(" .")


def _inlined(value: Any, defs: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_inlined(inner, defs) for inner in value]
    if not isinstance(value, Mapping):
        return value
    if "$ref" in value:
        return _inlined(defs[value["$ref"].rpartition("/")[2]], defs)
    names = value.get("properties")
    kept = {
        name: _inlined(inner, defs) for name, inner in value.items() if name not in ("$defs", "title", "properties")
    }
    if names is not None:
        kept["properties"] = {name: _inlined(inner, defs) for name, inner in names.items()}
    return kept
