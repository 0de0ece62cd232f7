"""How an argument lies in memory decides what a view is: arrays in Fortran order, with gaps, and backwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import dynamic, grad, jvp, vjp

RNG = np.random.default_rng(7)
PLAIN = np.arange(12.0).reshape(3, 4) / 10 + 0.1
WIDE = np.arange(48.0).reshape(6, 8) / 10 + 0.1
LAYOUTS = {
    "C": PLAIN,
    "Fortran": np.asfortranarray(PLAIN),
    "gaps": WIDE[::2, ::2],
    "gaps, turned and backwards": WIDE.reshape(8, 6).T[::-2, ::2],
}
WEIGHTS = RNG.standard_normal((3, 4))


def writes_through_transposed(a):
    b = a.T.reshape(-1)
    b[0] = a[1, 1] * 3.0
    return np.sum(a * WEIGHTS)


def writes_through_flat(a):
    b = a.reshape(-1)
    b[0] = a[1, 1] * 3.0
    return np.sum(a * a * a) + np.sum(b * b)


def reads_in_order_of_memory(a):
    a[0, 0] = a[1, 1] * 2.0
    b = a.ravel("K")
    b[3] = a[2, 0] * b[0]
    return np.sum(a.ravel("A") ** 2 * np.arange(12.0)) + np.sum(a.reshape(2, 6, order="A")[0]) + np.sum(b**3)


def adds_another_layout(a):
    a += np.ascontiguousarray(a) * 0.5
    r = a.ravel()
    r[0] = a[1, 1] * 2.0
    return np.sum(a**3)


def copies_like(a):
    b = a.copy("K")
    c = b.T.reshape(-1)
    c[0] = a[1, 1] * 3.0
    d = np.zeros_like(a)
    e = d.T.reshape(-1)
    e[:] = a.T.ravel() * 3.0
    return np.sum(b**3) + np.sum(d**2 * a)


def results_of_arithmetic(a):
    c = a * WEIGHTS
    b = c.T.reshape(-1)
    b[0] = a[1, 1] * 3.0
    b[1] = b[2] * b[3]
    return np.sum(c * np.outer(a[0, :3], a[1]))


def real_part(a):
    c = np.real(a * (1.0 + 2.0j))
    b = c.reshape(-1)
    b[0] = a[1, 1] * 3.0
    b[1] = b[2] * b[3]
    return np.sum(c * WEIGHTS) + np.sum(b * b)


def views_in_loops(a):
    for k in range(3):
        b = a.T.reshape(-1)
        b[k] = b[k + 1] * b[0]
        a = a + 0.1 * a**2
    return np.sum(a * a)


def swapped(a):
    x, y = a, a * 2.0
    for k in range(3):
        b = x.T.reshape(-1)
        b[k] = b[k + 1] * y[0, 1]
        x, y = y, x
    return np.sum(x * WEIGHTS) + np.sum(y * y)


def in_dict(a):
    parts = {"a": a, "b": a + 1.0}
    for part in parts.values():
        b = part.T.reshape(-1)
        b[1] = b[2] * b[0]
    return np.sum(parts["a"] * parts["b"] * WEIGHTS)


def made_contiguous(a):
    a[0, 0] *= 2.0
    b = np.ascontiguousarray(a)
    b[0, 1] = a[1, 1] * b[0, 0]
    c = np.asfortranarray(a)
    c[1, 1] = a[2, 0] * 2.0
    return np.sum(a**3) + np.sum(b**2)


def recursive(a, n):
    if n == 0:
        return np.sum(a**2)
    b = a.T.reshape(-1)
    b[0] = b[5] * b[4]
    return np.sum(b) + recursive(a, n - 1)


def calls_recursive(a):
    return recursive(a, 2)


def moved_axes(a):
    b = np.moveaxis(a, 0, 1)
    c = b.reshape((2, 6))
    c[0] = c[1] * 2.0
    return np.sum(a**3)


FUNCTIONS = [
    writes_through_transposed, writes_through_flat, reads_in_order_of_memory, adds_another_layout, copies_like,
    results_of_arithmetic, real_part, views_in_loops, swapped, in_dict, made_contiguous, calls_recursive, moved_axes,
]  # fmt: skip


def in_layout(values: Any, like: Any) -> Any:
    made = dynamic.copy_in_layout(like)
    made[...] = values
    return made


def slopes(f: Any, a: Any) -> Any:
    """Return the derivative by differences, each at an array that lies in memory as ``a`` does."""
    found = np.zeros(a.shape)
    for place in np.ndindex(a.shape):
        ends = []
        for step in (1e-5, -1e-5):
            moved = in_layout(a, a)
            moved[place] += step
            ends.append(f(moved))
        found[place] = (ends[0] - ends[1]) / 2e-5
    return found


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("f", FUNCTIONS)
def test_gradients(f: Any, layout: str) -> None:
    a = LAYOUTS[layout]
    before = a.copy()
    expected = slopes(f, a)
    np.testing.assert_allclose(grad(f)(a), expected, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(vjp(f, a)[1](1.0)[0], expected, rtol=1e-6, atol=1e-6)
    direction = RNG.standard_normal(a.shape)
    value, tangent = jvp(f, (a,), (direction,))
    assert value == pytest.approx(f(in_layout(a, a)), rel=1e-14)
    assert tangent == pytest.approx(np.sum(expected * direction), rel=1e-6, abs=1e-5)
    np.testing.assert_array_equal(a, before)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_in_a_list(layout: str) -> None:
    def f(parts):
        b = parts[0].T.reshape(-1)
        b[0] = parts[1][1, 1] * 2.0
        return np.sum(parts[0] ** 3) + np.sum(parts[1])

    a = LAYOUTS[layout]
    found = grad(f)([a, 2.0 * PLAIN])[0]
    np.testing.assert_allclose(found, slopes(lambda a: f([a, 2.0 * PLAIN]), a), rtol=1e-6, atol=1e-6)


def test_pullbacks_of_gradients_see_the_order_of_memory() -> None:
    def f(a):
        y = np.ravel(a, "K")
        return np.sum(y * y * np.arange(12.0))

    a = LAYOUTS["Fortran"]
    expected = 2.0 * PLAIN * np.arange(12.0).reshape(4, 3).T
    np.testing.assert_allclose(vjp(grad(f), a)[1](PLAIN)[0], expected)


def test_copies_lie_in_memory_as_what_they_copy() -> None:
    rng = np.random.default_rng(0)
    compared = 0
    for _ in range(300):
        rank = int(rng.integers(1, 5))
        base = rng.normal(size=rng.integers(1, 6, size=rank)).transpose(rng.permutation(rank))
        x = base[tuple(slice(int(rng.integers(0, 2)), None, int(rng.choice([1, 1, 2, -1]))) for _ in range(rank))]
        copy = dynamic.copy_in_layout(x)
        assert not np.shares_memory(x, copy)
        np.testing.assert_array_equal(copy, x)
        for view in (np.ravel, lambda z: z.T.reshape(-1), lambda z: z.reshape(2, -1), np.ascontiguousarray):
            try:
                seen = view(x)
            except ValueError:
                continue
            compared += 1
            assert np.shares_memory(seen, x) == np.shares_memory(view(copy), copy), (x.shape, x.strides)
    assert compared > 500
