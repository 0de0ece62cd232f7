"""Compile the cases and compare with numerical derivatives; the table of what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from diffcompile import DiffCompileError, value_and_grad
from diffcompile.testing.checks import argument_names
from diffcompile.testing.compare import check_against_differences
from diffcompile.testing.structures import copy_tree, first_change, leaves, rebuild
from packages.registry import CASES, PackageCase

COORDINATES = 3


def check(case: PackageCase) -> None:
    """Check value and gradient of a case, that arguments are left alone, and that a second call gives the same.

    Raises:
        DiffCompileError: the function is refused.
        AssertionError: something is wrong.
    """
    fun = case.build()
    wanted = case.argnums if isinstance(case.argnums, tuple) else (case.argnums,)
    args = copy_tree(case.args)
    compiled = value_and_grad(fun, argnums=wanted)
    value, gradient = compiled(*args)
    for k, (old, new) in enumerate(zip(case.args, args, strict=True)):
        assert first_change(old, new, f"argument {k}") is None
    np.testing.assert_allclose(value, fun(*copy_tree(case.args)), rtol=1e-12)
    assert any(np.any(leaf.value) for leaf in leaves(gradient))
    again = compiled(*args)
    assert first_change((value, gradient), again, "second call") is None

    scales = tuple(_scale(arg) for arg in case.args)

    def scaled(*units: Any) -> Any:
        try:
            return fun(*map(_multiplied, units, scales))
        except Exception as error:  # a step left the domain, which each package says in its own way
            raise ArithmeticError from error

    check_against_differences(
        scaled,
        tuple(map(_divided, case.args, scales)),
        {k: _multiplied(part, scales[k]) for k, part in zip(wanted, gradient, strict=True)},
        names=argument_names(fun, case.args),
        title=case.name,
        source=compiled.source,
        rtol=case.rtol,
        atol=1e-3 * case.rtol * max(1.0, abs(float(value))),
        coordinates=COORDINATES,
    )


def _scale(arg: Any) -> list[Any]:
    """Return the size of each leaf: differences step by a part of it, be it 1e-9 or 1e9."""
    sizes = [np.abs(leaf.value) for leaf in leaves(arg)]
    return [np.where(size > 0.0, size, np.max(size) or 1.0)[()] for size in sizes]


def _multiplied(tree: Any, scale: list[Any]) -> Any:
    return rebuild(tree, iter([_like(leaf.value, leaf.value * s) for leaf, s in zip(leaves(tree), scale, strict=True)]))


def _divided(tree: Any, scale: list[Any]) -> Any:
    return rebuild(tree, iter([_like(leaf.value, leaf.value / s) for leaf, s in zip(leaves(tree), scale, strict=True)]))


def _like(old: Any, new: Any) -> Any:
    return float(new) if isinstance(old, float) else new


def refused_today(check_one: Callable[[PackageCase], None] = check) -> dict[str, str]:
    """Return what the table of refused cases would have to say now; cases whose package is missing stay as they are."""
    from packages.refused import REFUSED

    found = {}
    for case in CASES:
        try:
            check_one(case)
        except DiffCompileError as error:
            found[case.name] = error.what.partition("\n")[0]
        except ImportError:
            found |= {case.name: REFUSED[case.name]} if case.name in REFUSED else {}
    return found


def write_table() -> None:
    """Rewrite the table of refused cases: ``python -m packages.checking`` in the folder ``tests``."""
    path = Path(__file__).with_name("refused.py")
    head = path.read_text().split("REFUSED: dict")[0]
    lines = [f"    {json.dumps(name)}: {json.dumps(what)},\n" for name, what in refused_today().items()]
    path.write_text(f"{head}REFUSED: dict[str, str] = {{\n{''.join(lines)}}}\n")


if __name__ == "__main__":
    write_table()
