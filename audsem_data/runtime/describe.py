"""A stage in words, from its declaration: for its command's help and for the generated documentation."""

from collections.abc import Iterator

from audsem_data.core.stage import Config, Stage


def describe_stage(stage: Stage) -> str:
    """Return the stage's documentation followed by its options, one a paragraph."""
    lines = [
        stage.doc.strip(),
        "",
        "Options, changed by --set KEY=VALUE or --KEY VALUE:",
        "",
    ]
    found = [f"{name} (default {default}): {text}" for name, default, text in option_rows(stage.config)]
    return "\n".join([*lines, "\n\n".join(found or ["none"])])


def option_rows(config: type[Config]) -> Iterator[tuple[str, str, str]]:
    """Yield (name, default, meaning) of each option."""
    for name, field in config.model_fields.items():
        default = field.get_default(call_default_factory=True)
        yield name, str(getattr(default, "value", default)), field.description or ""
