"""Write the generated tables of docs/ from the code: stages, options, reasons, fields.

    python docs/generate.py [--check]

`--check` writes nothing and exits with 1 when a table differs from what the code says.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from audsem_data.core.outcome import CommonReason
from audsem_data.core.recipe import Recipe, running_order
from audsem_data.core.stage import Filter, Stage
from audsem_data.runtime.describe import option_rows
from audsem_data.runtime.discovery import load_stages
from audsem_data.runtime.profiles import load_profile, profiles

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- generated from the code by `make docs`; edit the code, not this file -->\n"


def table(*rows: tuple[str, ...]) -> str:
    """Return a Markdown table; the first row is its head."""
    cells = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
    lines = ["| " + " | ".join(row) + " |" for row in cells]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]])


def ordered() -> list[Stage]:
    """Return every stage, those of the profiles first, in running order."""
    known = load_stages()
    found: dict[str, Stage] = {}
    for name in profiles():
        recipe: Recipe = load_profile(name)
        found |= {stage.name: stage for stage in running_order(recipe, known) if stage.name not in found}
    return [*found.values(), *(known[name] for name in sorted(known.keys() - found.keys()))]


def stages_page(stages: list[Stage]) -> str:
    """Return the table of stages."""
    rows = [("stage", "kind", "reads", "what it does")]
    for stage in stages:
        rows.append((f"`{stage.name}`", stage.kind, ", ".join(need.stage for need in stage.needs), stage.summary))
    return f"# Stages\n\n{NOTE}\nIn running order.\n\n{table(*rows)}\n"


def options_page(stages: list[Stage]) -> str:
    """Return the options of every stage."""
    parts = ["# Options", NOTE, "Change one with `--set STAGE.OPTION=VALUE`; recipe.yaml keeps it."]
    for stage in stages:
        rows = [(f"`{name}`", f"`{default}`", text) for name, default, text in option_rows(stage.config)]
        if rows:
            parts += [f"## {stage.name}", table(("option", "default", "meaning"), *rows)]
    return "\n\n".join(parts) + "\n"


def reasons_page(stages: list[Stage]) -> str:
    """Return the reasons of every stage."""
    parts = ["# Reasons", NOTE, "Why a row is not done. Transient ones are tried again by the next run."]
    sections = [("any stage", [CommonReason]), *((stage.name, list(stage.reasons)) for stage in stages)]
    for name, enums in sections:
        rows = [(f"`{m}`", "transient" if m.transient else "", m.doc) for enum in enums for m in enum]
        if rows:
            parts += [f"## {name}", table(("reason", "", "meaning"), *rows)]
    parts += ["# Filters", "Why `select-clips` does not keep a clip, besides `no_media` and `incomplete_evidence`."]
    parts.append(table(("reason", "kept is", "by default", "meaning"), *map(filter_row, filters(stages))))
    return "\n\n".join(parts) + "\n"


def filters(stages: list[Stage]) -> list[tuple[str, Filter]]:
    """Return the filters, by the name of their stage."""
    return [(stage.name, stage.filter) for stage in stages if stage.filter]


def filter_row(named: tuple[str, Filter]) -> tuple[str, ...]:
    """Return the row of a filter."""
    stage, one = named
    side = f"at least {one.at_least:g}" if one.at_least is not None else f"at most {one.at_most:g}"
    return f"`{one.reason}`", f"`{stage}` {one.column} {side}", "on" if one.on else "off", one.doc


def fields_page(stages: list[Stage]) -> str:
    """Return the columns of every stage."""
    parts = ["# Fields", NOTE, "The columns of each stage's Parquet files, key first."]
    for stage in stages:
        rows = [(f"`{c.name}`", f"`{c.type}`", c.unit or "", c.doc) for c in stage.columns]
        parts += [f"## {stage.name}", table(("column", "type", "unit", "meaning"), *rows)]
    return "\n\n".join(parts) + "\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Yield every generated page."""
    stages = ordered()
    for name, page in (
        ("stages", stages_page),
        ("options", options_page),
        ("reasons", reasons_page),
        ("fields", fields_page),
    ):
        yield FOLDER / f"{name}.md", page(stages)


def main() -> None:
    """Write the pages, or say which differ."""
    if "--check" in sys.argv:
        stale = [path for path, text in pages() if not path.exists() or path.read_text(encoding="utf-8") != text]
        sys.exit(f"differ from the code: {', '.join(p.name for p in stale)}; run `make docs`" if stale else 0)
    FOLDER.mkdir(exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
