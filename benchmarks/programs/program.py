"""What a benchmark program is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Program:
    """A function to differentiate, the gradient that an expert would write, and arguments.

    ``primal(*args)`` returns a number; ``adjoint(*args)`` its gradient with respect to the arguments ``argnums``, as
    ``grad(primal, argnums=argnums)`` would: it runs what the gradient needs of the primal, and not more.
    """

    primal: Callable[..., Any]
    adjoint: Callable[..., Any]
    arguments: Callable[[int, np.random.Generator], tuple[Any, ...]]
    """From a size and a source of random numbers to arguments."""
    size: int
    """The size that is timed."""
    small: int
    """The size at which tests compare gradients."""
    argnums: int | tuple[int, ...] = 0
    kind: str = "arrays"
    """``arrays``: work on whole arrays dominates; ``slices``: many operations on parts of arrays; ``scalars``: loops
    over items; ``tiny``: a call costs more than its work."""
    linear: bool = False
    """The result is linear in what is differentiated."""

    @property
    def name(self) -> str:
        """The name of the primal."""
        return self.primal.__name__

    def make(self, size: int) -> tuple[Any, ...]:
        """Return the arguments for a size: the same ones each time."""
        return self.arguments(size, np.random.default_rng(7))
