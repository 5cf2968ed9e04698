"""Take the pictures of docs/report.md and the README: report and browser over a workspace, in four looks each.

    python docs/screenshots.py WORKSPACE

Needs Chromium and the extras `report`, `browse` and `test`. Pictures go to docs/pictures/, as PNG of 256 colours.
"""

import io
import shutil
import socket
import sys
import threading
import time
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from audsem_data.browse.server import application
from audsem_data.report.library import open_library
from audsem_data.report.page import render_report
from audsem_data.storage.reviews import Reviews, Verdict

OUT = Path(__file__).parent / "pictures"
SIZES = {"desktop": (1280, 860), "phone": (390, 844)}
SHOWN = {"desktop": "#listen", "phone": "#clips"}  # which part of the report
SCHEMES = ("light", "dark")
COLOURS = 256


def main() -> None:
    """Write the pictures."""
    workspace = Path(sys.argv[1])
    OUT.mkdir(exist_ok=True)
    scratch = OUT / ".scratch"
    scratch.mkdir(exist_ok=True)
    page = scratch / "report.html"
    page.write_text(render_report(open_library(workspace), 4), encoding="utf-8")
    with sync_playwright() as driver:
        path = next(found for name in ("chromium", "google-chrome") if (found := shutil.which(name)))
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for size in SIZES:
            for scheme in SCHEMES:
                take(browser, f"report-{size}-{scheme}", page.as_uri(), size, scheme, SHOWN[size])
        browse(browser, workspace, scratch)
        browser.close()
    shutil.rmtree(scratch)


def browse(browser: Browser, workspace: Path, scratch: Path) -> None:
    """Take the pictures of the browser, with two decisions made."""
    library, reviews = open_library(workspace), Reviews(scratch / "reviews.sqlite")
    keys = next(library.clips({"caption"}))["clip_id"].to_pylist()
    reviews.decide(keys[0], Verdict.ACCEPT, "")
    reviews.decide(keys[3], Verdict.REJECT, "hardly to be heard")
    app = application(library, reviews)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        for size in SIZES:
            for scheme in SCHEMES:
                clip = f"{address}/?clip={keys[4]}"
                take(browser, f"browse-{size}-{scheme}", clip, size, scheme, "")
        server.should_exit = True
        thread.join()
    app.state.browser.index.close()


def take(browser: Browser, name: str, address: str, size: str, scheme: str, anchor: str) -> None:
    """Take one picture, once charts and pictures are there."""
    width, height = SIZES[size]
    page: Page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=1.5 if size == "phone" else 1,
    )
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1000)
    if anchor:
        page.evaluate("(at) => document.querySelector(at).scrollIntoView()", anchor)
        page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB").quantize(COLOURS)
    picture.save(OUT / f"{name}.png", optimize=True)
    page.close()


if __name__ == "__main__":
    main()
