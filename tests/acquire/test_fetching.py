"""Real yt-dlp and ffmpeg against a server on loopback: every clip arrives exactly, or with the right reason."""

from pathlib import Path

import numpy as np
import pytest
from media.clips import lag
from media.test_samples import straight

from acquire.media_server import MediaServer
from audsem_data.acquisition.fetching import Clips, fetch_clips
from audsem_data.acquisition.governor import Policy
from audsem_data.acquisition.options import FetchOptions
from audsem_data.acquisition.sections import plan_sections
from audsem_data.acquisition.ytdlp import Request
from audsem_data.core.errors import GovernorStoppedError, UsageError
from audsem_data.media.cut import Cut, Target, Want, cut_audio
from audsem_data.media.decode import decode_audio
from audsem_data.media.isolation import Isolated
from audsem_data.media.probe import Bounds, open_media

BOUNDS = Bounds(1 << 30, 3600.0, 16, 1 << 24)
FAST = FetchOptions(policy=Policy(per_minute=60_000, streak=10**6, pause_s=0.05), idle_s=2.0, max_bytes=64 << 20)
WANTS = [Want("a", 40, 1500), Want("b", 9000, 12_500), Want("c", 13_000, 14_000), Want("d", 19_000, 22_900)]
REACH = 3200


ISOLATED = Isolated(4 << 30)


def get(url: str, folder: Path, wants: list[Want] = WANTS, options: FetchOptions = FAST) -> Clips:
    sections = plan_sections(wants, 1000, 2000)
    folder.mkdir(exist_ok=True)
    clips: Clips = ISOLATED.call(fetch_clips, Request(url, sections, folder, options), seconds=60)
    return clips


def sound_of(clips: Clips, want: Want) -> Cut:
    with open_media(clips.held[want.key].path, BOUNDS) as media:
        rate = media.audio.codec_context.sample_rate
        ((_, cut),) = cut_audio(decode_audio(media), [want], rate, Target(32_000, 50))
    assert isinstance(cut, Cut), cut
    return cut


def reasons(clips: Clips) -> dict[str, str]:
    return {key: str(error.reason) for key, error in clips.failed.items()}


@pytest.mark.parametrize("behaviour", ["plain", "norange", "redirecting"])
@pytest.mark.parametrize(
    "name", ["aac.mp4", "opus.mkv", "vorbis.webm", "tune.opus", "song.mp3", "pcm.wav", "stream.ts"]
)
def test_every_clip_arrives_exactly(
    name: str, behaviour: str, server: MediaServer, library: Path, tmp_path: Path
) -> None:
    clips = get(f"{server.address}/{behaviour}/{name}", tmp_path / "f")
    assert not clips.failed
    whole = np.pad(straight(library / name), REACH)
    for want in WANTS:
        cut = sound_of(clips, want)
        begin = want.start_ms * 32
        late, likeness = lag(cut.samples, whole[begin : begin + len(cut.samples) + 2 * REACH], REACH)
        assert late == 0, f"{want}: {late / 32:+.2f} ms"
        assert likeness > 0.95


@pytest.mark.parametrize(("manifest", "origin"), [("list.m3u8", "stream.ts"), ("parts.mpd", "aac.mp4")])
def test_what_is_served_in_parts_has_one_timeline(
    manifest: str, origin: str, server: MediaServer, library: Path, tmp_path: Path
) -> None:
    clips = get(f"{server.address}/plain/{manifest}", tmp_path / "f", WANTS)
    assert not clips.failed
    assert all(held.measured.has_video for held in clips.held.values())
    whole = np.pad(straight(library / origin), REACH)
    for want in WANTS:
        cut = sound_of(clips, want)
        begin = want.start_ms * 32
        late, likeness = lag(cut.samples, whole[begin : begin + len(cut.samples) + 2 * REACH], REACH)
        assert late == 0, f"{want}: {late / 32:+.2f} ms"
        assert likeness > 0.95


def test_a_stream_that_goes_on_is_left_for_later(server: MediaServer, tmp_path: Path) -> None:
    clips = get(f"{server.address}/plain/live.m3u8", tmp_path / "f")
    assert set(reasons(clips).values()) == {"live"}
    assert not server.sections()


def test_what_cannot_work_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    for wrong in (Policy(per_minute=0), Policy(burst=0), Policy(pause_s=0)):
        with pytest.raises(UsageError, match="must be above 0"):
            FetchOptions(policy=wrong).check()
    with pytest.raises(UsageError, match="no file of cookies"):
        FetchOptions(cookies=str(tmp_path / "none")).check_files()
    with pytest.raises(UsageError, match="HTTPS_PROXY"):
        FetchOptions(proxy="http://me:secret@host:1").check()


def test_a_page_that_embeds_the_video_works_as_well(server: MediaServer, tmp_path: Path) -> None:
    clips = get(f"{server.address}/plain/watch?v=aac", tmp_path / "f")
    assert set(clips.held) == {"a", "b", "c", "d"}
    assert clips.facts
    assert clips.facts.extractor == "HTML5MediaEmbed"


def test_near_clips_share_a_section_and_a_section_is_one_request(server: MediaServer, tmp_path: Path) -> None:
    clips = get(f"{server.address}/plain/aac.mp4", tmp_path / "f")
    assert clips.held["b"].path == clips.held["c"].path
    assert len({held.path for held in clips.held.values()}) == 3
    assert len(server.sections()) == 3


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("401", "forbidden"),
        ("403", "forbidden"),
        ("404", "not_found"),
        ("410", "gone"),
        ("429", "rate_limited"),
        ("451", "copyright"),
        ("500", "server_error"),
        ("503", "server_error"),
        ("says/Nothing here", "unsupported_site"),
        ("truncating", "truncated"),
        ("resetting", "network"),
    ],
)
def test_what_fails_has_its_reason(behaviour: str, reason: str, server: MediaServer, tmp_path: Path) -> None:
    clips = get(f"{server.address}/{behaviour}/aac.mp4", tmp_path / "f", [WANTS[3]])
    assert reasons(clips) == {"d": reason}, clips.failed["d"].detail
    assert clips.failed["d"].detail


def test_a_server_that_hangs_is_given_up(server: MediaServer, tmp_path: Path) -> None:
    clips = get(f"{server.address}/hanging/aac.mp4", tmp_path / "f", [WANTS[1]])
    assert reasons(clips) == {"b": "timed_out"}
    assert clips.failed["b"].outcome().status == "failed_transient"


@pytest.mark.parametrize("behaviour", ["slow", "lying"])
def test_a_server_that_is_slow_or_lies_about_the_length_still_serves(
    behaviour: str, server: MediaServer, tmp_path: Path
) -> None:
    clips = get(f"{server.address}/{behaviour}/aac.mp4", tmp_path / "f")
    assert set(clips.held) == {"a", "b", "c", "d"}


def test_a_server_that_recovers_is_asked_again(server: MediaServer, tmp_path: Path) -> None:
    server.faults = 2
    clips = get(f"{server.address}/flaky/aac.mp4", tmp_path / "f")
    assert set(clips.held) == {"a", "b", "c", "d"}


def test_retry_after_is_honoured(server: MediaServer, tmp_path: Path) -> None:
    server.faults, server.retry_after = 1, "2"
    clips = get(f"{server.address}/flaky/aac.mp4", tmp_path / "f")
    assert not clips.failed
    refused, following = server.seen[:2]
    assert following.time - refused.time >= 2.0


def test_media_that_are_refused_open_the_breaker_though_the_same_host_shows_their_page(
    server: MediaServer, tmp_path: Path
) -> None:
    server.limited.add("aac")
    breaker = FetchOptions(policy=Policy(per_minute=60_000, streak=3, pause_s=0.3, pauses=1), idle_s=2.0)
    with pytest.raises(GovernorStoppedError, match="rate_limited"):
        get(f"{server.address}/plain/watch?v=aac", tmp_path / "f", WANTS, breaker)
    assert len([seen for seen in server.seen if "/watch" in seen.path]) == 4


def test_a_clip_after_the_end_is_told_from_one_that_was_cut_off(server: MediaServer, tmp_path: Path) -> None:
    after = Want("after", 30_000, 32_000)
    clips = get(f"{server.address}/plain/aac.mp4", tmp_path / "f", [WANTS[0], after])
    assert set(clips.held) == {"a"}
    assert reasons(clips) == {"after": "past_end"}
    assert clips.failed["after"].outcome().status == "filtered"


def test_a_whole_file_is_fetched_only_within_its_bound(server: MediaServer, tmp_path: Path) -> None:
    # Its index stands at the end: without ranges ffmpeg cannot use it. Of other kinds it may, as buffers have it.
    url = f"{server.address}/norange/aac.mp4"
    small = FetchOptions(policy=FAST.policy, max_bytes=100_000)
    clips = get(url, tmp_path / "f", WANTS, small)
    assert reasons(clips) == dict.fromkeys("abcd", "too_large")
    clips = get(url, tmp_path / "g", WANTS)
    assert {held.path.stem for held in clips.held.values()} == {"whole"}
    assert set(clips.held) == set("abcd")


def test_no_section_is_asked_for_where_the_page_is_refused(server: MediaServer, tmp_path: Path) -> None:
    get(f"{server.address}/403/aac.mp4", tmp_path / "f")
    assert not server.sections()


def test_an_unknown_host_is_a_network_failure(tmp_path: Path) -> None:
    clips = get("http://127.0.0.1:9/aac.mp4", tmp_path / "f", [WANTS[0]])
    assert reasons(clips) == {"a": "network"}


def test_an_address_that_is_no_medium_is_never_opened_as_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"not yours")
    clips = get(f"file://{secret}", tmp_path / "f", [WANTS[0]])
    assert reasons(clips) == {"a": "unsupported_site"}
