"""The documents show what the compiler does now: every Python block runs, every generated block is current."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # data classes look themselves up
    spec.loader.exec_module(module)
    return module


GENERATE = load(ROOT / "docs" / "generate.py")
DOCUMENTS = GENERATE.documents()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_generated_parts_are_current(document: Path) -> None:
    if document.name == "tools.md" and "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("the transcript of a failing check shows other paths in a worker")
    text = document.read_text()
    assert GENERATE.generated(text) == text, "run `python docs/generate.py` and look at what changes"


def test_what_is_out_of_date_is_found() -> None:
    stale = "```python\nprint(1 + 1)\n```\n\n<!-- output -->\n```text\n3\n```\n"
    assert GENERATE.generated(stale) == stale.replace("3\n", "2\n")
    stale = "<!-- diffcompile show nothing.py:f -->\n```text\n```\n"
    assert "there is no file nothing.py" in GENERATE.generated(stale)
    with pytest.raises(ZeroDivisionError):
        GENERATE.generated("```python\n1 / 0\n```\n")


def test_the_readme_shows_the_code_that_it_computes_with() -> None:
    text = (ROOT / "README.md").read_text()
    assert text.count("```python\n") >= 3
    shown = text.split("<!-- output -->\n```python\n")[1].split("```")[0]
    assert "def heat_grad(k, u, steps):" in shown


def test_every_refused_function_is_shown_and_refused() -> None:
    text = (ROOT / "docs" / "limitations.md").read_text()
    module = load(ROOT / "docs" / "code" / "refused.py")
    functions = {
        name for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__ and not isinstance(value, type)
    }
    blocks = re.findall(
        r"^<!-- diffcompile show docs/code/refused.py:(\w+)[^\n]*-->\n```text\n(.*?)```$", text, re.M | re.S
    )
    assert {name for name, _ in blocks} == functions
    assert [name for name, shown in blocks if not shown.startswith("Error: ")] == []


def test_links_lead_somewhere() -> None:
    for document in DOCUMENTS:
        prose = re.sub(r"^```.*?^```$", "", document.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)#]+)\)", prose):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_readme_names_the_commands_that_are_there() -> None:
    text = (ROOT / "README.md").read_text()
    commands = re.findall(r"^bash (scripts/\w+)", text, re.M)
    assert commands == ["scripts/demo", "scripts/test"]
    assert all((ROOT / command).is_file() for command in commands)
    assert "\nbash scripts/test\n" in (ROOT / ".ci" / "run").read_text()


def test_no_document_names_this_machine() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        assert str(ROOT) not in text
        assert sys.prefix not in text
