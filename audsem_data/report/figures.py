"""Every figure that a library allows, in the order in which a reader wants them, each with its data."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from audsem_data.core.layout import StageHistory
from audsem_data.publish.features import LETTERS
from audsem_data.report import charts
from audsem_data.report.counts import DURATION_STEP_S, KEPT, LOUDNESS_STEP_LU, Binned, ClipCounts, TextCounts
from audsem_data.report.library import Library
from audsem_data.report.projection import project


@dataclass(frozen=True)
class Figure:
    """A chart with what it is about.

    Attributes:
        name: of its files. title, note: what is shown, and how to read it.
        rows: the data. chart: how it is drawn. absent: what to do to get it, where there is no data.
    """

    name: str
    title: str
    note: str
    rows: Sequence[Mapping[str, Any]]
    chart: charts.Chart | None
    absent: str = ""


def all_figures(library: Library, clips: ClipCounts, texts: TextCounts) -> Iterator[Figure]:
    """Yield the figures; one without data says how to get it."""
    yield _funnel(library.history())
    yield _histogram(
        "durations", "How long the clips are", "seconds", clips.durations, DURATION_STEP_S, "select-captions"
    )
    yield _histogram(
        "loudness",
        "How loud the clips are",
        "integrated loudness, LUFS",
        clips.loudness,
        LOUDNESS_STEP_LU,
        "annotate-acoustics",
    )
    yield _histogram(
        "caption-words", "How long the captions are", "words of a caption", clips.words, 1, "select-captions"
    )
    yield _categories(clips)
    yield _projection(library)
    yield _letters(library)
    yield _refusals(library)


def descriptor_terms(texts: TextCounts, most: int = 8) -> Figure:
    """Return the commonest terms of the nine descriptors in one figure, for paper."""
    rows = [
        {"descriptor": name.replace("_", " "), "term": term, "count": count}
        for name, counts in texts.terms.items()
        for term, count in counts.most_common(most)
    ]
    absent = "There are no semantic elements yet: run `audsem-data generate`."
    return _figure("descriptors", "The words of the descriptors", "", rows, charts.terms, absent)


def _figure(
    name: str,
    title: str,
    note: str,
    rows: Sequence[dict[str, Any]],
    draw: Callable[[Sequence[dict[str, Any]]], charts.Chart],
    absent: str,
) -> Figure:
    return Figure(name, title, note, rows, draw(rows) if rows else None, "" if rows else absent)


def _funnel(history: Sequence[StageHistory]) -> Figure:
    rows = []
    for stage in history:
        for place, outcome in enumerate(("done", "filtered", "failed")):
            count = sum(n for name, n in stage.counts.items() if name.startswith(outcome))
            if count:
                rows.append(
                    {
                        "stage": stage.stage,
                        "outcome": outcome,
                        "rows": count,
                        "share": count / stage.rows_in,
                        "place": place,
                    }
                )
    note = (
        "What each stage was given: let through, left out on purpose, or failed. The table below has the numbers."
    )
    return _figure(
        "stages", "What each stage let through", note, rows, charts.funnel, "Run any stage: `audsem-data run`."
    )


def _histogram(name: str, title: str, axis: str, binned: Binned, step: float, stage: str) -> Figure:
    rows = [
        {"low": low, "high": low + step, "fate": fate, "clips": count}
        for (low, fate), count in sorted(binned.items())
    ]
    note = f"Clips by {axis}, in bins of {step:g}."
    absent = f"No clip has been measured: run `audsem-data {stage}`."
    return _figure(name, title, note, rows, lambda found: charts.histogram(found, axis, step), absent)


def _categories(clips: ClipCounts) -> Figure:
    totals = {"before": sum(clips.categories.values()), "after": 0}
    after = {category: n for (category, fate), n in clips.categories.items() if fate == KEPT}
    totals["after"] = sum(after.values())
    names = sorted({category for category, _ in clips.categories})
    rows = [
        {"category": name, "when": when, "clips": count, "share": count / max(totals[when], 1)}
        for name in names
        for when, count in (
            ("before", sum(n for (category, _), n in clips.categories.items() if category == name)),
            ("after", after.get(name, 0)),
        )
    ]
    note = (
        f"Top-level category of AudioSet's ontology of the likeliest tag ({clips.tagger}), of all clips that were "
        "tagged and of those that were kept (the paper's Fig. 3, left)."
    )
    absent = (
        "No annotator has named sounds: install the extra `models` and run `audsem-data annotate-beats` (or "
        "`annotate-ast`)."
    )
    return _figure(
        "categories", "Kinds of sound, before and after filtering", note, rows, charts.categories, absent
    )


def _projection(library: Library) -> Figure:
    points, explained = project(library)
    rows = [{**point._asdict(), "fate": "kept" if point.kept else "left out"} for point in points]
    note = (
        "CLAP embeddings along their two principal components (the paper's Fig. 3, right): closed captions, "
        "captions that a model wrote of the sound, the sounds themselves, and which were kept. Hover to read, drag "
        "and scroll to move."
    )
    absent = (
        "There are no CLAP embeddings: install the extra `models` and run `audsem-data embed-clap-text` and "
        "`embed-clap-audio`."
    )
    return _figure(
        "projection",
        "Captions and sounds in CLAP's space",
        note,
        rows,
        lambda found: charts.projection(found, explained),
        absent,
    )


def _letters(library: Library) -> Figure:
    counted = library.statistics()
    rows = [
        {"config": texts.config, "letter": letter, "examples": count}
        for texts in (counted.texts if counted else ())
        if sum(texts.letters)
        for letter, count in zip(LETTERS, texts.letters, strict=True)
    ]
    absent = "There are no multiple-choice questions yet: run `audsem-data generate-mc-qa` and `assemble`."
    return _figure(
        "letters", "Which letter is right", "Of multiple-choice questions.", rows, charts.letters, absent
    )


def _refusals(library: Library) -> Figure:
    counts: dict[str, int] = {}
    for refusal in library.refusals():
        counts[refusal.reason] = counts.get(refusal.reason, 0) + 1
    rows = [{"reason": reason.replace("_", " "), "count": count} for reason, count in sorted(counts.items())]
    absent = (
        "No attempt was refused, or none is kept here: validators and the judge refuse what models write "
        "(`audsem-data generate --backend ...`) in a workspace."
    )
    note = "Attempts of the writer that a validator or the judge refused."
    return _figure(
        "refusals",
        "Why answers were refused",
        note,
        rows,
        lambda found: charts.bars(found, "reason", "attempts"),
        absent,
    )
