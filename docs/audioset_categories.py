"""Write which top-level categories of AudioSet's ontology each of its 527 classes belongs to.

    python docs/audioset_categories.py ontology.json

The ontology is published at https://github.com/audioset/ontology under CC BY-SA 4.0, and so is the file made from
it, `audsem_data/models/audioset_categories.csv`. A class that lies in several categories names them all, in the
order of the ontology.
"""

import csv
import json
import sys
from pathlib import Path

from audsem_data.models.audioset import names_by_mid

OUT = Path(__file__).resolve().parents[1] / "audsem_data" / "models" / "audioset_categories.csv"


def main() -> None:
    """Walk down from every class that is nobody's child."""
    nodes = {node["id"]: node for node in json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))}
    children = {child for node in nodes.values() for child in node["child_ids"]}
    categories: dict[str, list[str]] = {mid: [] for mid in nodes}

    def descend(mid: str, category: str) -> None:
        if category not in categories[mid]:
            categories[mid].append(category)
        for child in nodes[mid]["child_ids"]:
            descend(child, category)

    for mid in nodes:
        if mid not in children:
            descend(mid, nodes[mid]["name"])
    with OUT.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["mid", "categories"])
        writer.writerows([mid, "|".join(categories[mid])] for mid in names_by_mid())


if __name__ == "__main__":
    main()
