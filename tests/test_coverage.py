"""The page of coverage is what the tables say, and more names are covered than elsewhere."""

from __future__ import annotations

from test_docs import ROOT, load

COVERAGE = load(ROOT / "docs" / "coverage.py")


def test_the_page_is_current() -> None:
    assert COVERAGE.PAGE.read_text() == COVERAGE.page(), "run `python docs/coverage.py`"


def test_more_names_than_elsewhere() -> None:
    for space, module, prefix in COVERAGE.SPACES:
        found = COVERAGE.table(space, module, prefix)
        covered = sum(len(names) for key, names in found.items() if key)
        for package in COVERAGE.OTHERS.values():
            assert covered >= package[space]
    assert COVERAGE.table(*COVERAGE.SPACES[0])[""] == []


def test_a_name_without_derivative_is_found() -> None:
    assert COVERAGE.kind(open, "open") == ""
    assert COVERAGE.kind(COVERAGE.np.sin, "np.sin") == "rule"
    assert COVERAGE.kind(COVERAGE.np.sign, "np.sign") == "constant"
