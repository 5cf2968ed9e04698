"""The real sample videos over HTTP: the offset of every clip against the source, measured in its samples."""

from pathlib import Path

import numpy as np
import pytest
from media.clips import lag
from media.test_samples import REACH, SAMPLES, VIDEOS, captions, straight

from acquire.media_server import serving
from acquire.test_fetching import get, sound_of
from audsem_data.media.cut import Want

pytestmark = [pytest.mark.samples, pytest.mark.skipif(not VIDEOS, reason="the samples are not beside the checkout")]


@pytest.mark.parametrize("path", VIDEOS, ids=lambda path: path.name)
@pytest.mark.parametrize("behaviour", ["plain", "norange", "slow"])
def test_every_clip_is_within_10_ms_of_the_source(behaviour: str, path: Path, tmp_path: Path) -> None:
    whole = np.pad(straight(path), REACH)
    wants = [Want(f"{start}", start, end) for start, end in captions(path.stem)]
    with serving(SAMPLES / "videos") as server:
        clips = get(f"{server.address}/{behaviour}/watch?v={path.stem}", tmp_path / "f", wants)
    assert not clips.failed
    for want in wants:
        samples = sound_of(clips, want).samples
        assert len(samples) == (want.end_ms - want.start_ms) * 32
        begin = want.start_ms * 32
        late, likeness = lag(samples, whole[begin : begin + len(samples) + 2 * REACH], REACH)
        assert abs(late) <= 320, f"{want.start_ms} ms: {late / 32:+.3f} ms late, likeness {likeness:.4f}"
        assert likeness > 0.9
