"""Is the gradient of an expression right, refused, or wrong? Run as a script it prints those that are not right."""

from __future__ import annotations

import cmath
import functools
import linecache
import math
import operator
import re
import statistics
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from accuracy.expressions import EXPRESSIONS, VALUES
from diffcompile import DiffCompileError, grad
from rules.checking import slope_at_zero


def total(y: Any) -> Any:
    """Reduce a result to a real number in which every item of every part counts differently."""
    if isinstance(y, tuple | list):
        parts = 0.0
        for k in range(len(y)):
            parts = parts + weighed(y[k]) * (1.0 + 0.37 * k)
        return parts
    return weighed(y)


def weighed(y: Any) -> Any:
    """Return a real number in which the real and imaginary part of every item counts differently."""
    angles = np.arange(np.size(y)) + 0.3
    flat = np.reshape(y, -1)
    return np.sum(np.real(flat) * np.cos(angles)) + np.sum(np.imag(flat) * np.sin(angles))


def program(expression: str) -> tuple[Callable[..., Any], list[str]]:
    """Return a function with a real result and the names of its arguments."""
    *statements, result = [part.strip() for part in expression.split(";")]
    names = [name for name in VALUES if re.search(rf"\b{name}\b", expression)]
    text = f"def f({', '.join(names)}):\n"
    text += "".join(f"    {statement}\n" for statement in statements)
    text += f"    return total({result})\n"
    path = f"<expression {expression}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    scope: dict[str, Any] = {
        "np": np, "math": math, "cmath": cmath, "operator": operator, "functools": functools,
        "statistics": statistics, "total": total,
    }  # fmt: skip
    exec(compile(text, path, "exec"), scope)
    return scope["f"], names


def shifted(value: Any, direction: Any, step: float) -> Any:
    """Return an argument moved along a direction; a float stays a float."""
    moved = value + step * direction
    return float(moved) if isinstance(value, float) else moved


def verdict(expression: str) -> str:
    """Return "right", or what else happened: "refused: ..." with a location, "wrong: ..." or "failed: ..."."""
    fun, names = program(expression)
    args = [VALUES[name] for name in names]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        fun(*(np.copy(arg) if isinstance(arg, np.ndarray) else arg for arg in args))
        try:
            gradients = grad(fun, argnums=tuple(range(len(args))))(*args)
        except DiffCompileError as problem:
            located = re.search(r"\n +\S+:\d+\n", str(problem)) or "<expression" in str(problem)
            return f"{'refused' if located else 'refused nowhere'}: {str(problem).splitlines()[0]}"
        except Exception as problem:
            return f"failed: {type(problem).__name__}: {problem}"
        rng = np.random.default_rng(11)
        for number, (name, arg, gradient) in enumerate(zip(names, args, gradients, strict=True)):
            if np.shape(gradient) != np.shape(arg):
                return f"wrong: the gradient of {name} has shape {np.shape(gradient)}"
            direction = rng.standard_normal(np.shape(arg))

            def along(step: float, number: int = number, direction: Any = direction) -> float:
                moved = [np.copy(a) if isinstance(a, np.ndarray) else a for a in args]
                moved[number] = shifted(moved[number], direction, step)
                return float(fun(*moved))

            expected = slope_at_zero(lambda step: along(0.05 * step)) / 0.05
            found = float(np.sum(gradient * direction))
            if not abs(found - expected) <= 2e-6 * max(1.0, abs(expected)):
                return f"wrong: the slope in {name} is {found}, expected {expected}"
    return "right"


if __name__ == "__main__":
    wanted = sys.argv[1:]
    counts: dict[str, int] = {}
    for expression in EXPRESSIONS:
        if wanted and not any(part in expression for part in wanted):
            continue
        result = verdict(expression)
        kind = result.split(":")[0]
        counts[kind] = counts.get(kind, 0) + 1
        if kind != "right":
            print(f"{expression}\n    {result}")
    print(counts)
