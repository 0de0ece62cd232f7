"""Programs of the comparison with other systems: NumPy as people write it."""

import dataclasses
import math

import numpy as np
from scipy import linalg, special


def diffuse(u, k):
    """Slices are updated in place."""
    for _ in range(5):
        u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
    return np.sum(u**2)


def overlapping(x):
    """Two views overlap, and both are written to."""
    memory = np.zeros(6)
    left, right = memory[:4], memory[2:]
    left += x
    right *= np.sin(left)
    left[1:] -= right[:3] ** 2
    return np.sum(memory**2)


def filled(x):
    """A recurrence fills an array item by item."""
    y = np.empty(len(x))
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = 0.5 * y[i - 1] + x[i] ** 2
    return y[-1] * y[1]


def advance(out, x):
    """Fill an argument; it returns nothing."""
    out[:] = np.tanh(x) + out
    np.multiply(out, x, out=out)


def helped(x):
    """A helper fills its argument, and `out=` another."""
    total = np.zeros_like(x)
    for _ in range(3):
        advance(total, x)
    return np.sum(total)


def converge(x):
    """How often a loop runs depends on the numbers."""
    y = x
    while y * y > 0.01:
        y = 0.5 * np.sin(y) + 0.1 * y * x
    return y


def binned(w):
    """An index array repeats."""
    bins = np.array([0, 2, 2, 1, 0])
    histogram = np.zeros(3)
    np.add.at(histogram, bins, w**2)
    return np.sum(histogram**3)


def logged(x):
    """State is kept in a dict and a list."""
    state = {"speed": x[0], "log": []}
    for k in range(1, len(x)):
        state["speed"] = state["speed"] * 0.9 + x[k]
        state["log"].append(state["speed"] ** 2)
    return sum(state["log"]) * state["speed"]


@dataclasses.dataclass
class Ball:
    """An object that moves."""

    height: float
    speed: float

    def step(self, dt: float) -> None:
        """Fall, and bounce."""
        self.speed -= 9.81 * dt
        self.height += self.speed * dt
        if self.height < 0.0:
            self.height, self.speed = -self.height, -0.8 * self.speed


def bouncing(height):
    """An object changes, and a branch depends on the numbers."""
    ball = Ball(height, 0.0)
    for _ in range(60):
        ball.step(0.02)
    return ball.height**2


def checked(x):
    """Types are checked and converted."""
    if not isinstance(x, np.ndarray):
        raise TypeError("an array is needed")
    x = np.asarray(x, dtype=float)
    scale = float(np.sum(x))
    return math.exp(-scale) * np.sum(np.sqrt(x))


def guarded(x):
    """Errors are caught."""
    total = 0.0
    for value in x:
        try:
            total += math.log(value)
        except ValueError:
            total += value**2
    return total


def library(x):
    """SciPy is called."""
    matrix = np.outer(x, x) + 3.0 * np.eye(len(x))
    return np.sum(linalg.solve(matrix, special.gammaln(x + 2.0)))


def dispatched(x, name="tanh"):
    """The name of a function is computed."""
    return np.sum(getattr(np, name.lower())(x))


exec("def unwritten(x):\n    '''There is no source text.'''\n    return np.sum(x * np.cos(x))\n")


def pieces(x):
    """Yield halves of an array, recursively."""
    if len(x) == 1:
        yield x[0]
    else:
        yield from pieces(x[: len(x) // 2])
        yield from pieces(x[len(x) // 2 :])


def recursive(x):
    """A generator goes over itself."""
    total = 1.0
    for value in pieces(x):
        total = total * value + value
    return total


COUNT = 0


def counting(x):
    """A global variable is assigned."""
    global COUNT
    COUNT += 1
    return np.sum(x**3)
