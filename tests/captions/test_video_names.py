"""Files that share a name are never one video: folders, sources, tables, and sources that are added later."""

import math
import tarfile
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import soundfile

from audsem_data import Project
from audsem_data.core.keys import parse_clip_id

SAID = {"dog": "dog growls", "cat": "cat meows", "owl": "owl hoots"}
VTT = "WEBVTT\n\n00:00:{start:06.3f} --> 00:00:{end:06.3f}\n{text}\n"


def tone(path: Path, hertz: float, seconds: float = 12.0, rate: int = 16_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = 0.3 * np.sin(2 * math.pi * hertz * np.arange(round(seconds * rate)) / rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


def captions(path: Path, text: str, start: float = 1.0, end: float = 5.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(VTT.format(start=start, end=end, text=text))


def heard(workspace: Path, sources: Sequence[Path]) -> dict[str, dict[str, float]]:
    """Run to the clips; return the loudest frequency of each clip's sound, by its caption, then its video."""
    Project(workspace, sources=[str(source) for source in sources]).run(until="standardize", workers=0)
    said = {row["clip_id"]: row["text"] for row in Project(workspace).read("select-captions").to_pylist()}
    found: dict[str, dict[str, float]] = {}
    for path in (workspace / "standardize").rglob("*.tar"):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                key, _, suffix = member.name.partition(".")
                if suffix == "flac" and key in said:
                    samples, rate = soundfile.read(archive.extractfile(member))
                    peak = np.abs(np.fft.rfft(samples)).argmax() * rate / len(samples)
                    found.setdefault(said[key], {})[parse_clip_id(key).video_id] = round(float(peak), -1)
    return found


def fates(workspace: Path, stage: str) -> dict[str, Any]:
    """Return the reason of every row that is not done, with its detail."""
    rows = [
        row for path in (workspace / stage).rglob("outcomes-*.parquet") for row in pq.read_table(path).to_pylist()
    ]
    return {row["key"]: (row["reason"], row["detail"]) for row in rows if row["outcome"] != "done"}


def test_a_folder_for_each_class(tmp_path: Path) -> None:
    for name, hertz in (("dog", 440), ("cat", 3000), ("owl", 1200)):
        tone(tmp_path / "fold" / name / "001.wav", hertz)
        captions(tmp_path / "fold" / name / "001.en.vtt", f"[{SAID[name]}]")
    tone(tmp_path / "fold" / "dog" / "002.wav", 700)
    captions(tmp_path / "fold" / "dog" / "002.en.vtt", "[dog barks]")
    assert heard(tmp_path / "w", [tmp_path / "fold"]) == {
        "[dog growls]": {"fold%2Fdog%2F001": 440},
        "[cat meows]": {"fold%2Fcat%2F001": 3000},
        "[owl hoots]": {"fold%2Fowl%2F001": 1200},
        "[dog barks]": {"002": 700},
    }


def test_a_source_that_is_added_later_renames_nothing(tmp_path: Path) -> None:
    tone(tmp_path / "dogs" / "001.wav", 440)
    captions(tmp_path / "dogs" / "001.en.vtt", "[dog barks]")
    assert heard(tmp_path / "w", [tmp_path / "dogs"]) == {"[dog barks]": {"001": 440}}
    before = {path: path.read_bytes() for path in (tmp_path / "w" / "standardize").rglob("part-*")}
    tone(tmp_path / "cats" / "001.wav", 3000)
    captions(tmp_path / "cats" / "001.en.vtt", "[cat meows]")
    tone(tmp_path / "dogs" / "more" / "001.wav", 700)
    captions(tmp_path / "dogs" / "more" / "001.en.vtt", "[dog growls]")
    assert heard(tmp_path / "w", [tmp_path / "dogs", tmp_path / "cats"]) == {
        "[dog barks]": {"001": 440},
        "[cat meows]": {"cats%2F001": 3000},
        "[dog growls]": {"dogs%2Fmore%2F001": 700},
    }
    assert {path: path.read_bytes() for path in before if path.suffix in (".tar", ".parquet")} == {
        path: data for path, data in before.items() if path.suffix in (".tar", ".parquet")
    }


def test_subtitles_in_folders_of_their_own(tmp_path: Path) -> None:
    for name, hertz in (("dog", 440), ("cat", 3000)):
        tone(tmp_path / "all" / "media" / name / "001.wav", hertz)
        captions(tmp_path / "all" / "subs" / name / "001.en.vtt", f"[{SAID[name]}]")
    assert heard(tmp_path / "w", [tmp_path / "all"]) == {
        "[dog growls]": {"all%2Fmedia%2Fdog%2F001": 440},
        "[cat meows]": {"all%2Fmedia%2Fcat%2F001": 3000},
    }


def test_subtitles_that_might_be_of_either_are_of_neither(tmp_path: Path) -> None:
    tone(tmp_path / "all" / "dogs" / "001.wav", 440)
    tone(tmp_path / "all" / "cats" / "001.wav", 3000)
    captions(tmp_path / "all" / "subs" / "001.en.vtt", "[dog barks]")
    captions(tmp_path / "all" / "dogs" / "001.en.vtt", "[dog growls]")
    assert heard(tmp_path / "w", [tmp_path / "all"]) == {"[dog growls]": {"001": 440}}
    [(reason, detail)] = fates(tmp_path / "w", "ingest").values()
    assert reason == "ambiguous_media"
    assert "cats/001.wav" in detail
    assert "dogs/001.wav" in detail


def test_two_tables_that_give_one_name_to_two_files(tmp_path: Path) -> None:
    tone(tmp_path / "dogs" / "001.wav", 440)
    tone(tmp_path / "cats" / "001.wav", 3000)
    (tmp_path / "a.csv").write_text("path,start,end,text\ndogs/001.wav,1,4.5,[dog barks]\n")
    (tmp_path / "b.csv").write_text(
        "video_id,path,start,end,text\n001,cats/001.wav,5,8.5,[cat meows]\ncat1,cats/001.wav,5,9,[cat purrs]\n"
    )
    assert heard(tmp_path / "w", [tmp_path / "a.csv", tmp_path / "b.csv"]) == {
        "[dog barks]": {"001": 440},
        "[cat purrs]": {"cat1": 3000},
    }
    [(reason, detail)] = fates(tmp_path / "w", "select-captions").values()
    assert reason == "other_media"
    assert detail.endswith("dogs/001.wav")


def test_copies_of_one_file_are_no_conflict(tmp_path: Path) -> None:
    for place in ("a", "b"):
        tone(tmp_path / "all" / place / "001.wav", 440)
    captions(tmp_path / "all" / "001.en.vtt", "[dog barks]")
    assert heard(tmp_path / "w", [tmp_path / "all"]) == {"[dog barks]": {"001": 440}}
