"""LP-MusicCaps gives the reference's numbers and tokens, and a clip the same words in any batch."""

import json
import math
import string
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from transformers import BartConfig
from transformers.modeling_outputs import BaseModelOutput

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.core.outcome import Outcome, Status
from audsem_data.core.schema import arrow_schema
from audsem_data.core.stage import Audio, Item
from audsem_data.models.lp_musiccaps import (
    CaptionedWindow,
    Decoding,
    LpMusicCaps,
    LpMusicCapsNetwork,
    generation_rules,
)
from audsem_data.models.lp_musiccaps_frontend import RATE, WINDOW, MelDecibels
from audsem_data.stages.annotate.annotate_lp_musiccaps import LpMusicCapsConfig, open_annotate_lp_musiccaps

from . import goldens
from .test_annotating import cli, rows

AUDIO = Audio(16_000)
CPU = Device("cpu")
GOLDEN = goldens.load("lpmc")
ATOL = GOLDEN["tolerance"]
CASES = ("A", "C")
FRONT_END = "audio_encoder.mel_encoder."
SHORT = Decoding(beams=3, max_tokens=24)
MERGES = ("Ġ a", "m u", "mu s", "i c")
Held = dict[str, Any]
Array = np.ndarray[Any, Any]


@pytest.fixture(scope="module")
def full() -> Iterator[LpMusicCapsNetwork]:
    network = LpMusicCapsNetwork(BartConfig(**GOLDEN["architecture"]["bart"])).eval().requires_grad_(False)
    network.load_state_dict(goldens.weights(GOLDEN, network))
    yield network


def save_tokenizer(folder: Path) -> int:
    """Save a byte-level BPE of letters, in the files of facebook/bart-base; return its size."""
    merged = [merge.replace(" ", "") for merge in MERGES]
    tokens = ["<s>", "<pad>", "</s>", "<unk>", "Ġ", *string.ascii_letters, *merged, "<mask>"]
    (folder / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *MERGES, ""]), encoding="utf-8")
    return len(tokens)


def published(folder: Path, prefix: str = "", damage: Callable[[Held], Any] = lambda held: None) -> Path:
    """Fill a folder as the published files do, tiny; the configuration has BART's rules of generating too."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, Any] = {
        "vocab_size": save_tokenizer(folder),
        "d_model": 64,
        "encoder_layers": 2,
        "decoder_layers": 2,
        "encoder_attention_heads": 4,
        "decoder_attention_heads": 4,
        "encoder_ffn_dim": 48,
        "decoder_ffn_dim": 48,
    }
    rules = {"num_beams": 4, "no_repeat_ngram_size": 2, "early_stopping": True, "forced_bos_token_id": 0}
    (folder / "config.json").write_text(json.dumps({"model_type": "bart", **sizes, **rules}))
    network = LpMusicCapsNetwork(BartConfig(**sizes))
    tensors = {prefix + key: value for key, value in goldens.weights(GOLDEN, network).items()}
    tensors |= {f"{prefix}{FRONT_END}spec_fn.window": torch.hann_window(1024)}
    held = {"state_dict": tensors, "epoch": 3}
    damage(held)
    path = folder / "exp" / "transfer" / "lp_music_caps" / "last.pth"
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(held, path)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("lp") / "tiny")


@pytest.fixture(scope="module")
def tiny(folder: Path) -> LpMusicCaps:
    return LpMusicCaps(folder, CPU, decoding=SHORT)


def noise(seconds: float, seed: int = 0) -> Array:
    """Return a noise of a colour of its own: the windows of two seeds differ."""
    samples = np.random.default_rng(seed).standard_normal(round(seconds * RATE) + 8)
    return np.asarray(
        0.1 * np.convolve(samples, np.ones(1 + seed % 8), "valid")[: round(seconds * RATE)], np.float32
    )


def filled(case: str) -> torch.Tensor:
    sound = goldens.sound(GOLDEN, case)
    return torch.from_numpy(np.pad(sound, (0, WINDOW - len(sound))))[None]


def deviations(ours: torch.Tensor, case: str, name: str) -> Array:
    """Return how far ours are from the sampled reference, less 1e-4 of it: what the tolerances bound."""
    reference = GOLDEN["goldens"][case][name]
    values, indices = goldens.sampled(reference)
    assert list(ours.shape) == reference["shape"]
    flat = ours.numpy().reshape(-1)
    return np.asarray(np.abs((flat if indices is None else flat[indices]) - values) - 1e-4 * np.abs(values))


@pytest.mark.parametrize("case", CASES)
def test_the_references_numbers(full: LpMusicCapsNetwork, case: str) -> None:
    mel = MelDecibels()(filled(case))
    apart = deviations(mel[0], case, "mel_db")
    assert np.quantile(apart, 0.99) <= 5e-3
    assert apart.max() <= 0.3
    heard, encoded = full.audio_encoder(mel), full(mel)
    assert deviations(heard[0], case, "audio_encoder_out").max() <= ATOL["audio_encoder_out_atol"]
    assert deviations(encoded[0], case, "bart_encoder_out").max() <= ATOL["audio_encoder_out_atol"]
    logits = logits_of(full, encoded, GOLDEN["golden_protocol"]["teacher_forced_ids"])
    assert deviations(logits, case, "teacher_forced_logits").max() <= ATOL["teacher_forced_logits_atol"]
    best = GOLDEN["goldens"][case]["teacher_forced_logits"]["top5_indices_per_row"]
    assert logits.topk(5).indices.tolist() == best


def logits_of(network: LpMusicCapsNetwork, encoded: torch.Tensor, tokens: list[int]) -> torch.Tensor:
    """Return (tokens, vocabulary)."""
    output = network.bart(
        encoder_outputs=BaseModelOutput(last_hidden_state=encoded), decoder_input_ids=torch.tensor([tokens])
    )
    return torch.as_tensor(output.logits[0])


@pytest.mark.parametrize("case", CASES)
def test_the_references_greedy_tokens_and_margins(full: LpMusicCapsNetwork, case: str) -> None:
    reference = GOLDEN["goldens"][case]
    expected, _ = goldens.sampled(reference["greedy_ids"])
    logits = logits_of(full, full(MelDecibels()(filled(case))), expected.tolist())[:-1]
    assert logits.argmax(1).tolist() == expected[1:].tolist(), "each token follows from those before it"
    best = logits.topk(2).values
    assert deviations(best[:, 0] - best[:, 1], case, "greedy_margins").max() <= 1e-3


@pytest.mark.parametrize("case", CASES)
def test_the_references_tokens_under_our_rules(full: LpMusicCapsNetwork, case: str) -> None:
    expected, _ = goldens.sampled(GOLDEN["goldens"][case]["greedy_forced_bos_no_repeat3_ids"])
    rules = generation_rules(Decoding(beams=1, max_tokens=len(expected) + 1), full.bart.config)
    encoded = BaseModelOutput(last_hidden_state=full(MelDecibels()(filled(case))))
    [found] = full.bart.generate(encoder_outputs=encoded, generation_config=rules).tolist()
    assert found == [*expected.tolist(), 2]


def test_the_keys_and_what_is_computed_are_the_published_ones(full: LpMusicCapsNetwork) -> None:
    ours = {key: list(value.shape) for key, value in full.state_dict().items()}
    assert ours == {key: shape for key, shape in GOLDEN["state_dict"].items() if not key.startswith(FRONT_END)}
    computed = {
        "audio_encoder.positional_embedding": full.audio_encoder.positional_embedding,
        f"{FRONT_END}spec_fn.window": MelDecibels().window,
        f"{FRONT_END}mel_scale.fb": MelDecibels().filters,
    }
    for key, value in computed.items():
        kept = GOLDEN["kept_keys"][key]
        goldens.assert_close(value.flatten()[kept["sample_flat_indices"]].numpy(), kept["sample_values"], 1e-6)
        goldens.assert_close(value.sum().numpy(), kept["sum"], 5e-3)


def said(model: LpMusicCaps, clip: Array) -> list[CaptionedWindow]:
    [windows] = model([clip])
    assert windows is not None
    return windows


def test_a_clip_in_any_batch_gives_the_same_words(tiny: LpMusicCaps) -> None:
    seconds = [3, 1 / RATE, 0.1, 10, 10.9, 11.5, 25, 0, 3, 60, 30, 50, 10]
    clips = [noise(length, seed) for seed, length in enumerate(seconds)]
    alone = [said(tiny, clip) for clip in clips]
    assert tiny(clips) == alone
    assert tiny(clips[::-1]) == alone[::-1]
    assert tiny(clips[:4]) + tiny(clips[4:]) == alone
    captions = [window.caption for windows in alone for window in windows]
    assert len(captions) > 16, "more than a batch"
    assert len(set(captions)) > 5, "the clips are heard"
    assert tiny([]) == []


@pytest.mark.parametrize(
    ("seconds", "spans"),
    [
        (0, []),
        (1 / RATE, [(0, 1)]),
        (0.1, [(0, 100)]),
        (10, [(0, 10_000)]),
        (10.999, [(0, 10_000)]),
        (11, [(0, 10_000), (10_000, 11_000)]),
        (60, [(10_000 * n, 10_000 * (n + 1)) for n in range(6)]),
    ],
)
def test_windows_follow_one_another_and_a_rest_below_a_second_is_left_out(
    tiny: LpMusicCaps, seconds: float, spans: list[tuple[int, int]]
) -> None:
    assert [window[:2] for window in said(tiny, noise(seconds))] == spans


def test_a_window_says_what_it_says_as_a_clip_of_its_own(tiny: LpMusicCaps) -> None:
    clip = np.concatenate([noise(10, 1), noise(10, 2), noise(3, 5)])
    first, second, rest = said(tiny, clip)
    parts = (clip[:WINDOW], clip[WINDOW : 2 * WINDOW], np.pad(clip[2 * WINDOW :], (0, 7 * RATE)))
    assert [window.caption for window in (first, second, rest)] == [said(tiny, part)[0].caption for part in parts]
    assert len({first.caption, second.caption, rest.caption}) == 3


def test_silence_is_a_clip_like_others(tiny: LpMusicCaps) -> None:
    [window] = said(tiny, np.zeros(4 * RATE, np.float32))
    assert window[:2] == (0, 4_000)
    assert window.caption


@pytest.mark.parametrize(
    ("bad", "place"),
    [(math.nan, 0), (math.inf, 3 * RATE), (math.nan, 15 * RATE), (math.nan, -1), (1e30, 12 * RATE)],
)
def test_a_clip_that_is_not_finite_has_no_result_and_harms_no_neighbour(
    tiny: LpMusicCaps, bad: float, place: int
) -> None:
    broken = noise(20.5, 3)
    broken[place] = bad
    before, after = noise(4, 1), noise(12, 2)
    assert tiny([before, broken, after]) == [said(tiny, before), None, said(tiny, after)]


def test_the_rules_of_the_search_hold(folder: Path) -> None:
    def tokens(**rules: int) -> list[str]:
        model = LpMusicCaps(folder, CPU, decoding=Decoding(**rules))
        return list(model._tokenizer.tokenize(said(model, noise(10, 5))[0].caption))

    free = tokens(beams=1, max_tokens=40, no_repeat_ngram=0)
    ruled = tokens(beams=1, max_tokens=40, no_repeat_ngram=1)
    assert len(set(free)) < len(free), "without the rule it repeats itself"
    assert len(set(ruled)) == len(ruled)
    assert len(tokens(beams=1, max_tokens=12, no_repeat_ngram=0)) <= 9
    assert tokens(beams=5, max_tokens=40) != tokens(beams=1, max_tokens=40)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_captions_too(folder: Path, dtype: str) -> None:
    model = LpMusicCaps(folder, CPU, dtype, SHORT)
    broken = np.full(RATE, math.nan, np.float32)
    one, none = model([noise(3, 1), broken])
    assert one is not None
    assert one[0].caption
    assert none is None


def test_keys_of_training_on_several_gpus_load_too(tmp_path: Path, tiny: LpMusicCaps) -> None:
    other = LpMusicCaps(published(tmp_path, prefix="module."), CPU, decoding=SHORT)
    assert said(other, noise(7, 6)) == said(tiny, noise(7, 6))


class Touches:
    """Pickled as a call that leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def dropped(key: str) -> Callable[[Held], Any]:
    return lambda held: held["state_dict"].pop(key)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (dropped("bart.lm_head.weight"), "lacks bart.lm_head.weight"),
        (dropped("audio_encoder.conv_stack.4.bias"), "lacks audio_encoder.conv_stack.4.bias"),
        (lambda held: held["state_dict"].update(other=torch.ones(2)), "has the unknown other"),
        (
            lambda held: held["state_dict"].update({"audio_encoder.conv1.bias": torch.ones(3)}),
            r"audio_encoder.conv1.bias \(3,\) instead of \(64,\)",
        ),
        (lambda held: held.pop("state_dict"), "no table 'state_dict'"),
    ],
)
def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path, damage: Callable[[Held], Any], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        LpMusicCaps(published(tmp_path, damage=damage), CPU)


def test_code_in_a_checkpoint_does_not_run(tmp_path: Path) -> None:
    evil = published(tmp_path / "evil", damage=lambda held: held.update(epoch=Touches(tmp_path / "ran")))
    with pytest.raises(ModelError, match="more than tensors"):
        LpMusicCaps(evil, CPU)
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_not_whole_is_told(tmp_path: Path) -> None:
    whole = published(tmp_path / "whole")
    (whole / "second.pth").touch()
    with pytest.raises(ModelError, match=r"holds 2 \.pth files"):
        LpMusicCaps(whole, CPU)
    for name in ("vocab.json", "config.json"):
        lacking = published(tmp_path / name)
        (lacking / name).unlink()
        with pytest.raises(ModelError, match=str(lacking)):
            LpMusicCaps(lacking, CPU)
    with pytest.raises(ModelError, match="no model folder"):
        LpMusicCaps(tmp_path / "none", CPU)


def outcomes(folder: Path, *clips: Array) -> list[Outcome]:
    config = LpMusicCapsConfig(checkpoint=str(folder), beams=SHORT.beams, max_tokens=SHORT.max_tokens)
    process = open_annotate_lp_musiccaps.open(config, CPU)
    return list(process([Item(f"v{i}", {}, {AUDIO: clip}, {}) for i, clip in enumerate(clips)]))


def test_the_stage_keeps_windows_and_joins_what_differs(folder: Path, tiny: LpMusicCaps) -> None:
    ten, other = noise(10, 1), noise(5, 2)
    done, broken, empty = outcomes(
        folder, np.concatenate([ten, ten, other]), np.full(RATE, math.nan, np.float32), np.zeros(0, np.float32)
    )
    assert (broken.status, broken.reason) == (Status.FAILED_PERMANENT, "not_finite")
    assert (empty.status, empty.reason) == (Status.FAILED_PERMANENT, "empty_answer")
    [row] = pa.Table.from_pylist(list(done.rows), arrow_schema(open_annotate_lp_musiccaps.emits)).to_pylist()
    once, differs = said(tiny, ten)[0].caption, said(tiny, other)[0].caption
    assert once != differs
    assert row["caption"] == f"{once} {differs}"
    assert row["music_captions"] == [
        {"start_ms": 0, "end_ms": 10_000, "caption": once},
        {"start_ms": 10_000, "end_ms": 20_000, "caption": once},
        {"start_ms": 20_000, "end_ms": 25_000, "caption": differs},
    ]


def test_only_music_is_captioned(workspace: Path, folder: Path) -> None:
    options = ("--set", f"checkpoint={folder}", "--set", "max_tokens=16", "--device", "cpu")
    assert "audsem-data detect-music" in cli("annotate-lp-musiccaps", "-w", workspace, *options, expect=2)
    cli("detect-music", "-w", workspace)
    cli("annotate-lp-musiccaps", "-w", workspace, *options)
    music = {row["clip_id"] for row in rows(workspace, "detect-music") if row["music"]}
    assert {row["clip_id"] for row in rows(workspace, "annotate-lp-musiccaps")} == music != set()
