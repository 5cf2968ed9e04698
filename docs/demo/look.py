"""Load a dataset as a downstream user would and print a row of each task: `look.py WORKSPACE/audsem`."""

import io
import sys
import textwrap

import datasets
import soundfile

TASKS = ("captioning", "mc_qa", "open_qa", "creative_writing")


def show(name: str, text: object) -> None:
    """Print a field, wrapped."""
    lines = textwrap.wrap(str(text), 92) or [""]
    print(f"  {name:<12}{lines[0]}")
    for line in lines[1:]:
        print(f"{'':14}{line}")


def main() -> None:
    """Print the splits of every task and one row of each."""
    datasets.disable_progress_bars()
    folder = sys.argv[1]
    for task in TASKS:
        # decode=False: the bytes as they are, so that no torchcodec is needed
        splits = datasets.load_dataset(folder, f"{task}_semantic")
        splits = splits.cast_column("audio", datasets.Audio(decode=False))
        split = next(iter(splits))
        row = splits[split][0]
        samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]))
        print(f"\n{task}_semantic: " + ", ".join(f"{name} {rows.num_rows}" for name, rows in splits.items()))
        show("clip", f"{row['clip_id']}: {len(samples) / rate:.2f} s of sound at {rate} Hz")
        for field in ("question", "choices", "thinking", "answer"):
            if row[field]:
                show(field, row[field])
    print(f"\nnext: datasets.load_dataset({folder!r}); `audsem-data explain CLIP_ID` tells how a row came to be")


if __name__ == "__main__":
    main()
