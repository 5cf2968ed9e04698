"""yt-dlp's own extractor for YouTube, its JavaScript solved, under our budgets of memory, time and requests."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import soundfile
from pipeline.conftest import run_cli

from acquire.test_fetching import FAST, WANTS, reasons
from acquire.youtube import CHANNEL, HOST, Video, YouTube, youtube
from audsem_data.acquisition.fetching import Clips, fetch_clips
from audsem_data.acquisition.governor import Policy
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.reasons import FetchError
from audsem_data.acquisition.sections import plan_sections
from audsem_data.acquisition.subtitles import Subtitled, fetch_subtitles, list_videos
from audsem_data.acquisition.ytdlp import Request
from audsem_data.core.errors import GovernorStoppedError
from audsem_data.media.isolation import Isolated

VIDEO = "abcdefghi-0"
ADDRESS = f"https://{HOST}/watch?v={VIDEO}"
MEMORY = 2 << 30  # the least that a call is given anywhere
# What the site says of videos that it does not show, as yt-dlp passes it on.
REFUSED = [
    ("private", Video(status="LOGIN_REQUIRED", reason="This video is private")),
    ("removed", Video(status="ERROR", reason="Video unavailable")),
    ("bot_check", Video(status="LOGIN_REQUIRED", reason="Sign in to confirm you\u2019re not a bot")),
    ("age_restricted", Video(status="LOGIN_REQUIRED", reason="Sign in to confirm your age")),
    ("members_only", Video(status="UNPLAYABLE", reason="Join this channel to get access to members-only content")),
    ("rate_limited", Video(status="UNPLAYABLE", reason="This content isn't available, try again later.")),
    ("live", Video(status="LIVE_STREAM_OFFLINE", reason="Premieres in 3 hours", details={"isUpcoming": True})),
]
TRACK = [(2000, 6000, "[dog barks]"), (12_500, 16_000, "[thunder rumbles in the distance]")]


@pytest.fixture
def site(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[YouTube]:
    with youtube(library) as started:
        authority = tmp_path / "authority.pem"
        started.authority.cert_pem.write_to_path(authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        # Where certifi is installed, yt-dlp asks it alone whom to trust: this one stands before it.
        (tmp_path / "path").mkdir()
        (tmp_path / "path" / "certifi.py").write_text(f"def where():\n    return {str(authority)!r}\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
        yield started


def call(function: Any, *arguments: Any) -> Any:
    with Isolated(MEMORY) as isolated:
        return isolated.call(function, *arguments, seconds=120)


def options(site: YouTube, policy: Policy = FAST.policy) -> FetchOptions:
    return FetchOptions(policy=policy, idle_s=5.0, proxy=site.address)


def get(site: YouTube, folder: Path, policy: Policy = FAST.policy) -> Clips:
    folder.mkdir()
    request = Request(ADDRESS, plan_sections(WANTS, 1000, 2000), folder, options(site, policy))
    clips: Clips = call(fetch_clips, request)
    return clips


def test_clips_arrive_with_what_the_site_states(site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = Video()
    clips = get(site, tmp_path / "f")
    assert set(clips.held) == set("abcd")
    assert all(held.measured.has_video for held in clips.held.values())
    assert clips.facts
    assert (clips.facts.channel_id, clips.facts.duration_s) == (CHANNEL, 24)
    assert str(clips.facts.format_id).startswith("133+140"), "the large pictures are not asked for"
    assert (site.asked("/watch"), site.asked("/s/player/")) == (1, 1), "one call for all clips of a video"
    assert site.asked("as=made")
    assert not site.asked("as=evened") + site.asked("as=dubbed")


def test_the_player_is_asked_for_once(site: YouTube, tmp_path: Path) -> None:
    """In each process, however many videos: by what downloads, and by what fetches subtitles."""
    site.videos = {name: Video(tracks={"en": TRACK}) for name in (VIDEO, VIDEO.replace("0", "1"))}
    with Isolated(MEMORY) as isolated:
        for name in site.videos:
            address = f"https://{HOST}/watch?v={name}"
            folder = tmp_path / name
            folder.mkdir()
            request = Request(address, plan_sections(WANTS, 1000, 2000), folder, options(site))
            assert not isolated.call(fetch_clips, request, seconds=120).failed
            assert isolated.call(fetch_subtitles, address, folder, options(site), seconds=120) == Subtitled(name, 1)
    assert (site.asked("/watch"), site.asked("/s/player/")) == (4, 2)


def test_from_addresses_to_a_dataset(site: YouTube, tmp_path: Path) -> None:
    site.videos = {f"abcdefghi-{n}": Video(tracks={"en": TRACK, "asr": TRACK}) for n in range(2)}
    site.videos["abcdefghi-2"] = dict(REFUSED)["private"]
    workspace = tmp_path / "w"
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(site.videos))
    quick = ("--proxy", site.address, "--rate", "60000")
    fetched = run_cli("fetch-subtitles", ids, "-w", workspace, *quick)
    assert "done 2, private 1" in fetched.stdout
    values = [f"download.proxy={site.address}", "download.rate=60000"]
    run_cli("run", "-w", workspace, *(part for value in values for part in ("--set", value)))
    shards = (workspace / "audsem" / "data" / "clips").glob("*")
    rows = [row for shard in shards for row in pq.read_table(shard).to_pylist()]
    assert {(row["video_id"], row["source"]) for row in rows} == {(f"abcdefghi-{n}", "Youtube") for n in range(2)}
    assert len(rows) == 4
    heard = {round(soundfile.info(io.BytesIO(row["audio"]["bytes"])).duration, 3) for row in rows}
    assert heard == {4.0, 3.5}


@pytest.mark.parametrize(("reason", "video"), REFUSED)
def test_what_the_site_refuses_has_its_reason(reason: str, video: Video, site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = video
    clips = get(site, tmp_path / "f")
    assert set(reasons(clips).values()) == {reason}, clips.failed
    found = call(fetch_subtitles, ADDRESS, tmp_path, options(site))
    assert isinstance(found, FetchError), "a refusal is no video without subtitles"
    assert found.reason == reason


@pytest.mark.parametrize("unsolved", ["if(this.query.n)", "if(value)"], ids=["challenge", "signature"])
def test_javascript_that_is_not_solved_is_not_the_videos_fate(unsolved: str, site: YouTube, tmp_path: Path) -> None:
    """Without the one no format is left; without the other pictures are, and no sound."""
    site.videos[VIDEO] = Video()
    site.player = site.player.replace(unsolved, "throw new Error('new this week');" + unsolved)
    clips = get(site, tmp_path / "f")
    assert set(reasons(clips).values()) == {"unsolved"}
    assert clips.failed["a"].reason.transient


@pytest.mark.parametrize(("status", "reason"), [(429, "rate_limited"), (500, "server_error")])
def test_an_answer_that_the_extractor_goes_on_without_is_not_the_videos_fate(
    status: int, reason: str, site: YouTube, tmp_path: Path
) -> None:
    site.videos[VIDEO] = Video()
    site.failing["/youtubei/v1/player"] = status
    assert set(reasons(get(site, tmp_path / "f")).values()) == {reason}
    assert site.asked("/youtubei") > 2, "it is worth asking again"


BREAKER = Policy(per_minute=60_000, streak=3, pause_s=0.3, pauses=1)


def test_a_streak_of_bot_checks_opens_the_breaker_though_pages_come(site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = dict(REFUSED)["bot_check"]
    with pytest.raises(GovernorStoppedError, match="goes on refusing"):
        get(site, tmp_path / "f", BREAKER)
    assert site.asked("/watch") == 4, "three in a row, a pause, and the one that tried"


def test_subtitles_are_under_the_breaker_too(site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = dict(REFUSED)["bot_check"]
    for _ in range(3):
        assert call(fetch_subtitles, ADDRESS, tmp_path, options(site, BREAKER)).reason == "bot_check"
    with pytest.raises(GovernorStoppedError, match="goes on refusing"):
        call(fetch_subtitles, ADDRESS, tmp_path, options(site, BREAKER))


def test_manual_tracks_are_fetched_and_automatic_ones_never(site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = Video(tracks={"en-GB": TRACK, "de": TRACK, "asr": TRACK})
    assert call(fetch_subtitles, ADDRESS, tmp_path, options(site)) == Subtitled(VIDEO, 1)
    (track,) = tmp_path.glob(f"{VIDEO}.*.json3")
    assert "dog barks" in track.read_text()
    assert (site.asked("track=asr"), site.asked("track=de"), site.asked("/videoplayback/")) == (0, 0, 0)


def test_the_videos_of_a_channel_and_its_tabs_are_listed_page_by_page(site: YouTube) -> None:
    videos, shorts = [f"aaaaaaaaaa{n}" for n in range(5)], [f"bbbbbbbbbb{n}" for n in range(3)]
    site.lists = {"/@somebody/videos": videos, "/@somebody/shorts": shorts}
    listed = call(list_videos, f"https://{HOST}/@somebody", options(site))
    assert listed == [f"https://{HOST}/watch?v={name}" for name in [*videos, *shorts]]
    site.lists = {"/playlist": videos}
    assert call(list_videos, f"https://{HOST}/playlist?list=PL{'x' * 16}", options(site)) == listed[:5]


@pytest.mark.parametrize(("status", "reason"), [(404, "not_found"), (429, "rate_limited"), (503, "server_error")])
def test_a_list_that_breaks_off_is_no_list(status: int, reason: str, site: YouTube) -> None:
    site.lists = {"/@somebody/videos": [f"aaaaaaaaaa{n}" for n in range(5)]}
    site.failing["/youtubei/v1/browse"] = status
    found = call(list_videos, f"https://{HOST}/@somebody", options(site))
    assert isinstance(found, FetchError)
    assert found.reason == reason


def test_tracks_that_may_have_been_withheld_are_not_none(site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = Video()
    site.failing["/youtubei/v1/player"], site.faults = 500, 1
    assert call(fetch_subtitles, ADDRESS, tmp_path, options(site)).reason == "server_error"
    site.player = "nothing that can be solved"
    assert call(fetch_subtitles, ADDRESS, tmp_path, options(site)) == Subtitled(VIDEO, 0)


def test_a_video_with_automatic_tracks_alone_has_none(site: YouTube, tmp_path: Path) -> None:
    site.videos[VIDEO] = Video(tracks={"asr": TRACK})
    assert call(fetch_subtitles, ADDRESS, tmp_path, options(site)) == Subtitled(VIDEO, 0)
