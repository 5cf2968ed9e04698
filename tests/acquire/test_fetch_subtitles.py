"""`fetch-subtitles` with the real yt-dlp against a server on loopback."""

import json
from pathlib import Path
from typing import Any

import pytest
from pipeline.conftest import run_cli

from acquire.media_server import MediaServer
from audsem_data.acquisition.subtitles import videos_of
from audsem_data.core.errors import InputError
from audsem_data.core.keys import escape_video_id
from audsem_data.runtime.subtitle_fetching import addresses_of

VTT = "WEBVTT\n\n00:09.000 --> 00:12.500\n[door slams]\n\n00:16.000 --> 00:19.500\n(rain pattering)\n"
FAST = ["--rate", "60000", "--pause-s", "0.1"]


@pytest.fixture
def subtitled(server: MediaServer) -> MediaServer:
    server.files = {name: server.files[name] for name in ("aac", "opus", "song")}
    server.subtitles = {"aac.en": VTT, "aac.fr": VTT, "opus.en-GB": VTT}
    return server


def test_a_playlist_becomes_a_source_and_then_a_dataset(subtitled: MediaServer, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    done = run_cli("fetch-subtitles", f"{subtitled.address}/plain/feed", "-w", workspace, *FAST)
    assert "done 2, no_subtitles 1" in done.stdout
    folder = workspace / "subtitles"
    assert sorted(path.suffix for path in folder.iterdir()) == [".json"] * 3 + [".jsonl"] + [".vtt"] * 2
    assert not list(folder.glob("*.fr.*")), "only English was asked for"
    info = json.loads(next(folder.glob("*aac*.info.json")).read_text())
    assert info["webpage_url"] == f"{subtitled.address}/plain/watch?v=aac"
    assert "title" not in info
    asked = len(subtitled.seen)
    again = run_cli("fetch-subtitles", f"{subtitled.address}/plain/feed", "-w", workspace, *FAST)
    assert again.stdout.splitlines()[-2] == done.stdout.splitlines()[-2]
    assert len(subtitled.seen) - asked <= 2, "the list was read again, and no video"
    run_cli("run", "-w", workspace, "--until", "standardize", "--set", "download.rate=60000")
    made = run_cli("status", "-w", workspace, "--json").stdout
    counts = {stage["stage"]: stage["counts"] for stage in json.loads(made)["stages"]}
    assert counts["standardize"] == {"done": 4}


def test_a_video_that_fails_has_its_reason_and_is_asked_for_again_when_told(
    subtitled: MediaServer, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    gone = subtitled.files.pop("aac")
    pages = [f"{subtitled.address}/{how}/watch?v=opus" for how in ("404", "plain")]
    done = run_cli("fetch-subtitles", *pages, f"{subtitled.address}/410/watch?v=aac", "-w", workspace, *FAST)
    assert "done 1, gone 1, not_found 1" in done.stdout
    asked = len(subtitled.seen)
    run_cli("fetch-subtitles", *pages, "-w", workspace, *FAST)
    assert len(subtitled.seen) == asked
    run_cli("fetch-subtitles", *pages, "-w", workspace, *FAST, "--retry", "not_found")
    assert len(subtitled.seen) > asked
    assert gone


def test_a_line_that_a_crash_tore_costs_no_other(subtitled: MediaServer, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    one, other = (f"{subtitled.address}/plain/watch?v={name}" for name in ("aac", "opus"))
    run_cli("fetch-subtitles", one, "-w", workspace, *FAST)
    with (workspace / "subtitles" / "fetched.jsonl").open("a") as journal:
        journal.write('{"address": "torn by a cra')
    run_cli("fetch-subtitles", one, other, "-w", workspace, *FAST)
    asked = len(subtitled.seen)
    assert "done 2" in run_cli("fetch-subtitles", one, other, "-w", workspace, *FAST).stdout
    assert len(subtitled.seen) == asked


def test_a_site_that_refuses_ends_it_with_6_and_it_goes_on_later(subtitled: MediaServer, tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    subtitled.faults = 10**6
    pages = [f"{subtitled.address}/flaky/watch?v={name}" for name in ("aac", "opus")]
    stopped = run_cli("fetch-subtitles", *pages, "-w", workspace, *FAST, expect=6)
    assert "goes on refusing" in stopped.stderr
    subtitled.faults = 0
    done = run_cli("fetch-subtitles", *pages, "-w", workspace, *FAST)
    assert "done 1, server_error 1" in done.stdout, (
        "the first was asked for in vain, and cools down; the other was not"
    )
    done = run_cli("fetch-subtitles", *pages, "-w", workspace, *FAST, "--retry", "server_error")
    assert "done 2" in done.stdout


def test_the_tabs_of_a_channel_are_lists_of_their_own() -> None:
    """The shape of yt-dlp's channel pages; no site with tabs can be had here, so its answers are written down."""

    def video(name: str) -> dict[str, str]:
        return {"_type": "url", "ie_key": "Youtube", "url": f"https://www.youtube.com/watch?v={name}"}

    shorts = {"_type": "playlist", "entries": [video("c"), video("a")]}
    tab = {"_type": "url", "ie_key": "YoutubeTab", "url": "https://www.youtube.com/@x/shorts"}
    channel = {
        "_type": "playlist",
        "entries": [{"_type": "playlist", "entries": [video("a"), video("b")]}, tab, None],
    }
    asked: list[str] = []

    def look_up(url: str, download: bool) -> Any:
        assert not download
        asked.append(url)
        return shorts

    found = [address.rpartition("=")[2] for address in videos_of(channel, look_up)]
    assert found == ["a", "b", "c", "a"]
    assert asked == [tab["url"]]


def test_ids_addresses_and_lists_of_them_are_taken(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("\ufeff# ours\ndQw4w9WgXcQ\n\nhttps://example.org/v\n")
    youtube = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    assert addresses_of([str(listed), "dQw4w9WgXcQ"]) == [youtube, "https://example.org/v"]
    with pytest.raises(InputError, match="no address"):
        addresses_of(["nothing"])


def test_what_was_taken_down_leaves_no_subtitles_and_is_not_fetched_again(
    subtitled: MediaServer, tmp_path: Path
) -> None:
    workspace = tmp_path / "w"
    pages = {name: f"{subtitled.address}/plain/watch?v={name}" for name in ("aac", "opus")}
    run_cli("fetch-subtitles", *pages.values(), "-w", workspace, *FAST)
    run_cli("run", "-w", workspace, "--until", "select-captions")
    folder = workspace / "subtitles"
    for name in ("aac", "opus"):  # by its address, in another form of it; the second leaves an empty folder
        video = json.loads(next(folder.glob(f"*{name}*.info.json")).read_text())["id"]
        given = f" {pages[name]}#t=3"
        done = run_cli("takedown", given, "-w", workspace)
        assert "gone from subtitles: 2 files" in done.stdout
        assert (workspace / "exclude.txt").read_text().splitlines()[-1] == escape_video_id(video)
        left = [
            path for path in folder.iterdir() if escape_video_id(video) in path.name or video in path.read_text()
        ]
        assert left == []
    asked = len(subtitled.seen)
    assert "excluded 2" in run_cli("fetch-subtitles", *pages.values(), "-w", workspace, *FAST).stdout
    assert len(subtitled.seen) > asked, "only the page tells whose it is"
    assert [path.name for path in folder.iterdir()] == ["fetched.jsonl"]
    run_cli("run", "-w", workspace, "--until", "select-captions")
    run_cli("invalidate", "ingest", "-w", workspace)
    done = run_cli("run", "-w", workspace, "--until", "select-captions")
    assert "ingest: 0 in, 0 out" in done.stdout


def test_an_excluded_video_of_youtube_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "exclude.txt").write_text("dQw4w9WgXcQ\n")
    assert "excluded 1" in run_cli("fetch-subtitles", "dQw4w9WgXcQ", "-w", tmp_path, *FAST).stdout
    assert not list((tmp_path / "subtitles").iterdir())
