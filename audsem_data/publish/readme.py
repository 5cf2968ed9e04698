"""README.md of a dataset: the YAML that `datasets` and the Hub read, and a text rendered from the same facts."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import yaml
from jinja2 import Environment, StrictUndefined

from audsem_data.publish.answered import answered
from audsem_data.publish.contents import ConfigContents
from audsem_data.publish.features import LETTERS, TASK_COLUMNS, yaml_features
from audsem_data.publish.layout import CLIPS, SEMANTIC_CONFIGS, data_pattern
from audsem_data.publish.splits import SPLITS
from audsem_data.publish.statistics import Statistics

README = "README.md"
OPT_OUT = "OPT_OUT.md"
_SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))


def render_readme(contents: Mapping[str, ConfigContents], counted: Statistics, options: Mapping[str, Any]) -> bytes:
    """Return the README of a dataset with these configs; every number in it is counted."""
    text = (
        _environment()
        .from_string(_template("dataset"))
        .render(
            front_matter=yaml.safe_dump(_front_matter(contents, counted), sort_keys=False, allow_unicode=True),
            configs=contents,
            default=_default(contents),
            splits=SPLITS,
            options=options,
            counted=counted,
            letters=LETTERS,
            columns=TASK_COLUMNS,
            models=answered(options.get("history", ())),
        )
    )
    return text.encode()


def render_opt_out(contact: str | None) -> bytes:
    """Return OPT_OUT.md: how to have something removed."""
    return _environment().from_string(_template("opt_out")).render(contact=contact).encode()


def template_digest() -> str:
    """Return the SHA-256 of the template."""
    return hashlib.sha256(_template("dataset").encode()).hexdigest()


def _environment() -> Environment:
    return Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


def _template(name: str) -> str:
    return (files("audsem_data") / "cards" / f"{name}.md.j2").read_text(encoding="utf-8")


def _default(contents: Mapping[str, ConfigContents]) -> list[str]:
    """Return the configs behind a bare load: the semantic ones, else the simple ones, else `clips`."""
    tasks = [name for name in contents if name != CLIPS]
    return [name for name in tasks if name in SEMANTIC_CONFIGS] or tasks or list(contents)


def _front_matter(contents: Mapping[str, ConfigContents], counted: Statistics) -> dict[str, Any]:
    default = _default(contents)
    groups = {**({"default": default} if default else {}), **{name: [name] for name in contents}}
    rows = sum(split.rows for name in default for split in contents[name].splits.values())
    return {
        "pretty_name": "AudSem",
        **(_licence(counted.licence) if counted.licence else {}),
        "language": ["en"],
        "task_categories": ["audio-text-to-text", "question-answering"],
        "annotations_creators": ["machine-generated"],
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "1M<n<10M")],
        "tags": ["audio", "text", "audsem-data"],
        "configs": [
            {"config_name": name, "data_files": _data_files(members, contents)} for name, members in groups.items()
        ],
        "dataset_info": [_info(name, [contents[member] for member in members]) for name, members in groups.items()],
    }


def _licence(named: str) -> dict[str, str]:
    """Return a licence as the Hub's header takes it: an identifier, or `other` with its name."""
    identifier = named.lower()
    is_one = re.fullmatch(r"[a-z0-9]+(?:[.-][a-z0-9]+)*", identifier)
    return {"license": identifier} if is_one else {"license": "other", "license_name": named}


def _data_files(members: Sequence[str], contents: Mapping[str, ConfigContents]) -> list[dict[str, Any]]:
    found = []
    for split in SPLITS:
        paths = [data_pattern(name, split) for name in members if split in contents[name].splits]
        if paths:
            found.append({"split": split, "path": paths if len(paths) > 1 else paths[0]})
    return found


def _info(name: str, members: Sequence[ConfigContents]) -> dict[str, Any]:
    splits = []
    for split in SPLITS:
        held = [member.splits[split] for member in members if split in member.splits]
        if held:
            size, rows = sum(part.bytes for part in held), sum(part.rows for part in held)
            splits.append({"name": split, "num_bytes": size, "num_examples": rows})
    return {
        "config_name": name,
        "features": yaml_features(members[0].features),
        "splits": splits,
        "download_size": sum(part.file_bytes for member in members for part in member.splits.values()),
        "dataset_size": sum(split["num_bytes"] for split in splits),
    }
