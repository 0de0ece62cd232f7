"""The table of corpus functions: what to call, with which arguments, and what to expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Case:
    """One function of the corpus with an example point at which it is smooth."""

    name: str
    fun: Callable[..., Any]
    args: Callable[[], tuple[Any, ...]]
    """Makes fresh arguments: functions may write into theirs."""
    argnums: int | str | tuple[int | str, ...] = 0
    rtol: float = 1e-7
    zero: bool = False
    """The gradient is zero by intention."""
    reference: Callable[..., Any] | None = None
    """The same in float64, where ``fun`` itself rounds too coarsely for differences."""


CASES: list[Case] = []


def case(
    args: Callable[[], tuple[Any, ...]],
    argnums: int | str | tuple[int | str, ...] = 0,
    *,
    name: str | None = None,
    rtol: float = 1e-7,
    zero: bool = False,
    reference: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function, which is returned unchanged, as a case of the corpus."""

    def register(fun: Callable[..., Any]) -> Callable[..., Any]:
        module = fun.__module__.rpartition(".")[2]
        label = f"{module}.{name or fun.__name__}"
        if any(known.name == label for known in CASES):
            raise ValueError(f"two cases are named {label}")
        CASES.append(Case(label, fun, args, argnums, rtol, zero, reference))
        return fun

    return register


def normal(seed: int, *shape: int) -> Any:
    """Return normally distributed numbers, the same for the same seed."""
    return np.random.default_rng(seed).normal(size=shape)


def positive(seed: int, *shape: int) -> Any:
    """Return numbers between 0.5 and 1.5, the same for the same seed."""
    return np.random.default_rng(seed).uniform(0.5, 1.5, size=shape)


def spread(seed: int, *shape: int) -> Any:
    """Return a shuffled range from -1 to 1 without ties and without zero: safe for max, sort and masks."""
    count = int(np.prod(shape))
    values = (np.arange(count) + 0.75) / count * 2.0 - 1.0
    return np.random.default_rng(seed).permutation(values).reshape(shape)
