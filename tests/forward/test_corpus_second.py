"""Second derivatives of the corpus, forward over reverse and reverse over reverse, against differences of gradients.

What one of the modes refuses is listed as XFAIL.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from corpus import CASES, Case
from corpus.compiling import gradient_of
from diffcompile import DiffCompileError, grad, jvp, vjp
from diffcompile.testing.checks import resolve_argnums
from diffcompile.testing.structures import leaves, rebuild
from forward.test_corpus_forward import direction_of

ROUGH = {"kernels_science.bisection_then_newton_step"}
"""Its branches choose among numbers that are as near as two steps of the differences."""
STEP = 1e-5


def flat(tree: Any) -> Any:
    """Return the numbers of a tree as one vector."""
    parts = [np.ravel(np.asarray(leaf.value, dtype=float)) for leaf in leaves(tree)]
    return np.concatenate(parts) if parts else np.zeros(0)


def moved(tree: Any, direction: Any, t: float) -> Any:
    """Return ``tree + t * direction``, laid out in memory as ``tree`` is."""
    found = []
    for leaf, step in zip(leaves(tree), leaves(direction), strict=True):
        if isinstance(leaf.value, np.ndarray):
            found.append(np.empty_like(leaf.value))
            found[-1][...] = leaf.value + t * step.value
        else:
            found.append(float(leaf.value + t * step.value))
    return rebuild(tree, iter(found))


SAMPLED = [
    pytest.param(case, id=case.name, marks=[pytest.mark.long] if number % 3 else [])
    for number, case in enumerate(CASES)
]
"""A third of the corpus; all of it takes minutes."""


@pytest.fixture(params=SAMPLED)
def problem(request: pytest.FixtureRequest) -> Any:
    """Return the gradient of a case, its arguments, the places that move, a direction, and the numerical answer."""
    case: Case = request.param
    gradient_of(case)
    args = case.args()
    places = resolve_argnums(case.fun, args, case.argnums)
    single = any(np.asarray(leaf.value).dtype != np.float64 for leaf in leaves([args[p] for p in places]))
    if case.name in ROUGH or single:
        pytest.skip("differences of this gradient are too coarse")
    gradient = grad(case.fun, argnums=places)
    direction = [direction_of((args[place],), place)[0] for place in places]

    def at(t: float) -> Any:
        shifted = list(case.args())
        for place, step in zip(places, direction, strict=True):
            (shifted[place],) = moved((shifted[place],), (step,), t)
        return flat(gradient(*shifted))

    with np.errstate(all="ignore"):
        fine, coarse = ((at(h) - at(-h)) / (2 * h) for h in (STEP, 2 * STEP))
    scale = max(1.0, float(np.max(np.abs(fine), initial=0.0)))
    if not np.all(np.isfinite(fine)) or np.max(np.abs(fine - coarse), initial=0.0) > 1e-4 * scale:
        pytest.skip("the gradient is not smooth here")
    return gradient, case, places, direction, fine, 3e-5 * scale


def test_forward_over_reverse(problem: Any) -> None:
    gradient, case, places, direction, numerical, tolerance = problem
    tangents: list[Any] = [None] * len(case.args())
    for place, step in zip(places, direction, strict=True):
        tangents[place] = step
    try:
        _, found = jvp(gradient, case.args(), tangents)
    except DiffCompileError as error:
        pytest.xfail(f"refused: {error.what}")
    np.testing.assert_allclose(flat(found), numerical, rtol=0.0, atol=tolerance)


def test_reverse_over_reverse(problem: Any) -> None:
    gradient, case, places, direction, numerical, tolerance = problem
    cotangent = tuple(direction_of((case.args()[place],), 50 + place)[0] for place in places)
    try:
        bars = vjp(gradient, *case.args())[1](cotangent)
    except DiffCompileError as error:
        pytest.xfail(f"refused: {error.what}")
    found = float(np.sum(flat([bars[place] for place in places]) * flat(direction)))
    expected = float(np.sum(flat(cotangent) * numerical))
    assert found == pytest.approx(expected, abs=tolerance * max(1.0, float(np.sum(np.abs(flat(cotangent))))))
