"""A simulation to try the tools on: a damped pendulum, whose friction is to be found from what was seen."""

import numpy as np
from numpy.typing import NDArray

from diffcompile import gradcheckable


def acceleration(angle, speed, friction):
    """Return the angular acceleration."""
    return -9.81 * np.sin(angle) - friction * speed


@gradcheckable(example=lambda: (0.3, 1.0, np.linspace(1.0, 0.2, 30)), argnums=("friction", "start"))
def misfit(friction: float, start: float, seen: NDArray[np.float64]) -> float:
    """Return how far a simulation is from the angles that were seen."""
    angle, speed = start, 0.0
    total = 0.0
    for k in range(len(seen)):
        total += (angle - seen[k]) ** 2
        speed += 0.02 * acceleration(angle, speed, friction)
        angle += 0.02 * speed
    return total / len(seen)
