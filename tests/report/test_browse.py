"""The browser's pages, media and decisions, and who may ask for them."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from audsem_data.browse.guard import Guard
from audsem_data.browse.server import application
from audsem_data.report.library import open_library
from audsem_data.runtime.api import Project
from audsem_data.runtime.session import existing_context
from audsem_data.storage.reviews import Reviews, Verdict
from audsem_data.storage.spool import Spool
from report.hostile import HOSTILE, write_hostile_dataset
from report.test_page import Parsed

HOST = "http://127.0.0.1:8765"


@pytest.fixture
def client(workspace: Path) -> Iterator[TestClient]:
    app = application(open_library(workspace), Reviews(workspace / "reviews.sqlite"))
    with TestClient(app, base_url=HOST) as made:
        yield made
    app.state.browser.index.close()


def clip_of(workspace: Path) -> str:
    return str(Project(workspace).read("select-captions")["clip_id"][0].as_py())


def csrf(client: TestClient) -> dict[str, str]:
    return {"X-CSRF-Token": client.app.state.browser.csrf}  # type: ignore[attr-defined]


def decide(client: TestClient, key: str, **headers: str) -> int:
    body = {"clip_id": key, "verdict": "reject", "comment": "noise"}
    return client.post("/review", json=body, headers=headers).status_code


def test_a_clip_is_shown_with_its_sound_and_its_evidence(client: TestClient, workspace: Path) -> None:
    rows = Project(workspace).read("standardize", "select-captions").to_pylist()
    page = client.get("/")
    assert page.status_code == 200 and rows[0]["caption"] in page.text
    shown = client.get(f"/clip/{rows[0]['clip_id']}").text
    for text in (rows[0]["caption"], "acoustics", "loudness lufs", "generate-mc-qa", "Its life"):
        assert text in shown
    sound = client.get(f"/sound/{rows[0]['clip_id']}")
    assert hashlib.sha256(sound.content).hexdigest() == rows[0]["audio_sha256"]
    assert sound.headers["content-type"] == "audio/flac"
    assert client.get(f"/spectrogram/{rows[0]['clip_id']}").content.startswith(b"\x89PNG")
    assert client.get(f"/picture/{rows[0]['clip_id']}/0").content.startswith(b"\xff\xd8")
    assert client.get(f"/picture/{rows[0]['clip_id']}/99").status_code == 404
    assert client.get("/clip/nothing").status_code == client.get("/sound/..%2f..%2fetc%2fpasswd").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=100-", slice(100, None)), ("bytes=-7", slice(-7, None))],
)
def test_a_part_of_the_sound_is_that_part(client: TestClient, workspace: Path, wanted: str, part: slice) -> None:
    address = f"/sound/{clip_of(workspace)}"
    whole = client.get(address).content
    answer = client.get(address, headers={"Range": wanted})
    assert answer.status_code == 206 and answer.content == whole[part]
    start = part.indices(len(whole))[0]
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(answer.content) - 1}/{len(whole)}"
    assert client.get(address, headers={"Range": f"bytes={len(whole)}-"}).status_code == 416


def test_why_a_caption_became_no_clip_is_told(client: TestClient) -> None:
    found = Parsed(client.get("/list?reason=below_threshold").text)
    key = next(a["data-key"] for tag, a in found.elements if a.get("data-key"))
    shown = Parsed(client.get(f"/clip/{quote(str(key))}").text).text
    assert "Why it was left out" in shown and "below threshold" in shown and "lexicon 0" in shown


def test_a_decision_is_kept_beyond_the_process(client: TestClient, workspace: Path) -> None:
    key = clip_of(workspace)
    assert decide(client, key, **csrf(client)) == 200
    held = Reviews(workspace / "reviews.sqlite").all()
    assert [(one.clip_id, one.verdict, one.comment) for one in held] == [(key, Verdict.REJECT, "noise")]
    again = application(open_library(workspace), Reviews(workspace / "reviews.sqlite"))
    with TestClient(again, base_url=HOST) as later:
        assert 'data-verdict="reject" aria-pressed="true"' in later.get(f"/clip/{key}").text
        undo = {"clip_id": key, "verdict": None, "comment": ""}
        assert later.post("/review", json=undo, headers=csrf(later)).json()["verdict"] is None
    again.state.browser.index.close()
    assert Reviews(workspace / "reviews.sqlite").all() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"clip_id": 1, "verdict": "perhaps"}', b"\xff"])
def test_a_decision_that_is_none_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/review", content=body, headers=csrf(client)).status_code == 400


def test_no_other_page_decides_and_no_other_name_reaches_us(client: TestClient, workspace: Path) -> None:
    key = clip_of(workspace)
    secret = csrf(client)
    assert decide(client, key) == 403, "without the secret of our pages"
    assert decide(client, key, **secret, Origin="http://evil.example") == 403
    assert decide(client, key, **secret, Origin="null") == 403
    assert decide(client, key, **secret, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert client.get("/", headers={"Host": "evil.example:8765"}).status_code == 421, "a name that points at us"
    assert not Reviews(workspace / "reviews.sqlite").all()
    assert decide(client, key, **secret, Origin=HOST) == 200


def test_answers_may_not_be_embedded_and_run_no_foreign_script(client: TestClient) -> None:
    for address in ("/", "/nothing", "/static/browse.js"):
        headers = client.get(address).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers


def test_with_a_token_nobody_else_comes_in(workspace: Path) -> None:
    reviews = Reviews(workspace / "reviews.sqlite")
    app = application(open_library(workspace), reviews, hosts={"box"}, token="t0ken")
    with TestClient(app, base_url="http://box") as made:
        assert made.get("/").status_code == 401
        assert made.get("/?token=wrong").status_code == 401
        welcome = made.get("/?token=t0ken", follow_redirects=False)
        assert welcome.status_code == 303 and welcome.headers["location"] == "/"
        cookie = welcome.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        assert made.get("/").status_code == 200
    app.state.browser.index.close()


def test_any_name_is_answered_to_where_a_token_decides(workspace: Path) -> None:
    library, reviews = open_library(workspace), Reviews(workspace / "reviews.sqlite")
    app = application(library, reviews, hosts=None, token="t0ken")
    with TestClient(app, base_url="http://192.168.1.7:8765") as made:
        assert made.get("/").status_code == 401
        assert made.get("/?token=t0ken").status_code == 200
    app.state.browser.index.close()
    with pytest.raises(ValueError, match="token"):
        Guard(app, hosts=None, token=None, csrf="c")


def test_attempts_and_verdicts_are_read_from_the_spool(client: TestClient, workspace: Path) -> None:
    key, context = clip_of(workspace), existing_context(workspace)
    about = {"clip": key, "task": "mc_qa", "variant": "simple"}
    reply = {"text": '{"valid": false, "reason": "says more than is heard"}', "finished": True}
    with Spool(context.workspace.spool(context.stages["generate-mc-qa"], 0)) as spool:
        spool.put(b"1" * 32, json.dumps({"about": {**about, "judged": 1}, "reply": reply}).encode())
        spool.put(b"2" * 32, json.dumps({"about": {**about, "attempt": 2}, "failed": ["busy", "<b>"]}).encode())
        spool.put(b"3" * 32, json.dumps({"about": {**about, "clip": "other"}, "reply": reply}).encode())
    shown = Parsed(client.get(f"/attempts/{key}").text)
    assert "the judge on attempt 2" in shown.text and "says more than is heard" in shown.text
    assert "busy: <b>" in shown.text
    assert shown.text.count("mc qa, simple") == 2


def test_texts_that_mean_harm_are_shown_as_texts(tmp_path: Path) -> None:
    write_hostile_dataset(tmp_path / "d")
    app = application(open_library(tmp_path / "d"), Reviews(tmp_path / "r.sqlite"))
    with TestClient(app, base_url=HOST) as made:
        keys = [f"x_00000{number:04d}_000010000" for number in range(len(HOSTILE))]
        for address in ("/", "/list", *(f"/clip/{key}" for key in keys)):
            page = Parsed(made.get(address).text)
            assert all(not text.strip() for text in page.held["script"])
            assert not [a for _, a in page.elements if any(name.startswith("on") for name in a)]
        for key, text in zip(keys[:7], HOSTILE[:7], strict=True):
            assert text in Parsed(made.get(f"/clip/{key}").text).text
        for text in HOSTILE:
            assert made.get("/", params={"text": text, "tag": text}).status_code == 200
    app.state.browser.index.close()
