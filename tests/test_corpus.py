"""Every function of the corpus is differentiated; numerical derivatives are the reference."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from corpus import CASES, Case
from corpus.compiling import gradient_of
from diffcompile.testing.checks import argument_names
from diffcompile.testing.compare import check_against_differences
from diffcompile.testing.structures import copy_tree, first_change, leaves

COORDINATES = 3


def positions(case: Case) -> list[int]:
    """Return the differentiated positions of a case."""
    names = list(inspect.signature(case.fun).parameters)
    wanted = case.argnums if isinstance(case.argnums, tuple) else (case.argnums,)
    return [names.index(one) if isinstance(one, str) else one for one in wanted]


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    """One function of the corpus after the other."""
    return request.param


def test_gradient(case: Case) -> None:
    """The gradient is right, the value too; the arguments are left alone; a second call gives the same."""
    compiled = gradient_of(case)
    args = case.args()
    kept = copy_tree(args)
    expected = case.fun(*copy_tree(args))

    value, gradient = compiled(*args)
    changes = [
        first_change(old, new, f"argument {k}") for k, (old, new) in enumerate(zip(kept, args, strict=True))
    ]
    assert not any(changes)
    precision = 1e-12 if np.asarray(expected).dtype == np.float64 else 1e-6
    assert value == pytest.approx(expected, rel=precision, abs=0.0)

    per_argument = gradient if isinstance(case.argnums, tuple) else (gradient,)
    assert len(per_argument) == len(positions(case))
    check_against_differences(
        case.reference or case.fun,
        kept,
        dict(zip(positions(case), per_argument, strict=True)),
        names=argument_names(case.fun, kept),
        title=case.name,
        source=compiled.source,
        rtol=case.rtol,
        atol=1e-2 * case.rtol,
        coordinates=COORDINATES,
    )
    assert any(np.any(leaf.value) for leaf in leaves(per_argument)) is not case.zero

    value_again, gradient_again = compiled(*args)
    assert value_again == value
    assert first_change(gradient, gradient_again, "gradient") is None
