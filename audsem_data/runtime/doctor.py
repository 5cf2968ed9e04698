"""What a machine has: versions, extras, devices, tokens (whether, never which) and disk."""

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from audsem_data.acquisition.tools import find_ffmpeg
from audsem_data.runtime.provenance import versions

EXTRAS = {
    "yt_dlp": "download",
    "yt_dlp_ejs": "YouTube (pip install 'audsem-data[youtube]')",
    "deno": "YouTube (pip install 'audsem-data[youtube]')",
    "torch": "models",
    "transformers": "models",
    "torchcodec": "decoding audio columns with `datasets` (without it: cast_column(..., Audio(decode=False)))",
    "open_clip": "CLIP by open_clip (pip install 'audsem-data[open-clip]')",
    "ultralytics": "RT-DETR by ultralytics, AGPL-3.0 (pip install 'audsem-data[ultralytics]')",
    "xgrammar": "structured generation",
    "vllm": "generation in process",
}
LOW_DISK = 5 * 10**9


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `ok` is False only for what keeps the offline profile from running."""

    name: str
    ok: bool
    found: str


def examine(workspace: Path) -> list[Finding]:
    """Look at this machine and at the disk of a workspace, which need not exist yet."""
    folder = next(path for path in (workspace.absolute(), *workspace.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    findings = [
        Finding("python", sys.version_info >= (3, 11), platform.python_version()),
        Finding("platform", os.name == "posix", platform.platform()),
        Finding("cpus", True, str(os.cpu_count())),
        Finding("disk", free >= LOW_DISK, f"{free / 1e9:.1f} GB free at {folder}"),
        _writable(folder),
        Finding("ffmpeg", True, find_ffmpeg() or "none; for download: pip install 'audsem-data[download]'"),
        Finding("hub token", True, "present" if _has_token() else "none (needed only by publish)"),
        Finding(
            "nvidia driver",
            True,
            "present" if shutil.which("nvidia-smi") else "none (the offline profile needs none)",
        ),
    ]
    findings += [Finding(name, True, version) for name, version in versions().items()]
    findings += [
        Finding(name, True, "installed" if importlib.util.find_spec(name) else f"not installed; for {purpose}")
        for name, purpose in EXTRAS.items()
    ]
    return findings


def _writable(folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return Finding("writable", True, str(folder))
    except OSError as error:
        return Finding("writable", False, f"{folder}: {error.strerror}")


def _has_token() -> bool:
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    return bool(os.environ.get("HF_TOKEN")) or (home / "token").is_file()
