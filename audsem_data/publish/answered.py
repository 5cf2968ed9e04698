"""Which models answered, as a dataset's card names them: what the records say, never what might have run."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from audsem_data.core.model import OWN_WEIGHTS, SERVED, ModelSpec
from audsem_data.models.specs import MODELS


@dataclass
class Answered:
    """Weights that answered, and the stages that asked them; `licence` is empty where nobody states one."""

    name: str
    licence: str
    reference: str
    stages: list[str] = field(default_factory=list)


def answered(history: Iterable[Mapping[str, Any]]) -> list[Answered]:
    """Return the models of the stages that ran, each once, in running order."""
    found: dict[str, Answered] = {}
    for told in history:
        identity = told.get("identity", {})
        for weights in _weights(identity):
            model = _named(weights, _spec(identity.get("identity", {}).get("model", "")))
            found.setdefault(model.name, model).stages.append(told["stage"])
    return list(found.values())


def _weights(identity: Mapping[str, Any]) -> list[str]:
    """Return what records say of the weights; of records that say nothing, what their options tell."""
    if said := identity.get("weights"):
        return list(said.split("; "))
    config, model = identity.get("config", {}), identity.get("identity", {}).get("model", "")
    if not model:
        return []
    if served := config.get("served_model"):
        return [f"{SERVED}{served}"]
    return [f"{OWN_WEIGHTS}of unknown content"] if config.get("checkpoint") else [model]


def _spec(model: str) -> ModelSpec | None:
    source = model.partition(" ")[0].partition("@")[0]
    return next((spec for spec in MODELS.values() if spec.source == source), None)


def _named(weights: str, spec: ModelSpec | None) -> Answered:
    if weights.startswith(SERVED):
        return Answered(weights.removeprefix(SERVED), "", "behind a server, which alone knows its weights")
    if weights.startswith(OWN_WEIGHTS):
        like = f", in the place of {spec.source.removeprefix('hf:')}" if spec else ""
        return Answered(f"own checkpoint ({weights.removeprefix(OWN_WEIGHTS)})", "", f"of whoever ran it{like}")
    name = weights.removeprefix("hf:").replace("@", " at ")
    return Answered(name, spec.licence if spec else "", spec.reference if spec else "")
