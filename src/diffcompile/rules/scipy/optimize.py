"""Solvers: the derivative of the answer, by the implicit function theorem."""

from __future__ import annotations

from scipy import optimize

from diffcompile.rules.registry import implicit

RESULT = ("success", "message", "status", "fun", "nfev")

for bracketing in (optimize.brentq, optimize.brenth, optimize.bisect, optimize.ridder, optimize.toms748):
    implicit(bracketing, "f", "root", refused=("full_output",), scalar=True)
implicit(optimize.newton, "func", "root", refused=("full_output",), like_start=True)
implicit(optimize.fsolve, "func", "root", refused=("full_output",))
implicit(optimize.fixed_point, "func", "fixed point", like_start=True)
implicit(optimize.root, "fun", "root", answer="x", fields=RESULT)
implicit(optimize.root_scalar, "f", "root", answer="root", fields=("converged", "iterations"), scalar=True)
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
implicit(
    optimize.least_squares,
    "fun",
    "least squares",
    answer="x",
    fields=("cost", "success", "message", "status", "nfev", "njev", "optimality"),
    constant=("bounds", "loss", "f_scale"),
    minimised="fun",
)
# the answers of searches are ends of intervals, which do not move; those of minima do
for searching in (optimize.brent, optimize.golden):
    implicit(searching, "slope", "root", refused=("full_output",), scalar=True, minimised="func")
implicit(
    optimize.minimize_scalar,
    "slope",
    "root",
    answer="x",
    fields=("success", "message", "fun", "nfev", "nit"),
    refused=("bounds",),
    scalar=True,
    minimised="fun",
)
