"""Helpers that a large program calls again and again are called as pairs, which do not multiply its size."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import grad, hvp, jvp
from diffcompile.specialise import repeated

X = np.array([0.3, 0.7, -0.4])


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Programs count as large from the beginning, and calls as many from the second on."""
    monkeypatch.setattr(repeated, "LARGE", 0)
    monkeypatch.setattr(repeated, "OFTEN", 1)
    monkeypatch.setattr(repeated, "SMALL", 0)


def difference(f, x, direction, step=1e-6):
    return (f(x + step * direction) - f(x - step * direction)) / (2 * step)


def curve(x, k=2.0, kind="sin"):
    if kind == "sin":
        return np.sin(x) * k
    return np.cos(x) / k


def of_numbers(x):
    total = 0.0
    for v in x:
        total = total + curve(v) * curve(v * v, 3.0)
    return total + curve(total, kind="cos")


def both(x, y):
    return x * y, np.sin(x) - y


def of_tuples(x):
    a, b = both(x, 2.0 * x)
    c, d = both(a, b)
    e, _ = both(c, d)
    return np.sum(e)


def deeper(x, n):
    if n == 0:
        return np.tanh(x)
    return deeper(x * 0.9, n - 1) * deeper(x, 0)


def of_recursion(x):
    return np.sum(deeper(x, 3) + deeper(x * x, 2) + deeper(x, 1))


def settled(x):
    y = x
    while np.abs(y).max() > 0.2:
        y = y * 0.7 * curve(y + 0.5, 1.0)
    return y


def of_loops(x):
    return np.sum(settled(x) * settled(2.0 * x) + settled(x - 0.1))


@pytest.mark.parametrize("fun", [of_numbers, of_tuples, of_recursion, of_loops])
def test_derivatives_of_programs_of_pairs(fun):
    direction = np.array([0.4, -0.3, 0.8])
    gradient = grad(fun)
    assert "_pair(" in _with_gradient(gradient, X)
    np.testing.assert_allclose(gradient(X) @ direction, difference(fun, X, direction), rtol=1e-7)
    value, tangent = jvp(fun, (X,), (direction,))
    assert value == fun(X)
    np.testing.assert_allclose(tangent, gradient(X) @ direction, rtol=1e-12)
    second = hvp(fun)(X, direction)
    np.testing.assert_allclose(second, difference(gradient, X, direction), rtol=1e-6, atol=1e-8)


def _with_gradient(gradient, x):
    gradient(x)
    return gradient.source


def scaled_in_place(x, y):
    x *= 0.5
    return x + y


def part(x):
    return x[1:]


def spare(x, into):
    into.append(x)
    return x


def writes(x):
    a = x.copy()
    scaled_in_place(a, x)
    scaled_in_place(a, x)
    return np.sum(scaled_in_place(a, x) * a)


def views(x):
    a = x.copy()
    p, q = part(a), part(x)
    part(a)[:] = 3.0 * q
    return np.sum(part(a) * p)


def lists(x):
    kept = []
    spare(x, kept)
    spare(2.0 * x, kept)
    return np.sum(kept[0] * spare(x, kept) * kept[1])


@pytest.mark.parametrize("fun", [writes, views, lists])
def test_what_writes_or_returns_a_view_is_inlined(fun):
    direction = np.array([0.4, -0.3, 0.8])
    gradient = grad(fun)
    assert "_pair(" not in _with_gradient(gradient, X)
    np.testing.assert_allclose(gradient(X) @ direction, difference(fun, X, direction), rtol=1e-7)


COUNT = 0


def counted(x):
    global COUNT  # noqa: PLW0603 - this is what is tested
    COUNT += 1
    return x * COUNT


def of_a_global(x):
    return np.sum(counted(x) * counted(x) + counted(x))


def test_globals_that_are_assigned():
    np.testing.assert_allclose(grad(of_a_global)(X), 4 * X + 3)
    assert COUNT == 0  # as after every call of a gradient


def test_many_constants_are_inlined():
    def powers(x):
        return sum(curve(x, float(k)) for k in (1, 2, 3, 4, 5, 6, 7, 8)) * curve(x, 9.0)

    gradient = grad(powers)
    text = _with_gradient(gradient, 0.3)
    assert text.count("curve_pair(") <= repeated.MOST_CONSTANTS
    assert gradient(0.3) == pytest.approx(36 * 9 * 2 * np.sin(0.3) * np.cos(0.3))


def _ways(depth):
    """The text of a program in which calls multiply: 2^depth ways lead to the last helper."""
    lines = ["import numpy as np", f"def h{depth}(x, y):", "    a = x * y + np.sin(x)", "    b = np.cos(a) - y"]
    lines += ["    c = np.exp(-b * b) * np.sin(a)", "    return np.sin(c + 0.1 * b)"]
    for number in range(depth - 1, -1, -1):
        lines += [f"def h{number}(x, y):", f"    a = h{number + 1}(x, y)", f"    b = h{number + 1}(y, 0.5 * a)"]
        lines += ["    return np.sin(a + 0.25 * b)"]
    return "\n".join(lines) + "\n"


def test_size_does_not_multiply(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "many_ways.py").write_text(_ways(13))
    import many_ways  # type: ignore[import-not-found]  # noqa: PLC0415

    gradient = grad(many_ways.h0)
    slope = gradient(0.3, 0.4)
    assert len(gradient.source.splitlines()) < 4000
    assert slope == pytest.approx(difference(lambda x: many_ways.h0(x, 0.4), 0.3, 1.0), rel=1e-6)
