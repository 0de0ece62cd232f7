"""Aim a projectile: a scalar simulation with loops, branches and early returns, and its gradient.

A stone is thrown over a wall, with drag, through air that moves in layers; it bounces once before it stops.
Angle and speed are found that bring it to rest on a mark, with little effort, by following the gradient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize

from diffcompile import value_and_grad

GRAVITY = 9.81
DRAG = 0.012
TIME_STEP = 0.01
LONGEST = 20.0
WALL_AT, WALL_TOP = 12.0, 6.0
CALM_BELOW, STREAM_ABOVE, SHEAR = 2.0, 8.0, 0.9
MARK = 30.0


def wind(height: float) -> float:
    """Return the speed of the air: a calm below, a layer that grows stronger, and a steady stream above."""
    if height < CALM_BELOW:
        return 0.0
    elif height < STREAM_ABOVE:
        return -SHEAR * (height - CALM_BELOW)
    return -SHEAR * (STREAM_ABOVE - CALM_BELOW)


def resting_place(angle: float, speed: float) -> float:
    """Return where a stone comes to rest: short of the wall if it does not clear it."""
    x, y = 0.0, 1.5
    vx, vy = speed * math.cos(angle), speed * math.sin(angle)
    bounces = 0
    time = 0.0
    while time < LONGEST:
        time += TIME_STEP
        ux = vx - wind(y)
        air = math.sqrt(ux * ux + vy * vy)
        vx -= TIME_STEP * DRAG * air * ux
        vy -= TIME_STEP * (GRAVITY + DRAG * air * vy)
        next_x, next_y = x + TIME_STEP * vx, y + TIME_STEP * vy
        if x < WALL_AT <= next_x:
            at_wall = y + (WALL_AT - x) / (next_x - x) * (next_y - y)
            if at_wall < WALL_TOP:
                return WALL_AT - 0.5 * (
                    WALL_TOP - at_wall
                )  # it drops on this side: the worse, the lower it hit
        if next_y < 0.0:
            part = y / (y - next_y)
            x += part * (next_x - x)
            if bounces == 1:
                return x
            bounces += 1
            y = 0.0
            vx *= 0.5
            vy *= -0.4
            continue
        x, y = next_x, next_y
    return x


def cost(angle: float, speed: float) -> float:
    """Return the squared distance from the mark, and a little for the effort."""
    miss = resting_place(angle, speed) - MARK
    return miss * miss + 1e-4 * speed * speed


@dataclass(frozen=True)
class Result:
    """What `main` found out."""

    first_place: float
    last_place: float
    angle: float
    speed: float
    evaluations: int
    gradient_error: float


def differences(angle: float, speed: float, step: float = 1e-5) -> tuple[float, float]:
    """Return the gradient of the cost by extrapolated central differences."""

    def central(h: float) -> tuple[float, float]:
        return (
            (cost(angle + h, speed) - cost(angle - h, speed)) / (2 * h),
            (cost(angle, speed + h) - cost(angle, speed - h)) / (2 * h),
        )

    fine, coarse = central(step), central(2 * step)
    return (4 * fine[0] - coarse[0]) / 3, (4 * fine[1] - coarse[1]) / 3


def main() -> Result:
    """Check the gradient at several throws, then optimise the throw."""
    gradient_of_cost = value_and_grad(cost, argnums=("angle", "speed"))
    worst = 0.0
    for angle, speed in ((0.9, 20.0), (1.1, 24.0), (0.5, 12.0), (0.2, 15.0)):
        value, found = gradient_of_cost(angle, speed)
        expected = differences(angle, speed)
        error = max(abs(a - b) for a, b in zip(found, expected, strict=True)) / max(map(abs, expected))
        worst = max(worst, error)
        print(
            f"angle {angle:.2f}, speed {speed:.1f}: rests at {resting_place(angle, speed):6.2f}, "
            f"cost {value:8.3f}, gradient ({found[0]:9.3f}, {found[1]:8.3f}), relative error {error:.0e}"
        )

    start = (0.9, 20.0)

    def objective(throw: np.ndarray[Any, Any]) -> tuple[float, tuple[float, float]]:
        return gradient_of_cost(float(throw[0]), float(throw[1]))

    fit = minimize(objective, start, jac=True, method="BFGS")
    angle, speed = float(fit.x[0]), float(fit.x[1])
    first, last = resting_place(*start), resting_place(angle, speed)
    print(f"BFGS, {fit.nfev} gradients: angle {angle:.4f}, speed {speed:.3f}")
    print(f"the stone rests at {last:.3f} (at first {first:.3f}); the mark is at {MARK}")
    return Result(first, last, angle, speed, int(fit.nfev), worst)


if __name__ == "__main__":
    main()
