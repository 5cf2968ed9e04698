"""The one schema of every task config, the schema of `clips`, and both as `datasets` writes them down.

The `huggingface` metadata of a Parquet file and the features in the README's YAML are made here, from the
Arrow schema alone, so they cannot disagree; a test holds both against what `datasets.Features` makes, whose
import would cost each worker a second.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.core.errors import StageError
from audsem_data.core.schema import CLIP_ID, INTERVAL, Column

RATE = 32_000
LETTERS = ("A", "B", "C", "D")

AUDIO = Column(
    "audio",
    pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    "sound of the clip, mono, 16 bit, as FLAC at 32 kHz; absent where the release leaves audio out",
)
RIGHTS = (
    Column("license", pa.string(), "licence of the recording; null where none is recorded", nullable=True),
    Column("source", pa.string(), "where the recording comes from"),
)
EXAMPLE_ID = Column("example_id", pa.string(), "clip, task, variant and number: CLIP_TASK_VARIANT_K")
TASK_COLUMNS = (
    EXAMPLE_ID,
    CLIP_ID,
    AUDIO,
    Column("task", pa.string(), "captioning, mc_qa, open_qa or creative_writing"),
    Column("variant", pa.string(), "simple, or semantic: with semantic elements"),
    *INTERVAL,
    Column("question", pa.string(), "what is asked, or the instruction", nullable=True),
    Column("choices", pa.list_(pa.string()), "the four options of mc_qa; null for other tasks", nullable=True),
    Column("answer_index", pa.int64(), "letter of the right option, A to D, for mc_qa", nullable=True),
    Column("thinking", pa.string(), "the reasoning that leads to the answer"),
    Column(
        "semantic_elements",
        pa.struct([(name, pa.list_(pa.string())) for name in DESCRIPTORS]),
        "nine descriptors of the sound (paper, Table 2); null in the simple variant",
        nullable=True,
    ),
    Column("answer", pa.string(), "the answer"),
    *RIGHTS,
)

# Columns that mean more than their Arrow type; everything else is told by the type.
_LOGICAL: Mapping[str, Mapping[str, Any]] = {
    "audio": {"sampling_rate": RATE, "_type": "Audio"},
    "answer_index": {"names": list(LETTERS), "_type": "ClassLabel"},
}
_RENAMED = {"float": "float32", "double": "float64"}


def task_schema(*, audio: bool) -> pa.Schema:
    """Return the schema of every file of every task config, with or without the audio column."""
    return dataset_schema([column.field() for column in TASK_COLUMNS if audio or column is not AUDIO])


def clips_schema(evidence: pa.Schema, *, audio: bool) -> pa.Schema:
    """Return the schema of `clips`: id, audio, interval, every other column of `evidence`, rights."""
    first = [CLIP_ID, *([AUDIO] if audio else []), *INTERVAL]
    known = {column.name for column in first}
    clash = {AUDIO.name, *(column.name for column in RIGHTS)} & set(evidence.names)
    if clash:
        raise StageError(
            f"combine has a column {min(clash)!r}, which the dataset uses itself; rename the annotator"
        )
    rest = [field for field in evidence if field.name not in known]
    return dataset_schema([*(c.field() for c in first), *rest, *(c.field() for c in RIGHTS)])


def dataset_schema(fields: Sequence[pa.Field]) -> pa.Schema:
    """Return these columns, all nullable and without notes, with the metadata that `datasets` reads.

    Raises StageError for a type that `datasets` could not load the same way in every file.
    """
    features = {field.name: _LOGICAL.get(field.name) or _feature(field.type, field.name) for field in fields}
    bare = [pa.field(field.name, plain(field.type)) for field in fields]
    return pa.schema(bare, {"huggingface": json.dumps({"info": {"features": features}})})


def plain(type_: pa.DataType) -> pa.DataType:
    """Return the type without notes and with everything nullable, as `datasets` makes types."""
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(inner.name, plain(inner.type)) for inner in type_])
    if pa.types.is_list(type_):
        return pa.list_(plain(type_.value_type))
    return type_


def features_of(schema: pa.Schema) -> dict[str, Any]:
    """Return the features that a schema of `dataset_schema` carries, as `datasets` writes them in JSON."""
    features: dict[str, Any] = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    return features


def yaml_features(features: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return features as the `dataset_info` of a README lists them."""
    return [{"name": name, **_yaml(feature)} for name, feature in features.items()]


def _feature(type_: pa.DataType, name: str) -> dict[str, Any]:
    if pa.types.is_struct(type_):
        return {inner.name: _feature(inner.type, f"{name}.{inner.name}") for inner in type_}
    if pa.types.is_list(type_):
        return {"feature": _feature(type_.value_type, name), "_type": "List"}
    if pa.types.is_primitive(type_) or pa.types.is_string(type_):
        return {"dtype": _RENAMED.get(str(type_), str(type_)), "_type": "Value"}
    raise StageError(
        f"column {name} is {type_}, which a dataset cannot hold; declare it as text, number, list or struct"
    )


def _yaml(feature: Mapping[str, Any]) -> dict[str, Any]:
    match feature.get("_type"):
        case "Value":
            return {"dtype": feature["dtype"]}
        case "Audio":
            return {"dtype": {"audio": {"sampling_rate": feature["sampling_rate"]}}}
        case "ClassLabel":
            return {"dtype": {"class_label": {"names": dict(_numbered(feature["names"]))}}}
        case "List":
            (inner,) = _yaml(feature["feature"]).items()
            return {"list": dict([inner]) if inner[0] == "list" else inner[1]}
        case _:
            return {"struct": yaml_features(feature)}


def _numbered(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(str(number), name) for number, name in enumerate(names)]
