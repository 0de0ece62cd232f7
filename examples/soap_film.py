"""The soap film in a bent frame: second derivatives of an energy, by Newton's method in two ways.

The film is the surface of the least area over a square whose rim is given. Its area is a function of the heights at
thousands of points. One method takes products of the Hessian with vectors (`hvp`) into conjugate gradients; the other
takes the sparse Hessian and solves with it. Both need a few steps where gradient descent needs thousands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from drawing import figure, run
from scipy.optimize import minimize
from scipy.sparse.linalg import spsolve

from diffcompile import grad, hessian, hvp, value_and_grad

POINTS = 64
Array = np.ndarray[Any, Any]


def area(heights: Array, rim: Array) -> float:
    """Return the area of the film: of shape (n, n) inside, (n + 2, n + 2) with its rim."""
    film = rim.copy()
    film[1:-1, 1:-1] = heights
    step = 1.0 / (film.shape[0] - 1)
    down = (film[1:, :-1] - film[:-1, :-1]) / step
    right = (film[:-1, 1:] - film[:-1, :-1]) / step
    return np.sum(np.sqrt(1.0 + down**2 + right**2)) * step**2


def frame(points: int) -> Array:
    """Return heights of the rim: two sides bent up, two bent down."""
    s = np.linspace(0.0, 1.0, points + 2)
    rim = np.zeros((points + 2, points + 2))
    rim[0] = rim[-1] = np.sin(np.pi * s)
    rim[:, 0] = rim[:, -1] = -np.sin(np.pi * s)
    return rim


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    unknowns: int
    flat_area: float
    film_area: float
    newton_slopes: list[float]
    """The largest entry of the gradient before each step with the sparse Hessian."""
    hessian_entries: int
    cg_products: int
    difference: float
    """Between the two films."""
    heights: Array


def newton(rim: Array, shape: tuple[int, int]) -> tuple[Array, list[float], int]:
    """Return the film by steps with the sparse Hessian, each halved until the area falls."""
    slope_of, hessian_of = grad(area), hessian(area, sparse=True)
    heights = np.zeros(shape)
    slopes: list[float] = []
    entries = 0
    for _ in range(30):
        slope = slope_of(heights, rim)
        slopes.append(float(np.max(np.abs(slope))))
        if slopes[-1] < 1e-12:  # noqa: PLR2004
            break
        matrix = hessian_of(heights, rim)
        entries = matrix.nnz
        step = spsolve(matrix.tocsc(), -slope.ravel()).reshape(shape)
        part, now = 1.0, area(heights, rim)
        while area(heights + part * step, rim) > now and part > 1e-3:  # noqa: PLR2004
            part /= 2
        heights = heights + part * step
    return heights, slopes, entries


def main() -> Result:
    """Find the film twice and compare."""
    rim = frame(POINTS)
    shape = (POINTS, POINTS)
    heights, slopes, entries = newton(rim, shape)
    for number, slope in enumerate(slopes):
        print(f"step {number}: largest entry of the gradient {slope:.1e}")

    product, with_slope = hvp(area), value_and_grad(area)
    products = 0

    def objective(x: Array) -> tuple[float, Array]:
        value, slope = with_slope(x.reshape(shape), rim)
        return value, slope.ravel()

    def curvature(x: Array, v: Array) -> Array:
        nonlocal products
        products += 1
        return product(x.reshape(shape), rim, v.reshape(shape)).ravel()  # type: ignore[no-any-return]

    fit = minimize(objective, np.zeros(POINTS**2), jac=True, hessp=curvature, method="Newton-CG", tol=1e-8)
    difference = float(np.max(np.abs(fit.x.reshape(shape) - heights)))
    flat, least = float(area(np.zeros(shape), rim)), float(area(heights, rim))
    print(f"{POINTS**2} unknowns, a Hessian of {entries} entries; area {flat:.4f} at first, {least:.6f} at last")
    print(f"Newton-CG: {fit.nit} steps, {products} products with the Hessian; films differ by {difference:.1e}")
    return Result(POINTS**2, flat, least, slopes, entries, products, difference, heights)


def draw(result: Result, path: Path) -> None:
    """Draw the film and the way to it."""
    film = frame(POINTS)
    film[1:-1, 1:-1] = result.heights
    with figure(path, 9.0, 4.0) as page:
        surface = page.add_subplot(1, 2, 1, projection="3d")
        x, y = np.meshgrid(*[np.linspace(0.0, 1.0, POINTS + 2)] * 2)
        surface.plot_surface(x, y, film, cmap="viridis", linewidth=0)
        surface.set_title("the film of least area")
        way = page.add_subplot(1, 2, 2)
        way.semilogy(result.newton_slopes, "o-")
        way.set_xlabel("Newton step")
        way.set_ylabel("largest entry of the gradient")
        way.set_title("with the sparse Hessian")


if __name__ == "__main__":
    run(__doc__, main, draw)
