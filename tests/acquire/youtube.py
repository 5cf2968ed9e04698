"""www.youtube.com on loopback, as far as yt-dlp's own extractor for it asks: page, player, API, captions, media.

It is a proxy too, so that clients reach it under its real name, over TLS. Addresses of media are scrambled as the
site's are: one part is signed, one must be answered by running the player's JavaScript. The player is ours; it has
the outline that yt-dlp's solver looks for. What the real site says tomorrow no test can know.
"""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import trustme
from loopback import running

from acquire.media_server import Handler, MediaServer

HOST = "www.youtube.com"
CHANNEL = "UC" + "x" * 22
PLAYER = "/s/player/0a1b2c3d/player_ias.vflset/en_US/base.js"
_CHALLENGE, _SIGNATURE = "challenge", "abcdefghijklmnop"
# Both scrambles are reversals; a method other than set and get is the one that answers the challenge.
PLAYER_SCRIPT = """
(function(){
  var config={signatureTimestamp:20000};
  function Address(text){this.query={}}
  Address.prototype.set=function(key,value){this.query[key]=value};
  Address.prototype.get=function(key){return this.query[key]};
  Address.prototype.answer=function(){if(this.query.n){this.query.n=this.query.n.split("").reverse().join("")}};
  var make=function(text,key,value){
    var address=new Address(text);
    address.set("alr","yes");
    if(value){address.set(key,encodeURIComponent(decodeURIComponent(value).split("").reverse().join("")))}
    return address;
  };
}).call(this);
"""


Cue = tuple[int, int, str]  # begin, end (ms), text


@dataclass
class Video:
    """What the site says of a video: its media, how long it is, its caption tracks, or why it is not shown."""

    pictures: str = "pictures.mp4"
    sound: str = "sound.m4a"
    seconds: int = 24
    tracks: dict[str, list[Cue]] = field(default_factory=dict)  # by language; "asr" is the automatic track
    status: str = "OK"
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class YouTube(MediaServer):
    """The site and a proxy to it; `videos` by id may be changed while it runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, YouTubeHandler)
        self.videos: dict[str, Video] = {}
        self.failing: dict[str, int] = {}  # statuses by path
        self.player = PLAYER_SCRIPT
        self.authority = trustme.CA()
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(HOST).configure_cert(self.tls)

    def asked(self, part: str) -> int:
        """Return how often an address with this in it was asked for."""
        return sum(part in seen.path for seen in self.seen)


class YouTubeHandler(Handler):
    """Serves the site over a tunnel, and media over plain HTTP."""

    server: YouTube

    def do_CONNECT(self) -> None:  # noqa: N802
        """Become the host that the client wants to reach."""
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.close_connection = False

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def answer(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if parts.path in self.server.failing:
            self.status(self.server.failing[parts.path], {})
        elif parts.path == "/watch":
            self.page(self._watch(query["v"][0]))
        elif parts.path.startswith("/embed/"):
            self.page(self._watch(parts.path.removeprefix("/embed/")))
        elif parts.path == PLAYER:
            self.page(self.server.player)
        elif parts.path == "/youtubei/v1/player":
            asked = json.loads(sent)
            self.page(json.dumps(self._response(asked["videoId"], asked["context"]["client"]["clientName"])))
        elif parts.path == "/api/timedtext":
            self.page(_json3(self.server.videos[query["v"][0]].tracks[query["track"][0]]))
        elif parts.path.startswith("/videoplayback/") and not _solved(query):
            self.status(403, {})
        elif parts.path.startswith("/videoplayback/"):
            self.media("plain", parts.path.rpartition("/")[2])
        else:
            self.status(404, {})

    do_POST = Handler.do_GET  # noqa: N815

    def _watch(self, video_id: str) -> str:
        context = {"client": {"clientName": "WEB", "clientVersion": "2.20260101", "visitorData": "v"}}
        config = json.dumps({"PLAYER_JS_URL": PLAYER, "INNERTUBE_CONTEXT": context})
        response = json.dumps(self._response(video_id, "WEB"))
        return (
            f"<html><script>ytcfg.set({config});</script><script>var ytInitialPlayerResponse = {response};</script>"
            '<script>var ytInitialData = {"contents": {"none": 1}};</script></html>'
        )

    def _response(self, video_id: str, client: str) -> dict[str, Any]:
        video = self.server.videos.get(video_id, Video(status="ERROR", reason="Video unavailable"))
        response: dict[str, Any] = {
            "playabilityStatus": {"status": video.status, "reason": video.reason},
            "videoDetails": {
                "videoId": video_id,
                "title": "a title",
                "lengthSeconds": str(video.seconds),
                "channelId": CHANNEL,
                "isLiveContent": False,
                **video.details,
            },
        }
        if video.status == "OK":
            # As the site does, the page's own client gets what cannot be fetched with a plain request.
            formats = [] if client == "WEB" else self._formats(video)
            response["streamingData"] = {"adaptiveFormats": formats}
            response["captions"] = {"playerCaptionsTracklistRenderer": {"captionTracks": _tracks(video_id, video)}}
        return response

    def _formats(self, video: Video) -> list[dict[str, Any]]:
        base = f"{self.server.address}/videoplayback"
        pictures, sound = (f"{base}/{name}?n={_CHALLENGE}" for name in (video.pictures, video.sound))
        about = {"approxDurationMs": str(video.seconds * 1000)}
        small = {"height": 120, "width": 160, "quality": "small", "bitrate": 200_000, "url": pictures}
        large = small | {"height": 1080, "width": 1920, "quality": "hd1080", "bitrate": 4_000_000}
        return [
            {"itag": 137, "mimeType": 'video/mp4; codecs="avc1.64001f"', **about, **large},
            {"itag": 133, "mimeType": 'video/mp4; codecs="avc1.64001f"', **about, **small},
            {
                "itag": 140,
                "mimeType": 'audio/mp4; codecs="mp4a.40.2"',
                "audioQuality": "AUDIO_QUALITY_MEDIUM",
                "bitrate": 128_000,
                "signatureCipher": f"s={_SIGNATURE}&sp=sig&url={quote(sound, safe='')}",
                **about,
            },
        ]


def _tracks(video_id: str, video: Video) -> list[dict[str, Any]]:
    base = f"https://{HOST}/api/timedtext?v={video_id}&track="
    return [
        {
            "baseUrl": base + name,
            "languageCode": "en",
            "vssId": "a.en",
            "kind": "asr",
            "name": {"simpleText": "auto"},
        }
        if name == "asr"
        else {"baseUrl": base + name, "languageCode": name, "vssId": f".{name}", "name": {"simpleText": name}}
        for name in video.tracks
    ]


def _json3(cues: list[Cue]) -> str:
    events = [
        {"tStartMs": begin, "dDurationMs": end - begin, "segs": [{"utf8": text}]} for begin, end, text in cues
    ]
    return json.dumps({"wireMagic": "pb3", "events": events})


def _solved(query: dict[str, list[str]]) -> bool:
    signature = query.get("sig", [_SIGNATURE[::-1]])
    return query.get("n") == [_CHALLENGE[::-1]] and signature == [_SIGNATURE[::-1]]


@contextmanager
def youtube(folder: Path) -> Iterator[YouTube]:
    """Serve the media of a folder as the site would, until the block ends."""
    with running(YouTube(folder)) as site:
        yield site
