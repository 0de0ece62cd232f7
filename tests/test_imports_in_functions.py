"""Modules that a function imports, and that may not be there."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from diffcompile import grad


def optional(x: Any) -> Any:
    if "a_module_that_is_not_there" in sys.modules:
        import a_module_that_is_not_there  # noqa: PLC0415

        return a_module_that_is_not_there.square(x)
    return x * x


def missing(x: Any) -> Any:
    if x > 2.0:
        from math import a_name_that_is_not_there  # noqa: PLC0415

        return a_name_that_is_not_there(x)
    return x * x


def instead(x: Any) -> Any:
    try:
        import a_module_that_is_not_there  # noqa: PLC0415, F401

        return x
    except ImportError:
        return x**3


def test_a_branch_that_is_not_taken() -> None:
    assert grad(optional)(3.0) == 6.0


def test_an_import_that_fails() -> None:
    assert grad(missing)(1.0) == 2.0
    with pytest.raises(ImportError, match="a_name_that_is_not_there"):
        grad(missing)(3.0)


def test_something_else_instead() -> None:
    assert grad(instead)(3.0) == 27.0
