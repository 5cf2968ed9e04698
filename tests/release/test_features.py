"""What we write by hand for `datasets` must be what `datasets` writes itself."""

import pyarrow as pa
import pytest

from audsem_data.core.descriptors import DESCRIPTORS
from audsem_data.core.errors import StageError
from audsem_data.publish.features import (
    LETTERS,
    clips_schema,
    dataset_schema,
    features_of,
    task_schema,
    yaml_features,
)

EVIDENCE = pa.schema(
    [
        pa.field("clip_id", pa.string(), nullable=False),
        pa.field("video_id", pa.string()),
        pa.field("start_ms", pa.int64()),
        pa.field("end_ms", pa.int64()),
        pa.field("text", pa.string(), metadata={"doc": "a note"}),
        pa.field(
            "acoustics",
            pa.struct(
                [
                    pa.field("peak_dbfs", pa.float64(), nullable=False, metadata={"unit": "dBFS"}),
                    pa.field("level", pa.list_(pa.field("element", pa.float32(), nullable=False))),
                    pa.field("steady", pa.bool_()),
                ]
            ),
        ),
        pa.field("tags", pa.list_(pa.struct([("label", pa.string()), ("score", pa.float32())]))),
        pa.field("grid", pa.list_(pa.list_(pa.int32()))),
    ]
)


@pytest.mark.parametrize(
    "schema",
    [task_schema(audio=True), task_schema(audio=False), clips_schema(EVIDENCE, audio=True)],
    ids=["task", "task without audio", "clips"],
)
def test_metadata_and_yaml_are_those_of_datasets(schema: pa.Schema) -> None:
    from datasets import Features

    features = Features.from_dict(features_of(schema))
    assert schema.equals(features.arrow_schema, check_metadata=True)
    assert yaml_features(features_of(schema)) == features._to_yaml_list()
    assert Features._from_yaml_list(yaml_features(features_of(schema))) == features


def test_task_features_are_the_documented_ones() -> None:
    from datasets import Audio, ClassLabel, Features, List, Value

    features = Features.from_arrow_schema(task_schema(audio=True))
    assert features["audio"] == Audio(sampling_rate=32_000)
    assert features["answer_index"] == ClassLabel(names=list(LETTERS))
    assert features["choices"] == List(Value("string"))
    assert list(features["semantic_elements"]) == list(DESCRIPTORS)


def test_a_type_that_a_dataset_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(StageError, match=r"odd\.when"):
        dataset_schema([pa.field("odd", pa.struct([("when", pa.map_(pa.string(), pa.int32()))]))])


def test_an_annotator_may_not_take_the_name_of_a_dataset_column() -> None:
    with pytest.raises(StageError, match="license"):
        clips_schema(EVIDENCE.append(pa.field("license", pa.string())), audio=True)
