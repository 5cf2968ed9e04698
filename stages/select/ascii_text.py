"""Text of captions made plain ASCII on one line, as the paper cleans it: quotes made plain, the rest removed."""

import unicodedata

_ASCII = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u2035\u02bc\u00b4\u0060\uff07", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\uff02", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u00df": "ss",
        "\u00e6": "ae",
        "\u00c6": "AE",
        "\u0153": "oe",
        "\u0152": "OE",
        "\u00f8": "o",
        "\u00d8": "O",
    }
)


def clean_text(text: str) -> str:
    """Return a text in ASCII on one line: quotes and dashes made plain, accents taken off, the rest removed."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII)).encode("ascii", "ignore").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())
