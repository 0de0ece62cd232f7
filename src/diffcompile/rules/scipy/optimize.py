"""Solvers: the derivative of the answer, by the implicit function theorem."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import optimize

from diffcompile.rules.registry import definition, implicit, sample
from diffcompile.rules.sampling import normal
from diffcompile.rules.scipy import fits

__all__ = ["fits"]

RESULT = ("success", "message", "status", "fun", "nfev")

for bracketing in (optimize.brentq, optimize.brenth, optimize.bisect, optimize.ridder, optimize.toms748):
    implicit(bracketing, "f", "root", refused=("full_output",), scalar=True, full=2)
implicit(optimize.newton, "func", "root", refused=("full_output",), like_start=True)
implicit(optimize.fsolve, "func", "root", refused=("full_output",), full=4)
implicit(optimize.fixed_point, "func", "fixed point", like_start=True)
implicit(optimize.root, "fun", "root", answer="x", fields=RESULT, beside=("jac",))
implicit(
    optimize.root_scalar, "f", "root", answer="root", fields=("converged", "iterations", "function_calls", "flag"),
    scalar=True, beside=("fprime", "fprime2"),
)  # fmt: skip
# at a minimum the gradient is zero in what no bound holds: where it is given, it is the equation that is solved
implicit(
    optimize.minimize,
    "jac",
    "root",
    answer="x",
    fields=(*RESULT, "nit"),
    refused=("constraints",),
    constant=("bounds",),
    minimised="fun",
    allowed=(None, False, 0, ()),
)
MINIMUM = ("fun", "success", "message", "nfev", "nit")
implicit(
    optimize.minimize_scalar, "", "minimum", answer="x", fields=MINIMUM, constant=("bounds",), minimised="fun",
    scalar=True,
)  # fmt: skip
for searching in (optimize.brent, optimize.golden):
    implicit(searching, "", "minimum", minimised="func", refused=("full_output",), scalar=True)
implicit(optimize.fmin, "", "minimum", minimised="func", refused=("full_output", "retall"))
implicit(optimize.fmin_powell, "", "minimum", minimised="func", refused=("full_output", "retall"))
for descending in (optimize.fmin_bfgs, optimize.fmin_cg, optimize.fmin_ncg):
    implicit(descending, "fprime", "root", minimised="f", refused=("full_output", "retall"))
implicit(
    optimize.differential_evolution, "", "minimum", answer="x", fields=MINIMUM, constant=("bounds",),
    minimised="func", refused=("constraints", "integrality", "vectorized"), allowed=(None, False, 0, ()),
)  # fmt: skip
for mixing in (
    optimize.broyden1, optimize.broyden2, optimize.anderson, optimize.linearmixing, optimize.diagbroyden,
    optimize.excitingmixing, optimize.newton_krylov,
):  # fmt: skip
    implicit(mixing, "F", "root")


@definition(optimize.fminbound)
def _fminbound(func: Any, x1: Any, x2: Any, args: Any = (), xtol: Any = 1e-5, maxfun: Any = 500) -> Any:
    more = args if isinstance(args, tuple) else (args,)
    given = {"xatol": xtol, "maxiter": maxfun}
    return optimize.minimize_scalar(func, bounds=(x1, x2), args=more, method="bounded", options=given).x


@definition(optimize.rosen, always=True, samples=lambda: [sample(normal(4)), sample(normal(3, 2))])
def _rosen(x: Any) -> Any:
    x = np.asarray(x)
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1.0 - x[:-1]) ** 2.0, axis=0)


@definition(optimize.rosen_der, always=True, samples=lambda: [sample(normal(4))])
def _rosen_slope(x: Any) -> Any:
    x = np.asarray(x)
    ahead = 400.0 * x[:-1] * (x[1:] - x[:-1] ** 2) + 2.0 * (1.0 - x[:-1])
    behind = 200.0 * (x[1:] - x[:-1] ** 2)
    return np.append(-ahead, 0.0) + np.append(0.0, behind)


implicit(
    optimize.least_squares,
    "fun",
    "least squares",
    answer="x",
    fields=("fun", "cost", "success", "message", "status", "nfev", "njev", "optimality"),
    constant=("bounds", "loss", "f_scale"),
    minimised="fun",
)
