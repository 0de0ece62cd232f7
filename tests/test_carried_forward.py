"""Forward mode and products with Hessians for arrays that are not NumPy's: right and of their class, or refused."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus import Case
from diffcompile import UnsupportedError, grad, hvp, jvp
from diffcompile.errors import DiffCompileError
from diffcompile.testing.structures import copy_tree
from duck import Duck, host, on_device
from test_carried import WITH_ARRAYS, differentiated, unless_refused

STEP = 1e-5


def direction(x: Any, rng: Any) -> Any:
    """Return a random direction for an argument, None for what does not move."""
    if isinstance(x, list | tuple):
        parts = [direction(item, rng) for item in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if type(x) is dict:
        return {key: direction(item, rng) for key, item in x.items()}
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc":
        real = rng.normal(size=x.shape)
        return (real + 1j * rng.normal(size=x.shape) if x.dtype.kind == "c" else real).astype(x.dtype)
    if isinstance(x, float | complex):
        return type(x)(rng.normal())
    return None


def moved(x: Any, x_dot: Any, h: float) -> Any:
    """Return ``x + h * x_dot``."""
    if x_dot is None:
        return x
    if isinstance(x, list | tuple):
        parts = [moved(item, dot, h) for item, dot in zip(x, x_dot, strict=True)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if type(x) is dict:
        return {key: moved(item, x_dot[key], h) for key, item in x.items()}
    return (x + h * x_dot).astype(x.dtype) if isinstance(x, np.ndarray) else x + h * x_dot


def numbers(value: Any) -> Any:
    """Return all numbers of what comes from the device, one after the other."""
    value = host(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        parts = [numbers(on_device(item)) for item in value]
        return np.concatenate(parts) if parts else np.zeros(0)
    return np.zeros(0) if value is None or isinstance(value, str | bool) else np.ravel(np.asarray(value))


def slope(function: Any, args: Any, dots: Any) -> Any:
    """Return the derivative of a function on the device along a direction, by extrapolated differences."""

    def at(h: float) -> Any:
        return numbers(function(*on_device([moved(x, dot, h) for x, dot in zip(copy_tree(args), dots, strict=True)])))

    def central(h: float) -> Any:
        return (at(h) - at(-h)) / (2.0 * h)

    return (4.0 * central(STEP / 2.0) - central(STEP)) / 3.0


def single(value: Any) -> bool:
    """Tell whether there is an array of float32, of which differences say little."""
    if isinstance(value, list | tuple):
        return any(map(single, value))
    return getattr(value, "dtype", None) == np.float32


LISTS = Path(__file__).parent / "duck"
TANGENTS, PRODUCTS = (set((LISTS / name).read_text().split()) for name in ("tangents.txt", "products.txt"))
"""The cases of the corpus that are known not to be refused; others may be."""


@pytest.mark.parametrize("case", WITH_ARRAYS, ids=lambda case: case.name)
def test_tangents_of_the_corpus(case: Case) -> None:
    """Values and tangents are those of the function with such arrays."""
    places = differentiated(case)
    args, rng = case.args(), np.random.default_rng(0)
    dots = [direction(x, rng) if number in places else None for number, x in enumerate(args)]
    given = on_device(args)
    found = unless_refused(case, lambda: jvp(case.fun, given, on_device(dots)), TANGENTS)
    if found is None:
        return
    value, tangent = found
    assert np.allclose(numbers(value), numbers(case.fun(*on_device(case.args()))), rtol=1e-12)
    close = 2e-2 if single(args) else 1e-5
    assert np.allclose(numbers(tangent), slope(case.fun, args, dots), rtol=close, atol=1e-2 * close)
    assert np.array_equal(numbers(given), numbers(on_device(case.args())), equal_nan=True)  # left alone


@pytest.mark.parametrize(
    "case", [case for case in WITH_ARRAYS if zlib.crc32(case.name.encode()) % 3 == 0], ids=lambda case: case.name
)
def test_products_with_hessians_of_the_corpus(case: Case) -> None:
    places = differentiated(case)
    args, rng = case.args(), np.random.default_rng(0)
    if single(args):
        return
    dots = [direction(x, rng) if number in places else None for number, x in enumerate(args)]
    vectors = tuple(dots[place] for place in places)
    many = isinstance(case.argnums, tuple)
    try:
        found = hvp(case.fun, argnums=case.argnums)(*on_device(args), on_device(vectors if many else vectors[0]))
        expected = slope(grad(case.fun, argnums=case.argnums), args, dots)
    except (DiffCompileError, TypeError):
        assert case.name not in PRODUCTS
        return
    assert np.allclose(numbers(found), expected, rtol=1e-4, atol=1e-6)


def test_how_much_of_the_corpus() -> None:
    assert {case.name for case in WITH_ARRAYS} >= TANGENTS | PRODUCTS
    assert len(TANGENTS) >= 225
    assert len(PRODUCTS) >= 30


def test_classes_of_tangents() -> None:
    x, v = Duck(np.array([0.5, 1.0, 2.0])), Duck(np.array([1.0, 0.0, -1.0]))

    def f(x: Any, s: Any) -> Any:
        x[1:] *= s
        return np.sum(x * x), x, s * 2.0

    (total, whole, number), (total_dot, whole_dot, number_dot) = jvp(f, (x, 3.0), (v, 1.0))
    assert isinstance(total, Duck) and isinstance(total_dot, Duck) and isinstance(whole_dot, Duck)
    assert np.array_equal(host(whole), [0.5, 3.0, 6.0]) and np.array_equal(host(whole_dot), [1.0, 1.0, -1.0])
    assert host(total_dot) == 2.0 * (0.5 + 3.0 - 6.0)
    assert (number, number_dot) == (6.0, 2.0)
    assert np.array_equal(host(x), [0.5, 1.0, 2.0])
    product = hvp(lambda x: np.sum(x**3))(x, v)
    assert isinstance(product, Duck) and np.allclose(host(product), 6.0 * host(x) * host(v))


def test_tangents_of_another_class_are_refused() -> None:
    x = Duck(np.ones(3))

    def f(x: Any) -> Any:
        return np.sum(x * x)

    with pytest.raises(TypeError, match="its tangent must be one too"):
        jvp(f, (x,), (np.ones(3),))
    with pytest.raises(ValueError, match="has shape"):
        jvp(f, (x,), (Duck(np.ones(2)),))
    with pytest.raises(TypeError, match="is complex"):
        jvp(f, (x,), (Duck(np.ones(3, complex)),))
    with pytest.raises(UnsupportedError, match=r"np\.sort is not supported with arrays of cupy"):
        jvp(lambda x: np.sum(np.sort(x)), (x,), (x,))
    with pytest.raises(UnsupportedError, match="an array of NumPy's depends on arrays of cupy"):
        jvp(lambda x: np.sum(_filled(x)), (x,), (x,))


def _filled(x: Any) -> Any:
    y = np.zeros(3)
    y[0] = x[0]
    return y


def test_numbers_without_axes() -> None:
    """``x[0]`` is a view: what is added to it is seen in ``x``, and its tangent in that of ``x``."""

    def f(x: Any) -> Any:
        first = x[0]
        first += x[1] ** 2
        return np.sum(x)

    x = Duck(np.array([1.0, 2.0]))
    value, tangent = jvp(f, (x,), (Duck(np.array([0.0, 1.0])),))
    assert (float(host(value)), float(host(tangent))) == (7.0, 5.0)
    _, tangent = jvp(lambda x: float(x[0]) * 2.0, (x,), (Duck(np.array([1.0, 0.0])),))
    assert tangent == 2.0 and type(tangent) is float
