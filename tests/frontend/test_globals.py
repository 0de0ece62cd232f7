"""Globals that the function assigns: gone afterwards, and never seen as they were before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from diffcompile import UnsupportedError, grad, jvp
from frontend.modules import write_module


@pytest.fixture
def module(tmp_path: Path) -> Any:
    return write_module(
        tmp_path,
        """
        factor = 3.0

        def fresh(x):
            global made
            if "made" not in globals():
                made = x * x
            return made * x * globals()["factor"]

        def counted(x):
            global factor
            factor += x
            return factor * x

        def power(x, n):
            return x if n == 0 else x * power(x, n - 1) * factor

        def recursive(x):
            global factor
            factor = 2.0
            return power(x, 2)

        def restored(x):
            global factor
            factor = 2.0
            y = x * factor
            factor = 3.0
            return y * power(x, 1)

        def computed(x, name):
            return x * globals()[name]

        def looped(x, names):
            for name in names:
                x = x * globals()[name]
            return x

        def values(x):
            return x * len(list(globals().values()))

        def counter():
            count = 1.0

            def up(x):
                nonlocal count
                count = count * x
                return count * x

            return up

        up = counter()
        """,
    )


def test_what_is_stored_is_gone_afterwards(module: Any) -> None:
    gradient = grad(module.counted)
    assert [gradient(2.0), gradient(2.0)] == [7.0, 7.0]
    assert jvp(module.counted, (2.0,), (1.0,)) == (10.0, 7.0)
    assert module.factor == 3.0


def test_a_changed_global_is_seen(module: Any) -> None:
    gradient = grad(module.counted)
    assert gradient(2.0) == 7.0
    module.factor = 5.0
    assert gradient(2.0) == 9.0


def test_a_global_that_is_not_there(module: Any) -> None:
    gradient = grad(module.fresh)
    assert gradient(2.0) == 36.0
    assert not hasattr(module, "made")
    module.made = 5.0
    assert gradient(2.0) == 15.0


def test_variable_of_a_function_that_is_not_compiled(module: Any) -> None:
    assert grad(module.up)(2.0) == 4.0
    assert grad(module.up)(2.0) == 4.0
    assert module.up(2.0) == 4.0
    assert grad(module.up)(2.0) == 8.0


def test_a_constant_name(module: Any) -> None:
    assert grad(module.computed)(2.0, "factor") == 3.0


def test_a_recursive_function_sees_it(module: Any) -> None:
    """It is written as a loop."""
    slope = (module.recursive(2.0 + 1e-4) - module.recursive(2.0 - 1e-4)) / 2e-4
    module.factor = 3.0
    assert grad(module.recursive)(2.0) == pytest.approx(slope)


def test_a_recursive_function_after_it_was_put_back(module: Any) -> None:
    assert grad(module.restored)(2.0) == 72.0


def test_names_in_a_loop(module: Any) -> None:
    assert grad(module.looped)(2.0, ("factor", "factor")) == 9.0


def test_other_uses_of_globals(module: Any) -> None:
    with pytest.raises(UnsupportedError, match="this use of `globals`"):
        grad(module.values)(2.0)
