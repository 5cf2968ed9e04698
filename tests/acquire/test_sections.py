"""Sections hold their clips with room, and none is fetched twice."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from audsem_data.acquisition.sections import plan_sections
from audsem_data.media.cut import Want

CLIPS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 20_000)), max_size=40).map(
    lambda pairs: [Want(str(n), start, start + length) for n, (start, length) in enumerate(pairs)]
)


@given(CLIPS, st.integers(0, 5000), st.integers(0, 20_000))
def test_every_clip_has_its_margin_and_sections_keep_apart(clips: list[Want], margin: int, gap: int) -> None:
    sections = plan_sections(clips, margin, gap)
    assert sorted(clip.key for section in sections for clip in section.clips) == sorted(c.key for c in clips)
    for section in sections:
        for clip in section.clips:
            assert section.start_ms <= max(clip.start_ms - margin, 0)
            assert section.end_ms >= clip.end_ms + margin
        assert section.end_ms == max(clip.end_ms for clip in section.clips) + margin
    for one, following in pairwise(sections):
        assert following.start_ms - one.end_ms > gap


@given(CLIPS, st.integers(0, 5000), st.integers(0, 20_000))
def test_the_order_of_clips_does_not_matter(clips: list[Want], margin: int, gap: int) -> None:
    flipped = plan_sections(clips[::-1], margin, gap)
    assert [section[:2] for section in flipped] == [section[:2] for section in plan_sections(clips, margin, gap)]
