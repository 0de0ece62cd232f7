"""Fit a picture by moving discs: the gradient of a renderer.

A renderer paints discs over each other, each with a soft edge and a colour. It writes into one image in place, disc by
disc, as renderers do. The gradient of the difference to a target picture tells each disc where to go; with
edges that get sharper as it proceeds, eight discs find a scene from a random start.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import figure, run

from diffcompile import value_and_grad

SIZE = 48
Array = np.ndarray[Any, Any]


def render(discs: dict[str, Array], softness: float) -> Array:
    """Return an image of shape (SIZE, SIZE, 3) with the discs painted over a light background, the first one first."""
    down, right = np.mgrid[0:SIZE, 0:SIZE] / SIZE
    image = np.full((SIZE, SIZE, 3), 0.92)
    for k in range(len(discs["radius"])):
        distance = np.sqrt((down - discs["place"][k, 0]) ** 2 + (right - discs["place"][k, 1]) ** 2)
        cover = 1.0 / (1.0 + np.exp((distance - discs["radius"][k]) / softness))
        for channel in range(3):
            image[:, :, channel] += cover * (discs["colour"][k, channel] - image[:, :, channel])
    return image


def difference(discs: dict[str, Array], target: Array, softness: float) -> float:
    """Return the mean squared difference of the rendered image to the target."""
    return np.mean((render(discs, softness) - target) ** 2)


def scene() -> dict[str, Array]:
    """Return the discs of the target: a face with a hat."""
    return {
        "place": np.array([[0.55, 0.5], [0.48, 0.38], [0.48, 0.62], [0.68, 0.5], [0.18, 0.5], [0.56, 0.5]]),
        "radius": np.array([0.33, 0.06, 0.06, 0.1, 0.17, 0.045]),
        "colour": np.array(
            [[0.95, 0.75, 0.5], [0.1, 0.2, 0.4], [0.1, 0.2, 0.4], [0.8, 0.2, 0.2], [0.2, 0.45, 0.3], [0.9, 0.55, 0.4]]
        ),
    }


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    target: Array
    first: Array
    last: Array
    differences: list[float]
    gradient_error: float
    discs: dict[str, Array]


def main(steps: int = 400) -> Result:
    """Check the gradient, and move eight discs from a random start."""
    rng = np.random.default_rng(5)
    target = render(scene(), 0.004)
    discs = {
        "place": rng.uniform(0.25, 0.75, (8, 2)), "radius": rng.uniform(0.08, 0.25, 8),
        "colour": rng.uniform(0.2, 0.8, (8, 3)),
    }  # fmt: skip
    both = value_and_grad(difference)

    direction = {name: rng.normal(size=value.shape) for name, value in discs.items()}
    _, slope = both(discs, target, 0.05)
    ends = [
        difference({name: value + sign * 1e-6 * direction[name] for name, value in discs.items()}, target, 0.05)
        for sign in (1.0, -1.0)
    ]
    expected = (ends[0] - ends[1]) / 2e-6
    found = sum(float(np.sum(slope[name] * direction[name])) for name in discs)
    gradient_error = abs(found - expected) / abs(expected)
    print(f"gradient of the renderer against differences: relative error {gradient_error:.1e}")

    first = render(discs, 0.05)
    means = {name: np.zeros_like(value) for name, value in discs.items()}
    squares = {name: np.zeros_like(value) for name, value in discs.items()}
    differences: list[float] = []
    for step in range(1, steps + 1):
        softness = 0.06 * 0.07 ** (step / steps)
        _, slope = both(discs, target, softness)
        for name, value in discs.items():  # Adam
            means[name] = 0.9 * means[name] + 0.1 * slope[name]
            squares[name] = 0.99 * squares[name] + 0.01 * slope[name] ** 2
            mean, square = means[name] / (1.0 - 0.9**step), squares[name] / (1.0 - 0.99**step)
            discs[name] = value - 0.012 * mean / (np.sqrt(square) + 1e-9)
        discs["radius"] = np.maximum(discs["radius"], 0.01)
        differences.append(float(difference(discs, target, softness)))
    last = render(discs, 0.005)
    print(f"mean squared difference {np.mean((first - target) ** 2):.4f} -> {np.mean((last - target) ** 2):.5f}")
    return Result(target, first, last, differences, gradient_error, discs)


def draw(result: Result, path: Path) -> None:
    """Draw the target, the start, the end and the way."""
    with figure(path, 11.0, 2.9) as page:
        axes = page.subplots(1, 4)
        images = (result.target, result.first, result.last)
        titles = ("target", "start: eight random discs", "after 400 steps")
        for axis, image, title in zip(axes, images, titles, strict=False):
            axis.imshow(np.clip(image, 0.0, 1.0))
            axis.set_title(title)
            axis.axis("off")
        axes[3].semilogy(result.differences)
        axes[3].set(xlabel="step", title="mean squared difference")


if __name__ == "__main__":
    run(__doc__, main, draw)
