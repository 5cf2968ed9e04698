"""Which weights answer: a commit, or content; the same wherever files lie; and what a card says of them."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from audsem_data.core.errors import ModelError
from audsem_data.core.model import ModelSpec
from audsem_data.core.record import FileEntry, Record
from audsem_data.llm.servable import ServableConfig
from audsem_data.models.specs import AST, BEATS, MODELS
from audsem_data.models.store import Pin, folder_of, locate, write_pin
from audsem_data.models.weights import own_weights, published_weights
from audsem_data.publish.answered import answered
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.staleness import weights_drift

ONE, OTHER = ("own checkpoint sha256:" + digit * 64 for digit in "ab")


@pytest.fixture(autouse=True)
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDSEM_MODELS", str(tmp_path / "store"))
    return tmp_path / "store"


def test_own_weights_are_their_content(tmp_path: Path) -> None:
    folder = tmp_path / "classifier"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    (folder / "config.json").write_text("{}")
    first = own_weights(str(folder))
    moved = tmp_path / "elsewhere"
    shutil.copytree(folder, moved)
    assert own_weights(str(moved)) == first
    (folder / "model.safetensors").write_bytes(b"WEIGHTS")  # retrained into the same folder, of the same size
    assert own_weights(str(folder)) != first
    digest = hashlib.sha256(b"WEIGHTS").hexdigest()
    assert own_weights(str(folder / "model.safetensors")) == f"own checkpoint sha256:{digest}"
    assert own_weights(str(tmp_path / "none")) is None


def pin(spec: ModelSpec, digest: str, **more: Any) -> None:
    folder_of(spec).mkdir(parents=True, exist_ok=True)
    write_pin(spec, Pin(spec.source, more.pop("revision", ""), {spec.files[0]: digest}, {spec.files[0]: 1}, **more))


def test_what_no_commit_names_is_told_by_what_was_fetched() -> None:
    assert published_weights(BEATS) is None
    pin(BEATS, "a" * 64)
    assert published_weights(BEATS) == f"{BEATS.source} sha256:{'a' * 64}"
    pin(BEATS, "a" * 64, mirror="hf:some/mirror", revision="1" * 40)
    assert published_weights(BEATS) == f"{BEATS.source} sha256:{'a' * 64}"  # a mirror of the same bytes is the same
    pin(BEATS, "b" * 64, mirror="hf:some/mirror")
    assert published_weights(BEATS) == f"{BEATS.source} sha256:{'b' * 64}"


def test_a_pinned_commit_is_known_without_the_files_and_no_other_is_loaded() -> None:
    assert published_weights(AST) == f"{AST.source}@{AST.revision}"
    pin(AST, "a" * 64, revision="0" * 40)
    with pytest.raises(ModelError, match="models fetch ast"):
        locate(AST, "")
    pin(AST, "a" * 64, revision=AST.revision)
    assert locate(AST, "") == folder_of(AST)


def test_most_models_of_the_hub_are_pinned() -> None:
    pinned = [spec for spec in MODELS.values() if spec.revision]
    assert all(len(spec.revision) == 40 and spec.source.startswith("hf:") for spec in pinned)
    unpinned = {s.name for s in MODELS.values() if s.source.startswith("hf:") and not s.revision}
    assert unpinned <= {"conette", "lp-musiccaps", "rt-detr", "llava-video"}


def test_every_stage_that_asks_a_model_says_which_weights_answer() -> None:
    silent = [
        stage.name
        for stage in load_stages().values()
        if "checkpoint" in stage.config.model_fields and stage.weights is None
    ]
    assert silent == []
    served = ServableConfig(backend="openai", served_model="m")
    assert load_stages()["classify-llm"].weights(served) == "served as m"  # type: ignore[misc]


def record(shard: int, weights: str | None) -> Record:
    entry = FileEntry("a", 1, "0")
    extra = {"weights": weights} if weights else {}
    return Record("x", 1, shard, "f", {}, entry, entry, None, 0, 0, {}, {}, extra=extra)


@pytest.mark.parametrize(
    ("made_by", "here", "differ"),
    [
        ((), ONE, False),
        ((None, None), ONE, False),
        ((ONE, ONE), ONE, False),
        ((ONE, None), None, False),
        ((ONE,), OTHER, True),
        ((ONE, OTHER), None, True),  # two nodes, each with weights of its own
    ],
)
def test_weights_are_never_mixed(made_by: tuple[str | None, ...], here: str | None, differ: bool) -> None:
    records = {shard: record(shard, weights) for shard, weights in enumerate(made_by)}
    assert (weights_drift(records, here) is not None) == differ


def told(stage: str, model: str = "", weights: str = "", **config: str) -> dict[str, Any]:
    identity: dict[str, Any] = {"config": config, "identity": {"model": model} if model else {}}
    return {"stage": stage, "identity": {**identity, **({"weights": weights} if weights else {})}}


def test_a_card_claims_no_licence_for_weights_that_nobody_published() -> None:
    [own] = answered([told("annotate-beats", BEATS.source, ONE)])
    assert own.name == f"own checkpoint (sha256:{'a' * 64})"
    assert own.licence == ""
    [before] = answered([told("annotate-beats", BEATS.source, checkpoint="mine.pt")])
    assert (before.name, before.licence) == ("own checkpoint (of unknown content)", "")
    [served] = answered([told("classify-llm", MODELS["mixtral"].source, "served as m")])
    assert (served.name, served.licence) == ("m", "")


def test_a_card_names_published_weights_once_and_at_their_commit() -> None:
    weights = f"{AST.source}@{AST.revision}"
    both = answered([told("annotate-ast", AST.source, weights), told("score", AST.source, weights), told("ingest")])
    assert [(one.name, one.licence, one.stages) for one in both] == [
        (f"MIT/ast-finetuned-audioset-10-10-0.4593 at {AST.revision}", AST.licence, ["annotate-ast", "score"])
    ]
