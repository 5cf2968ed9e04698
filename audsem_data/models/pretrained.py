"""Loading what transformers knows, from a folder on this machine: no network, no remote code, no noise."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers.utils import logging

from audsem_data.core.errors import ModelError


def load_pretrained(kind: Any, folder: Path, **options: Any) -> Any:
    """Return `kind.from_pretrained(folder)`: a model, tokenizer or processor of transformers.

    Raises:
        ModelError: the folder is not there, lacks files, or holds weights that are damaged or of another model.
    """
    if not folder.is_dir():
        raise ModelError(f"there is no model folder {folder}")
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        return kind.from_pretrained(folder, local_files_only=True, trust_remote_code=False, **options)
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelError(f"{folder} cannot be loaded as {kind.__name__}: {said}") from error
    finally:
        logging.set_verbosity(verbosity)
