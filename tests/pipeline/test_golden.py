"""What stages that work on text alone make of fixed input: a change must come with a new version of the stage.

Sound and its measures are left out: their last digits may differ between families of processors.
`python tests/pipeline/test_golden.py` prints the new digests once a version has been raised.
"""

import csv
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from audsem_data import Project
from audsem_data.rules.writer import write
from audsem_data.runtime.discovery import load_stages

GOLDEN = Path(__file__).with_name("golden.json")
STAGES = ("ingest", "extract-sdh", "classify-lexicon", "select-captions", "score-duration")
ROWS = (
    ("vid-A", 0, 3000, "[dog barks]"), ("vid-A", 3500, 5000, "(rain  falling\nhard)"),
    ("vid-A", 5000, 9000, "Hello."),
    ("vid-B", 100, 1099, "{too short}"), ("vid-B", 2000, 6000, "[♪♪]"), ("vid-B", 7000, 11000, "[café music]"),
    ("vid.C", 0, 10000, "[“Quoted” chatter]"), ("vid.C", 0, 10000, "[“Quoted” chatter]"),
    ("vid.C", 11000, 15000, "[Chapter 2]"), ("vid.C", 16000, 20000, "[a} siren (wails]"),
)  # fmt: skip
MEASURED = {
    "duration_s": 4.0, "loudness_lufs": -18.0, "level_trend": "rising", "silence_fraction": 0.3, "onset_count": 9,
    "tempo_bpm": 61.0, "voiced_fraction": 0.8, "flatness": 0.01, "centroid_hz": 1000.0, "crest_db": 25.0,
}  # fmt: skip


def digest(rows: Any) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()[:16]


def made(folder: Path) -> dict[str, dict[str, object]]:
    """Return version and digest of each stage's rows."""
    table = folder / "segments.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([("video_id", "start_ms", "end_ms", "text"), *ROWS])
    project = Project(folder / "w", sources=[str(table)])
    project.run(until="score-duration", workers=0)
    found: dict[str, dict[str, object]] = {}
    known = load_stages()
    for name in STAGES:
        found[name] = {"version": known[name].version, "digest": digest(project.read(name).to_pylist())}
    for task in ("captioning", "mc_qa", "open_qa", "creative_writing"):
        name = f"generate-{task.replace('_', '-')}"
        examples = [e.row() for e in write(task, "semantic", "0:clip", "dog barks", MEASURED)]
        found[name] = {"version": known[name].version, "digest": digest(examples)}
    return found


def test_outputs_change_only_with_a_version(tmp_path: Path) -> None:
    golden, now = json.loads(GOLDEN.read_text()), made(tmp_path)
    for name, entry in now.items():
        assert entry == golden[name], (
            f"{name} makes other rows than before: raise its version, then renew golden.json"
        )
    assert now.keys() == golden.keys()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        json.dump(made(Path(scratch)), sys.stdout, indent=1)
