"""What tests ask of a page in a browser."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_S = 20.0


def wait_until(page: "Page", expression: str) -> None:
    """Wait until a JavaScript expression is true; asked from outside, as a strict policy lets no page evaluate."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not within {PATIENCE_S:.0f} s: {expression}"
        page.wait_for_timeout(50)


def check_axe(page: "Page") -> None:
    """Assert that axe finds nothing serious on a page."""
    from axe_core_python.sync_playwright import Axe

    found = Axe().run(page)["violations"]
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    assert not grave, [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in grave]
