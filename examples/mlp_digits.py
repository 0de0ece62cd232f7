"""Train a multilayer perceptron, written in plain NumPy, on handwritten digits.

The network has 784-256-256-256-10 units, about 335,000 weights. Its loss below is what one writes when no
gradient is wanted; `diffcompile.value_and_grad` compiles the gradient from that text.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.ndimage import zoom
from sklearn.datasets import load_digits

from diffcompile import value_and_grad

Array = np.ndarray[Any, np.dtype[Any]]
Params = list[tuple[Array, Array]]

WIDTHS = (784, 256, 256, 256, 10)


def forward(params: Params, images: Array) -> Array:
    """Return the logits of each image (a row of pixels)."""
    hidden = images
    for weights, bias in params[:-1]:
        hidden = np.tanh(hidden @ weights + bias)
    weights, bias = params[-1]
    return hidden @ weights + bias


def loss(params: Params, images: Array, labels: Array) -> float:
    """Return the mean cross-entropy of the labels."""
    logits = forward(params, images)
    logits = logits - np.max(logits, axis=1, keepdims=True)
    log_total = np.log(np.sum(np.exp(logits), axis=1))
    return np.mean(log_total - logits[np.arange(len(labels)), labels])


def initial(rng: np.random.Generator) -> Params:
    """Return random weights of the scale that keeps the signal alive, and zero biases."""
    return [
        (rng.normal(size=(below, above)) / np.sqrt(below), np.zeros(above))
        for below, above in pairwise(WIDTHS)
    ]


def digits(rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return training images and labels, test images and labels: 8x8 scans enlarged to 28x28."""
    data = load_digits()
    images = zoom(data.images / 16.0, (1, 3.5, 3.5), order=1).reshape(len(data.images), -1)
    images -= images.mean()
    order = rng.permutation(len(images))
    train, test = order[:1437], order[1437:]
    return images[train], data.target[train], images[test], data.target[test]


def accuracy(params: Params, images: Array, labels: Array) -> float:
    """Return the share of images whose largest logit is the label's."""
    return float(np.mean(np.argmax(forward(params, images), axis=1) == labels))


def moved(params: Params, direction: Params, step: float) -> Params:
    """Return ``params + step * direction``."""
    return [
        (weights + step * weights_change, bias + step * bias_change)
        for (weights, bias), (weights_change, bias_change) in zip(params, direction, strict=True)
    ]


def directional_error(
    params: Params, images: Array, labels: Array, gradient: Params, rng: np.random.Generator
) -> float:
    """Return how far the gradient is from a finite difference along a random direction, relative to it."""
    direction = [(rng.normal(size=w.shape), rng.normal(size=b.shape)) for w, b in params]
    expected = sum(
        float(np.sum(wg * wd) + np.sum(bg * bd))
        for (wg, bg), (wd, bd) in zip(gradient, direction, strict=True)
    )

    def slope(step: float) -> float:
        ahead = loss(moved(params, direction, step), images, labels)
        behind = loss(moved(params, direction, -step), images, labels)
        return (ahead - behind) / (2 * step)

    found = (
        4 * slope(1e-4) - slope(2e-4)
    ) / 3  # Richardson: the error falls with the fourth power of the step
    return abs(found - expected) / abs(expected)


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    weights: int
    first_loss: float
    last_loss: float
    test_accuracy: float
    worst_error: float
    loss_seconds: float
    gradient_seconds: float
    generated: str


def main(epochs: int = 12, batch: int = 64, rate: float = 0.05, momentum: float = 0.9) -> Result:
    """Check the gradient, train by stochastic gradient descent with momentum, and report."""
    rng = np.random.default_rng(0)
    images, labels, test_images, test_labels = digits(rng)
    params = initial(rng)
    weights = sum(w.size + b.size for w, b in params)
    print(f"network {'-'.join(map(str, WIDTHS))}: {weights:,} weights; {len(images)} training images")

    gradient_of_loss = value_and_grad(loss)
    first, count = images[:batch], labels[:batch]
    first_loss, gradient = gradient_of_loss(params, first, count)
    errors = [directional_error(params, first, count, gradient, rng) for _ in range(5)]
    print(f"gradient against differences along 5 random directions: largest relative error {max(errors):.1e}")

    loss_seconds = best_seconds(lambda: loss(params, first, count))
    gradient_seconds = best_seconds(lambda: gradient_of_loss(params, first, count))
    print(
        f"for {batch} images: loss {1e3 * loss_seconds:.2f} ms, "
        f"value and gradient {1e3 * gradient_seconds:.2f} ms"
    )
    print(
        f"the same gradient by one-sided differences needs {weights + 1:,} losses: "
        f"{(weights + 1) * loss_seconds / 60:.0f} minutes, "
        f"{(weights + 1) * loss_seconds / gradient_seconds:,.0f} times as long"
    )

    velocity: Params = [(np.zeros_like(w), np.zeros_like(b)) for w, b in params]
    value = first_loss
    for epoch in range(epochs):
        order = rng.permutation(len(images))
        total = 0.0
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            value, gradient = gradient_of_loss(params, images[chosen], labels[chosen])
            velocity = [
                (momentum * vw - rate * gw, momentum * vb - rate * gb)
                for (vw, vb), (gw, gb) in zip(velocity, gradient, strict=True)
            ]
            params = moved(params, velocity, 1.0)
            total += value * len(chosen)
        tested = accuracy(params, test_images, test_labels)
        print(f"epoch {epoch + 1:2d}: loss {total / len(order):.4f}, test accuracy {100 * tested:.2f} %")

    return Result(
        weights=weights,
        first_loss=float(first_loss),
        last_loss=float(value),
        test_accuracy=accuracy(params, test_images, test_labels),
        worst_error=float(max(errors)),
        loss_seconds=loss_seconds,
        gradient_seconds=gradient_seconds,
        generated=gradient_of_loss.source,
    )


def best_seconds(action: Any, repeats: int = 10) -> float:
    """Return the shortest time of several runs."""
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best


if __name__ == "__main__":
    main()
