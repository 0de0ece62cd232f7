"""Draw the pictures of the gallery from the examples: ``python docs/gallery.py [NAME ...]`` (needs Matplotlib)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from scipy.optimize import minimize

from diffcompile import grad, value_and_grad

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
sys.path.insert(0, str(ROOT / "examples"))
matplotlib.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402 - after the choice of what draws


def saved(figure: Any, name: str) -> None:
    """Write a picture and forget it."""
    figure.savefig(PICTURES / f"{name}.png", dpi=100)
    plt.close(figure)
    print(f"docs/pictures/{name}.png")


def digits() -> None:
    """Draw digits, and which pixels would change the network's mind."""
    import mlp_digits as net  # noqa: PLC0415 - each picture needs one example

    rng = np.random.default_rng(0)
    images, labels, test_images, test_labels = net.digits(rng)
    params = net.initial(rng)
    of_weights, of_pixels = value_and_grad(net.loss), grad(net.loss, argnums="images")
    for _ in range(6):
        for chosen in np.array_split(rng.permutation(len(images)), len(images) // 64):
            _, gradient = of_weights(params, images[chosen], labels[chosen])
            params = net.moved(params, gradient, -0.3)
    shown = [int(np.flatnonzero(test_labels == digit)[0]) for digit in range(10)]
    pixels = of_pixels(params, test_images[shown], test_labels[shown])
    figure, axes = plt.subplots(2, 10, figsize=(10, 2.3), layout="constrained")
    for column, (image, slope) in enumerate(zip(test_images[shown], pixels, strict=True)):
        reach = np.max(np.abs(slope))
        axes[0, column].imshow(image.reshape(28, 28), cmap="gray")
        axes[1, column].imshow(slope.reshape(28, 28), cmap="RdBu_r", vmin=-reach, vmax=reach)
    for axis in axes.flat:
        axis.set_axis_off()
    found = 100.0 * net.accuracy(params, test_images, test_labels)
    figure.suptitle(f"digits ({found:.1f} % are read right), and the gradient of the loss in the pixels")
    saved(figure, "digits")


def diffusion() -> None:
    """Draw a field of conductivities, the temperatures that were seen, and the field found from them."""
    import diffusion_inverse as plate  # noqa: PLC0415

    rng = np.random.default_rng(1)
    truth, sources, size = plate.true_field(), plate.heaters(), plate.SIZE
    observed = np.empty((len(sources), plate.STEPS // plate.EVERY, size, size))
    for source, seen in zip(sources, observed, strict=True):
        plate.simulate(np.exp(truth), source, seen)
    observed += 1e-3 * rng.normal(size=observed.shape)
    both = value_and_grad(plate.misfit)

    def objective(flat: Any) -> Any:
        value, gradient = both(flat.reshape(size, size), sources, observed, 1e-6)
        return value, gradient.ravel()

    start = np.full(size * size, -0.3)
    fit = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 200, "maxcor": 20})
    first = -objective(start)[1].reshape(size, size)
    figure, axes = plt.subplots(1, 4, figsize=(11, 3.0), layout="constrained")
    parts = (
        ("one of 24 photographs", observed[0, 2], "inferno"), ("the first downhill direction", first, "RdBu_r"),
        (f"found, {fit.nit} iterations", fit.x.reshape(size, size), "viridis"), ("true", truth, "viridis"),
    )  # fmt: skip
    for axis, (title, field, colours) in zip(axes, parts, strict=True):
        reach = np.max(np.abs(field))
        limits = {"viridis": (truth.min(), truth.max()), "RdBu_r": (-reach, reach)}.get(colours, (0.0, reach))
        figure.colorbar(axis.imshow(field, cmap=colours, vmin=limits[0], vmax=limits[1]), ax=axis, shrink=0.7)
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    saved(figure, "diffusion")


def projectile() -> None:
    """Draw the cost of every throw, where its gradient points, and the way that BFGS took."""
    import projectile as stone  # noqa: PLC0415

    both = value_and_grad(stone.cost, argnums=("angle", "speed"))
    angles, speeds = np.linspace(0.2, 1.35, 90), np.linspace(10.0, 32.0, 90)
    cost = np.array([[stone.cost(angle, speed) for angle in angles] for speed in speeds])
    way = [(0.9, 20.0)]

    def objective(throw: Any) -> Any:
        return both(float(throw[0]), float(throw[1]))

    minimize(objective, way[0], jac=True, method="BFGS", callback=lambda throw: way.append(tuple(throw)))
    figure, axis = plt.subplots(figsize=(8.0, 4.4), layout="constrained")
    levels = axis.contourf(angles, speeds, np.log10(cost), 24, cmap="viridis")
    figure.colorbar(levels, label="logarithm of the cost")
    points = [(angle, speed, *both(angle, speed)[1]) for angle in angles[4::9] for speed in speeds[4::9]]
    x, y, slope_x, slope_y = np.array(points).T
    across, up = -slope_x * np.ptp(angles), -slope_y * np.ptp(speeds)  # in units of the picture
    length = np.hypot(across, up)
    axis.quiver(x, y, across / length, up / length, color="w", alpha=0.7, scale=40, width=0.002)
    axis.plot(*np.array(way).T, "o-", color="tab:red", markersize=3, label=f"BFGS, {len(way) - 1} steps")
    axis.set(xlabel="angle", ylabel="speed", title="a throw over a wall: loops, branches, early returns")
    axis.legend()
    saved(figure, "projectile")


def cholesky() -> None:
    """Draw the gradient of a likelihood through a factorisation in three loops, and the closed form."""
    import triangular_cholesky as scalar  # noqa: PLC0415

    covariance, sample = scalar.covariance_and_sample(20)
    found, _ = grad(scalar.log_likelihood, argnums=(0, 1))(covariance, sample)
    expected, _ = scalar.closed_form_of_likelihood(covariance, sample)
    figure, axes = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
    error = np.abs(found - expected)
    parts = (
        ("covariance", covariance, "RdBu_r", 1.0),
        ("gradient through the loops", found, "RdBu_r", 12.0),
        ("difference from the closed form", error, "magma", float(error.max())),
    )
    for axis, (title, field, colours, reach) in zip(axes, parts, strict=True):
        low = 0.0 if colours == "magma" else -reach
        figure.colorbar(axis.imshow(field, cmap=colours, vmin=low, vmax=reach), ax=axis, shrink=0.8)
        axis.set_title(title, fontsize=10)
        axis.set_axis_off()
    saved(figure, "cholesky")


DRAWN: dict[str, Callable[[], None]] = {
    "digits": digits, "diffusion": diffusion, "projectile": projectile, "cholesky": cholesky,
}  # fmt: skip


def main() -> None:
    """Draw the pictures that are asked for, or all."""
    for name in sys.argv[1:] or DRAWN:
        DRAWN[name]()


if __name__ == "__main__":
    main()
