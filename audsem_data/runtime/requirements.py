"""What a recipe needs of this machine, stage by stage, told before anything starts."""

import importlib.util
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from audsem_data.core.model import ModelSpec
from audsem_data.llm.endpoint import server_fault
from audsem_data.models.sizes import published_bytes
from audsem_data.models.store import read_pin, state, store_root
from audsem_data.runtime.context import Context
from audsem_data.runtime.doctor import EXTRAS, Finding

_RESTRICTED = {
    "CC-BY-NC-4.0": "no commercial use",
    "AGPL-3.0": "what you build with it may come under that licence",
    "Qwen": "with terms of its own",
}


@dataclass(frozen=True)
class Requirement:
    """What one stage needs.

    Attributes:
        stage: its name.
        unset: options without which it cannot run, as a sentence; empty where none.
        modules: modules of extras that are not installed.
        model: the published model that it loads; None where it loads none, or a checkpoint.
        state: present, absent or damaged, of that model; empty without.
        server: what is wrong with the server that it asks; empty where nothing is.
    """

    stage: str
    unset: str
    modules: tuple[str, ...]
    model: ModelSpec | None
    state: str
    server: str

    @property
    def met(self) -> bool:
        """Whether the stage could run."""
        return not (self.unset or self.modules or self.server) and self.state in ("", "present")

    def finding(self, gpu_gib: float | None) -> Finding:
        """Return the requirement in words; `gpu_gib` is the memory of the largest GPU, None without one."""
        said = [wrong for wrong in (self.unset, self.server) if wrong]
        said += [f"{name} is not installed; for {EXTRAS[name]}" for name in self.modules]
        if self.model:
            said.append(_model_in_words(self.model, self.state))
            if gpu_gib is not None and self.model.memory > gpu_gib:
                said.append(f"needs about {self.model.memory:g} GiB, and the largest GPU has {gpu_gib:.0f}")
        return Finding(self.stage, self.met, "; ".join(said) or "nothing is missing")


def requirements(context: Context) -> list[Requirement]:
    """Return what every stage of the recipe needs, in running order."""
    found = []
    for stage in context.stages.values():
        config = context.config(stage)
        model = stage.weights.model(config) if stage.weights else None
        missing = tuple(name for name in config.modules if importlib.util.find_spec(name) is None)
        here = state(model) if model else ""
        wrong = server_fault(*config.asks) if config.asks and not config.unset else ""
        found.append(Requirement(stage.name, config.unset, missing, model, here, wrong))
    return found


def recipe_findings(context: Context) -> list[Finding]:
    """Return whether the recipe can run here: a line for each stage, then the weights against the free disk."""
    needed = requirements(context)
    gpu = largest_gpu()
    findings = [one.finding(gpu) for one in needed]
    return [*findings, _disk([one.model for one in needed if one.model and one.state != "present"])]


def largest_gpu() -> float | None:
    """Return the memory of the largest NVIDIA GPU in GiB; None without one."""
    if not (command := shutil.which("nvidia-smi")):
        return None
    asked = [command, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return max((float(mib) / 1024 for mib in said if mib.isdigit()), default=None)


def _model_in_words(model: ModelSpec, found: str) -> str:
    pin = read_pin(model) if found == "present" else None
    size = f", {sum(pin.sizes.values()) / 1e6:.0f} MB" if pin else ""
    way = "" if found == "present" else f": `audsem-data models fetch {model.name}`"
    licence = f"{model.licence} ({_RESTRICTED[model.licence]})" if model.licence in _RESTRICTED else model.licence
    return f"{model.name} is {found}{size}, {licence}{way}"


def _disk(absent: Sequence[ModelSpec]) -> Finding:
    """Return whether the weights that are to be fetched fit on the disk of the store."""
    folder = next(path for path in (store_root(), *store_root().parents) if path.is_dir())
    free = shutil.disk_usage(folder).free
    sizes = published_bytes(list({model.name: model for model in absent}.values()))
    to_come = sum(size for size in sizes.values() if size is not None)
    unknown = sorted(name for name, size in sizes.items() if size is None)
    said = f"{to_come / 1e9:.1f} GB of weights to fetch, {free / 1e9:.1f} GB free at {folder}"
    said += f"; size not known of {', '.join(unknown)}" if unknown else ""
    return Finding("weights", to_come < free, said if sizes else "all are here")
