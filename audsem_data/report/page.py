"""The page: one HTML file that needs no network and runs no script but those that its policy names by digest."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata

from markupsafe import Markup

from audsem_data.publish.features import LETTERS
from audsem_data.report.counts import ClipCounts, TextCounts, count_clips, count_texts
from audsem_data.report.figures import Figure, all_figures
from audsem_data.report.funnel import reason_meanings
from audsem_data.report.library import Library, Refusal
from audsem_data.report.listening import draw
from audsem_data.report.templating import asset, environment

_REFUSED_SHOWN = 3  # examples of each reason


@dataclass(frozen=True)
class Report:
    """What a page shows; `refused` holds a few attempts of each reason."""

    library: Library
    clips: ClipCounts
    texts: TextCounts
    figures: Sequence[Figure]
    refused: Mapping[str, Sequence[Refusal]]


def read_report(library: Library) -> Report:
    """Read all that charts and tables show, in a few passes over the library."""
    clips, texts = count_clips(library), count_texts(library)
    refused: dict[str, list[Refusal]] = {}
    for refusal in library.refusals():
        shown = refused.setdefault(refusal.reason, [])
        if len(shown) < _REFUSED_SHOWN:
            shown.append(refusal)
    return Report(library, clips, texts, list(all_figures(library, clips, texts)), refused)


def render_report(library: Library, clips: int = 12, seed: int = 0) -> str:
    """Return the page of a library, with a sample of so many clips."""
    report = read_report(library)
    scripts = [bundle(), asset("charts.js"), asset("player.js")]
    style = asset("report.css")
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            history=library.history(),
            meanings=reason_meanings(),
            not_kept=report.clips.not_kept,
            statistics=library.statistics(),
            sample=draw(library, clips, seed),
            seed=seed,
            specs={figure.name: figure.chart.to_dict() for figure in report.figures if figure.chart is not None},
            figures={figure.name: figure for figure in report.figures},
            letters=LETTERS,
            scripts=[Markup(script) for script in scripts],
            style=Markup(style),
            policy=policy(scripts, [style]),
            version=metadata.version("audsem-data"),
        )
    )


def policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """Return a content security policy that lets these texts run and nothing else, and nothing be fetched."""
    allowed = {"script-src": scripts, "style-src": styles}
    named = [f"{kind} {' '.join(_digest(text) for text in texts)}" for kind, texts in allowed.items()]
    rest = ["img-src data:", "media-src data:", "base-uri 'none'", "form-action 'none'"]
    return "; ".join(["default-src 'none'", *named, *rest])


@cache
def bundle() -> str:
    """Return Vega and Vega-Lite as one script, which evaluates no text as code when it is told `ast`."""
    import vl_convert

    made: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return made.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
