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
_PAGE = 2  # videos on a page of a list
_CHALLENGE, _SIGNATURE = "challenge", "abcdefghijklmnop"
# The sound as it was made, with its loudness evened out, and dubbed; the others have more bits.
_MADE = {"id": "en.4", "displayName": "English original", "audioIsDefault": True}
_SOUNDS: dict[str, dict[str, Any]] = {
    "as=made": {"bitrate": 128_000, "audioTrack": _MADE},
    "as=evened": {"bitrate": 130_000, "audioTrack": _MADE, "isDrc": True},
    "as=dubbed": {"bitrate": 132_000, "audioTrack": {"id": "es.3", "displayName": "Spanish"}},
}
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
        self.lists: dict[str, list[str]] = {}  # ids of videos by path, `/@channel/videos` or `/playlist`
        self.failing: dict[str, int] = {}  # statuses by path, as long as there are faults
        self.faults = 10**6
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
        if parts.path in self.server.failing and self.has_a_fault():
            self.status(self.server.failing[parts.path], {})
        elif parts.path == "/watch":
            self.page(self._watch(query["v"][0]))
        elif parts.path.startswith("/embed/"):
            self.page(self._watch(parts.path.removeprefix("/embed/")))
        elif parts.path in self.server.lists:
            self.page(_scripts({"PLAYER_JS_URL": PLAYER}, {}, self._listing(parts.path)))
        elif parts.path == PLAYER:
            self.page(self.server.player)
        elif parts.path == "/api/timedtext":
            self.page(_json3(self.server.videos[query["v"][0]].tracks[query["track"][0]]))
        elif parts.path.startswith("/youtubei/"):
            self.page(json.dumps(self._asked(json.loads(sent))))
        elif parts.path.startswith("/videoplayback/") and _solved(query):
            self.media("plain", parts.path.rpartition("/")[2])
        else:
            self.status(403 if parts.path.startswith("/videoplayback/") else 404, {})

    def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        """Return the API's answer: of a video, or the next page of a list."""
        if "videoId" in question:
            return self._response(question["videoId"], question["context"]["client"]["clientName"])
        items = self._items(*question["continuation"].split(" "))
        return {"onResponseReceivedActions": [{"appendContinuationItemsAction": {"continuationItems": items}}]}

    do_POST = Handler.do_GET  # noqa: N815

    def _watch(self, video_id: str) -> str:
        context = {"client": {"clientName": "WEB", "clientVersion": "2.20260101", "visitorData": "v"}}
        config = {"PLAYER_JS_URL": PLAYER, "INNERTUBE_CONTEXT": context}
        return _scripts(config, self._response(video_id, "WEB"), {"contents": {"none": 1}})

    def _listing(self, path: str) -> dict[str, Any]:
        """Return a page with a tab for each list of the same channel, this one's open; or a playlist."""
        owner = path.rpartition("/")[0]
        tabs = []
        for name in [name for name in self.server.lists if name.rpartition("/")[0] == owner]:
            endpoint = {"commandMetadata": {"webCommandMetadata": {"url": name}}}
            tab: dict[str, Any] = {"title": name.rpartition("/")[2].title(), "endpoint": endpoint}
            if name == path:
                tab |= {"selected": True, "content": {"richGridRenderer": {"contents": self._items(path, "0")}}}
            tabs.append({"tabRenderer": tab})
        return {"contents": {"twoColumnBrowseResultsRenderer": {"tabs": tabs}}}

    def _items(self, path: str, begin: str) -> list[dict[str, Any]]:
        """Return a page of a list, and what asks for the next."""
        end = int(begin) + _PAGE
        items: list[dict[str, Any]] = [
            {"richItemRenderer": {"content": {"videoRenderer": {"videoId": name, "title": {"simpleText": name}}}}}
            for name in self.server.lists[path][int(begin) : end]
        ]
        if end < len(self.server.lists[path]):
            command = {"continuationCommand": {"token": f"{path} {end}"}}
            items.append({"continuationItemRenderer": {"continuationEndpoint": command}})
        return items

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
        sounds = [
            {
                "itag": 140,
                "mimeType": 'audio/mp4; codecs="mp4a.40.2"',
                "audioQuality": "AUDIO_QUALITY_MEDIUM",
                "signatureCipher": f"s={_SIGNATURE}&sp=sig&url={quote(f'{sound}&{name}', safe='')}",
                **about,
                **kind,
            }
            for name, kind in _SOUNDS.items()
        ]
        return [
            {"itag": 137, "mimeType": 'video/mp4; codecs="avc1.64001f"', **about, **large},
            {"itag": 133, "mimeType": 'video/mp4; codecs="avc1.64001f"', **about, **small},
            *sounds,
        ]


def _scripts(config: Any, response: Any, data: Any) -> str:
    """Return a page with what the site's pages hold for its own scripts."""
    names = {"ytInitialPlayerResponse": response, "ytInitialData": data}
    held = "".join(f"<script>var {name} = {json.dumps(value)};</script>" for name, value in names.items())
    return f"<html><script>ytcfg.set({json.dumps(config)});</script>{held}</html>"


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
