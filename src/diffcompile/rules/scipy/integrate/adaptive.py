"""Adaptive quadrature and differential equations: derivatives of the answers, not of the steps."""

from __future__ import annotations

from scipy import integrate

from diffcompile.rules.registry import implicit

implicit(integrate.quad, "func", "integral", refused=("full_output", "weight", "complex_func"))
# at which times a trajectory is read is constant; where it starts, and what the right side depends on, is not
implicit(
    integrate.odeint,
    "func",
    "ode(y, t)",
    unknowns=2,
    constant=("t",),
    refused=("full_output", "Dfun", "col_deriv"),
)
implicit(
    integrate.solve_ivp,
    "fun",
    "ode(t, y)",
    answer="y",
    fields=("t", "success", "message", "nfev", "status"),
    stepwise=("RK23", "RK45", "DOP853"),
    unknowns=2,
    constant=("t_span", "t_eval"),
    refused=("events", "dense_output", "vectorized", "jac"),
)
