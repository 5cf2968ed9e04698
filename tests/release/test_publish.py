"""Publishing to a Hub on loopback, by the command line: what arrives, and what faults and kills leave."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audsem_data.publish.checks import check_dataset

from .hub_server import TOKEN, Fault, HubServer, hub_server
from .hub_store import File, Repo

REPO = "tester/audsem"
COMMAND = [sys.executable, "-c", "from audsem_data.cli.main import main; main()"]
LOAD = """
import sys
from datasets import Audio, load_dataset
config, revision, streaming = sys.argv[1:]
rows = load_dataset("tester/audsem", config, revision=revision, split="train", streaming=streaming == "s")
if "audio" in rows.features:
    rows = rows.cast_column("audio", Audio(decode=False))
print(sum(1 for _ in rows), next(iter(rows))["clip_id"])
"""


@pytest.fixture
def server() -> Iterator[HubServer]:
    with hub_server() as made:
        yield made


ONE_SPLIT = frozenset(["v72", "v112", "v114"])  # without these videos there is but one: fewer rows to load


@pytest.fixture
def place(workspace: Any, tmp_path: Path) -> Path:
    """A workspace folder with a dataset of ids and texts, in one split."""
    workspace.exclude = ONE_SPLIT
    return prepared(workspace, tmp_path)


def prepared(workspace: Any, tmp_path: Path, **options: Any) -> Path:
    workspace.assemble(**{"audio": "none", **options})
    (workspace.folder / "recipe.yaml").write_text("audsem: 1\nprofile: offline\nsources: []\nstages: {}\n")
    return Path(workspace.folder)


def environment(server: HubServer, home: Path, token: str = TOKEN) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    return {
        **kept, "HF_ENDPOINT": server.address, "HF_TOKEN": token, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
    }  # fmt: skip


def publish(server: HubServer, place: Path, *more: str, expect: int = 0, token: str = TOKEN) -> str:
    done = subprocess.run(
        [*COMMAND, "publish", REPO, "--workspace", str(place), *more],
        capture_output=True, text=True, check=False, env=environment(server, place.parent / "hf", token),
    )  # fmt: skip
    assert done.returncode == expect, f"{done.stdout}\n{done.stderr}"
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout + done.stderr


def local(place: Path) -> dict[str, bytes]:
    folder = place / "audsem"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def remote(server: HubServer, revision: str = "main") -> dict[str, bytes]:
    repo = server.repo(REPO)
    commit = repo.resolve(revision)
    assert commit
    return {path: file.data for path, file in repo.commits[commit].items()}


def loaded(server: HubServer, home: Path, config: str, revision: str, streaming: bool) -> str:
    arguments = [config, revision, "s" if streaming else "-"]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, *arguments],
        capture_output=True, text=True, check=False, env=environment(server, home),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_dataset_arrives_whole_is_tagged_loads_and_is_sent_once(
    server: HubServer, place: Path, tmp_path: Path
) -> None:
    plan = publish(server, place, "--dry-run")
    assert server.store.repos == {}
    assert f"{len(local(place))} files to send" in plan
    publish(server, place)
    repo = server.repo(REPO)
    assert remote(server) == remote(server, "v1") == local(place)
    assert repo.branches.keys() == {"main"}
    assert repo.private
    assert len(repo.history) == 2  # empty, then the whole release in one commit
    assert list((place / "releases").glob("*v1.json"))
    for config in ("default", "clips", "mc_qa"):
        assert int(loaded(server, tmp_path / "hf", config, "v1", streaming=True).split()[0]) > 0
    assert int(loaded(server, tmp_path / "hf", "default", "main", streaming=False).split()[0]) > 0
    sent, commits = server.sent, server.counts["POST _commit"]
    assert "every file is there already" in publish(server, place)
    assert (server.sent, server.counts["POST _commit"]) == (sent, commits)
    assert repo.tags.keys() == {"v1"}


def test_a_new_release_sends_what_changed_and_old_tags_stay(
    server: HubServer, workspace: Any, tmp_path: Path
) -> None:
    place = prepared(workspace, tmp_path)
    publish(server, place)
    before, sent = remote(server), server.sent
    workspace.exclude = frozenset(["v72"])
    prepared(workspace, tmp_path)
    publish(server, place, "--public", "--gated", "auto")
    repo = server.repo(REPO)
    assert remote(server) == remote(server, "v2") == local(place) != before
    assert remote(server, "v1") == before
    assert server.sent - sent < sum(len(data) for data in local(place).values())
    assert (repo.private, repo.gated) == (False, "auto")
    assert not [path for path, data in remote(server).items() if b"v72_" in data]


def test_sound_needs_a_word_and_a_licence(server: HubServer, workspace: Any, tmp_path: Path) -> None:
    place = prepared(workspace, tmp_path, audio="repeat")
    assert "this dataset holds sound" in publish(server, place, expect=2)
    assert "have no licence" in publish(server, place, "--with-audio", expect=2)
    assert server.store.repos == {}
    prepared(workspace, tmp_path, audio="once", license="CC0-1.0")
    publish(server, place, "--with-audio")
    assert remote(server) == local(place)
    done = subprocess.run(
        [*COMMAND, "validate", REPO], capture_output=True, text=True, check=False,
        env=environment(server, tmp_path / "hf2"),
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"{REPO}: sound\n"), done.stderr


def test_who_is_not_known_or_has_a_damaged_dataset_changes_nothing(server: HubServer, place: Path) -> None:
    assert "the Hub does not know you" in publish(server, place, expect=1, token="hf_wrong")
    readme = place / "audsem" / "README.md"
    readme.write_text(readme.read_text() + "hf_" + "a" * 34)
    assert "README.md is not what manifest.json says" in publish(server, place, expect=1)
    assert server.store.repos == {}


def test_a_tag_never_moves(server: HubServer, workspace: Any, tmp_path: Path) -> None:
    place = prepared(workspace, tmp_path)
    publish(server, place, "--tag", "first")
    first = server.repo(REPO).tags["first"]
    workspace.exclude = frozenset(["v72"])
    prepared(workspace, tmp_path)
    assert "a tag never moves" in publish(server, place, "--tag", "first", expect=1)
    assert server.repo(REPO).tags == {"first": first}
    assert server.repo(REPO).branches == {"main": first}, "a tag that cannot be given moves nothing"
    publish(server, place)
    assert server.repo(REPO).tags.keys() == {"first", "v1"}


def test_what_loses_much_of_the_last_release_asks_for_a_yes(
    server: HubServer, workspace: Any, tmp_path: Path
) -> None:
    place = prepared(workspace, tmp_path)
    publish(server, place)
    before = remote(server)
    workspace.exclude = ONE_SPLIT  # three of ten videos
    prepared(workspace, tmp_path)
    assert "clips: 40 rows, then 28" in publish(server, place, "--dry-run")
    assert "clips: 40 rows, then 28" in publish(server, place, expect=2)
    assert remote(server) == before
    publish(server, place, "--yes")
    assert remote(server) == local(place)


def test_files_of_others_are_not_deleted_unasked(server: HubServer, place: Path) -> None:
    server.store.repos[REPO] = Repo(commits={"a" * 40: {"theirs.txt": File(b"theirs", large=False)}})
    server.repo(REPO).branches["main"] = "a" * 40
    assert "1 files that audsem-data did not put there, theirs.txt first" in publish(server, place, expect=2)
    assert remote(server) == {"theirs.txt": b"theirs"}


def test_a_commit_by_somebody_else_is_not_overwritten(server: HubServer, place: Path) -> None:
    publish(server, place)

    def race(method: str, path: str) -> Fault:
        if method == "POST" and path.endswith("/commit/main"):
            repo = server.repo(REPO)
            tree = {**repo.commits[repo.branches["main"]], "theirs.txt": File(b"theirs", large=False)}
            repo.commits["f" * 40] = tree
            repo.branches["main"] = "f" * 40
        return None

    server.fault = race
    (place / "audsem" / "x").parent.mkdir(exist_ok=True)
    repo = server.repo(REPO)
    repo.commits["e" * 40] = {}
    repo.branches["main"] = "e" * 40  # main was emptied: there is something to promote
    assert "somebody changed main" in publish(server, place, expect=1)
    assert remote(server) == {"theirs.txt": b"theirs"}


def test_faults_of_the_hub_are_outlived(server: HubServer, place: Path) -> None:
    chance = random.Random(4)
    faults: list[Fault] = [(429, {"retry-after": "0.05"}), (503, {}), "drop", "lost"]
    drawn: list[str] = []

    def some(method: str, path: str) -> Fault:
        if method == "HEAD" or chance.random() > 0.2:
            return None
        fault = chance.choice(faults)
        drawn.append(str(fault))
        return fault

    server.fault = some
    for _ in range(6):  # each run is let down somewhere; a later one finishes
        done = subprocess.run(
            [*COMMAND, "publish", REPO, "--workspace", str(place)],
            capture_output=True, text=True, check=False, env=environment(server, place.parent / "hf"),
        )  # fmt: skip
        if server.store.repos:
            assert remote(server) in ({}, local(place))
        if done.returncode == 0:
            break
    assert done.returncode == 0, done.stderr
    server.fault = lambda method, path: None
    publish(server, place)
    assert remote(server) == local(place) == remote(server, "v1")
    assert server.repo(REPO).tags.keys() == {"v1"}
    assert len(server.repo(REPO).history) == 2
    assert len(set(drawn)) == len(faults)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.drill)])
def test_kills_leave_one_whole_release_and_are_finished_later(server: HubServer, place: Path, kills: int) -> None:
    chance = random.Random(7)
    expected = local(place)
    for _ in range(kills):
        wanted = sum(server.counts.values()) + chance.randrange(3, 40)
        run = subprocess.Popen(
            [*COMMAND, "publish", REPO, "--workspace", str(place)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env=environment(server, place.parent / "hf"),
        )  # fmt: skip
        while sum(server.counts.values()) < wanted and run.poll() is None:
            time.sleep(0.001)
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        if server.store.repos:
            assert remote(server) in ({}, expected)
    publish(server, place)
    assert remote(server) == remote(server, "v1") == expected
    sent, commits = server.sent, server.counts["POST _commit"]
    publish(server, place)
    assert (server.sent, server.counts["POST _commit"]) == (sent, commits)
    assert len(server.repo(REPO).history) == 2


def spoil(folder: Path, name: str) -> None:
    path = folder / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)


def test_every_kind_of_damage_is_said(dataset: Path, tmp_path: Path) -> None:
    assert check_dataset(dataset) == []
    files = sorted(path.relative_to(dataset).as_posix() for path in dataset.rglob("*.parquet"))

    def problem(change: Any) -> str:
        folder = tmp_path / "copy"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(dataset, folder)
        change(folder)
        [first, *_] = check_dataset(folder)
        return first

    assert "is missing" in problem(lambda folder: (folder / files[0]).unlink())
    assert "is not what manifest.json says" in problem(lambda folder: spoil(folder, files[0]))
    assert "is not in manifest.json" in problem(lambda folder: (folder / "notes.txt").write_text("x"))
    assert "cannot be read" in problem(lambda folder: (folder / "manifest.json").unlink())
    assert "to be left out" in check_dataset(dataset, frozenset(["v72"]))[0]
