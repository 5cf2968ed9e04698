"""How texts become parts of pages: escaped, control characters shown, and nothing in them taken for markup."""

import re
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from audsem_data.report.listening import said

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def environment(package: str = "audsem_data.report") -> Environment:
    """Return what renders the templates of a package: everything that is not ours is escaped."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "said": said,
        "coded": coded,
        "words": lambda name: str(name).replace("_", " "),
    }
    return made


def visible(value: Any) -> Any:
    """Return a text with its control characters as Unicode's pictures of them, and any other value as it is."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return _CONTROL.sub(lambda match: chr(0x2421 if match[0] == "\x7f" else 0x2400 + ord(match[0])), value)


def coded(text: str) -> Markup:
    """Return a text of ours with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else Markup("{}").format(part)
        for place, part in enumerate(parts)
    )


def asset(name: str) -> str:
    """Return a file that stands beside the templates."""
    return (files("audsem_data.report") / "templates" / name).read_text(encoding="utf-8")
