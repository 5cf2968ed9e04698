import pytest

from audsem_data.stages.ingest.names import clean_language, is_english, parse_subtitle_name


@pytest.mark.parametrize(
    ("stem", "video", "language"),
    [
        ("NAME", "NAME", "en"),
        ("NAME.en", "NAME", "en"),
        ("NAME.en-US", "NAME", "en-US"),
        ("NAME.en_GB", "NAME", "en-GB"),
        ("NAME.eng", "NAME", "en"),
        ("NAME.English", "NAME", "en"),
        ("NAME.en-j3PyPqV-e1s", "NAME", "en-j3PyPqV-e1s"),
        ("NAME.es-419", "NAME", "es-419"),
        ("NAME.hi", "NAME", "hi"),
        ("NAME.zh-Hans", "NAME", "zh-Hans"),
        ("NAME.en.sdh", "NAME", "en"),
        ("NAME.en.hi", "NAME", "en"),
        ("NAME.fr.forced", "NAME", "fr"),
        ("NAME.cc", "NAME", "en"),
        ("my.video", "my.video", "en"),
        ("my.video.en", "my.video", "en"),
        ("Known.It", "Known.It", "en"),
        ("Known.It.de", "Known.It", "de"),
        ("en", "en", "en"),
    ],
)
def test_a_name_says_video_and_language(stem: str, video: str, language: str) -> None:
    assert parse_subtitle_name(stem, {"Known.It"}) == (video, language)


@pytest.mark.parametrize(("tag", "clean"), [("en", "en"), ("en.x/y", "en-x-y"), ("", "und"), ("..", "und")])
def test_a_language_is_fit_for_a_key(tag: str, clean: str) -> None:
    assert clean_language(tag) == clean


@pytest.mark.parametrize(
    ("tag", "english"), [("en", True), ("EN-us", True), ("enm", False), ("es", False), ("", False)]
)
def test_english(tag: str, english: bool) -> None:
    assert is_english(tag) is english
