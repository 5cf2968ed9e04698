"""What writes is named by `backend` in every stage; recipes that say `engine` are read; prompts have versions."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from audsem_data.cli.main import main
from audsem_data.core.recipe import Recipe
from audsem_data.llm.writing_prompt import evidence_of, shown, writing_prompt
from audsem_data.runtime.discovery import load_stages
from audsem_data.stages.generate.options import GenerateConfig


@pytest.mark.parametrize(
    ("stage", "said", "backend"),
    [
        ("generate-captioning", {}, "rules"),
        ("generate-captioning", {"writer": "rules", "engine": "openai"}, "rules"),
        ("generate-captioning", {"writer": "model"}, "vllm"),
        ("generate-mc-qa", {"writer": "model", "engine": "openai", "served_model": "m"}, "openai"),
        ("generate-mc-qa", {"writer": "model", "engine": "openai", "backend": "transformers"}, "transformers"),
        ("classify-llm", {"engine": "endpoint", "served_model": "m"}, "openai"),
        ("classify-llm", {"engine": "transformers"}, "transformers"),
        ("annotate-qwen2-audio", {"engine": "endpoint"}, "openai"),
        ("annotate-qwen2-audio", {}, "transformers"),
    ],
)
def test_a_recipe_of_before_means_what_it_meant(stage: str, said: dict[str, str], backend: str) -> None:
    known = load_stages()[stage]
    recipe = Recipe(profile="offline", stages={stage: said})
    assert recipe.options(known).backend == backend  # type: ignore[attr-defined]
    changed = recipe.with_option(known, "backend", "openai").stages[stage]
    assert changed == {"backend": "openai"} | ({"served_model": "m"} if "served_model" in said else {})


def test_what_rules_wrote_before_stands() -> None:
    names = ("simple", "semantic")
    said = {"writer": "rules", "variants": list(names), "share": 1.0, "seed": 0}
    assert GenerateConfig().identity == said
    assert GenerateConfig(prompt_version=2).identity == said  # rules read no prompt


@pytest.mark.parametrize("stage", ["generate-captioning", "classify-llm", "annotate-qwen2-audio"])
def test_who_names_a_backend_as_an_engine_is_told(
    stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["audsem-data", stage, "-w", str(tmp_path), "--engine", "openai"])
    with pytest.raises(SystemExit):
        main()
    assert "engines: local. What writes is named by --backend" in capsys.readouterr().err


def test_the_second_version_shows_what_blip_and_clip_saw() -> None:
    saw = {"blip": {"caption": "a dog in a yard"}, "clip": {"labels": ["dog"]}, "rt_detr": {"objects": ["dog"]}}
    assert evidence_of("barks", saw)["seen"].keys() == {"rt_detr"}
    assert evidence_of("barks", saw, 2)["seen"].keys() == {"blip", "clip", "rt_detr"}
    assert set(shown(2).seen) - set(shown(1).seen) == {"annotate-blip", "annotate-clip"}
    first, second = (writing_prompt("mc_qa", "semantic", version) for version in (1, 2))
    assert first.digest != second.digest
    assert first.user == second.user
    assert "`clip`" in second.system
    assert "`clip`" not in first.system


def test_a_version_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 2"):
        GenerateConfig(prompt_version=3)
