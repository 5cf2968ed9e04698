"""Every message becomes one reason; what no rule knows is `unknown`, never success."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from audsem_data.acquisition.reasons import FetchReason
from audsem_data.acquisition.taxonomy import RULES, classify
from audsem_data.core.errors import StorageError

MESSAGES = [
    ("bot_check", "ERROR: [youtube] x: Sign in to confirm you\u2019re not a bot. Use --cookies-from-browser"),
    ("bot_check", "ERROR: [youtube] x: This helps. YouTube is requiring a captcha challenge before playback"),
    ("rate_limited", "ERROR: unable to download video data: HTTP Error 429: Too Many Requests"),
    (
        "rate_limited",
        "[youtube] x: This content isn't available, try again later. The current session has been rate-limited",
    ),
    ("rate_limited", "[https @ 0x55] HTTP error 429 Too Many Requests"),
    ("age_restricted", "[youtube] x: Sign in to confirm your age. This video may be inappropriate for some users."),
    ("members_only", "[youtube] x: Join this channel to get access to members-only content like this video"),
    ("members_only", "[youtube] x: This video requires payment to watch."),
    (
        "terminated",
        "[youtube] x: Video unavailable. This video is no longer available because the YouTube account "
        "associated with this video has been terminated.",
    ),
    (
        "copyright",
        "[youtube] x: Video unavailable. This video contains content from SME, who has blocked it on "
        "copyright grounds",
    ),
    ("copyright", "Unable to download webpage: HTTP Error 451: Unavailable For Legal Reasons"),
    ("geo_blocked", "[youtube] x: The uploader has not made this video available in your country"),
    ("geo_blocked", "This video is not available from your location due to geo restriction"),
    ("private", "[youtube] x: Private video. Sign in if you've been granted access to this video"),
    ("live", "[youtube] x: This live event will begin in 3 hours."),
    ("live", "[youtube] x: Premieres in 20 hours"),
    ("drm", "The requested site is known to use DRM protection. It will NOT be supported."),
    ("login_required", "This video is only available for registered users. Use --cookies"),
    ("removed", "[youtube] x: Video unavailable. This video has been removed by the uploader"),
    ("removed", "[youtube] x: Video unavailable"),
    ("removed", "[youtube] x: This video is not available"),
    ("unsolved", "[youtube] x: n challenge solving failed: Some formats may be missing. Ensure you have a"),
    ("unsolved", "[youtube] No supported JavaScript runtime could be found. Only deno is enabled by default"),
    ("unsupported_site", "Unsupported URL: https://example.org/"),
    ("no_format", "[youtube] x: Requested format is not available. Use --list-formats for a list"),
    ("no_format", "[generic] x: No video formats found!; please report this issue on  https://github.com/yt-dlp"),
    ("not_found", "[generic] Unable to download webpage: HTTP Error 404: Not Found"),
    ("not_found", "[in#0 @ 0x5] Error opening input: Server returned 404 Not Found"),
    ("gone", "HTTP Error 410: Gone"),
    ("forbidden", "unable to download video data: HTTP Error 403: Forbidden"),
    ("forbidden", "Error opening input: Server returned 403 Forbidden (access denied)"),
    ("forbidden", "Server returned 401 Unauthorized (authorization failed)"),
    ("server_error", "HTTP Error 503: Service Unavailable"),
    ("server_error", "Error opening input: Server returned 5XX Server Error reply"),
    ("timed_out", "The read operation timed out"),
    ("timed_out", "[tcp @ 0x5] Connection to tcp://10.0.0.1:80 failed: Connection timed out"),
    ("truncated", "[https @ 0x5] Stream ends prematurely at 3, should be 9"),
    ("truncated", "Got error: 3 bytes read, 9 more expected"),
    ("network", "[tcp @ 0x5] Connection to tcp://127.0.0.1:9 failed: Connection refused"),
    ("network", "Unable to download webpage: [Errno -2] Name or service not known"),
    ("network", "<urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed>"),
    ("network", "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))"),
    ("too_large", "[download] File is larger than max-filesize (9 bytes > 3 bytes). Aborting."),
    ("not_media", "[mov,mp4 @ 0x5] moov atom not found"),
    ("not_media", "Error opening input: Invalid data found when processing input"),
    ("unknown", "ffmpeg exited with code 187"),
    ("unknown", ""),
]


@pytest.mark.parametrize(("reason", "message"), MESSAGES)
def test_a_message_has_its_reason(reason: str, message: str) -> None:
    assert classify(message).reason == reason


def test_every_rule_is_shown_by_a_message() -> None:
    assert {str(rule.reason) for rule in RULES} == {reason for reason, _ in MESSAGES} - {"unknown"}


def test_the_original_message_is_kept_without_colours_and_boilerplate() -> None:
    error = classify("\x1b[0;31mERROR:\x1b[0m [x] y:\n  Video unavailable. See  https://example.org for more")
    assert error.detail == "[x] y: Video unavailable."
    assert len(classify("word " * 1000).detail) <= 500


def test_a_full_disk_is_no_rows_fate() -> None:
    with pytest.raises(StorageError, match="the disk is full"):
        classify("[out#0] Error writing trailer: No space left on device\nERROR: ffmpeg exited with code 228")


def test_only_what_can_help_is_tried_again() -> None:
    transient = {str(reason) for reason in FetchReason if reason.transient}
    assert transient == {
        "live", "forbidden", "rate_limited", "bot_check", "server_error", "network", "timed_out", "truncated",
        "unsolved",
    }  # fmt: skip


@pytest.mark.parametrize(
    "phrase",
    [
        "YouTube is requiring a captcha challenge",
        "This content isn't available, try again later",
        "has not made this video available in your country",
        "Requested format is not available",
        "No video formats found",
        "known to use DRM protection",
        "Unsupported URL",
        "No supported JavaScript runtime",
        "challenge solving failed",
        "Signature solving failed",
        "larger than max-filesize",
        "HTTP Error ",
        " bytes read",
        " more expected",
        "URLs are disabled",
    ],
)
def test_yt_dlp_still_says_what_the_rules_look_for(phrase: str) -> None:
    """Where a phrase is yt-dlp's own, a release that words it anew must be noticed here, not in production."""
    spec = find_spec("yt_dlp")
    assert spec
    assert spec.origin
    source = Path(spec.origin).parent
    extractors = ["common.py", "generic.py", "unsupported.py", "youtube/_video.py"]
    places = ["utils/_utils.py", "YoutubeDL.py", "networking/exceptions.py", "downloader/http.py"]
    places += [f"extractor/{name}" for name in extractors]
    text = "".join((source / place).read_text(encoding="utf-8") for place in places)
    assert re.search(re.escape(phrase), text)
