"""Texts that are known when the code is compiled, and what is made of them: they choose modules and functions."""

# ruff: noqa: SIM905 - that is what is tested

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import check_grads, grad

X = np.array([0.7, 1.3, 2.1])


def namespace(*arrays):
    for array in arrays:
        package = type(array).__module__.split(".")[0]
        if package in ("jax", "jaxlib") or package[:4] == "cupy":
            return None
    return np


def by_the_module_of_an_array(x):
    xp = namespace(x)
    out = xp.zeros_like(x)
    out[1:] += x[1:] * x[:-1]
    return xp.sum(out)


def by_words(x):
    first, last = "sin  cos".split()
    total = getattr(np, first)(x[0]) * getattr(np, last)(x[1])
    for name in "exp,tanh".rsplit(",", maxsplit=1):
        total = total * getattr(np, name)(x[2])
    return total


def by_what_is_joined(x):
    names = ["sin", "cos"]
    names.append("h")
    return getattr(np, "".join([names[0], "h"[:1]]))(x[0]) + getattr(np, "".join(names[1:]))(x[1])


def by_lists_that_change(x):
    words = "sin cos".split()
    words[0] = "exp"
    words.append("tanh")
    return sum(getattr(np, word)(x[1]) for word in words) * len("a b".split(sep=" "))


@pytest.mark.parametrize("program", [by_the_module_of_an_array, by_words, by_what_is_joined, by_lists_that_change])
def test_choices(program):
    check_grads(program, (X,))


def test_errors_are_those_of_the_program():
    with pytest.raises(ValueError, match="empty separator"):
        grad(lambda x: x * len("a b".split("")))(1.0)
