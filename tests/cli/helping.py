"""What tests of the command share: a module to differentiate, and how the command is run."""

from __future__ import annotations

from collections.abc import Callable

from click.testing import CliRunner, Result

from diffcompile.cli import main

Show = Callable[..., str]

MODEL = '''\
import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diffcompile import grad


def settle(w, x, n):
    """Run to rest."""
    print("it runs")
    y = x
    for i in range(n):
        y = np.tanh(w @ y)
    return np.sum(y * y)


def loss(w, x):
    y = np.tanh(w @ x)
    return np.sum(y * y)


def annotated(n: int, x: NDArray[np.float64], scale: float = 2.0, mode: str = "mean") -> float:
    if mode == "mean":
        return scale * np.mean(x) * n
    return scale * np.sum(x)


def scalar(x: float) -> float:
    return x * x


class Spring:
    stiffness = 3.0

    def energy(self, x):
        return 0.5 * self.stiffness * np.sum(x**2)

    @staticmethod
    def square(x):
        return np.sum(x**2)

    @classmethod
    def of(cls, x):
        return cls.stiffness * np.sum(x)


spring = Spring()


@grad
def decorated(x):
    return np.sum(x**3)


def caught(x):
    class Local:
        import math
    return np.sum(x)


def many(x):
    class Local:
        import math
    class Other:
        import math
    return np.sum(x)


class Opaque:
    pass


number = 3


def unknown(x, n: "Missing", m: int):
    return np.sum(x) * n * m
'''


def refused(*args: str) -> str:
    """Run the command and return its message, which is all that it may print."""
    result: Result = CliRunner().invoke(main, list(args))
    assert result.exit_code == 2, result.output
    assert not result.stdout
    assert isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.stderr
    return result.stderr


def answer(*args: str, status: int = 0) -> str:
    """Run the command and return what it printed to stdout; only a hint at types may go to stderr."""
    result = CliRunner().invoke(main, list(args))
    assert result.exit_code == status, result.output
    assert not result.stderr or result.stderr.startswith("note: made for every type")
    return result.stdout
