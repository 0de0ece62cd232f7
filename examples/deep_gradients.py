"""Where the gradient of a deep network vanishes or explodes: the norms of its adjoints, layer by layer.

A network of 40 layers with rectified units gets weights from a normal distribution. If they are a little too small
the gradient that reaches the first layer is nothing, if a little too large it is astronomic; with the variance 2 / n of
He et al., *Delving deep into rectifiers* (2015), it is the same in all layers. `gradient_norms` shows it, and the line.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import figure, run

from diffcompile import gradient_norms
from diffcompile.recording import Norms

LAYERS, WIDTH, BATCH = 40, 64, 32
Array = np.ndarray[Any, Any]


def layer(weights: Array, below: Array) -> Array:
    """Return what a layer of rectified units makes of rows of inputs."""
    signal = below @ weights
    return np.maximum(signal, 0.0)


def loss(weights: Array, inputs: Array, targets: Array) -> float:
    """Return the mean squared error of a network with ``weights`` of shape (layers, width, width)."""
    hidden = inputs
    for number in range(len(weights)):
        hidden = layer(weights[number], hidden)
    return np.mean((hidden - targets) ** 2)


@dataclass(frozen=True)
class Result:
    """What `main` found out: the adjoints' norms, a number for each layer from the first to the last."""

    small: Array
    large: Array
    he: Array
    reports: dict[str, Norms]
    overflow: Norms
    """Of a network so badly scaled that its numbers overflow."""


def main() -> Result:
    """Look at the gradient for three scales of the weights, and for one that overflows."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(LAYERS, WIDTH, WIDTH))
    inputs, targets = rng.normal(size=(2, BATCH, WIDTH))
    norms_of = gradient_norms(loss)
    he = np.sqrt(2.0 / WIDTH)
    scales = {"a third of it": he / 3.0, "twice as much": 2.0 * he, "He": he}
    reports = {name: norms_of(scale * weights, inputs, targets) for name, scale in scales.items()}
    for name, report in reports.items():
        print(f"standard deviation of the weights: {name}")
        print(report)
        print()
    with np.errstate(all="ignore"):
        overflow = norms_of(1e6 * weights, inputs, targets)
    assert overflow.culprit is not None
    print(f"a million: the first NaN is the {overflow.first_nan}")
    small, large, steady = (report.of("signal") for report in reports.values())
    return Result(small, large, steady, reports, overflow)


def draw(result: Result, path: Path) -> None:
    """Draw the norms over the layers."""
    with figure(path, 8.0, 3.8) as page:
        axes = page.subplots()
        layers = np.arange(1, LAYERS + 1)
        axes.semilogy(layers, result.large, "v-", color="tab:red", label="twice as much: explodes")
        axes.semilogy(layers, result.he, "o-", color="tab:green", label="standard deviation of He")
        axes.semilogy(layers, result.small, "^-", color="tab:blue", label="a third of it: vanishes")
        axes.set(xlabel="layer", ylabel="norm of the adjoint of `signal`", title="what gradient_norms(loss) sees")
        axes.legend()


if __name__ == "__main__":
    run(__doc__, main, draw)
