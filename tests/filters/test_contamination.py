"""Overlap with benchmarks: each rule finds what it promises and nothing else, in lists as they are published."""

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from models.test_annotating import cli
from pipeline.conftest import built, made, workspace  # noqa: F401  (fixtures)

from audsem_data import Project
from audsem_data.benchmarks.clips_of import clips_of
from audsem_data.benchmarks.entry import Entry, stem_of, video_of
from audsem_data.benchmarks.overlap import Lists, Match, Rule, table_of
from audsem_data.benchmarks.readers import read_list
from audsem_data.core.errors import InputError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "lists"
ID = "dQw4w9WgXcQ"


def clips(*rows: tuple[str, str | None, int | None, int | None, str | None]) -> pa.Table:
    names = ("clip_id", "video_id", "start_ms", "end_ms", "file_name")
    types = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string())
    columns = list(zip(*rows, strict=True))
    return pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})


def found(entry: Entry, row: tuple[int | None, int | None], margin: int = 0, file: str | None = None) -> set[Rule]:
    matches = Lists({"b": [entry]}).matches(clips(("c", ID, *row, file)), margin)
    assert all(match == Match("c", "b", match.rule) for match in matches)
    return {match.rule for match in matches}


@pytest.mark.parametrize(
    ("row", "margin", "rules"),
    [
        ((30_000, 34_000), 0, {Rule.VIDEO}),  # another time of the same video
        ((20_000, 24_000), 0, {Rule.VIDEO}),  # touching
        ((6_000, 10_000), 0, {Rule.VIDEO}),
        ((19_999, 24_000), 0, {Rule.VIDEO, Rule.TIME}),
        ((19_000, 24_000), 0, {Rule.VIDEO, Rule.TIME}),  # one second
        ((12_000, 14_000), 0, {Rule.VIDEO, Rule.TIME}),  # inside
        ((5_000, 50_000), 0, {Rule.VIDEO, Rule.TIME}),  # around
        ((20_000, 24_000), 1, {Rule.VIDEO, Rule.TIME}),  # a margin
        ((None, None), 0, {Rule.VIDEO}),
    ],
)
def test_time(row: tuple[int | None, int | None], margin: int, rules: set[Rule]) -> None:
    assert found(Entry(ID, 10_000, 20_000), row, margin) == rules


def test_each_rule_alone() -> None:
    assert found(Entry("another_id_"), (0, 1000)) == set()
    assert found(Entry(ID), (0, 1000)) == {Rule.VIDEO}
    assert found(Entry(file_name="a/Santa_Motor.wav"), (0, 1), file="b\\santa motor.FLAC") == {Rule.FILE_NAME}
    assert found(Entry(file_name="Santa Motor.wav"), (0, 1), file="Santa Motor 2.wav") == set()
    assert table_of([Match("a", "b", Rule.TIME), Match("a", "b", Rule.TIME)])["b"]["time"] == 1


@pytest.mark.parametrize(
    ("name", "text", "entries"),
    [
        (
            "audioset.csv",
            '# Segments csv created Sun\n# num_ytids=1\n# YTID, start_seconds, end_seconds, positive_labels\n'
            f'{ID}, 30.000, 40.000, "/m/09x0r,/t/dd00088"\n',
            [Entry(ID, 30_000, 40_000)],
        ),
        (
            "audiocaps.csv",
            f"audiocap_id,youtube_id,start_time,caption\n1,{ID},20,A dog\n",
            [Entry(ID, 20_000, 30_000)],
        ),
        ("vggsound.csv", f"{ID},30,train horning,test\n", [Entry(ID, 30_000, 40_000)]),
        ("vgg.csv", f"{ID}_000300.mp4,train\n", [Entry(ID, 300_000, 310_000, f"{ID}_000300.mp4")]),
        ("clotho.csv", "file_name,caption_1\nSanta Motor.wav,x\n", [Entry(file_name="Santa Motor.wav")]),
        ("fsd50k.csv", "fname,labels,mids,split\n64760,x,y,val\n", [Entry(file_name="64760")]),
        (
            "wavcaps.json",
            json.dumps({"num_captions_per_audio": 1, "data": [{"id": f"Y{ID}.wav", "caption": "x"}, {"id": "17"}]}),
            [Entry(ID, file_name=f"Y{ID}.wav"), Entry(file_name="17")],
        ),
        (
            "mmau.json",
            json.dumps([{"id": "1", "audio_id": "./test-mini-audios/3fe6-a.wav", "choices": []}]),
            [Entry(file_name="./test-mini-audios/3fe6-a.wav")],
        ),
        (
            "mmar.json",
            json.dumps([{"id": "1", "audio_path": "./a/b.wav", "url": f"https://www.youtube.com/watch?v={ID}&t=1"}]),
            [Entry(ID, file_name="./a/b.wav")],
        ),
        ("plain.txt", f"# mine\n{ID}\nhttps://youtu.be/{ID}\nSanta Motor.wav\n", [
            Entry(ID), Entry(ID), Entry(file_name="Santa Motor.wav")]),
    ],
)  # fmt: skip
def test_lists_as_they_are_published(tmp_path: Path, name: str, text: str, entries: list[Entry]) -> None:
    (tmp_path / name).write_text(text)
    assert read_list(tmp_path / name) == entries


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "", "names no recording"),
        ("a.csv", f"youtube_id,start_time\n{ID},soon\n", "2: no entry of a list"),
        ("a.json", "{", "cannot be read"),
        ("a.json", "[3]", "0: no entry of a list"),
    ],
)
def test_bad_lists_are_refused_with_their_place(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=said):
        read_list(tmp_path / name)
    with pytest.raises(InputError, match="there is no list"):
        read_list(tmp_path / "nowhere.csv")


def test_names_and_addresses() -> None:
    for text in (ID, f"youtube.com/watch?v={ID}", f"https://youtu.be/{ID}?t=3"):
        assert video_of(text) == ID
    assert video_of("short") is None
    assert stem_of("x/Y_z.WAV") == stem_of("y z.flac") == "y z"
    assert stem_of("1.5 seconds") == "1.5 seconds"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the lists are not beside the checkout")
def test_vggsound_against_audiocaps_and_audioset_by_id() -> None:
    def ids(name: str, column: int, skip: int) -> set[str]:
        with (SHARED / name).open(encoding="utf-8", newline="") as stream:
            return {row[column] for row in list(csv.reader(stream))[skip:]}

    with (SHARED / "vggsound_test.csv").open(encoding="utf-8", newline="") as stream:
        vgg = {row[0][:11] for row in csv.reader(stream)}
    expected = {
        "audiocaps": len(vgg & (ids("audiocaps_test.csv", 1, 1) | ids("audiocaps_val.csv", 1, 1))),
        "audioset": len(vgg & ids("audioset_eval_segments.csv", 0, 1)),
    }
    audiocaps = read_list(SHARED / "audiocaps_test.csv") + read_list(SHARED / "audiocaps_val.csv")
    lists = Lists({"audiocaps": audiocaps, "audioset": read_list(SHARED / "audioset_eval_segments.csv")})
    mine = {entry.video_id: entry for entry in read_list(SHARED / "vggsound_test.csv")}
    table = clips(*((str(key), key, entry.start_ms, entry.end_ms, None) for key, entry in mine.items()))
    shared = table_of(lists.matches(table))
    assert {name: rules["video"] for name, rules in shared.items()} == expected
    assert all(rules["time"] <= rules["video"] for rules in shared.values())
    assert expected["audioset"] > 0


def test_any_dataset_can_be_judged(tmp_path: Path) -> None:
    (tmp_path / "d" / "data").mkdir(parents=True)
    other = pa.table({"youtube_id": [ID, "x"], "start_time": [12.0, 1.0], "end_time": [14.0, 2.0]})
    pq.write_table(other, tmp_path / "d" / "data" / "train.parquet")
    assert clips_of(tmp_path / "d").to_pylist()[0] == {
        "clip_id": "train.parquet:0", "video_id": ID, "start_ms": 12_000, "end_ms": 14_000, "file_name": None
    }  # fmt: skip
    (tmp_path / "b.csv").write_text(f"audiocap_id,youtube_id,start_time,caption\n1,{ID},10,A dog\n")
    arguments = ("decontaminate", tmp_path / "d", "--against", tmp_path / "b.csv")
    said = json.loads(cli(*arguments, "--json"))
    assert (said["clips"], said["shared"]) == (2, {"b": {"file_name": 0, "video": 1, "time": 1}})
    assert "1 clips share" in cli(*arguments, "--strict", "--out", tmp_path / "o.csv", expect=5)
    assert (tmp_path / "o.csv").read_text().splitlines()[1:] == [
        "train.parquet:0,b,video",
        "train.parquet:0,b,time",
    ]
    pq.write_table(pa.table({"text": ["x"]}), tmp_path / "d" / "data" / "train.parquet")
    assert "no Parquet file has a column" in cli(*arguments, expect=1)


def test_a_dataset_of_this_tool_is_judged_with_its_sound_in_place(built: Path, tmp_path: Path) -> None:  # noqa: F811
    rows = clips_of(built / "audsem").to_pylist()
    assert {row["file_name"] for row in rows} == {f"{row['clip_id']}.flac" for row in rows}
    row = rows[0]
    (tmp_path / "b.txt").write_text(f"{row['clip_id']}.wav\n")
    said = json.loads(cli("decontaminate", built / "audsem", "--against", tmp_path / "b.txt", "--json"))
    assert said["shared"]["b"]["file_name"] == 1


def test_a_workspace_leaves_out_what_a_benchmark_holds(workspace: Path, tmp_path: Path) -> None:  # noqa: F811
    captions = {row["clip_id"]: row for row in Project(workspace).read("select-captions").to_pylist()}
    kept = [row["clip_id"] for row in Project(workspace).read("select-clips").to_pylist() if row["keep"]]
    victim = captions[kept[0]]
    begin = victim["start_ms"] / 1000
    (tmp_path / "b.csv").write_text(f"video_id,start,end\n{victim['video_id']},{begin},{begin + 0.5}\n")
    assert "has no list" in cli("score-contamination", "-w", workspace, expect=2)
    cli("score-contamination", "-w", workspace, "--set", f"lists=[{tmp_path / 'b.csv'}]")
    scores = {row["clip_id"]: row for row in Project(workspace).read("score-contamination").to_pylist()}
    assert scores[kept[0]]["shared"] == ["b: video", "b: time"]
    for key, row in scores.items():
        assert (row["overlap"] > 0) == (captions[key]["video_id"] == victim["video_id"])
    cli("select-clips", "-w", workspace)
    left = {row["clip_id"]: row["reason"] for row in Project(workspace).read("select-clips").to_pylist()}
    assert left[kept[0]] == "in_a_benchmark"
    gone = ("--set", "lists=[/no/such.csv]")
    assert "/no/such.csv cannot be read" in cli("score-contamination", "-w", workspace, *gone, expect=2)
