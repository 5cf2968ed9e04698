"""The house rules that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from audsem_data.cli.index import stage_index

ROOT = Path(__file__).resolve().parents[2]
CODE = [*(ROOT / "audsem_data").rglob("*.py"), *(ROOT / "stages").rglob("*.py"), *(ROOT / "train").rglob("*.py")]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short_and_say_what_they_are_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 400
    assert path.name not in {"utils.py", "helpers.py", "common.py", "misc.py"}
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, node.name


def fresh(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def test_no_stage_imports_torch_and_none_is_declared_twice() -> None:
    code = """
import sys
from audsem_data.runtime.discovery import load_stages
from audsem_data.cli.index import stage_index
assert set(load_stages()) == set(stage_index())
print(sorted({'torch', 'stages', 'transformers', 'datasets', 'scipy.signal'} & set(sys.modules)))
"""
    assert fresh(code) == "[]"


def test_help_imports_nothing_heavy() -> None:
    code = """
import sys
sys.argv = ['audsem-data', '--help']
from audsem_data.cli.main import main
try:
    main()
except SystemExit:
    pass
print(sorted({'pyarrow', 'numpy', 'pydantic', 'yaml', 'torch'} & set(sys.modules)))
"""
    assert fresh(code).splitlines()[-1] == "[]"


def test_every_annotator_is_one_short_file() -> None:
    for path in (ROOT / "stages" / "annotate").glob("annotate_*.py"):
        assert len(path.read_text().splitlines()) < 60, path.name


def test_every_stage_has_its_command_with_help() -> None:
    for name in stage_index():
        arguments = f"import sys; sys.argv = ['audsem-data', {name!r}, '--help']"
        shown = fresh(f"{arguments}\nfrom audsem_data.cli.main import main\nmain()")
        assert "Options, changed by --set" in shown
