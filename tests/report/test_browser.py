"""The listening browser as a person uses it, in headless Chromium over a real connection."""

import http.server
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from audsem_data.browse.server import application
from audsem_data.report.library import open_library
from audsem_data.storage.reviews import Reviews, Verdict
from report.hostile import HOSTILE, write_hostile_dataset
from report.watching import check_axe, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@contextmanager
def served(place: Path, reviews: Path) -> Iterator[str]:
    """Serve a workspace or dataset on a free port of this machine; give its address."""
    app = application(open_library(place), Reviews(reviews))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        deadline = time.monotonic() + 20
        while not server.started and time.monotonic() < deadline:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    app.state.browser.index.close()


@pytest.fixture
def errors() -> list[str]:
    return []


@pytest.fixture
def page(browser: "Browser", errors: list[str]) -> "Iterator[Page]":
    context = browser.new_context()
    made = context.new_page()
    made.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    context.close()


def test_listen_filter_and_decide_by_keyboard(page: "Page", errors: list[str], workspace: Path) -> None:
    reviews = workspace / "reviews.sqlite"
    with served(workspace, reviews) as address:
        page.goto(address)
        first = str(page.get_attribute("#clip article", "data-key"))
        page.keyboard.press("Space")
        wait_until(page, "document.querySelector('#clip audio').currentTime > 0.2")
        page.keyboard.press("a")
        wait_until(page, "document.querySelector('[data-verdict=accept]').getAttribute('aria-pressed') === 'true'")
        page.keyboard.press("j")
        wait_until(page, f"document.querySelector('#clip article').dataset.key !== '{first}'")
        second = str(page.get_attribute("#clip article", "data-key"))
        page.keyboard.press("c")
        page.keyboard.type("heard a <b>bell</b>")
        page.keyboard.press("Escape")
        page.keyboard.press("r")
        wait_until(page, "document.querySelector('[data-verdict=reject]').getAttribute('aria-pressed') === 'true'")
        page.goto(f"{address}/?clip={second}")
        assert page.input_value("#clip textarea") == "heard a <b>bell</b>"
        assert page.get_attribute("[data-verdict=reject]", "aria-pressed") == "true"
        total = page.locator("ol.rows a").count()
        page.keyboard.press("/")
        page.keyboard.type("ringing")
        wait_until(page, f"document.querySelectorAll('ol.rows a').length < {total}")
        assert all("ringing" in text for text in page.locator("ol.rows .what").all_inner_texts())
    held = {one.clip_id: (one.verdict, one.comment) for one in Reviews(reviews).all()}
    assert held == {first: (Verdict.ACCEPT, ""), second: (Verdict.REJECT, "heard a <b>bell</b>")}
    assert not errors


def test_a_listener_moves_within_the_sound(page: "Page", workspace: Path) -> None:
    with served(workspace, workspace / "reviews.sqlite") as address:
        page.goto(address)
        wait_until(page, "document.querySelector('.seen img').complete")
        box = page.locator(".seen").bounding_box()
        assert box
        page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 20)
        length = "document.querySelector('audio').duration"
        wait_until(page, f"document.querySelector('audio').currentTime > 0.55 * {length}")


def test_harmful_texts_stay_texts_and_within_the_page(page: "Page", errors: list[str], tmp_path: Path) -> None:
    write_hostile_dataset(tmp_path / "d")
    page.set_viewport_size({"width": 390, "height": 844})
    with served(tmp_path / "d", tmp_path / "r.sqlite") as address:
        for number in range(len(HOSTILE)):
            page.goto(f"{address}/?clip=x_00000{number:04d}_000010000")
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            assert page.evaluate("window.harmed") is None
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert page.evaluate("document.querySelector('main article').scrollWidth") <= 390
    assert not errors


def test_another_origin_can_neither_decide_nor_read(browser: "Browser", workspace: Path, tmp_path: Path) -> None:
    reviews = workspace / "reviews.sqlite"
    with served(workspace, reviews) as address:
        key = application_key(workspace)
        (tmp_path / "index.html").write_text("<!doctype html><title>another</title>")
        handler = http.server.SimpleHTTPRequestHandler
        other = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), lambda *a, **k: handler(*a, directory=str(tmp_path), **k)
        )
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        try:
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{other.server_address[1]}/")
            asked = (
                "async ([address, key, mode]) => { const body = JSON.stringify({clip_id: key, verdict: 'accept'}); "
                "try { const answer = await fetch(address + '/review', {method: 'POST', mode, body}); "
                "return answer.type + answer.status; } catch (error) { return 'refused'; } }"
            )
            assert page.evaluate(asked, [address, key, "cors"]) == "refused"
            assert page.evaluate(asked, [address, key, "no-cors"]) in ("refused", "opaque0")
            read = "async (address) => { try { return await (await fetch(address)).text(); } catch { return ''; } }"
            assert page.evaluate(read, f"{address}/list") == ""
            embedded = (
                "(address) => new Promise((done) => { const image = new Image(); "
                "image.onload = () => done('shown'); image.onerror = () => done('refused'); image.src = address; })"
            )
            assert page.evaluate(embedded, f"{address}/spectrogram/{key}") == "refused"
        finally:
            other.shutdown()
            thread.join()
            other.server_close()
    assert Reviews(reviews).all() == []


def application_key(workspace: Path) -> str:
    table = next(open_library(workspace).clips({"clip_id"}))
    return str(table["clip_id"][0].as_py())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: "Browser", workspace: Path, scheme: str) -> None:
    with served(workspace, workspace / "reviews.sqlite") as address:
        for width in (1280, 390):
            size = {"width": width, "height": 844}
            context = browser.new_context(color_scheme=scheme, viewport=size, bypass_csp=True)  # type: ignore[arg-type]
            page = context.new_page()
            for path in ("/", "/?reason=below_threshold", "/thresholds"):
                page.goto(address + path)
                check_axe(page)
            context.close()
