"""BEATs gives the reference's probabilities, a clip the same in any batch, and loads nothing but BEATs.

The reference's own padded batch (`probs_padded_batch`) is not reproduced. It shortens the mask of a clip by plain
division, which in A+C leaves A 100 tokens where A alone has 96: half a patch of padding is heard, and
probabilities move by up to 0.17. Ours counts the tokens that the clip has alone.
"""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device, ModelConfig
from audsem_data.core.outcome import Status
from audsem_data.core.schema import arrow_schema
from audsem_data.core.stage import Audio, Item
from audsem_data.models.audioset import labels, names_by_mid
from audsem_data.models.beats import Beats, BeatsNetwork
from audsem_data.models.beats_encoder import Attention, BeatsSizes, relative_buckets
from audsem_data.stages.annotate.annotate_beats import open_annotate_beats

from . import goldens

AUDIO = Audio(16_000)
RATE = AUDIO.rate
CPU = Device("cpu")
GOLDEN = goldens.load("beats")
ATOL = GOLDEN["tolerance"]
TINY = {
    "embed_dim": 16,
    "encoder_layers": 2,
    "encoder_embed_dim": 32,
    "encoder_ffn_embed_dim": 48,
    "encoder_attention_heads": 2,
    "conv_pos": 16,
    "conv_pos_groups": 4,
}
MIDS = dict(enumerate(names_by_mid()))
Held = dict[str, Any]
Array = np.ndarray[Any, Any]


def published(config: dict[str, Any]) -> Held:
    """Return a checkpoint of the published layout, its weights made by the goldens' rule."""
    network = BeatsNetwork(BeatsSizes(**{name: config[name] for name in TINY if name in config}))
    return {"cfg": config, "model": goldens.weights(GOLDEN, network), "label_dict": MIDS}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Beats:
    path = tmp_path_factory.mktemp("beats") / "beats.pt"
    torch.save(published(GOLDEN["architecture"]), path)
    model = Beats(path, CPU)
    path.unlink()
    return model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("beats") / "tiny.pt"
    torch.save(published(TINY), path)
    return path


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> Beats:
    return Beats(checkpoint, CPU)


def noise(samples: int, seed: int = 0) -> Array:
    return np.asarray(0.1 * np.random.default_rng(seed).standard_normal(samples), np.float32)


def heard(model: Beats, clips: list[Array]) -> Array:
    """Return (clips, 527); every clip has a result."""
    return np.stack([likely for likely in model(clips) if likely is not None]).reshape(len(clips), 527)


def assert_same(ours: Array, alone: Array, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(ours, alone, atol=atol, rtol=0)


def assert_golden(ours: Any, case: str, name: str, atol: float) -> None:
    reference = GOLDEN["goldens"][case][name]
    values, indices = goldens.sampled(reference)
    assert list(np.shape(ours)) == reference["shape"]
    flat = np.asarray(ours).reshape(-1)
    goldens.assert_close(flat if indices is None else flat[indices], values.reshape(-1), atol)


def test_the_keys_are_the_published_ones(full: Beats) -> None:
    assert {key: list(value.shape) for key, value in full.network.state_dict().items()} == GOLDEN["state_dict"]


@pytest.mark.parametrize("case", ["A", "C"])
def test_a_clip_alone_gives_the_references_output(full: Beats, case: str) -> None:
    features = full.fbank(torch.from_numpy(goldens.sound(GOLDEN, case)))
    assert_golden(features, case, "fbank_normalised", ATOL["fbank_atol"])
    encoded, padding = full.network.encode(features[None], torch.tensor([len(features)]))
    assert not padding.any()
    assert_golden(encoded[0], case, "encoder_out", ATOL["encoder_out_atol"])
    [likely] = full([goldens.sound(GOLDEN, case)])
    assert_golden(likely, case, "probs", ATOL["probs_atol"])
    assert_golden(likely, case, "probs_all_false_mask", ATOL["probs_atol"])


def test_a_padded_clip_gives_the_references_output_of_it_alone(full: Beats) -> None:
    short, long = full([goldens.sound(GOLDEN, case) for case in ("A", "C")])
    assert_golden(short, "A", "probs", ATOL["probs_atol"])
    assert_golden(long, "C", "probs", ATOL["probs_atol"])


def test_any_batch_gives_what_each_clip_gives_alone(tiny: Beats) -> None:
    lengths = [0, 1, 1_600, 2_799, 2_800, 5_360, 16_000, 17_777, 48_123, 160_000, 50 * RATE, 60 * RATE]
    clips = [noise(length, seed) for seed, length in enumerate(lengths)]
    random.Random(0).shuffle(clips)
    alone = np.concatenate([heard(tiny, [clip]) for clip in clips])
    assert_same(heard(tiny, clips), alone)
    assert_same(heard(tiny, clips[::-1]), alone[::-1])
    assert_same(np.concatenate([heard(tiny, clips[:5]), heard(tiny, clips[5:])]), alone)
    assert np.ptp(alone, axis=0).max() > 1e-3, "the clips differ"
    assert tiny([]) == []


def test_a_clip_too_short_for_a_patch_is_followed_by_silence(tiny: Beats) -> None:
    for clip in (noise(0), noise(1), noise(1_600)):
        short, filled = heard(tiny, [clip, np.pad(clip, (0, 2_800 - len(clip)))])
        assert_same(short, filled, atol=1e-6)


def test_silence_is_a_clip_like_others(tiny: Beats) -> None:
    [likely] = tiny([np.zeros(10 * RATE, np.float32)])
    assert likely is not None
    assert likely.shape == (527,)
    assert likely.dtype == np.float32
    assert ((likely > 0) & (likely < 1)).all()


@pytest.mark.parametrize(("bad", "place"), [(math.nan, 0), (math.inf, 20_000), (math.nan, -1), (1e30, 20_000)])
def test_a_clip_that_is_not_finite_has_no_result_and_harms_no_neighbour(
    tiny: Beats, bad: float, place: int
) -> None:
    broken = noise(48_123)
    broken[place] = bad
    before, none, after = tiny([noise(16_000, 1), broken, noise(60_000, 2)])
    assert none is None
    assert before is not None
    assert after is not None
    assert_same(before, heard(tiny, [noise(16_000, 1)])[0])
    assert_same(after, heard(tiny, [noise(60_000, 2)])[0])


def test_attention_over_a_long_clip_is_the_plain_formula() -> None:
    torch.manual_seed(0)
    count, width, heads = 1_100, 8, 2
    attention = Attention(BeatsSizes(encoder_embed_dim=width, encoder_attention_heads=heads)).requires_grad_(False)
    attention.grep_a.normal_()
    tokens, padding = torch.randn(1, count, width), torch.arange(count)[None] >= 1_050
    ours = attention(tokens, relative_buckets(count, 320, 800), padding)

    bucket = [[_bucket(key - query) for key in range(count)] for query in range(count)]
    bias = attention.relative_attention_bias.weight[torch.tensor(bucket)].permute(2, 0, 1)
    attended = []
    for head in range(heads):
        part = slice(4 * head, 4 * head + 4)
        query, key, value = (p(tokens[0])[:, part] for p in (attention.q_proj, attention.k_proj, attention.v_proj))
        sums = attention.grep_linear(query)
        a, b = sums[:, :4].sum(1).sigmoid(), sums[:, 4:].sum(1).sigmoid()
        gate = a * (b * attention.grep_a[0, head, 0, 0] - 1) + 2
        logits = query @ key.T / math.sqrt(4) + gate[:, None] * bias[head]
        attended.append(logits[:, :1_050].softmax(1) @ value[:1_050])
    torch.testing.assert_close(ours[0], attention.out_proj(torch.cat(attended, 1)), atol=1e-5, rtol=1e-5)


def _bucket(offset: int) -> int:
    """160 buckets a side; distances below 80 their own, then 80 on a logarithmic scale to 800."""
    distance, after = abs(offset), 160 * (offset > 0)
    if distance < 80:
        return distance + after
    return min(159, 80 + int(math.log(distance / 80) / math.log(10) * 80 + 1e-9)) + after


def test_half_precision_says_nearly_the_same(checkpoint: Path, tiny: Beats) -> None:
    clips = [noise(16_000), noise(50_000)]
    for dtype in ("bfloat16", "float16"):
        assert_same(heard(Beats(checkpoint, CPU, dtype), clips), heard(tiny, clips), atol=0.03)


def test_the_checkpoints_class_order_is_mapped_to_audiosets(tmp_path: Path, tiny: Beats) -> None:
    held = published(TINY)
    held["label_dict"] = dict(enumerate(reversed(MIDS.values())))
    held["model"] |= {key: held["model"][key].flip(0) for key in ("predictor.weight", "predictor.bias")}
    torch.save(held, tmp_path / "reversed.pt")
    assert_same(heard(Beats(tmp_path / "reversed.pt", CPU), [noise(16_000)]), heard(tiny, [noise(16_000)]))


def without(key: str) -> Callable[[Held], Held]:
    return lambda held: held | {"model": {name: value for name, value in held["model"].items() if name != key}}


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (without("encoder.layers.1.fc1.bias"), "lacks encoder.layers.1.fc1.bias"),
        (without("encoder.layers.1.self_attn.relative_attention_bias.weight"), "lacks .*relative_attention_bias"),
        (lambda held: held | {"model": held["model"] | {"mask_emb": torch.ones(2)}}, "has the unknown mask_emb"),
        (lambda held: held | {"cfg": TINY | {"embed_dim": 8}}, "another shape of .*patch_embedding"),
        (lambda held: held | {"cfg": TINY | {"encoder_layers": "2"}}, "encoder_layers = '2'"),
        (lambda held: held | {"cfg": TINY | {"layer_norm_first": True}}, "layer_norm_first = True"),
        (lambda held: {"cfg": held["cfg"], "model": held["model"]}, "no table 'label_dict'.*fine-tuned"),
        (lambda held: held["model"], "no table 'cfg'"),
        (lambda held: held | {"label_dict": MIDS | {7: "/m/none"}}, "the class /m/none"),
        (lambda held: held | {"label_dict": MIDS | {7: MIDS[8]}}, "each of the 527 classes"),
        (lambda held: held | {"label_dict": {i + 1: mid for i, mid in MIDS.items()}}, "each of the 527 classes"),
    ],
)
def test_a_checkpoint_that_is_not_beats_is_refused(
    tmp_path: Path, damage: Callable[[Held], Held], says: str
) -> None:
    path = tmp_path / "other.pt"
    torch.save(damage(published(TINY)), path)
    with pytest.raises(ModelError, match=says) as raised:
        Beats(path, CPU)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_truncated_checkpoint_is_refused(tmp_path: Path, checkpoint: Path, kept: float) -> None:
    whole, path = checkpoint.read_bytes(), tmp_path / "cut.pt"
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else int(kept)])
    with pytest.raises(ModelError, match=r"cut\.pt"):
        Beats(path, CPU)


class Touches:
    """Pickled as a call that leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def test_code_in_a_checkpoint_does_not_run(tmp_path: Path) -> None:
    torch.save(published(TINY) | {"cfg": Touches(tmp_path / "ran")}, tmp_path / "evil.pt")
    with pytest.raises(ModelError, match="more than tensors"):
        Beats(tmp_path / "evil.pt", CPU)
    assert not (tmp_path / "ran").exists()


def test_the_stage_keeps_the_five_likeliest_classes(checkpoint: Path, tiny: Beats) -> None:
    clip, broken = noise(32_000), np.full(32_000, math.nan, np.float32)
    process = open_annotate_beats.open(ModelConfig(checkpoint=str(checkpoint)), CPU)
    done, failed = process([Item(f"v{i}", {}, {AUDIO: samples}, {}) for i, samples in enumerate((clip, broken))])
    assert (failed.status, failed.reason) == (Status.FAILED_PERMANENT, "not_finite")
    [row] = pa.Table.from_pylist(list(done.rows), arrow_schema(open_annotate_beats.emits)).to_pylist()
    [likely] = heard(tiny, [clip])
    assert [tag["label"] for tag in row["tags"]] == [labels()[index] for index in np.argsort(-likely)[:5]]
    assert [tag["score"] for tag in row["tags"]] == pytest.approx(sorted(likely, reverse=True)[:5], abs=1e-6)
