"""A network that obeys a differential equation: second derivatives in the loss, gradients of these, unknown physics.

A damped oscillator, u'' + c u' + k u = 0, was measured 12 times with noise, in the first half of the time only; c and k
are not known. A small network u(t) is to fit the data and, everywhere, the equation. Its derivatives u' and u'' in time
are `jvp` of `jvp` inside the loss; the gradient of the loss with respect to the weights, c and k goes through both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import figure, run
from scipy.optimize import minimize

from diffcompile import jvp, value_and_grad

HIDDEN, DAMPING, STIFFNESS, END = 16, 0.4, 4.0, 6.0
Array = np.ndarray[Any, Any]


def u(weights: Array, t: Array) -> Array:
    """Return the network at each time; its weights are one vector."""
    a, b, c, d = weights[:HIDDEN], weights[HIDDEN : 2 * HIDDEN], weights[2 * HIDDEN : 3 * HIDDEN], weights[3 * HIDDEN]
    inner = weights[3 * HIDDEN + 1 : 3 * HIDDEN + 1 + HIDDEN**2].reshape(HIDDEN, HIDDEN)
    hidden = np.tanh(np.outer(t, a) + b)
    hidden = np.tanh(hidden @ inner + weights[-HIDDEN:])
    return hidden @ c + d


def velocity(weights: Array, t: Array) -> Array:
    """Return u'."""
    return jvp(lambda s: u(weights, s), (t,), (np.ones_like(t),))[1]


def acceleration(weights: Array, t: Array) -> Array:
    """Return u''."""
    return jvp(lambda s: velocity(weights, s), (t,), (np.ones_like(t),))[1]


def loss(unknowns: Array, times: Array, measured: Array, everywhere: Array) -> float:
    """Return the misfit to the data and to the equation; the first two unknowns are the logarithms of c and k."""
    c, k, weights = np.exp(unknowns[0]), np.exp(unknowns[1]), unknowns[2:]
    misfit = np.mean((u(weights, times) - measured) ** 2)
    equation = acceleration(weights, everywhere) + c * velocity(weights, everywhere) + k * u(weights, everywhere)
    return misfit + 0.02 * np.mean(equation**2)


def truth(t: Array) -> Array:
    """Return the oscillation that was measured: it starts at 1, at rest."""
    rate, frequency = 0.5 * DAMPING, np.sqrt(STIFFNESS - 0.25 * DAMPING**2)
    return np.exp(-rate * t) * (np.cos(frequency * t) + rate / frequency * np.sin(frequency * t))


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    gradient_error: float
    damping: float
    stiffness: float
    worst: float
    """The largest error of the network over all times, also those without data."""
    times: Array
    measured: Array
    fit: Array
    without_physics: Array
    grid: Array


def main(iterations: int = 3000) -> Result:
    """Fit with and without the equation."""
    rng = np.random.default_rng(1)
    times = np.sort(rng.uniform(0.0, 0.5 * END, 12))
    measured = truth(times) + 0.02 * rng.normal(size=12)
    everywhere = np.linspace(0.0, END, 60)
    count = 3 * HIDDEN + 1 + HIDDEN**2 + HIDDEN
    start = np.concatenate([[0.0, 0.0], 0.4 * rng.normal(size=count)])
    start[2 : 2 + HIDDEN] *= 4.0
    both = value_and_grad(loss)

    direction = rng.normal(size=start.shape)
    _, slope = both(start, times, measured, everywhere)
    ahead, behind = (loss(start + sign * 1e-6 * direction, times, measured, everywhere) for sign in (1.0, -1.0))
    expected = (ahead - behind) / 2e-6
    gradient_error = float(abs(slope @ direction - expected) / abs(expected))
    print(f"gradient through second derivatives against differences: relative error {gradient_error:.1e}")

    options = {"maxiter": iterations, "maxfun": 2 * iterations, "maxcor": 40, "ftol": 1e-14, "gtol": 1e-9}
    fit = minimize(both, start, args=(times, measured, everywhere), jac=True, method="L-BFGS-B", options=options)
    damping, stiffness = np.exp(fit.x[:2])

    def misfit(weights: Array) -> float:
        return np.mean((u(weights, times) - measured) ** 2)

    bare = minimize(value_and_grad(misfit), start[2:], jac=True, method="L-BFGS-B", options={"maxiter": 500})
    grid = np.linspace(0.0, END, 200)
    worst = float(np.max(np.abs(u(fit.x[2:], grid) - truth(grid))))
    print(f"damping {damping:.3f} (true {DAMPING}), stiffness {stiffness:.3f} (true {STIFFNESS})")
    print(f"largest error of the network, over twice the time of the data: {worst:.3f}")
    fits = u(fit.x[2:], grid), u(bare.x, grid)
    return Result(gradient_error, float(damping), float(stiffness), worst, times, measured, *fits, grid)


def draw(result: Result, path: Path) -> None:
    """Draw the data and the fits."""
    with figure(path, 8.0, 3.6) as page:
        axes = page.subplots()
        axes.plot(result.grid, truth(result.grid), color="grey", linestyle=":", label="truth")
        axes.plot(result.grid, result.without_physics, color="tab:red", alpha=0.7, label="the network, data alone")
        axes.plot(result.grid, result.fit, color="tab:blue", label="the network, data and equation")
        axes.plot(result.times, result.measured, "ko", label="measured")
        axes.set(xlabel="time", ylabel="u", ylim=(-1.2, 1.3))
        axes.set_title(f"c = {result.damping:.3f} (true {DAMPING}), k = {result.stiffness:.3f} (true {STIFFNESS})")
        axes.legend()


if __name__ == "__main__":
    run(__doc__, main, draw)
