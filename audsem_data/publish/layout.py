"""What the configs and files of a dataset are called."""

DATASET = "audsem"  # the directory, in its workspace
TASKS = ("captioning", "mc_qa", "open_qa", "creative_writing")
CLIPS = "clips"
SEMANTIC_CONFIGS = tuple(f"{task}_semantic" for task in TASKS)
TASK_CONFIGS = tuple(name for task in TASKS for name in (task, f"{task}_semantic"))
CONFIGS = (*TASK_CONFIGS, CLIPS)


def config_of(task: str, variant: str) -> str:
    """Return the config that holds the examples of a task and variant."""
    return f"{task}_semantic" if variant == "semantic" else task


def task_of(config: str) -> str:
    """Return the task of a config; `clips` of itself."""
    return config.removesuffix("_semantic")


def data_file(config: str, split: str, number: int, total: int) -> str:
    """Return the path of a data file inside the dataset; each config has a folder of its own."""
    return f"data/{config}/{split}-{number:05d}-of-{total:05d}.parquet"


def data_pattern(config: str, split: str) -> str:
    """Return the glob that finds all files of a split, and no other's."""
    return f"data/{config}/{split}-*.parquet"


def parse_data_file(path: str) -> tuple[str, str]:
    """Return config and split of a path made by `data_file`."""
    _, config, name = path.split("/")
    return config, name.partition("-")[0]
