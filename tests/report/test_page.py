"""The report: complete, contained in one file, and deaf to what texts say to it."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.conftest import run_cli

from audsem_data.report.page import render_report
from report.hostile import HOSTILE, HostileLibrary
from report.watching import check_axe, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Browser


class Parsed(HTMLParser):
    """The elements of a page with their attributes, its scripts' texts, and all its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.held: dict[str, list[str]] = {"script": [], "style": []}
        self.text = ""
        self._within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag if tag in self.held else ""
        if self._within:
            self.held[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within:
            self.held[self._within][-1] += data
        else:
            self.text += data


def test_a_workspace_is_told_whole_in_one_file(built: Path, tmp_path: Path) -> None:
    out = tmp_path / "folder" / "r.html"
    assert str(out) in run_cli("report", "--workspace", built, "--out", out, "--clips", "3").stdout
    page = Parsed(out.read_text(encoding="utf-8"))
    names = [attributes.get("id") for _, attributes in page.elements]
    for chart in ("stages", "durations", "loudness", "caption-words", "letters"):
        assert f"chart-{chart}" in names
    assert "audsem-data annotate-beats" in page.text, "what is not there says how to get it"
    assert [tag for tag, _ in page.elements].count("audio") == 3
    assert "below threshold" in page.text
    addresses = [a[key] for _, a in page.elements for key in ("src", "href") if a.get(key)]
    assert all(str(address).startswith(("data:", "#")) for address in addresses)
    assert run_cli("report", "--workspace", built, "--out", tmp_path / "again.html", "--clips", "3")
    assert (tmp_path / "again.html").read_bytes() == out.read_bytes(), "the same clips are drawn again"


def test_the_policy_names_exactly_the_scripts_and_styles_that_are_there(built: Path, tmp_path: Path) -> None:
    run_cli("report", built / "audsem", "--out", tmp_path / "r.html", "--clips", "1")
    page = Parsed((tmp_path / "r.html").read_text(encoding="utf-8"))
    policy = next(a["content"] for tag, a in page.elements if tag == "meta" and a.get("http-equiv"))
    assert policy and "unsafe" not in policy and policy.startswith("default-src 'none'")
    running = page.held["script"][1:]  # the first is data
    digests = [
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in running + page.held["style"]
    ]
    assert sorted(re.findall(r"'sha256-([^']+)'", policy)) == sorted(digests)


def test_texts_that_mean_harm_are_shown_as_texts() -> None:
    page = Parsed(render_report(HostileLibrary(), clips=len(HOSTILE)))
    assert len(page.held["script"]) == 4
    assert not [a for _, a in page.elements if any(name.startswith("on") for name in a)]
    for text in HOSTILE[:7]:
        assert text in page.text
    assert "\x00" not in page.text and "\u2400" in page.text


def test_in_a_browser_charts_are_drawn_and_harmful_texts_stay_texts(browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text(render_report(HostileLibrary(), clips=len(HOSTILE)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 390, "height": 844})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "r.html").as_uri())
    wait_until(page, "document.querySelectorAll('.chart canvas').length >= 4")
    assert page.evaluate("window.harmed") is None
    assert not said, "no error, and nothing that the policy refused"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "no text widens the page"
    assert page.evaluate("document.querySelectorAll('.chart').length") == page.evaluate(
        "document.querySelectorAll('.chart canvas').length"
    )


def test_in_a_browser_a_clip_plays_and_its_second_is_marked(browser: "Browser", tmp_path: Path) -> None:
    (tmp_path / "r.html").write_text(render_report(HostileLibrary(), clips=2), encoding="utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "r.html").as_uri())
    page.locator(".seconds button").first.click()
    wait_until(page, "document.querySelector('audio').currentTime > 0.2")
    assert page.locator(".seconds button.on").count() == 1
    first, second = (page.locator(".seconds").first.locator("button").nth(place).bounding_box() for place in (0, 1))
    assert first and second
    assert abs(first["width"] / second["width"] - 2) < 0.1, "the last second is half as long, and so is its cell"


def test_axe_finds_nothing_serious(browser: "Browser", built: Path, tmp_path: Path) -> None:
    run_cli("report", "--workspace", built, "--out", tmp_path / "r.html", "--clips", "2")
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme, bypass_csp=True)
        page.goto((tmp_path / "r.html").as_uri())
        page.wait_for_selector(".chart canvas")
        check_axe(page)
