"""``gradient_norms`` shows the norm of the adjoint at every line."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import grad, gradient_norms, stop_gradient
from diffcompile.recording import Norms

RNG = np.random.default_rng(0)


def layer(w, h):
    z = w @ h
    return np.tanh(z)


def deep(ws, x):
    h = x
    for k in range(len(ws)):
        h = layer(ws[k], h)
    return np.sum(h * h)


def by_hand(ws, x):
    """Return the norms of the adjoints of z, h and each weight, in the order of the program."""
    hs = [x]
    for w in ws:
        hs.append(np.tanh(w @ hs[-1]))
    bar = 2 * hs[-1]
    found = []
    for w, h, before in zip(ws[::-1], hs[:0:-1], hs[-2::-1], strict=True):
        z_bar = bar * (1 - h * h)
        found.append((np.linalg.norm(bar), np.linalg.norm(z_bar), np.linalg.norm(np.outer(z_bar, before))))
        bar = w.T @ z_bar
    return np.array(found[::-1])


def test_norms_are_those_of_back_propagation():
    ws, x = RNG.normal(size=(12, 5, 5)), RNG.normal(size=5)
    report = gradient_norms(deep)(ws, x)
    h, z, _ = by_hand(ws, x).T
    np.testing.assert_allclose(report.of("z"), z, rtol=1e-12)
    row = next(row for row in report.rows if row.statement == "return np.tanh(z)")
    np.testing.assert_allclose(row.norms, h, rtol=1e-12)
    (name, gradient), *others = report.gradients
    assert name == "ws"
    assert not others
    np.testing.assert_allclose(gradient, grad(deep)(ws, x), rtol=1e-12)
    assert report.first_nan is None
    assert report.culprit is None


def test_a_vanishing_gradient_is_noted():
    report = gradient_norms(deep)(0.02 * RNG.normal(size=(12, 5, 5)), RNG.normal(size=5))
    assert next(row for row in report.rows if row.name == "z").note == "vanishes"
    text = str(report)
    assert "vanishes" in text
    assert "z = w @ h" in text
    assert "gradient with respect to ws: norm" in text
    assert max(map(len, text.splitlines())) < 120


def test_an_exploding_gradient_is_noted():
    def grows(w, x):
        for _ in range(12):
            x = w @ x
        return np.sum(x)

    report = gradient_norms(grows)(20 * RNG.normal(size=(5, 5)), RNG.normal(size=5))
    assert next(row for row in report.rows if row.name == "x").note == "explodes"
    assert len(report.of("x")) == 12


def rooted(x):
    y = x - 1.0
    r = np.sqrt(np.abs(y))
    z = np.exp(-r)
    return np.sum(z * np.arange(2.0))


def test_a_nan_is_traced_to_its_operation():
    with np.errstate(all="ignore"):
        report = gradient_norms(rooted)(np.array([1.0, 2.0]))
    assert report.first_nan is not None
    assert report.first_nan.expression == "np.abs(y)"
    assert report.culprit is not None
    assert report.culprit.expression == "np.sqrt(np.abs(y))"
    assert report.culprit.path == __file__
    assert report.culprit.line == rooted.__code__.co_firstlineno + 2
    assert np.isfinite(report.culprit.norm)
    assert "NaN comes from test_gradient_norms.py" in str(report)
    assert next(row for row in report.rows if row.name == "y").note == "NaN"


def test_a_nan_in_a_loop_says_how_often():
    def steps(x):
        for k in range(6):
            x = np.sqrt(np.abs(x)) - (1.0 if k == 2 else 0.0)
        return np.sum(x)

    with np.errstate(all="ignore"):
        report = gradient_norms(steps)(np.array([1.0, 2.0]))
    assert report.culprit is not None
    assert report.culprit.expression == "np.abs(x)"
    assert report.culprit.norm == np.inf
    norms = report.of("x")
    assert np.flatnonzero(np.isnan(norms)).tolist() == [0, 1, 2, 3, 4]
    assert next(row for row in report.rows if row.name == "x").note == "NaN at time 4 and 4 before"


def test_stores_have_the_adjoint_of_what_they_store():
    def stencil(u, n):
        for _ in range(n):
            u[1:-1] = u[:-2] * u[2:]
        return np.sum(u * u)

    u, n = RNG.normal(size=7), 4
    report = gradient_norms(stencil)(u, n)
    states = [u.copy()]
    for _ in range(n):
        following = states[-1].copy()
        following[1:-1] = states[-1][:-2] * states[-1][2:]
        states.append(following)
    expected = [np.linalg.norm(grad(stencil)(states[k + 1].copy(), n - k - 1)[1:-1]) for k in range(n)]
    np.testing.assert_allclose(report.of("u"), expected, rtol=1e-12)


def test_numbers_branches_and_several_arguments():
    def f(a, b, n):
        c = a * b
        if n > 2:
            c = np.sin(c)
        d = c**2
        return d * a

    report = gradient_norms(f, argnums=("a", "b"))(2.0, 3.0, 5)
    assert report.of("d").tolist() == [2.0]
    np.testing.assert_allclose(report.of("c"), [abs(4 * np.sin(6.0) * np.cos(6.0)), abs(4 * np.sin(6.0))])
    assert [name for name, _ in report.gradients] == ["a", "b"]
    again = gradient_norms(f, argnums="b")(2.0, 3.0, 1)
    np.testing.assert_allclose(again.of("c"), [24.0])


def test_single_precision_and_complex_and_zero():
    def f(x):
        y = x * 2
        z = y + 0 * 1j
        w = stop_gradient(y) * 0.0 * x
        return np.sum(np.abs(z) ** 2) + np.sum(w)

    report = gradient_norms(f)(np.ones(3, np.float32))
    np.testing.assert_allclose(report.of("z"), 4 * np.sqrt(3), rtol=1e-6)
    (_, gradient), *_ = report.gradients
    assert gradient.dtype == np.float32


def test_each_call_starts_anew_and_names_that_are_not_there_are_errors():
    norms = gradient_norms(rooted)
    first, second = norms(np.array([2.0, 3.0])), norms(np.array([4.0, 5.0]))
    assert isinstance(first, Norms)
    assert len(first.entries) == len(second.entries)
    assert first.of("r")[0] != second.of("r")[0]
    with pytest.raises(KeyError, match="no adjoint of 'q'; there are r, y, z"):
        first.of("q")
    assert "gradient_norms of rooted" in repr(norms)


def test_a_function_of_an_array_is_refused():
    with pytest.raises(TypeError, match="one real number"):
        gradient_norms(lambda x: x * x)(np.ones(3))
