"""The charts: what each shows, as Vega-Lite; how all look is said once, for paper here, for screens by the page."""

from collections.abc import Sequence
from typing import Any

import altair as alt

KEPT_COLOUR, LEFT_COLOUR, THIRD_COLOUR = "#0f766e", "#d97706", "#6d5bd0"
_FATES = alt.Scale(domain=["kept", "left out"], range=[KEPT_COLOUR, LEFT_COLOUR])
_OUTCOMES = alt.Scale(domain=["done", "filtered", "failed"], range=[KEPT_COLOUR, LEFT_COLOUR, "#b91c1c"])
_SERIES = {"closed caption": LEFT_COLOUR, "generated caption": KEPT_COLOUR, "sound": THIRD_COLOUR}
_LEGEND = alt.Legend(title=None, orient="top")
_COUNTS = alt.Axis(tickMinStep=1, format=",.0f")
_NAMES = alt.Axis(labelLimit=260)
PAPER = {
    "background": "white",
    "font": "DejaVu Sans, Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {"labelFontSize": 11, "titleFontSize": 11, "titleFontWeight": "normal", "gridColor": "#e5e7eb"},
    "legend": {"labelFontSize": 11},
    "header": {"labelFontSize": 11, "labelFontWeight": "bold"},
}

Chart = Any  # altair's classes of charts share no base that its types name
Rows = Sequence[dict[str, Any]]


def funnel(rows: Rows) -> Chart:
    """Chart which share of its rows every stage let through; rows: stage, outcome, rows, share, place."""
    return (
        _chart(rows, height=alt.Step(20))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of the rows that came in", axis=alt.Axis(format="%")),
            y=alt.Y("stage:N", title=None, sort=None, axis=_NAMES),
            color=alt.Color("outcome:N", scale=_OUTCOMES, legend=_LEGEND),
            order=alt.Order("place:Q"),
            tooltip=[
                "stage:N",
                "outcome:N",
                alt.Tooltip("rows:Q", format=","),
                alt.Tooltip("share:Q", format=".2%"),
            ],
        )
    )


def histogram(rows: Rows, title: str, step: float) -> Chart:
    """Chart clips by bins that are `step` wide; rows: low, high, fate, clips."""
    legend = _LEGEND if any(row["fate"] != "kept" for row in rows) else None
    whole = alt.Axis(tickMinStep=1, format=",.0f") if step == 1 else alt.Axis(tickMinStep=step)
    return (
        _chart(rows, height=220)
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X("low:Q", title=title, bin=alt.BinParams(binned=True, step=step), axis=whole),
            x2="high:Q",
            y=alt.Y("clips:Q", title="clips", stack=True, axis=_COUNTS),
            color=alt.Color("fate:N", scale=_FATES, legend=legend),
            tooltip=[
                alt.Tooltip("low:Q", title="from"),
                alt.Tooltip("high:Q", title="to"),
                "fate:N",
                alt.Tooltip("clips:Q", format=","),
            ],
        )
    )


def categories(rows: Rows) -> Chart:
    """Chart categories before and after filtering (paper, Fig. 3); rows: category, when, clips, share."""
    scale = alt.Scale(domain=["before", "after"], range=[LEFT_COLOUR, KEPT_COLOUR])
    return (
        _chart(rows, height=alt.Step(14))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of the clips", axis=alt.Axis(format="%")),
            y=alt.Y("category:N", title=None, sort="-x", axis=_NAMES),
            yOffset=alt.YOffset("when:N", sort=["before", "after"]),
            color=alt.Color("when:N", scale=scale, legend=_LEGEND),
            tooltip=[
                "category:N",
                "when:N",
                alt.Tooltip("clips:Q", format=","),
                alt.Tooltip("share:Q", format=".1%"),
            ],
        )
    )


def projection(rows: Rows, explained: tuple[float, float]) -> Chart:
    """Chart the plane of CLAP embeddings; rows: caption, what, kept, x, y."""
    axis = alt.Axis(ticks=False, labels=False, grid=False)
    there = [(name, colour) for name, colour in _SERIES.items() if any(row["what"] == name for row in rows)]
    scale = alt.Scale(domain=[name for name, _ in there], range=[colour for _, colour in there])
    return (
        _chart(rows, height=380)
        .mark_point(filled=True, size=26)
        .encode(
            x=alt.X("x:Q", title=f"first component, {explained[0]:.0%} of the variance", axis=axis),
            y=alt.Y("y:Q", title=f"second component, {explained[1]:.0%}", axis=axis),
            color=alt.Color("what:N", scale=scale, legend=_LEGEND),
            shape=alt.Shape(
                "fate:N", scale=alt.Scale(domain=["kept", "left out"], range=["circle", "cross"]), legend=_LEGEND
            ),
            opacity=alt.condition("datum.fate === 'kept'", alt.value(0.75), alt.value(0.25)),
            tooltip=["caption:N", "what:N", "fate:N"],
        )
        .interactive()
    )


def letters(rows: Rows) -> Chart:
    """Chart which letter is right; rows: config, letter, examples."""
    return (
        _chart(rows, height=200)
        .mark_bar()
        .encode(
            x=alt.X("letter:N", title="letter of the right option", axis=alt.Axis(labelAngle=0)),
            xOffset="config:N",
            y=alt.Y("examples:Q", title="questions", axis=_COUNTS),
            color=alt.Color("config:N", scale=alt.Scale(range=[KEPT_COLOUR, THIRD_COLOUR]), legend=_LEGEND),
            tooltip=["config:N", "letter:N", alt.Tooltip("examples:Q", format=",")],
        )
    )


def terms(rows: Rows) -> Chart:
    """Chart the commonest terms of each descriptor, nine panels; rows: descriptor, term, count."""
    panel = (
        alt.Chart(alt.InlineData(values=list(rows)))
        .mark_bar(color=KEPT_COLOUR)
        .encode(
            x=alt.X("count:Q", title=None, axis=_COUNTS),
            y=alt.Y("term:N", title=None, sort="-x", axis=alt.Axis(labelLimit=150)),
        )
        .properties(width=150, height=alt.Step(15))
    )
    return panel.facet(facet=alt.Facet("descriptor:N", title=None, sort=None), columns=3).resolve_scale(
        x="independent", y="independent"
    )


def bars(rows: Rows, name: str, title: str) -> Chart:
    """Chart counts by name, the largest first; rows: `name`, count."""
    return (
        _chart(rows, height=alt.Step(20))
        .mark_bar(color=KEPT_COLOUR)
        .encode(
            x=alt.X("count:Q", title=title, axis=_COUNTS),
            y=alt.Y(f"{name}:N", title=None, sort="-x", axis=_NAMES),
            tooltip=[f"{name}:N", alt.Tooltip("count:Q", format=",")],
        )
    )


def _chart(rows: Rows, height: Any) -> Chart:
    return alt.Chart(alt.InlineData(values=list(rows))).properties(
        width="container", height=height, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
