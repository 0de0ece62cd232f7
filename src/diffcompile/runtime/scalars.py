"""Adjoints of functions of :mod:`math` that take several numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from diffcompile.runtime.broadcasting import as_cotangent
from diffcompile.runtime.elementwise import divide_or_zero


def hypot_adjoint(ct: Any, y: Any, coordinates: Sequence[Any]) -> tuple[Any, ...]:
    """Return the cotangents of the operands of ``math.hypot``; 0 at the origin."""
    scale = divide_or_zero(ct, y)
    return tuple(scale * x for x in coordinates)


def dist_adjoint(ct: Any, y: Any, p: Any, q: Any) -> tuple[Any, Any]:
    """Return the cotangents of the two points of ``math.dist``; 0 where they coincide."""
    scale = divide_or_zero(ct, y)
    towards = [scale * (float(a) - float(b)) for a, b in zip(p, q, strict=True)]
    return as_cotangent(towards, p), as_cotangent([-t for t in towards], q)


def product_adjoint(ct: Any, factors: Any, start: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``math.prod(factors, start=start)``, right where factors are 0."""
    before = [start]
    for x in factors:
        before.append(before[-1] * x)
    after = 1.0 * ct
    slopes = []
    for x, left in zip(reversed(factors), reversed(before[:-1]), strict=True):
        slopes.append(after * left)
        after = after * x
    return as_cotangent(slopes[::-1], factors), after
