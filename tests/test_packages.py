"""Functions and classes of real packages, unmodified, against extrapolated finite differences."""

from __future__ import annotations

import importlib.util

import pytest

from diffcompile import DiffCompileError
from packages import CASES, PackageCase
from packages.checking import check
from packages.refused import REFUSED


@pytest.mark.filterwarnings("ignore")  # theirs, not ours
@pytest.mark.parametrize(
    "case",
    [pytest.param(case, id=case.name, marks=[pytest.mark.long] if case.long else []) for case in CASES],
)
def test_gradient(case: PackageCase) -> None:
    """The gradient of a function that nobody wrote for us is right, or the function is refused as expected."""
    if importlib.util.find_spec(case.package) is None:
        pytest.skip(f"{case.package} is not installed")
    try:
        check(case)
    except ModuleNotFoundError as error:
        pytest.skip(f"another version of {case.package} is installed: {error}")
    except DiffCompileError as error:
        if case.name not in REFUSED:
            raise
        pytest.skip(f"refused: {error.what}")


def test_table_of_refused_cases_names_cases() -> None:
    """No entry is left behind when a case is renamed or removed."""
    assert set(REFUSED) <= {case.name for case in CASES}
