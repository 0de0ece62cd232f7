"""The comparison says what happens: each system that is installed runs the programs again."""

from __future__ import annotations

import importlib.util

import pytest

from test_docs import ROOT, load

COMPARE = load(ROOT / "docs" / "compare.py")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in COMPARE.MARKS.search(COMPARE.PAGE.read_text())[0].splitlines()
    if line.startswith("|")
]


def test_every_program_is_in_the_table() -> None:
    assert ROWS[0][2:] == list(COMPARE.SYSTEMS)
    assert [row[0] for row in ROWS[2:]] == [f"`{name}`" for name in COMPARE.ARGUMENTS]


@pytest.mark.parametrize("system", COMPARE.SYSTEMS)
@pytest.mark.filterwarnings("ignore")
def test_the_table_says_what_happens(system: str) -> None:
    if importlib.util.find_spec(system) is None:
        pytest.skip(f"{system} is not installed")
    column = ROWS[0].index(system)
    said = {row[0].strip("`"): row[column] for row in ROWS[2:]}
    found = {name: COMPARE.sign(text) for name, text in COMPARE.results(system).items()}
    assert found == said, "run `python docs/compare.py --write` where all systems are installed, or edit the table"
