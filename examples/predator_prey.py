"""Fit the parameters of a differential equation through SciPy's own solver.

`scipy.integrate.solve_ivp` is used as it is: its Runge-Kutta methods are written in Python, so `diffcompile` compiles
the derivative of the whole program, the choice of the steps included. The data are the pelts of hares and lynxes that
the Hudson's Bay Company bought from 1900 to 1920, in thousands.

    python examples/predator_prey.py --picture fit.png
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import figure, run
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from diffcompile import value_and_grad

Array = np.ndarray[Any, np.dtype[np.float64]]

YEARS = np.arange(1900.0, 1921.0)
HARES = np.array([
    30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1, 40.3, 57.0, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6,
    16.2, 24.7,
])  # fmt: skip
LYNXES = np.array([
    4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4, 8.0, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1,
    8.6,
])  # fmt: skip
GUESS = np.log([0.5, 0.02, 0.8, 0.02, 30.0, 5.0])


def slope(t: float, state: Array, rates: Array) -> list[float]:
    """Return how fast hares and lynxes become more: the equations of Lotka and Volterra."""
    hares, lynxes = state
    birth, eaten, death, fed = rates
    return [birth * hares - eaten * hares * lynxes, fed * hares * lynxes - death * lynxes]


def populations(parameters: Array, years: Array) -> Array:
    """Return hares and lynxes, an array of shape (2, len(years)), for the logarithms of rates and beginnings."""
    values = np.exp(parameters)
    rates, state = values[:4], values[4:]
    found = [state]
    for begin, end in itertools.pairwise(years):
        solution = solve_ivp(lambda t, state: slope(t, state, rates), (begin, end), state, rtol=1e-6, atol=1e-6)
        state = solution.y[:, -1]
        found.append(state)
    return np.stack(found, axis=1)


def misfit(parameters: Array, years: Array, seen: Array) -> float:
    """Return the sum of squares of the logarithms of found over seen."""
    return np.sum((np.log(populations(parameters, years)) - np.log(seen)) ** 2)


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    first_misfit: float
    last_misfit: float
    iterations: int
    gradient_error: float
    parameters: Array


def main(iterations: int = 60) -> Result:
    """Check the gradient, and fit six parameters."""
    seen = np.stack([HARES, LYNXES])
    gradient_of_misfit = value_and_grad(misfit)

    first, gradient = gradient_of_misfit(GUESS, YEARS, seen)
    direction = np.random.default_rng(0).normal(size=GUESS.shape)
    step = 1e-6
    ahead, behind = (misfit(GUESS + sign * step * direction, YEARS, seen) for sign in (1.0, -1.0))
    expected = (ahead - behind) / (2.0 * step)
    gradient_error = float(abs(gradient @ direction - expected) / abs(expected))
    print(f"gradient against differences along a random direction: relative error {gradient_error:.1e}")

    fit = minimize(
        gradient_of_misfit, GUESS, args=(YEARS, seen), jac=True, method="L-BFGS-B", options={"maxiter": iterations}
    )
    print(f"misfit {first:.3f} -> {fit.fun:.3f} in {fit.nit} iterations")
    for name, value in zip(("birth", "eaten", "death", "fed", "hares", "lynxes"), np.exp(fit.x), strict=True):
        print(f"{name:>7} {value:9.4f}")
    return Result(float(first), float(fit.fun), int(fit.nit), gradient_error, fit.x)


def draw(result: Result, path: Path) -> None:
    """Draw the data and the fit."""
    years = np.linspace(YEARS[0], YEARS[-1], 201)
    with figure(path, 8.0, 3.6) as page:
        axes = page.subplots()
        for name, seen, colour, guess, found in zip(
            ("hares", "lynxes"), (HARES, LYNXES), ("tab:blue", "tab:red"), populations(GUESS, years),
            populations(result.parameters, years), strict=True,
        ):  # fmt: skip
            axes.plot(YEARS, seen, "o", color=colour, label=f"{name}, pelts")
            axes.plot(years, guess, ":", color=colour, alpha=0.6, label=f"{name}, guess")
            axes.plot(years, found, color=colour, label=f"{name}, fit")
        axes.set(xlabel="year", ylabel="thousands")
        axes.legend(ncols=2, fontsize="small")


if __name__ == "__main__":
    run(__doc__, main, draw)
