"""SAT gives what the reference gives, second by second, and no clip hears another."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audsem_data.core.errors import ModelError
from audsem_data.core.model import Device
from audsem_data.models.sat import RATE, Sat, SatNetwork, SatSizes

from . import goldens

CPU = Device("cpu")
GOLDEN = goldens.load("sat")
ATOL = GOLDEN["tolerance"]
TINY = SatSizes(width=64, depth=2, hidden=96)
Array = np.ndarray[Any, Any]


def published(sizes: SatSizes) -> dict[str, torch.Tensor]:
    """Return a checkpoint of the published layout, its weights made by the goldens' rule."""
    return goldens.weights(GOLDEN, SatNetwork(sizes))


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Sat:
    path = tmp_path_factory.mktemp("sat") / "sat.pt"
    torch.save(published(SatSizes()), path)
    model = Sat(path, CPU)
    path.unlink()
    return model


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sat") / "tiny.pt"
    torch.save({"model": published(TINY)}, path)
    return path


@pytest.fixture(scope="module")
def tiny(checkpoint: Path) -> Sat:
    return Sat(checkpoint, CPU)


def noise(samples: int, seed: int = 0, loud: float = 0.1) -> Array:
    return np.asarray(loud * np.random.default_rng(seed).standard_normal(samples), np.float32)


def assert_golden(ours: Any, case: str, name: str, atol: float) -> None:
    reference = GOLDEN["goldens"][case][name]
    values, indices = goldens.sampled(reference)
    assert list(np.shape(ours)) == reference["shape"]
    flat = np.asarray(ours).reshape(-1)
    goldens.assert_close(flat if indices is None else flat[indices], values.reshape(-1), atol)


def test_the_keys_are_the_published_ones(full: Sat) -> None:
    ours = {key: list(value.shape) for key, value in full.network.state_dict().items()}
    assert ours == {key: shape for key, shape in GOLDEN["state_dict"].items() if not key.startswith("front_end.")}


def test_the_cache_of_silence(full: Sat) -> None:
    assert_golden(full.silence[:, 0], "silence", "silence_cache", ATOL["cache_atol"])


@pytest.mark.parametrize("case", ["A", "A15", "C"])
def test_seconds_in_sequence(full: Sat, case: str) -> None:
    sound = goldens.sound(GOLDEN, case)
    first = torch.from_numpy(sound[:RATE])[None]
    assert_golden(full.front_end(first)[0], case, "mel_db_first_second", ATOL["mel_db_atol"])
    [likely] = full([sound])
    assert_golden(likely, case, "probs_sequential", ATOL["probs_atol"])


@pytest.mark.parametrize("case", ["A", "A15", "C"])
def test_the_network_itself(full: Sat, case: str) -> None:
    sound = torch.from_numpy(goldens.sound(GOLDEN, case))
    alone, _ = full._hear(sound[None, :RATE], None)
    assert_golden(alone[0], case, "probs_first_second_no_cache", ATOL["probs_atol"])
    cache, heard = full.silence, []
    for chunk in torch.split(sound, RATE):
        if case == "A15":
            likely, _ = full._hear(chunk[None], cache)  # as it would be without the silence that fills it
            heard.append(likely[0])
        _, cache = full._hear(torch.nn.functional.pad(chunk, (0, RATE - len(chunk)))[None], cache)
    assert_golden(cache[-1, 0], case, "final_cache_last_layer", ATOL["cache_atol"])
    if case == "A15":
        assert_golden(torch.stack(heard), case, "probs_sequential_last_chunk_not_padded", ATOL["probs_atol"])
    else:
        whole, _ = full._hear(sound[None], None)
        assert_golden(whole[0], case, "probs_whole_clip_single_call_no_initial_cache", ATOL["probs_atol"])


def test_a_clip_in_any_batch_gives_what_it_gives_alone(tiny: Sat) -> None:
    lengths = [16_000, 1, 40_000, 1_600, 15_999, 16_001, 64_000, 40_000, 0]
    clips = [noise(length, seed, 0.01 * 5 ** (seed % 4)) for seed, length in enumerate(lengths)]
    clips.append(np.zeros(20_000, np.float32))
    alone = [tiny([clip])[0] for clip in clips]
    assert [len(one) for one in alone if one is not None] == [1, 1, 3, 1, 1, 2, 4, 3, 0, 2]
    for batch in (clips, clips[::-1], clips[3:7]):
        expected = alone if batch is clips else alone[::-1] if len(batch) == len(clips) else alone[3:7]
        for one, other in zip(tiny(batch), expected, strict=True):
            assert one is not None
            assert other is not None
            np.testing.assert_allclose(one, other, atol=1e-5, rtol=0)


def test_what_was_heard_before_counts_and_other_clips_do_not(tiny: Sat) -> None:
    second = noise(RATE, 1)
    [after_noise], [after_silence] = (
        tiny([np.concatenate([past, second])]) for past in (noise(RATE, 2), np.zeros(RATE, np.float32))
    )
    assert after_noise is not None
    assert after_silence is not None
    assert np.abs(after_noise[1] - after_silence[1]).max() > 1e-4
    np.testing.assert_array_equal(tiny([second])[0], tiny([second])[0])


def test_a_minute(tiny: Sat) -> None:
    [likely] = tiny([noise(60 * RATE)])
    assert likely is not None
    assert likely.shape == (60, 527)


def test_what_is_not_finite_harms_no_neighbour(tiny: Sat) -> None:
    sound, broken = noise(32_000), noise(32_000)
    broken[20_000] = np.nan
    [first, none, last] = tiny([sound, broken, sound])
    assert none is None
    np.testing.assert_allclose(first, tiny([sound])[0], atol=1e-5)  # type: ignore[arg-type]
    # Rows of one batch differ in the last bit on some processors.
    np.testing.assert_allclose(first, last, rtol=1e-6)  # type: ignore[arg-type]


def test_half_precision_stays_near(checkpoint: Path, tiny: Sat) -> None:
    sound = noise(32_000)
    [half], [whole] = Sat(checkpoint, CPU, "bfloat16")([sound]), tiny([sound])
    np.testing.assert_allclose(half, whole, atol=0.03)  # type: ignore[arg-type]


def test_both_layouts_load(checkpoint: Path, tmp_path: Path, tiny: Sat) -> None:
    bare = {**published(TINY), "front_end.0.spectrogram.window": torch.zeros(512)}
    torch.save(bare, tmp_path / "bare.pt")
    sound = noise(20_000)
    np.testing.assert_array_equal(Sat(tmp_path / "bare.pt", CPU)([sound])[0], tiny([sound])[0])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda held: held.pop("norm.bias"), "lacks norm.bias"),
        (lambda held: held.update(extra=torch.zeros(1)), "has the unknown extra"),
        (lambda held: held.update({"norm.bias": torch.zeros(3)}), r"norm.bias \(3,\) instead of \(64,\)"),
        (lambda held: held.clear(), "is no SAT"),
    ],
)
def test_another_checkpoint_is_told(tmp_path: Path, spoil: Any, said: str) -> None:
    held = published(TINY)
    spoil(held)
    torch.save(held, tmp_path / "spoiled.pt")
    with pytest.raises(ModelError, match=said):
        Sat(tmp_path / "spoiled.pt", CPU)
