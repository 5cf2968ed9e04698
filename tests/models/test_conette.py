"""CoNeTTE gives what the reference gives, to the word, and reads its vocabulary without running anything."""

import json
import pickle
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.conette import Conette, ConetteNetwork
from audsem_data.models.conette_decoder import DecoderSizes, Search
from audsem_data.models.conette_encoder import RATE, EncoderSizes, MelDecibels
from audsem_data.models.conette_tokenizer import unpickle_plain

from . import goldens
from .test_annotating import cli, rows

CPU = Device("cpu")
GOLDEN = goldens.load("conette")
ATOL = GOLDEN["tolerance"]
PROTOCOL = GOLDEN["golden_protocol"]
TASKS = PROTOCOL["task_tokens"]
ENCODER = EncoderSizes((1, 1, 1, 1), (8, 12, 16, 24))
DECODER = DecoderSizes(vocabulary=64, heard=24, width=32, heads=8, layers=2, hidden=48)
WORDS = [
    "<pad>",
    "<bos>",
    "<eos>",
    "<unk>",
    *(f"word{n}" for n in range(4, 57)),
    *(f"<bos_{name}>" for name in TASKS),
]
Array = np.ndarray[Any, Any]


def once() -> torch.Tensor:
    mask = torch.ones(64, dtype=torch.bool)
    mask[4:12] = False
    return mask


def tensors() -> dict[str, torch.Tensor]:
    network = ConetteNetwork(ENCODER, DECODER)
    return goldens.weights(GOLDEN, network) | {"model.forbid_rep_mask": once()}


def save(folder: Path, held: dict[str, Any], config: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    save_file({key: value.contiguous() for key, value in held.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture(scope="module")
def full() -> Iterator[ConetteNetwork]:
    network = ConetteNetwork(EncoderSizes(), DecoderSizes()).eval()
    network.load_state_dict(goldens.weights(GOLDEN, network))
    yield network


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(tmp_path_factory.mktemp("conette"), tensors(), {"tokenizer_state": {"tokenizer.itos": WORDS}})


@pytest.fixture(scope="module")
def tiny(folder: Path) -> Conette:
    return Conette(folder, CPU)


def noise(seconds: float, seed: int = 0) -> Array:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE)), np.float32)


def assert_golden(ours: torch.Tensor, case: str, name: str, atol: float) -> None:
    reference = GOLDEN["goldens"][case][name]
    values, indices = goldens.sampled(reference)
    assert list(ours.shape) == reference["shape"]
    flat = ours.detach().numpy().reshape(-1)
    goldens.assert_close(flat if indices is None else flat[indices], values.reshape(-1), atol)


def test_the_keys_are_the_published_ones(full: ConetteNetwork) -> None:
    ours = {key: list(value.shape) for key, value in full.state_dict().items()}
    front_end = ("preprocessor.encoder.spectrogram_extractor.", "preprocessor.encoder.logmel_extractor.")
    assert ours == {key: shape for key, shape in GOLDEN["state_dict"].items() if not key.startswith(front_end)}


@pytest.mark.parametrize("case", ["A", "C"])
def test_the_references_output(full: ConetteNetwork, case: str) -> None:
    with torch.inference_mode():
        mel = MelDecibels()(torch.from_numpy(goldens.sound(GOLDEN, case))[None])
        assert_golden(mel[0], case, "logmel_db", 5e-3)
        frames = full.hear(mel)
        assert_golden(frames, case, "frame_embs", ATOL["frame_embs_atol"])
        assert_golden(full.encoder.tag(frames), case, "clip_probs", ATOL["clip_probs_atol"])
        memory = full.model.project(frames)
        assert_golden(memory.transpose(1, 2), case, "projected_frame_embs", ATOL["frame_embs_atol"])
        logits = full.model.decoder(torch.tensor([PROTOCOL["teacher_forced_ids"]]), memory)
        assert_golden(logits, case, "teacher_forced_logits", ATOL["teacher_forced_logits_atol"])


@pytest.mark.parametrize("case", ["A", "C"])
@pytest.mark.parametrize(
    ("name", "task", "masked", "search"),
    [
        ("beam3_clotho_best", "clotho", True, Search()),
        ("beam3_clotho_noforbid_best", "clotho", False, Search()),
        ("beam3_audiocaps_best", "audiocaps", True, Search()),
        ("beam3_audiocaps_noforbid_best", "audiocaps", False, Search()),
        ("beam3_clotho_eos33_best", "clotho", True, Search(end=33)),
        ("greedy_clotho", "clotho", True, Search(beams=1)),
    ],
)
def test_the_references_words(
    full: ConetteNetwork, case: str, name: str, task: str, masked: bool, search: Search
) -> None:
    with torch.inference_mode():
        memory = full.model.project(full.hear(MelDecibels()(torch.from_numpy(goldens.sound(GOLDEN, case))[None])))
        found = full.model.search(memory, TASKS[task], once() if masked else None, search)
    assert len(found) == search.beams
    assert list(found[0].ids) == GOLDEN["goldens"][case][f"{name}_ids"]["values"]
    expected = GOLDEN["goldens"][case][f"{name}_avg_logprob"]["values"][0]
    assert found[0].score == pytest.approx(expected, abs=ATOL["logprob_atol"])


def test_a_clip_in_any_batch_gives_the_same_words(tiny: Conette) -> None:
    clips = [noise(s, i) for i, s in enumerate([3, 0, 0.00004, 0.1, 3, 7.3, 3])] + [np.zeros(RATE, np.float32)]
    alone = [tiny([clip])[0] for clip in clips]
    for batch, expected in ((clips, alone), (clips[::-1], alone[::-1])):
        for one, other in zip(tiny(batch), expected, strict=True):
            assert one is not None
            assert other is not None
            assert one.caption == other.caption
            assert one.score == pytest.approx(other.score, abs=1e-4)
    assert len({one.caption for one in alone if one}) > 2  # it does listen
    assert all("<" not in one.caption for one in alone if one)


def test_a_minute_and_what_is_not_finite(tiny: Conette) -> None:
    broken, sound = noise(3), noise(3, 8)
    broken[10] = np.nan
    [minute, none, fine] = tiny([noise(60), broken, sound])
    assert none is None
    assert minute is not None
    assert fine == tiny([sound])[0]


def test_the_vocabulary_may_come_as_a_pickle_in_the_weights(tiny: Conette, tmp_path: Path) -> None:
    state = OrderedDict(tokenizer=OrderedDict(_itos=dict(enumerate(WORDS))))
    carried = torch.frombuffer(bytearray(pickle.dumps(state)), dtype=torch.uint8)
    model = Conette(save(tmp_path / "carried", tensors() | {"_extra_state_": carried}, {}), CPU)
    assert model.vocabulary == tiny.vocabulary


class Dangerous:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_pickle_that_would_run_is_refused(tmp_path: Path) -> None:
    trace = tmp_path / "ran"
    carried = torch.frombuffer(bytearray(pickle.dumps({"itos": Dangerous(trace)})), dtype=torch.uint8)
    folder = save(tmp_path / "bad", tensors() | {"_extra_state_": carried}, {})
    with pytest.raises(ModelError, match="asks for pathlib"):
        Conette(folder, CPU)
    assert not trace.exists()
    for data in (b"", b"\x80\x04", pickle.dumps(WORDS)[:-9], b"cos\nsystem\n(S'true'\ntR."):
        with pytest.raises(ModelError):
            unpickle_plain(data, folder)


def test_older_files_call_the_scale_gamma(tiny: Conette, tmp_path: Path) -> None:
    older = {key.replace("scale_layer", "gamma"): value for key, value in tensors().items()}
    older["preprocessor.encoder.logmel_extractor.melW"] = torch.zeros(2)
    model = Conette(save(tmp_path / "older", older, {"tokenizer_state": {"itos": WORDS}}), CPU)
    assert model([noise(2)]) == tiny([noise(2)])


@pytest.mark.parametrize(
    ("spoil", "config", "said"),
    [
        (
            lambda held: held.pop("preprocessor.encoder.norm.bias"),
            {"itos": WORDS},
            "lacks preprocessor.encoder.norm",
        ),
        (lambda held: held.update(extra=torch.zeros(1)), {"itos": WORDS}, "has the unknown extra"),
        (lambda held: held.pop("model.forbid_rep_mask"), {"itos": WORDS}, "which words may come once"),
        (lambda held: held.pop("model.decoder.emb_layer.weight"), {"itos": WORDS}, "is no CoNeTTE"),
        (lambda held: None, {"itos": WORDS[4:]}, "has no <pad>"),
        (lambda held: None, {"other": 1}, "holds no vocabulary"),
        (lambda held: None, None, "holds the tokenizer's state"),
    ],
)
def test_another_checkpoint_is_told(tmp_path: Path, spoil: Any, config: Any, said: str) -> None:
    held = tensors()
    spoil(held)
    folder = save(tmp_path / "spoiled", held, {"tokenizer_state": config})
    with pytest.raises(ModelError, match=said):
        Conette(folder, CPU)


def test_an_unknown_task_and_no_weights(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="its tasks: audiocaps, clotho"):
        Conette(folder, CPU, task="poems")
    with pytest.raises(ModelError, match="holds neither"):
        Conette(tmp_path, CPU)


def test_the_stage_captions_clips(workspace: Path, folder: Path) -> None:
    cli("annotate-conette", "-w", workspace, "--set", f"checkpoint={folder}", "--device", "cpu")
    found = rows(workspace, "annotate-conette")
    assert len(found) == len(rows(workspace, "annotate-acoustics"))
    assert all(row["caption"] and row["score"] < 0 for row in found)
