"""Every function of the corpus in forward mode: the tangent is the gradient times the direction."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from corpus import CASES, Case
from corpus.compiling import gradient_of
from diffcompile import DiffCompileError, jvp
from diffcompile.testing.checks import resolve_argnums
from diffcompile.testing.structures import copy_tree, first_change, leaves, rebuild


def direction_of(tree: Any, seed: int) -> Any:
    """Return random numbers in the structure of ``tree``."""
    rng = np.random.default_rng(seed)
    found = []
    for leaf in leaves(tree):
        drawn = rng.normal(size=np.shape(leaf.value))
        found.append(drawn.astype(leaf.value.dtype) if isinstance(leaf.value, np.ndarray) else float(drawn))
    return rebuild(tree, iter(found))


def paired(left: Any, right: Any) -> tuple[float, float]:
    """Return the sum of the products of two trees, and of their sizes."""
    products = [
        np.asarray(mine.value, dtype=float) * np.asarray(theirs.value, dtype=float)
        for mine, theirs in zip(leaves(left), leaves(right), strict=True)
    ]
    return sum(float(np.sum(p)) for p in products), sum(float(np.sum(np.abs(p))) for p in products)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_tangent_is_gradient_times_direction(case: Case) -> None:
    compiled = gradient_of(case)
    args = case.args()
    value, gradient = compiled(*case.args())
    places = resolve_argnums(case.fun, args, case.argnums)
    gradients = gradient if isinstance(case.argnums, tuple) else (gradient,)
    tangents: list[Any] = [None] * len(args)
    for place in places:
        (tangents[place],) = direction_of((args[place],), place)
    pairs = [paired(g, tangents[place]) for g, place in zip(gradients, places, strict=True)]
    kept = copy_tree(args)

    try:
        found, tangent = jvp(case.fun, args, tangents)
    except DiffCompileError as error:
        pytest.xfail(f"refused in forward mode: {error.what}")

    assert not any(first_change(old, new, "argument") for old, new in zip(kept, args, strict=True))
    assert found == pytest.approx(value, rel=1e-6 if np.asarray(value).dtype == np.float32 else 1e-12)
    single = any(np.asarray(leaf.value).dtype == np.float32 for leaf in leaves((args, value)))
    size = sum(scale for _, scale in pairs)
    assert tangent == pytest.approx(sum(total for total, _ in pairs), abs=(1e-4 if single else 1e-10) * max(size, 1.0))
