"""What :func:`check_grads` asks of forward mode and of second derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.testing.compare import GradientMismatch, check_against_differences
from diffcompile.testing.structures import copy_tree, leaves, parts_like
from diffcompile.testing.variations import random_like, written

__tracebackhide__ = True  # pytest shows the code of its user

SAME = {True: 1e-4, False: 1e-9}
"""How far the two sides of ``<v, J u> = <J^T v, u>`` may be apart, in single and in double precision."""


def paired(left: Any, right: Any) -> tuple[float, float]:
    """Return the inner product of a tree of floats with another of its structure, and that of their sizes."""
    pairs = zip(leaves(left), parts_like(right, left), strict=True)
    products = [np.asarray(mine.value, float) * np.asarray(theirs, float) for mine, theirs in pairs]
    return sum(float(np.sum(part)) for part in products), sum(float(np.sum(np.abs(part))) for part in products)


def check_forward(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    chosen: tuple[int, ...],
    cotangents: tuple[Any, ...],
    weights: Any,
    title: str,
    seed: int,
    rtol: float | None = None,
    atol: float | None = None,
) -> Any:
    """Check that forward mode agrees with the ``cotangents`` that reverse mode found for ``weights``; return its value.

    With random ``u`` in the space of the arguments: ``<weights, J u> = <J^T weights, u>``.
    """
    from diffcompile.operators import jvp  # noqa: PLC0415 - the compiler is loaded only by a check

    rng = np.random.default_rng(seed + 2)
    tangents: list[Any] = [None] * len(args)
    for place in chosen:
        tangents[place] = random_like(args[place], rng, title)
    value, moved = jvp(fun, copy_tree(args), tangents)
    ct = 1.0 if weights is None else weights
    left, left_size = paired(ct, moved)
    right, right_size = 0.0, 0.0
    for bar, place in zip(cotangents, chosen, strict=True):
        product, size = paired(bar, tangents[place])
        right, right_size = right + product, right_size + size
    narrow = any(np.asarray(leaf.value).dtype.itemsize < 8 for leaf in leaves((args, value)))  # noqa: PLR2004
    allowed = max(SAME[narrow], rtol or 0.0) * max(1.0, left_size, right_size) + (atol or 0.0)
    if not abs(left - right) <= allowed:
        raise GradientMismatch(
            f"forward and reverse mode of {title} do not agree: <v, J u> = {left!r}, <J^T v, u> = {right!r}",
            expected=right,
            found=left,
        )
    return value


def check_second(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    chosen: tuple[int, ...],
    weights: Any,
    modes: tuple[str, ...],
    names: list[str],
    title: str,
    **tolerances: Any,
) -> None:
    """Check the product of the Hessian with a random vector against differences of the gradient.

    In the modes asked for: ``fwd`` is forward over reverse, ``rev`` reverse over reverse.
    """
    from diffcompile import api, operators  # noqa: PLC0415 - the compiler is loaded only by a check
    from diffcompile.api.pullbacks import Pullback  # noqa: PLC0415

    scalar = _scalar_function(fun, weights, title, len(args))
    gradient = api.grad(scalar, argnums=chosen)
    rng = np.random.default_rng(tolerances.get("seed", 0) + 3)
    directions = [random_like(args[place], rng, title) for place in chosen]

    def slope(*moved: Any) -> float:
        found = gradient(*moved)
        return sum(paired(bar, direction)[0] for bar, direction in zip(found, directions, strict=True))

    for mode in modes:
        if mode == "rev":
            bars = Pullback(gradient, copy_tree(args), wrt=chosen)(tuple(directions))
            products = {place: bars[place] for place in chosen}
        else:
            tangents: list[Any] = [None] * len(args)
            for place, direction in zip(chosen, directions, strict=True):
                tangents[place] = direction
            found = operators.jvp(gradient, copy_tree(args), tangents)[1]
            products = dict(zip(chosen, found, strict=True))
        check_against_differences(
            slope, copy_tree(args), products, names=names, title=f"the gradient of {title}", **tolerances
        )


def _scalar_function(fun: Callable[..., Any], weights: Any, title: str, count: int) -> Callable[..., Any]:
    """Return a function with a real result, and with source: ``fun`` itself, or the sum of weighted results."""
    if weights is None:
        return fun
    names = ", ".join(f"x{k}" for k in range(count))
    factors = leaves(weights, "result")
    total = " + ".join(f"np.sum({leaf.path} * weights[{k}])" for k, leaf in enumerate(factors))
    text = f"def weighted({names}):\n    result = fun({names})\n    return {total}\n"
    scope = {"np": np, "fun": fun, "weights": [leaf.value for leaf in factors]}
    return written(text, "weighted", f"weighted {title}", scope)


__all__ = ["check_forward", "check_second"]
