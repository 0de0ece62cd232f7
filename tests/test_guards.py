"""A cotangent that is zero by construction stays zero, whatever the slope is; no other does."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import check_grads, grad, hessian, hvp, jacrev, jvp, value_and_grad

special = pytest.importorskip("scipy.special")

X = np.array([2.0, 0.0, -1.0, 0.5])
IN = X > 0

SLOPES = {
    "log": (np.log, lambda x: 1 / x),
    "log2": (np.log2, lambda x: 1 / (x * np.log(2))),
    "log1p of x - 1": (lambda x: np.log1p(x - 1.0), lambda x: 1 / x),
    "sqrt": (np.sqrt, lambda x: 0.5 / np.sqrt(x)),
    "reciprocal": (lambda x: 1.0 / x, lambda x: -1 / x**2),
    "power": (lambda x: x**0.5, lambda x: 0.5 / np.sqrt(x)),
    "negative power": (lambda x: x**-1.5, lambda x: -1.5 * x**-2.5),
    "variable power": (lambda x: x**x, lambda x: x**x * (np.log(x) + 1)),
    "x log x": (lambda x: x * np.log(x), lambda x: np.log(x) + 1),
    "sin(x) / x": (lambda x: np.sin(x) / x, lambda x: np.cos(x) / x - np.sin(x) / x**2),
    "chain": (lambda x: np.exp(np.sqrt(np.log(x) + 3)), None),
    "arcsin": (lambda x: np.arcsin(x / 4 + 1 / (x * 1e9) * 0), None),
    "arctanh": (lambda x: np.arctanh(1 - x / 4), None),
    "arccosh": (lambda x: np.arccosh(1 + x), None),
    "cbrt": (np.cbrt, lambda x: 1 / (3 * np.cbrt(x) ** 2)),
    "xlogy": (lambda x: special.xlogy(x, x), lambda x: np.log(x) + 1),
    "xlogy of x": (lambda x: special.xlogy(2.0, x), lambda x: 2 / x),
    "xlog1py": (lambda x: special.xlog1py(x, x - 1), lambda x: np.log(x) + 1),
    "entr": (special.entr, lambda x: -np.log(x) - 1),
    "rel_entr": (lambda x: special.rel_entr(x, 2.0), lambda x: np.log(x / 2) + 1),
    "rel_entr of x": (lambda x: special.rel_entr(2.0, x), lambda x: -2 / x),
    "kl_div": (lambda x: special.kl_div(x, x * x), None),
    "gammaln": (special.gammaln, special.digamma),
    "digamma": (special.digamma, None),
    "logit": (lambda x: special.logit(x / 4), None),
    "ndtri": (lambda x: special.ndtri(x / 4), None),
    "erfinv": (lambda x: special.erfinv(1 - x / 4), None),
    "boxcox": (lambda x: special.boxcox(x, 0.5), lambda x: x**-0.5),
    "norms of rows": (lambda x: np.sqrt((x[:, None] ** 3).sum(axis=1)), lambda x: 1.5 * np.sqrt(x)),
}


@pytest.fixture(autouse=True)
def _quiet():
    with np.errstate(all="ignore"):
        yield


@pytest.mark.parametrize("name", SLOPES)
def test_where_guards(name):
    f, slope = SLOPES[name]

    def guarded(x):
        return np.sum(np.where(x > 0, f(x), 0.0) * np.arange(1.0, 5.0))

    def inside(x):
        return np.sum(f(x) * np.array([1.0, 4.0]))

    found = grad(guarded)(X)
    assert found[~IN].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found[IN], grad(inside)(X[IN]), rtol=1e-12)
    if slope is not None:
        np.testing.assert_allclose(found[IN], slope(X[IN]) * [1.0, 4.0], rtol=1e-12)
    assert np.isfinite(jvp(guarded, (X,), (np.ones(4),))[1])


@pytest.mark.parametrize("name", [name for name in SLOPES if name not in ("erfinv", "digamma", "kl_div")])
def test_second_derivatives_are_guarded(name):
    f, _ = SLOPES[name]

    def guarded(x):
        return np.sum(np.where(x > 0, f(x), 0.0))

    v = np.array([1.0, 2.0, 3.0, 4.0])
    found = hvp(guarded)(X, v)
    assert found[~IN].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found[IN], hvp(lambda x: np.sum(f(x)))(X[IN], v[IN]), rtol=1e-9)
    back = grad(lambda x: np.sum(grad(guarded)(x) * np.array([1.0, 2.0, 3.0, 4.0])))(X)
    np.testing.assert_allclose(back, found, rtol=1e-9)


def in_the_other_branch(x):
    return np.sum(np.where(x <= 0, 0.0, np.log(x)))


def in_both(x):
    return np.sum(np.where(x > 0, np.log(x), np.log(1.0 - x)))


def nested(x):
    return np.sum(np.where(x < 1.0, np.where(x > 0, np.log(x), 0.0), np.sqrt(x - 1.0)))


def nested_apart(x):
    return np.sum(np.where(x < 1.0, np.where(x > -9.0, 3.0 * x, 0.0), np.sqrt(x - 1.0)))


def shared(x):
    y = np.log(x)
    return np.sum(np.where(x > 0, y, 0.0)) + np.sum(np.where(x > 1.0, y * y, 0.0))


def masked(x):
    return np.sum(np.log(x)[x > 0])


def sliced(x):
    return np.sum(np.log(x * np.array([1.0, 1.0, 1.0, 4.0]))[3:]) + np.log(x[0])


def summed(x):
    return np.sum(np.log(x), where=x > 0)


def averaged(x):
    return np.mean(np.log(x), where=x > 0)


def out_and_where(x):
    y = np.zeros_like(x)
    np.log(x, out=y, where=x > 0)
    return np.sum(y)


def cleaned(x):
    return np.sum(np.nan_to_num(np.log(x), nan=0.0, posinf=0.0, neginf=0.0))


def larger(x):
    return np.sum(np.maximum(np.where(np.isnan(np.log(x)), -9.0, np.log(x)), -9.0))


def in_a_loop(x):
    total = 0.0
    for k in range(3):
        y = np.sqrt(x - k * 0.1)
        total = total + np.sum(np.where(x > 0.25, y, 0.0))
    return total


def broadcast(x):
    scale = np.ones((3, 1))
    return np.sum(np.where(x > 0, scale * np.log(x), 0.0))


def one_number(x):
    return np.sum(np.where(x > 0, np.log(x), 0.0) * np.where(x[1] > 0, 1.0 / x[1], 1.0))


GUARDED = [
    in_the_other_branch, in_both, nested, nested_apart, shared, masked, sliced, summed, averaged, out_and_where,
    cleaned, larger, in_a_loop, broadcast, one_number,
]  # fmt: skip


@pytest.mark.parametrize("f", GUARDED, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_gradients_are_those_by_differences(f, dtype):
    """One-sided differences, since a neighbour of 0 is guarded on one side: towards what is not chosen."""
    found = grad(f)(X.astype(dtype))
    assert found.dtype == dtype
    assert np.isfinite(found).all()
    step = 1e-7
    for k in range(4):
        moved = X.copy()
        moved[k] -= step
        np.testing.assert_allclose(found[k], (f(X) - f(moved)) / step, rtol=1e-5, atol=1e-5)


def test_two_arguments_of_sizes_that_may_broadcast():
    def f(x, y):
        return np.sum(np.where(y > 0, x * np.log(y), 0.0))

    for y in (X, X[:1], X[1:2], X[:, None]):
        found = grad(f, argnums=1)(X, y)
        assert found.shape == y.shape
        assert np.isfinite(found).all()
        total = np.sum(X) if y.size == 1 or y.ndim == 2 else X
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(found, np.where(y > 0, total / y, 0.0), rtol=1e-12)


def test_a_row_that_is_used_once_counts():
    def f(x, rows):
        return np.sum(np.where(rows, np.log(x), 0.0))

    rows = np.array([[False, True], [False, False], [False, True]])
    np.testing.assert_array_equal(grad(f)(np.array([0.0, 2.0]), rows), [0.0, 1.0])
    rows[0, 0] = True
    assert grad(f)(np.array([0.0, 2.0]), rows)[0] == np.inf


def test_a_cotangent_that_happens_to_be_zero_is_a_number():
    """The derivative of ``sqrt(x) ** 2`` is 1, so that 0 at 0 would be wrong: 0 times infinity is not known."""
    assert np.isnan(grad(lambda x: np.sum(np.sqrt(x) ** 2))(np.zeros(1)))
    assert np.isnan(grad(lambda x: np.sum(np.where(x >= 0, np.sqrt(x) ** 2, 0.0)))(np.zeros(1)))
    assert np.isnan(grad(lambda x: np.sum((np.sqrt(x) * 0.0)[:1]))(np.zeros(1)))


def test_numbers_are_guarded():
    def f(n):
        return np.where(n > 0, np.log(n), 0.0) * 2.0

    assert grad(f)(0.0) == 0.0
    assert grad(f)(4.0) == 0.5


def test_the_choice_comes_after_the_product():
    """It costs nothing: one choice in place of another."""
    g = grad(lambda x: np.sum(np.where(x > 0, np.sin(np.log(x)), 0.0)))
    g(X)
    lines = [line for line in g.source.split("# reverse sweep")[1].splitlines() if "#" not in line]
    assert sum(line.count("np.where") for line in lines) == 1


def test_guarded_jacobians_and_checks():
    def f(x):
        return np.where(x > 0, np.log(x), x)

    np.testing.assert_array_equal(jacrev(f)(X), np.diag([0.5, 1.0, 1.0, 2.0]))
    assert np.isfinite(hessian(lambda x: np.sum(np.where(x > 0, np.log(x), x**2)))(X)).all()
    check_grads(lambda x: np.where(x > 0.3, np.sqrt(x - 0.3), x), (X,), modes=("rev", "fwd"), order=2)


def test_select_of_lists() -> None:
    def pieces(x: np.ndarray, t: float) -> float:
        return np.sum(t * np.select([x > 1, x > 0], [np.sqrt(x - 1), np.log(x)], default=0.0))

    x = np.array([0.0, 1.0, 2.0, -1.0, 0.5])
    with np.errstate(all="ignore"):
        x_bar, t_bar = grad(pieces, argnums=(0, 1))(x, 2.0)
    np.testing.assert_allclose(x_bar, [0.0, 2.0, 1.0, 0.0, 4.0])
    assert t_bar == pytest.approx(1.0 + np.log(0.5))


def test_select_of_lists_of_other_shapes_and_types() -> None:
    def mixed(x: np.ndarray, t: float) -> float:
        chosen = np.select(condlist=(x > 1, x[:1] > 5), choicelist=(np.full((2, 1), t), x.astype(np.float32)))
        assert chosen.shape == (2, 3)
        return np.sum(chosen * np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))

    x_bar, t_bar = grad(mixed, argnums=(0, 1))(np.array([6.0, 0.5, 2.0]), 2.0)
    np.testing.assert_allclose(x_bar, [0.0, 7.0, 0.0])
    assert t_bar == pytest.approx(1.0 + 3.0 + 4.0 + 6.0)


def test_a_tangent_that_a_choice_made_zero() -> None:
    def root(x: np.ndarray) -> float:
        return np.sum(np.sqrt(np.where(x > 1.0, x - 1.0, 0.0)))

    def other_way(x: np.ndarray) -> float:
        return np.sum(np.where(x <= 1.0, 0.0, x - 1.0) ** 0.5)

    x = np.array([0.5, 2.0, 5.0])
    for fun in (root, other_way):
        with np.errstate(all="ignore"):
            assert jvp(fun, (x,), (np.ones(3),))[1] == pytest.approx(0.5 + 0.25)


def where_alone(x):
    return np.sum(np.log(x, where=x > 0)[x > 0]) + np.sum(np.where(x > 0, np.divide(1.0, x, where=x > 0), 0.0))


@pytest.mark.filterwarnings("ignore:'where' used without 'out'")
def test_where_without_out():
    """The other items hold whatever the memory held; who asks for ``where`` does not read them."""
    x = np.array([0.5, -1.0, 0.0, 2.0])
    with np.errstate(all="ignore"):
        value, gradient = value_and_grad(where_alone)(x)
        assert value == pytest.approx(where_alone(x))
        np.testing.assert_allclose(gradient, [2.0 - 4.0, 0.0, 0.0, 0.5 - 0.25])
        np.testing.assert_allclose(jvp(where_alone, (x,), (np.ones(4),))[1], np.sum(gradient))
