"""Products with the Hessian in the form in which the optimisers of SciPy ask for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diffcompile.jacobians import hvp


def hessp(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return the product of the Hessian of ``fun`` and a vector, as ``scipy.optimize.minimize`` calls it.

    ``minimize(value_and_grad(f), x0, args=args, jac=True, hessp=hessp(f), method="trust-ncg")``: SciPy gives the point
    first, then the vector, then the further arguments of ``f``; :func:`diffcompile.hvp` takes the vector last.

    Args:
        fun: A function of an array and further arguments, with one real result.

    Returns:
        A function ``(x, p, *args)`` that returns ``H(x) p``, of the shape of ``x``.

    Raises:
        UnsupportedError: at a call, if ``fun`` cannot be differentiated twice.
    """
    product = hvp(fun)

    def times(x: Any, p: Any, *args: Any) -> Any:
        return product(x, *args, p)

    return times
