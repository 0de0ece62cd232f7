"""Sparse Jacobians and Hessians: patterns, colours, what changes from point to point, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad, hessian, hvp, jacobian, jvp
from diffcompile.sparsity import Matrix, coloured, difference, find_pattern, plan, read_off

scipy_sparse = pytest.importorskip("scipy.sparse")
LARGE = 100_000


def tridiagonal(u):
    out = u**3 - 2.0 * u
    out[1:] += u[:-1] * u[1:]
    out[:-1] += u[1:]
    return out


def stencil(u):
    r = u.copy()
    r[1:-1, 1:-1] = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] * u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
    return r


def arrow(u):
    out = np.sin(u) * u[0]
    out[0] = np.sum(u * u)
    return out


def tied(u):
    return np.sum(u**4) + u[0] * np.sum(u**2) + np.sum(u[1:] * u[:-1] ** 2)


def few_results(u):
    return np.array([np.sum(u[::2] ** 2), u[3] * u[5]])


def gated(u):
    return np.where(u > 0.5, u * np.roll(u, 1), u**2)


def looped(u):
    for _ in range(3):
        u = u + 0.1 * (np.roll(u, 1) - u)
    return u


def point(*shape, seed=0):
    return np.random.default_rng(seed).uniform(0.6, 1.4, shape)


SMALL = [(tridiagonal, (30,)), (stencil, (6, 7)), (arrow, (25,)), (few_results, (40,)), (gated, (21,)), (looped, (17,))]


@pytest.mark.parametrize(("f", "shape"), SMALL, ids=lambda part: getattr(part, "__name__", ""))
def test_as_the_dense_one(f, shape):
    x = point(*shape)
    found = jacobian(f, sparse=True)(x)
    dense = np.reshape(jacobian(f)(x), found.shape)
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-13, atol=1e-15)
    assert found.nnz == np.count_nonzero(dense)


@pytest.mark.parametrize("seed", range(12))
def test_any_pattern(seed):
    random = np.random.default_rng(seed)
    m, n = random.integers(1, 60, 2)
    dense = np.where(random.uniform(size=(m, n)) < random.choice([0.02, 0.1, 0.9]), random.normal(size=(m, n)), 0.0)
    if seed % 3 == 0:
        dense[random.integers(m)] = 1.0
        dense[:, random.integers(n)] = -1.0
    matrix = Matrix((m, n), lambda v: dense @ v, lambda w: dense.T @ w)
    for one in (matrix, matrix.flipped):
        rows, columns = find_pattern(one)
        found = read_off(one, plan(rows, columns, one.shape))
        np.testing.assert_allclose(found.toarray(), dense if one is matrix else dense.T, atol=1e-14)
        assert len(rows) == np.count_nonzero(dense)


@pytest.mark.parametrize("seed", range(5))
def test_columns_of_a_colour_meet_in_no_row(seed):
    random = np.random.default_rng(seed)
    rows, columns = np.nonzero(random.uniform(size=(40, 30)) < 0.1)
    colours = coloured(rows, columns, 40, 30)
    pairs = list(zip(rows.tolist(), colours[columns].tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)


@pytest.mark.parametrize(
    ("f", "shape", "most"), [(tridiagonal, (LARGE,), 3), (stencil, (316, 316), 8), (arrow, (LARGE,), 4)]
)
def test_handful_of_sweeps(f, shape, most):
    x, v = point(*shape), point(*shape, seed=1)
    jac = jacobian(f, sparse=True)
    found = jac(x)
    (how,) = jac._plans.values()
    assert how.sweeps <= most
    np.testing.assert_allclose(found @ v.ravel(), jvp(f, (x,), (v,))[1].ravel(), rtol=1e-12, atol=1e-13)


def test_large_hessian():
    x, v = point(LARGE), point(LARGE, seed=1)
    hess = hessian(tied, sparse=True)
    found = hess(x)
    (how,) = hess._plans.values()
    assert how.sweeps <= 6
    np.testing.assert_allclose(found @ v, hvp(tied)(x, v), rtol=1e-12)
    small = point(12)
    np.testing.assert_allclose(hessian(tied, sparse=True)(small).toarray(), hessian(tied)(small), rtol=1e-13)


def test_pattern_that_changes():
    jac = jacobian(gated, sparse=True)
    low, high = np.full(9, 0.2), np.full(9, 0.8)
    assert jac(low).nnz == 9
    for x in (high, low, np.linspace(0.0, 1.0, 9)):
        np.testing.assert_allclose(jac(x).toarray(), jacobian(gated)(x), rtol=1e-14)


def test_entry_that_is_zero_at_the_first_point():
    def f(u):
        return u**2 * np.roll(u, 2)

    jac = jacobian(f, sparse=True)
    assert jac(np.zeros(8)).nnz == 0
    x = point(8)
    np.testing.assert_allclose(jac(x).toarray(), jacobian(f)(x))


def test_verification_notices_a_missing_entry():
    dense = np.diag(point(10)) + 1e-6 * np.eye(10, k=3)
    matrix = Matrix((10, 10), lambda v: dense @ v, lambda w: dense.T @ w)
    assert difference(scipy_sparse.csr_array(dense), matrix) < 10
    assert difference(scipy_sparse.csr_array(np.diag(np.diag(dense))), matrix) > 1e6


def test_other_arguments_and_kinds():
    def f(scale, u):
        return scale * u[1:] * u[:-1]

    u = point(7)
    found = jacobian(f, argnums="u", sparse=True)(2.0, u)
    np.testing.assert_allclose(found.toarray(), jacobian(f, argnums=1)(2.0, u))
    single = jacobian(f, argnums=1, sparse=True)(2.0, u.astype(np.float32))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single.toarray(), found.toarray(), rtol=1e-6)
    z = u + 1j * point(7, seed=2)
    by_z = jacobian(f, argnums=1, sparse=True, holomorphic=True)(2.0, z)
    np.testing.assert_allclose(by_z.toarray(), jacobian(f, argnums=1, holomorphic=True)(2.0, z))
    few = jacobian(lambda z: np.array([np.sum(z**2), z[0] * 1j]), sparse=True, holomorphic=True)(z)
    assert np.allclose(few.toarray()[0], 2 * z)
    assert few[1, 0] == 1j
    assert jacobian(lambda s: s * s, sparse=True)(3.0).toarray() == 6.0


@pytest.mark.parametrize("size", [0, 1])
def test_empty_and_single(size):
    found = jacobian(lambda u: u * u, sparse=True)(np.ones(size))
    assert found.shape == (size, size)
    assert np.all(found.toarray() == 2.0)


def test_constant_function():
    found = jacobian(lambda u: np.ones(3) + 0.0 * u[:3], sparse=True)(np.ones(5))
    assert found.shape == (3, 5)
    assert found.nnz == 0


def test_refused():
    with pytest.raises(TypeError, match="one argument"):
        jacobian(lambda a, b: a * b, argnums=(0, 1), sparse=True)
    with pytest.raises(TypeError, match="returns one array"):
        jacobian(lambda a: (a, a), sparse=True)(np.ones(3))
    with pytest.raises(TypeError, match="one array"):
        jacobian(lambda a: a[0] * 2.0, sparse=True)([np.ones(3)])
    with pytest.raises(TypeError, match="complex"):
        jacobian(lambda a: a * a, sparse=True)(np.ones(3) * 1j)
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError, match="not finite"):
        jacobian(np_sqrt, sparse=True)(np.zeros(3))
    inner = jacobian(lambda u: u * u, sparse=True)
    with pytest.raises(UnsupportedError, match="this derivative is not supported"):
        grad(lambda u: np.sum(inner(u)))(np.ones(3))
    with pytest.raises(UnsupportedError, match="argnums inside"):
        grad(lambda u: np.sum(jacobian(lambda w: w * w, sparse=True)(u)))(np.ones(3))


def np_sqrt(u):
    return np.sqrt(u)


def test_function_that_is_never_the_same():
    random = np.random.default_rng(0)

    def f(u):
        return u * random.random()

    with pytest.raises(FloatingPointError, match="same at each call"):
        jacobian(f, sparse=True)(np.ones(6))


def test_travels():
    jac = jacobian(tridiagonal, sparse=True)
    x = point(6)
    found = jac(x)
    again = pickle.loads(pickle.dumps(jac))
    np.testing.assert_array_equal(again(x).toarray(), found.toarray())
    dense = jacobian(tridiagonal)
    np.testing.assert_allclose(dense(x), found.toarray())
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(dense))(x), dense(x))
