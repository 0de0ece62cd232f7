"""Every rule through the compiler: the gradient of a program that calls the function, against differences."""

from __future__ import annotations

import linecache
import math
import operator
import warnings
from typing import Any

import numpy as np
import pytest

import diffcompile.rules  # noqa: F401 - fills the tables
from diffcompile import DiffCompileError, value_and_grad
from diffcompile.backend.spelling import _numpy_path
from diffcompile.rules import registry
from diffcompile.rules.registry import Sample

STEP = 1e-6


def spelled(fun: Any) -> str | None:
    """Return how a program calls ``fun``, or None for what has no public name."""
    path = _numpy_path(fun)
    if path is not None:
        return f"np.{path}"
    for module in (math, operator):
        if getattr(module, getattr(fun, "__name__", ""), None) is fun:
            return f"{module.__name__}.{fun.__name__}"
    return None


MOST = 6
"""Samples of a rule that are compiled in the run that everybody makes."""


def cases() -> list[Any]:
    """Return (name, function, sample) for all rules whose first argument is an array or a float."""
    found = []
    for table in (registry.ELEMENTWISE, registry.ADJOINT):
        for fun, rule in table.items():
            name = spelled(fun)
            if name is None or rule.samples is None:
                continue
            for number, sample in enumerate(rule.samples()):
                marks = [pytest.mark.long] if number >= MOST else []
                found.append(pytest.param(name, sample, id=f"{name}-{number}", marks=marks))
    return found


def is_active(value: Any) -> bool:
    """Tell whether an argument is made of numbers in double precision."""
    return isinstance(value, float | complex) or (isinstance(value, np.ndarray) and value.dtype in (float, complex))


def program(name: str, sample: Sample) -> tuple[Any, list[Any]]:
    """Return a function of the active arguments with a float result, and these arguments."""
    scope: dict[str, Any] = {"np": np, "math": math, "operator": operator, "total": total}
    params, parts, active = [], [], []
    for number, value in enumerate(sample.args):
        if is_active(value):
            params.append(f"x{number}")
            parts.append(f"x{number}")
            active.append(value)
        else:
            scope[f"c{number}"] = value
            literal = value is None or (isinstance(value, int | str | tuple) and not isinstance(value, np.generic))
            plain = literal and not (isinstance(value, tuple) and any(isinstance(v, np.ndarray) for v in value))
            parts.append(repr(value) if plain else f"c{number}")
    for key, value in sample.kwargs.items():
        if value is None or isinstance(value, int | str | bool | tuple):
            parts.append(f"{key}={value!r}")
        else:
            scope[f"k_{key}"] = value
            parts.append(f"{key}=k_{key}")
    text = f"def f({', '.join(params)}):\n    return total({name}({', '.join(parts)}))\n"
    path = f"<rule {name} {id(sample)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(text, path, "exec"), scope)
    return scope["f"], active


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


def noise(rng: np.random.Generator, arg: Any) -> Any:
    """Return a random direction for an argument."""
    direction = rng.normal(size=np.shape(arg))
    return direction + 1j * rng.normal(size=np.shape(arg)) if np.iscomplexobj(arg) else direction


@pytest.mark.parametrize(("name", "sample"), cases())
def test_gradient_through_the_compiler(name: str, sample: Sample) -> None:
    fun, args = program(name, sample)
    if not args or any(getattr(arg, "dtype", None) == np.float32 for arg in sample.args):
        pytest.skip("no argument is active, or single precision hides the difference")
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            y = np.asarray(fun(*args))
    except Exception:  # the result is a tuple or the like: no number comes of it
        pytest.skip("the result is not an array")
    if y.dtype.kind != "f" or not np.isfinite(y):
        pytest.skip("the result is not a real number")
    try:
        with np.errstate(all="ignore"):
            value, gradients = value_and_grad(fun, argnums=tuple(range(len(args))))(*args)
    except (DiffCompileError, NotImplementedError) as refusal:
        pytest.skip(f"refused: {str(refusal).splitlines()[0]}")
    assert value == pytest.approx(float(y), rel=1e-12, abs=1e-12)
    rng = np.random.default_rng(5)
    directions = [noise(rng, arg) for arg in args]
    for gradient, arg in zip(gradients, args, strict=True):
        assert np.shape(gradient) == np.shape(arg)
    found = sum(float(np.real(np.sum(g * d))) for g, d in zip(gradients, directions, strict=True))

    def along(t: float) -> float:
        moved = []
        for arg, d in zip(args, directions, strict=True):
            if isinstance(arg, np.ndarray):
                moved.append(np.empty_like(arg))  # in the same memory order
                moved[-1][...] = arg + t * d
            else:
                moved.append(type(arg)(arg + t * d))
        return float(fun(*moved))

    with np.errstate(all="ignore"):
        coarse = (along(2 * STEP) - along(-2 * STEP)) / (4 * STEP)
        fine = (along(STEP) - along(-STEP)) / (2 * STEP)
    scale = max(1.0, abs(fine))
    if not math.isfinite(fine) or abs(coarse - fine) > 1e-4 * scale:
        pytest.skip("the function is not smooth here")
    assert found == pytest.approx(fine, rel=1e-5, abs=1e-5 * scale)
