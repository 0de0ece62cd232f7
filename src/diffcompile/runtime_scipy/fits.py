"""Fits as SciPy's front ends run them, with the residuals as one function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import optimize


def fitted(
    fun: Callable[..., Any],
    x0: Any,
    jac: Any = None,
    method: str | None = None,
    bounds: Any = None,
    options: tuple[tuple[str, Any], ...] = (),
    sure: bool = False,
) -> Any:
    """Return the least-squares fit of residuals ``fun(x)``: its fields are ``x``, ``nfev``, ``status``, ``message``.

    ``method`` "lm", which is that without bounds, is ``scipy.optimize.leastsq``; any other is that of
    ``scipy.optimize.least_squares``. Of the ``options`` those that are None are left out.

    Raises:
        RuntimeError: no fit was found, and it must be ``sure`` that it was.
    """
    given = {name: value for name, value in options if value is not None}
    bounded = bounds is not None and bounded_fit(bounds)
    if method == "lm" or (method is None and not bounded):
        x, _, details, message, status = optimize.leastsq(fun, x0, Dfun=jac, full_output=True, **given)
        found = optimize.OptimizeResult(x=x, nfev=details["nfev"], status=status, message=message)
        good = status in (1, 2, 3, 4)
    else:
        given["max_nfev"] = given.pop("maxfev", given.get("max_nfev"))
        jac, bounds = jac or "2-point", bounds or (-np.inf, np.inf)
        found = optimize.least_squares(fun, x0, jac=jac, bounds=bounds, method=method or "trf", **given)
        good = found.success
    if sure and not good:
        raise RuntimeError("Optimal parameters not found: " + found.message)
    return found


def bounded_fit(bounds: Any) -> bool:
    """Tell whether some parameter of a fit has a bound."""
    if isinstance(bounds, optimize.Bounds):
        bounds = (bounds.lb, bounds.ub)
    return bool(np.any(np.asarray(bounds[0]) > -np.inf) or np.any(np.asarray(bounds[1]) < np.inf))


def start_of_fit(count: int, bounds: Any) -> Any:
    """Return where ``curve_fit`` begins with ``count`` parameters: in the middle of what is allowed."""
    if isinstance(bounds, optimize.Bounds):
        bounds = (bounds.lb, bounds.ub)
    low, high = (np.broadcast_to(np.asarray(end, float), (count,)) for end in bounds)
    start = np.ones(count)
    below, above = np.isfinite(low), np.isfinite(high)
    both = below & above
    start[both] = 0.5 * (low[both] + high[both])
    start[below & ~above] = low[below & ~above] + 1.0
    start[above & ~below] = high[above & ~below] - 1.0
    return start


def determined(jacobian: Any) -> bool:
    """Tell whether a fit with this Jacobian has one answer."""
    return bool(np.linalg.matrix_rank(jacobian) == np.shape(jacobian)[1])


def check_data(xdata: Any, ydata: Any) -> None:
    """Raise what ``curve_fit`` raises for data that cannot be fitted.

    Raises:
        ValueError: there is none, or some is not finite.
    """
    if isinstance(xdata, list | tuple | np.ndarray):
        np.asarray_chkfinite(xdata, float)
    if np.asarray_chkfinite(ydata, float).size == 0:
        raise ValueError("`ydata` must not be empty!")
