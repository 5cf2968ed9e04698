"""For users of a dataset whose sound is in `clips` alone: sound beside the examples."""

from typing import Any


def with_audio(examples: Any, clips: Any) -> Any:
    """Return examples (a `datasets.Dataset` of a task) with the `audio` of their clips (a Dataset of `clips`).

        data = with_audio(load_dataset(name, "mc_qa", split="train"), load_dataset(name, "clips", split="train"))

    Rows keep their order; sound is taken from the clips' files as it is asked for, and is not copied in memory.

    Raises:
        KeyError: an example is of a clip that `clips` does not hold: both must be of one release and split.
    """
    from datasets import concatenate_datasets  # noqa: PLC0415  (slow to import)

    places = {clip: place for place, clip in enumerate(clips["clip_id"])}
    wanted = [places[clip] for clip in examples["clip_id"]]
    return concatenate_datasets([examples, clips.select_columns(["audio"]).select(wanted)], axis=1)
