"""Fits: what ``curve_fit`` and ``leastsq`` make of the fit of one function of residuals."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg, optimize

from diffcompile import runtime_scipy
from diffcompile.rules.functionals import parameter_count
from diffcompile.rules.registry import definition, implicit

implicit(
    runtime_scipy.fitted,
    "fun",
    "least squares",
    answer="x",
    fields=("fun", "cost", "nfev", "status", "message"),
    constant=("bounds",),
    minimised="fun",
)


@definition(optimize.leastsq)
def _leastsq(
    func: Any, x0: Any, args: Any = (), Dfun: Any = None, full_output: Any = False, col_deriv: Any = False,  # noqa: N803
    ftol: Any = None, xtol: Any = None, gtol: Any = None, maxfev: Any = None, epsfcn: Any = None, factor: Any = None,
    diag: Any = None,
) -> Any:  # fmt: skip
    options = (
        ("ftol", ftol), ("xtol", xtol), ("gtol", gtol), ("maxfev", maxfev), ("epsfcn", epsfcn), ("factor", factor),
        ("diag", diag),
    )  # fmt: skip
    more = args if isinstance(args, tuple) else (args,)

    def residuals(p: Any) -> Any:
        return func(p, *more)

    if Dfun is None:
        fit = runtime_scipy.fitted(residuals, x0, None, "lm", None, options)
    else:

        def slopes(p: Any) -> Any:
            rows = np.asarray(Dfun(p, *more))
            return rows.T if col_deriv else rows

        fit = runtime_scipy.fitted(residuals, x0, slopes, "lm", None, options)
    if not full_output:
        return fit.x, fit.status
    details = {"fvec": fit.fun, "nfev": fit.nfev}
    return fit.x, _covariance(fit.jac), details, fit.message, fit.status


def _covariance(jacobian: Any) -> Any:
    if runtime_scipy.determined(jacobian):
        return np.linalg.inv(jacobian.T @ jacobian)
    return np.full((np.shape(jacobian)[1], np.shape(jacobian)[1]), np.inf)


@definition(optimize.curve_fit)
def _curve_fit(
    f: Any, xdata: Any, ydata: Any, p0: Any = None, sigma: Any = None, absolute_sigma: Any = False,
    check_finite: Any = None, bounds: Any = None, method: Any = None, jac: Any = None, *, full_output: Any = False,
    ftol: Any = None, xtol: Any = None, gtol: Any = None, maxfev: Any = None, max_nfev: Any = None,
    epsfcn: Any = None, factor: Any = None, diag: Any = None, x_scale: Any = None,
) -> Any:  # fmt: skip
    options = (
        ("ftol", ftol), ("xtol", xtol), ("gtol", gtol), ("maxfev", maxfev), ("epsfcn", epsfcn), ("factor", factor),
        ("diag", diag), ("max_nfev", max_nfev), ("x_scale", x_scale),
    )  # fmt: skip
    if check_finite is None or check_finite:
        runtime_scipy.check_data(xdata, ydata)
    at = np.asarray(xdata, float) if isinstance(xdata, list | tuple | np.ndarray) else xdata
    values = np.asarray(ydata, float)
    if p0 is None:
        limits = (-np.inf, np.inf) if bounds is None else bounds
        begin = runtime_scipy.start_of_fit(parameter_count(f) - 1, limits)
    else:
        begin = np.atleast_1d(p0)
    if sigma is None:
        scale = None
    elif np.ndim(sigma) == 2:  # noqa: PLR2004 - a covariance
        scale = linalg.cholesky(np.asarray(sigma), lower=True)
    else:
        scale = 1.0 / np.asarray(sigma)

    def residuals(p: Any) -> Any:
        off = f(at, *p) - values
        if scale is None:
            return off
        if np.ndim(scale) == 2:  # noqa: PLR2004
            return linalg.solve_triangular(scale, off, lower=True)
        return scale * off

    if jac is None or isinstance(jac, str):
        fit = runtime_scipy.fitted(residuals, begin, jac, method, bounds, options, True)
    else:

        def slopes(p: Any) -> Any:
            rows = np.asarray(jac(at, *p))
            if scale is None:
                return rows
            if np.ndim(scale) == 2:  # noqa: PLR2004
                return linalg.solve_triangular(scale, rows, lower=True)
            return np.reshape(scale, (-1, 1)) * rows

        fit = runtime_scipy.fitted(residuals, begin, slopes, method, bounds, options, True)
    spread = _covariance(fit.jac)
    if not absolute_sigma:
        count, unknowns = np.shape(fit.jac)
        spread = spread * (2.0 * fit.cost / (count - unknowns)) if count > unknowns else np.full_like(spread, np.inf)
    if full_output:
        return fit.x, spread, {"fvec": fit.fun, "nfev": fit.nfev}, fit.message, fit.status
    return fit.x, spread
