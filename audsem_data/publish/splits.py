"""Which split a video belongs to: a pure function of its id, so that no clip of a test video is trained on."""

from audsem_data.core.keys import SPLIT_SALT, hash_fraction

SPLITS = ("train", "validation", "test")


def split_of(video_id: str, validation: float, test: float) -> str:
    """Return train, validation or test; `validation` and `test` are expected fractions of videos.

    Nothing but the id and the two fractions decides, so a video keeps its split when the dataset grows, in
    every task and every release. The price is that a dataset of a few videos may lack a split, even train.
    """
    place = hash_fraction(SPLIT_SALT, video_id)
    if place < test:
        return "test"
    return "validation" if place < test + validation else "train"
