"""Hyperparameters by gradient descent: the gradient of a training loop that takes gradients itself.

A ridge regression on 14 data with 10 features, of which 3 matter, is trained by 30 steps of gradient descent with
momentum. How well it does on held-out data depends on the learning rate of each step, the momentum and the weights of
the penalty. The loss on held-out data is a program that calls `grad` in a loop; `value_and_grad` of that program is
compiled as well, so that all 41 hyperparameters can follow their gradient.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import figure, run

from diffcompile import grad, value_and_grad

STEPS, FEATURES = 30, 10
Array = np.ndarray[Any, Any]


def loss(w: Array, inputs: Array, targets: Array, penalty: Array) -> float:
    """Return the mean squared error of a linear model, and what its weights cost."""
    return np.mean((inputs @ w - targets) ** 2) + np.sum(penalty * w**2)


def trained(hyper: dict[str, Array], inputs: Array, targets: Array) -> Array:
    """Return the weights after gradient descent with these learning rates, momentum and penalty."""
    w = np.zeros(FEATURES)
    velocity = np.zeros(FEATURES)
    momentum = 1.0 / (1.0 + np.exp(-hyper["momentum"]))
    penalty = np.exp(hyper["penalty"])
    for step in range(STEPS):
        slope = grad(loss)(w, inputs, targets, penalty)
        velocity = momentum * velocity - np.exp(hyper["rates"][step]) * slope
        w = w + velocity
    return w


def held_out_loss(hyper: dict[str, Array], train: tuple[Array, Array], held_out: tuple[Array, Array]) -> float:
    """Return the mean squared error on data that training has not seen."""
    w = trained(hyper, *train)
    inputs, targets = held_out
    return np.mean((inputs @ w - targets) ** 2)


def data(rng: np.random.Generator, count: int, truth: Array) -> tuple[Array, Array]:
    """Return inputs, the loudest of which do not matter, and noisy targets."""
    inputs = rng.normal(size=(count, FEATURES)) * np.geomspace(0.5, 1.5, FEATURES)
    return inputs, inputs @ truth + 0.5 * rng.normal(size=count)


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    gradient_error: float
    losses: list[float]
    start: dict[str, Array]
    hyper: dict[str, Array]
    generated: str


def main(rounds: int = 150) -> Result:
    """Check the gradient against differences, and follow it."""
    rng = np.random.default_rng(0)
    truth = np.concatenate([rng.normal(size=3), np.zeros(FEATURES - 3)])
    train, held_out = data(rng, 14, truth), data(rng, 200, truth)
    start = {
        "rates": np.full(STEPS, np.log(0.02)), "momentum": np.array(0.0), "penalty": np.full(FEATURES, np.log(1e-3)),
    }  # fmt: skip
    both = value_and_grad(held_out_loss)

    first, slope = both(start, train, held_out)
    direction = {name: rng.normal(size=np.shape(value)) for name, value in start.items()}
    ends = []
    for sign in (1.0, -1.0):
        moved = {name: value + sign * 1e-5 * direction[name] for name, value in start.items()}
        ends.append(held_out_loss(moved, train, held_out))
    expected = (ends[0] - ends[1]) / 2e-5
    found = sum(float(np.sum(slope[name] * direction[name])) for name in start)
    gradient_error = abs(found - expected) / abs(expected)
    print(f"gradient of the training loop against differences: relative error {gradient_error:.1e}")

    hyper, losses = dict(start), [float(first)]
    for number in range(rounds):
        value, slope = both(hyper, train, held_out)
        losses.append(float(value))
        step = 0.1 * (1.0 - number / rounds)
        hyper = {name: value - step * np.sign(slope[name]) for name, value in hyper.items()}
    print(f"held-out loss {losses[0]:.3f} -> {losses[-1]:.3f}; the noise alone is 0.25")
    return Result(gradient_error, losses, start, hyper, both.source)


def draw(result: Result, path: Path) -> None:
    """Draw the way, and what was learned."""
    with figure(path, 10.0, 3.2) as page:
        axes = page.subplots(1, 3)
        axes[0].plot(result.losses)
        axes[0].axhline(0.25, color="grey", linestyle=":", label="noise")
        axes[0].set(xlabel="round", ylabel="held-out loss", title="hyperparameters follow their gradient")
        axes[0].legend()
        axes[1].plot(np.exp(result.start["rates"]), ":", color="tab:blue", label="at first")
        axes[1].plot(np.exp(result.hyper["rates"]), color="tab:blue", label="learned")
        axes[1].set(xlabel="step of training", title="learning rates")
        axes[1].legend()
        axes[2].semilogy(np.exp(result.start["penalty"]), "o:", color="tab:red", label="at first")
        axes[2].semilogy(np.exp(result.hyper["penalty"]), "o-", color="tab:red", label="learned")
        axes[2].set(xlabel="feature", title="penalties: three features matter")
        axes[2].legend()


if __name__ == "__main__":
    run(__doc__, main, draw)
