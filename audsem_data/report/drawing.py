"""Figures as files: PNG and SVG for papers, and the numbers behind them."""

import json
from collections.abc import Iterator
from pathlib import Path

from audsem_data.report.charts import PAPER
from audsem_data.report.counts import count_clips, count_texts
from audsem_data.report.figures import Figure, all_figures, descriptor_terms
from audsem_data.report.funnel import funnel_rows, write_funnel
from audsem_data.report.library import Library
from audsem_data.storage.location import storage_errors

WIDTH, SCALE = 560, 2  # points, and pixels a point


def write_figures(library: Library, folder: Path) -> Iterator[str]:
    """Write the figures that the library allows; yield a line for each, also for those that are not there."""
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    clips, texts = count_clips(library), count_texts(library)
    paths = write_funnel(folder, funnel_rows(library.history(), clips.not_kept))
    yield f"funnel: {', '.join(path.name for path in paths)}"
    for figure in (*all_figures(library, clips, texts), descriptor_terms(texts)):
        yield f"{figure.name}: {', '.join(_write(folder, figure)) if figure.chart is not None else figure.absent}"


def _write(folder: Path, figure: Figure) -> list[str]:
    import vl_convert

    assert figure.chart is not None
    spec = {**figure.chart.to_dict(), "config": PAPER}
    if spec.get("width") == "container":
        spec["width"] = WIDTH
    made = {
        "png": vl_convert.vegalite_to_png(spec, scale=SCALE),
        "svg": vl_convert.vegalite_to_svg(spec).encode(),
        "json": json.dumps(list(figure.rows), indent=1, ensure_ascii=False).encode() + b"\n",
    }
    names = []
    for suffix, data in made.items():
        path = folder / f"{figure.name}.{suffix}"
        with storage_errors(path):
            path.write_bytes(data)
        names.append(path.name)
    return names
