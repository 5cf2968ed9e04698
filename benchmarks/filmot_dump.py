"""Make a dump like Filmot's: videos with tracks in several languages; about 3 % of the lines are bracketed."""

import json
import random
from pathlib import Path

_WORDS_TEXT = """
    the a and to of in is you that it he was for on are as with his they I at be this have from or one had by word
    but not what all were we when your can said there use an each which she do how their if will up other about out
    many then them these so some her would make like him into time has look two more write go see number no way
    could people my than first water been call who oil its now find long down day did get come made may part
    """
_WORDS = _WORDS_TEXT.split()
_SOUNDS = (
    "door slams",
    "dog barking",
    "applause",
    "dramatic music playing",
    "laughs",
    "thunder rumbling",
    "gunshot",
)
_PAIRS = ("[]", "[]", "[]", "()", "()", "{}")
_LANGUAGES = ("en", "es", "pt-BR", "fr", "de", "ko")


def make_dump(path: Path, size: int, seed: int = 0) -> int:
    """Write objects until the file has `size` bytes; return how many lines are bracketed."""
    choose = random.Random(seed)
    bracketed = written = 0
    with path.open("wb") as file:
        while written < size:
            video = "".join(
                choose.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", k=11)
            )
            tracks = []
            for language in ["en", *choose.sample(_LANGUAGES[1:], choose.choice((0, 0, 0, 1, 2)))]:
                lines, hits = _lines(choose, choose.randint(20, 300))
                bracketed += hits
                tracks.append({"lang": language, "subtitles": {"transcript": {"text": lines}}})
            about = {"videoid": video, "title": f"Video {written}", "viewcount": choose.randrange(10**6)}
            line = json.dumps({"video": about, "captions": tracks}, ensure_ascii=False) + "\n"
            written += file.write(line.encode())
    return bracketed


def _lines(choose: random.Random, count: int) -> tuple[list[dict[str, str]], int]:
    lines, hits, at = [], 0, 0.0
    for _ in range(count):
        text = " ".join(choose.choices(_WORDS, k=choose.randint(3, 12)))
        if choose.random() < 0.03:
            pair, hits = choose.choice(_PAIRS), hits + 1
            text = pair[0] + choose.choice(_SOUNDS) + pair[1]
        elif choose.random() < 0.15:
            text = text.replace(" ", "\n", 1)
        elif choose.random() < 0.03:
            text = f'"{text}" \u2013 d\u00e9j\u00e0'
        length = choose.uniform(0.8, 5)
        lines.append({"t": text, "-start": f"{at:.2f}", "-dur": f"{length:.2f}"})
        at += length
    return lines, hits
