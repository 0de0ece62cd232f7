"""Recover a field of conductivities from temperatures: an inverse problem with an in-place solver.

A plate is heated for a while at a few places in turn, and its temperature is photographed now and then. The
solver below moves heat between neighbouring cells in place, with slices and ``+=``, as such solvers do.
`scipy.optimize.minimize` fits one conductivity for each cell, with the gradient that `diffcompile` compiles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from diffcompile import value_and_grad

Array = np.ndarray[Any, np.dtype[np.float64]]

SIZE = 16
STEPS = 48
EVERY = 8
TIME_STEP = 0.12


def simulate(conductivity: Array, source: Array, photographs: Array) -> None:
    """Heat a cold plate and fill ``photographs`` with its temperature at every `EVERY`-th step."""
    temperature = np.zeros_like(conductivity)
    down = 0.5 * (conductivity[1:, :] + conductivity[:-1, :])
    right = 0.5 * (conductivity[:, 1:] + conductivity[:, :-1])
    for step in range(STEPS):
        flow_down = TIME_STEP * down * (temperature[:-1, :] - temperature[1:, :])
        flow_right = TIME_STEP * right * (temperature[:, :-1] - temperature[:, 1:])
        temperature[:-1, :] -= flow_down
        temperature[1:, :] += flow_down
        temperature[:, :-1] -= flow_right
        temperature[:, 1:] += flow_right
        if step < STEPS // 2:
            temperature += TIME_STEP * source
        if (step + 1) % EVERY == 0:
            photographs[step // EVERY] = temperature


def misfit(log_conductivity: Array, sources: Array, observed: Array, smoothing: float) -> float:
    """Return how badly the conductivities explain what was observed, and how rough they are."""
    conductivity = np.exp(log_conductivity)
    total = 0.0
    photographs = np.empty(observed.shape[1:])
    for source, seen in zip(sources, observed, strict=True):
        simulate(conductivity, source, photographs)
        total += 0.5 * np.sum((photographs - seen) ** 2)
    rough = np.sum(np.diff(log_conductivity, axis=0) ** 2) + np.sum(np.diff(log_conductivity, axis=1) ** 2)
    return total + 0.5 * smoothing * rough


def true_field() -> Array:
    """Return the logarithm of a conductivity with a well and a badly conducting spot."""
    y, x = np.mgrid[0:SIZE, 0:SIZE] / (SIZE - 1)
    spot = 0.9 * np.exp(-((x - 0.3) ** 2 + (y - 0.35) ** 2) / 0.03)
    hole = -1.2 * np.exp(-((x - 0.7) ** 2 + (y - 0.65) ** 2) / 0.04)
    return -0.3 + spot + hole


def heaters() -> Array:
    """Return the places that are heated, one field for each experiment."""
    sources = np.zeros((4, SIZE, SIZE))
    for source, (row, column) in zip(sources, [(2, 2), (2, -5), (-5, 2), (-5, -5)], strict=True):
        source[row : row + 3, column : column + 3] = 4.0
    return sources


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    unknowns: int
    iterations: int
    evaluations: int
    first_misfit: float
    last_misfit: float
    first_error: float
    last_error: float
    gradient_error: float


def main(iterations: int = 200, noise: float = 1e-3) -> Result:
    """Make noisy observations, check the gradient, fit the field and compare it with the true one."""
    rng = np.random.default_rng(1)
    truth, sources = true_field(), heaters()
    observed = np.empty((len(sources), STEPS // EVERY, SIZE, SIZE))
    for source, seen in zip(sources, observed, strict=True):
        simulate(np.exp(truth), source, seen)
    observed += noise * rng.normal(size=observed.shape)

    smoothing = noise**2
    gradient_of_misfit = value_and_grad(misfit)

    def objective(flat: Array) -> tuple[float, Array]:
        value, gradient = gradient_of_misfit(flat.reshape(SIZE, SIZE), sources, observed, smoothing)
        return value, gradient.ravel()

    start = np.full((SIZE, SIZE), -0.3)
    _, gradient = gradient_of_misfit(start, sources, observed, smoothing)
    direction = rng.normal(size=start.shape)

    def slope(step: float) -> float:
        ahead = misfit(start + step * direction, sources, observed, smoothing)
        behind = misfit(start - step * direction, sources, observed, smoothing)
        return (ahead - behind) / (2 * step)

    expected = (4 * slope(1e-4) - slope(2e-4)) / 3
    gradient_error = float(abs(np.sum(gradient * direction) - expected) / abs(expected))
    print(f"{truth.size} unknown conductivities, {observed.size} temperatures with noise {noise:g}")
    print(f"gradient against differences along a random direction: relative error {gradient_error:.1e}")

    fit = minimize(
        objective, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 20}
    )
    found = fit.x.reshape(SIZE, SIZE)
    first_error = float(np.max(np.abs(start - truth)))
    last_error = float(np.max(np.abs(found - truth)))
    first_misfit = misfit(start, sources, observed, smoothing)
    print(f"L-BFGS-B: {fit.nit} iterations, {fit.nfev} gradients")
    print(f"misfit {first_misfit:.4g} -> {fit.fun:.4g}")
    print(f"largest error of the logarithm of the field {first_error:.3f} -> {last_error:.3f}")
    return Result(
        unknowns=truth.size,
        iterations=fit.nit,
        evaluations=fit.nfev,
        first_misfit=float(first_misfit),
        last_misfit=float(fit.fun),
        first_error=first_error,
        last_error=last_error,
        gradient_error=gradient_error,
    )


if __name__ == "__main__":
    main()
