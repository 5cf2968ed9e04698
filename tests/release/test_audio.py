import hashlib
from pathlib import Path

import pytest

from audsem_data.core.errors import CorruptionError
from audsem_data.publish.audio import Wanted, read_audio
from audsem_data.storage.tars import TarWriter


def wanted(key: str, data: bytes) -> Wanted:
    return Wanted(key, hashlib.sha256(data).hexdigest())


@pytest.fixture
def tar(tmp_path: Path) -> Path:
    with TarWriter(tmp_path / "part.tar") as writer:
        for key in ("a", "b", "c"):
            writer.add(key, {"flac": key.encode(), "json": b"{}"})
        writer.add("d", {"wav": b"d", "mp4": b"video"})
    return tmp_path / "part.tar"


def test_clips_come_in_order_repeated_as_asked_and_skipped_where_not_wanted(tar: Path) -> None:
    clips = [wanted(key, key.encode()) for key in ("a", "c", "c", "c", "d")]
    assert [audio["path"] for audio in read_audio(tar, clips)] == ["a.flac", "c.flac", "c.flac", "c.flac", "d.wav"]
    assert [audio["bytes"] for audio in read_audio(tar, clips)] == [b"a", b"c", b"c", b"c", b"d"]


@pytest.mark.parametrize(
    ("clips", "says"),
    [
        ([wanted("a", b"a"), wanted("aa", b"")], "has no aa"),
        ([wanted("b", b"another sound")], "the audio of b is not what was committed"),
    ],
    ids=["missing", "changed"],
)
def test_what_is_not_as_committed_is_refused(tar: Path, clips: list[Wanted], says: str) -> None:
    with pytest.raises(CorruptionError, match=says):
        list(read_audio(tar, clips))


def test_a_torn_tar_is_refused(tar: Path) -> None:
    tar.write_bytes(tar.read_bytes()[:1700])
    with pytest.raises(CorruptionError):
        list(read_audio(tar, [wanted("d", b"d")]))
