"""What an address names, by its form alone."""

import pytest

from audsem_data.acquisition.addresses import ids_in, plain_address


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "https://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ&t=10s",
        "https://youtu.be/dQw4w9WgXcQ?si=abc",
        "https://www.youtube.com/shorts/dQw4w9WgXcQ",
        "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ",
        "http://youtube.com/live/dQw4w9WgXcQ/",
    ],
)
def test_youtube_in_all_its_forms(address: str) -> None:
    assert ids_in(address)[0] == "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    ("address", "video"),
    [
        ("https://vimeo.com/76979871", "76979871"),
        ("https://www.dailymotion.com/video/x2jvvep", "x2jvvep"),
        ("https://archive.org/details/Cops1922", "Cops1922"),
        ("https://media.example.org/sounds/rain-01.mp3?x=1", "rain-01"),
    ],
)
def test_other_sites_as_yt_dlp_knows_them(address: str, video: str) -> None:
    assert video in ids_in(address)


def test_a_page_is_not_taken_for_a_video_of_its_name() -> None:
    assert ids_in("https://www.youtube.com/watch?v=dQw4w9WgXcQ") == ["dQw4w9WgXcQ"]
    assert ids_in("https://example.org/watch?v=1") == []


def test_what_makes_no_difference_to_an_address() -> None:
    assert plain_address("HTTPS://WWW.Example.org/a/?v=1#t=3") == plain_address("http://example.org/a?v=1")
    assert plain_address("http://example.org/a?v=1") != plain_address("http://example.org/a?v=2")
