"""Sparse matrices whose entries are differentiated: the gradients are those of the dense program."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad, hvp, jvp

sparse = pytest.importorskip("scipy.sparse")
linalg = pytest.importorskip("scipy.sparse.linalg")

COLUMNS, STARTS = np.array([0, 2, 1, 0, 2]), np.array([0, 2, 3, 5])
ROWS = np.array([0, 0, 1, 2, 2])
DATA = np.array([3.0, 0.5, 2.0, -1.0, 4.0])
X = np.array([0.5, -1.5, 2.0])


def dense(data: Any) -> Any:
    matrix = np.zeros((3, 3))
    matrix[ROWS, COLUMNS] = data
    return matrix


MAKERS = {
    "csr_matrix": lambda d: sparse.csr_matrix((d, COLUMNS, STARTS)),
    "csr_array": lambda d: sparse.csr_array((d, COLUMNS, STARTS), shape=(3, 3)),
    "coo_array": lambda d: sparse.coo_array((d, (ROWS, COLUMNS)), shape=(3, 3)),
    "coo_matrix": lambda d: sparse.coo_matrix((d, (ROWS, COLUMNS))),
    "csr of places": lambda d: sparse.csr_matrix((d, (ROWS, COLUMNS)), (3, 3)),
    "csc of places": lambda d: sparse.csc_array((d, (ROWS, COLUMNS)), shape=(3, 3)),
    "transposed csc": lambda d: sparse.csc_matrix((d, COLUMNS, STARTS), shape=(3, 3)).T,
    "converted": lambda d: sparse.coo_array((d, (ROWS, COLUMNS)), shape=(3, 3)).tocsr(),
    "sum of two": lambda d: 0.5 * MAKERS["csr_array"](d) - -MAKERS["csr_array"](d / 2.0),
}


@pytest.mark.parametrize("name", MAKERS)
def test_products_and_solutions(name: str) -> None:
    make = MAKERS[name]

    def product(d: Any, x: Any) -> Any:
        a = make(d)
        return np.sum((a @ x) ** 2) + np.sum(a.dot(x)) + np.sum(x @ a)

    def product_by_hand(d: Any, x: Any) -> Any:
        a = dense(d)
        return np.sum((a @ x) ** 2) + np.sum(a @ x) + np.sum(x @ a)

    def solution(d: Any, x: Any) -> Any:
        return np.sum(linalg.spsolve(make(d).tocsc(), x) ** 2)

    def solution_by_hand(d: Any, x: Any) -> Any:
        return np.sum(np.linalg.solve(dense(d), x) ** 2)

    for found, expected in ((product, product_by_hand), (solution, solution_by_hand)):
        assert found(DATA, X) == pytest.approx(expected(DATA, X))
        mine, theirs = (grad(f, argnums=(0, 1))(DATA, X) for f in (found, expected))
        np.testing.assert_allclose(mine[0], theirs[0], rtol=1e-11)
        np.testing.assert_allclose(mine[1], theirs[1], rtol=1e-11)
        moved = jvp(found, (DATA, X), (X[[0, 1, 2, 0, 1]], DATA[:3]))[1]
        assert moved == pytest.approx(theirs[0] @ X[[0, 1, 2, 0, 1]] + theirs[1] @ DATA[:3])


def test_many_right_sides_and_what_else_there_is() -> None:
    def f(d: Any, x: Any) -> Any:
        a = sparse.csr_matrix((d, COLUMNS, STARTS), shape=(3, 3))
        several = linalg.spsolve(a.tocsc(), np.outer(x, np.array([1.0, -2.0])))
        rest = a.sum() ** 2 + np.sum(a.diagonal() ** 3) + np.sum(a.toarray()[0] ** 2)
        return np.sum(several**2) + np.sum((a * x) ** 2) + rest

    def by_hand(d: Any, x: Any) -> Any:
        a = dense(d)
        several = np.linalg.solve(a, np.outer(x, np.array([1.0, -2.0])))
        return np.sum(several**2) + np.sum((a @ x) ** 2) + np.sum(d) ** 2 + np.sum(np.diag(a) ** 3) + np.sum(a[0] ** 2)

    for mine, theirs in zip(grad(f, argnums=(0, 1))(DATA, X), grad(by_hand, argnums=(0, 1))(DATA, X), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10)
    np.testing.assert_allclose(hvp(f)(DATA, X, DATA), hvp(by_hand)(DATA, X, DATA), rtol=1e-9)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.coo_matrix])
def test_constants_in_second_derivatives(make: Any) -> None:
    matrix = make(np.array([[0.5, 0.0, -1.0], [2.0, 1.5, 0.0]]))
    first = grad(lambda x: np.sum((matrix @ x) ** 4) + np.sum(np.sin(matrix.dot(x))) + np.sum((x[:2] @ matrix) ** 3))
    x, direction = np.array([0.3, -0.7, 1.1]), np.array([1.0, -2.0, 0.25])
    expected = (first(x + 1e-5 * direction) - first(x - 1e-5 * direction)) / 2e-5
    np.testing.assert_allclose(jvp(first, (x,), (direction,))[1], expected, rtol=1e-8)
    np.testing.assert_allclose(grad(lambda x: first(x) @ direction)(x), expected, rtol=1e-8)


def test_entries_at_one_place_are_added() -> None:
    def f(d: Any) -> Any:
        return np.sum((sparse.coo_array((d, (np.array([0, 0, 1]), np.array([1, 1, 0]))), shape=(2, 2)) @ X[:2]) ** 2)

    check_grads(f, (np.array([1.0, 2.0, 3.0]),), modes=("rev", "fwd"))


def test_a_diffusion_in_a_loop() -> None:
    """Implicit steps of a diffusion whose conductivities are unknown."""
    n = 6
    rows = np.concatenate([np.arange(n), np.arange(n - 1), np.arange(1, n)])
    columns = np.concatenate([np.arange(n), np.arange(1, n), np.arange(n - 1)])

    def heat(k: Any) -> Any:
        u = np.linspace(1.0, 2.0, n) ** 2
        for _ in range(4):
            sides = np.concatenate([np.zeros(1), k, np.zeros(1)])
            data = np.concatenate([1.0 + sides[1:] + sides[:-1], -k, -k])
            u = linalg.spsolve(sparse.csc_matrix((data, (rows, columns)), shape=(n, n)), u)
        return np.sum(u**3)

    check_grads(heat, (np.linspace(0.5, 1.5, n - 1),), modes=("rev", "fwd"))


def test_constants_are_as_before_and_dense_arrays_may_be_made_sparse() -> None:
    a = sparse.csr_array((DATA, COLUMNS, STARTS))
    np.testing.assert_allclose(grad(lambda x: np.sum((a @ x) ** 2))(X), 2 * dense(DATA).T @ dense(DATA) @ X)
    by_columns = a.tocsc()
    solved = grad(lambda x: np.sum(linalg.spsolve(by_columns, x)))(X)
    np.testing.assert_allclose(solved, np.linalg.solve(dense(DATA).T, np.ones(3)))
    np.testing.assert_allclose(grad(lambda m: np.sum(sparse.csr_array(m) @ X))(dense(DATA)), np.tile(X, (3, 1)))


TWICE = (np.array([1, 0, 0, 1]), np.array([2, 1, 1, 0]))
PACKED = (np.array([2, 1, 0, 1]), np.array([0, 1, 4]))
WEIGHTS = np.array([0.3, -1.1, 2.0, 0.7])
MADE = {
    "rows of places": lambda data: sparse.csr_array((data, TWICE)),
    "columns of places": lambda data: sparse.csc_matrix((data, TWICE)),
    "as given": lambda data: sparse.coo_array((data, TWICE)),
    "as given, by rows": lambda data: sparse.coo_array((data, TWICE)).tocsr(),
    "as given, turned, by columns": lambda data: sparse.coo_matrix((data, TWICE)).T.tocsc(),
    "by rows": lambda data: sparse.csr_array((data, *PACKED)),
    "by rows, by columns": lambda data: sparse.csr_array((data, *PACKED)).tocsc(),
    "by rows, by rows": lambda data: sparse.csr_array((data, *PACKED)).tocsr(),
    "turned twice": lambda data: sparse.csc_array((data, *PACKED)).T.tocsc().T,
    "copied": lambda data: sparse.csr_array((data, *PACKED), copy=True),
    "copied later": lambda data: sparse.csr_array((data, *PACKED)).copy(),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_entries_lie_where_scipy_puts_them(make):
    """Some of these matrices share memory with the array of their entries, and some have a copy."""

    def f(x):
        data = x * 1.0
        matrix = make(data)
        data *= 0.5
        data[0] = np.sin(data[1])
        return np.sum(matrix.data**2 * WEIGHTS[: matrix.data.size]) + np.sum(matrix.toarray() ** 3)

    check_grads(f, (np.array([0.7, 1.3, -0.4, 0.9]),))


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
def test_methods_that_are_written_out(make: Any) -> None:
    """Sums along axes, means, products item by item, powers, and what only changes how the entries lie."""

    def f(d: Any, x: Any) -> Any:
        a = make((d, (ROWS, COLUMNS)), shape=(3, 3))
        scaled = a.multiply(np.outer(x, x)).multiply(x[0]).tocsr()
        total = a.mean() * a.trace() + np.sum(a.mean(axis=1) ** 2) + np.sum(a.sum(axis=0) ** 2 * a.sum(1))
        rest = np.sum(a.astype(np.float64).tocoo().data ** 2)
        return total + np.sum((scaled @ x) ** 2) + rest + np.sum(a.tocsr().power(2).toarray() ** 2 @ x)

    def by_hand(d: Any, x: Any) -> Any:
        a = dense(d)
        scaled = a * np.outer(x, x) * x[0]
        total = np.mean(a) * np.trace(a) + np.sum(np.mean(a, axis=1) ** 2)
        total = total + np.sum(np.sum(a, axis=0) ** 2 * np.sum(a, axis=1))
        return total + np.sum((scaled @ x) ** 2) + np.sum(d**2) + np.sum(a**4 @ x)

    assert f(DATA, X) == pytest.approx(by_hand(DATA, X))
    for mine, theirs in zip(grad(f, argnums=(0, 1))(DATA, X), grad(by_hand, argnums=(0, 1))(DATA, X), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-11)


@pytest.mark.parametrize(
    "part",
    [
        lambda a: a.expm1(),
        lambda a: a[0],
        lambda a: a[[0, 1], [1, 2]],
        lambda a: a / np.ones((3, 3)),
        lambda a: np.ones((3, 3)) * a,
        lambda a: a + sparse.csr_matrix(np.eye(3)),
        lambda a: (a @ a).data,
        lambda a: a.tocoo().power(2),
        lambda a: (a + a).power(2),
        lambda a: a.reshape((9, 1)),
        lambda a: (a + a * 0.5).data,
        lambda a: (a - 2.0 * a).T.tocoo().data,
        lambda a: (a + a).tocsc().multiply(2.0).data,
    ],
)
def test_methods_that_are_refused(part: Any) -> None:
    def f(d: Any) -> Any:
        return part(sparse.csr_array((d, COLUMNS, STARTS), shape=(3, 3))).sum()

    f(DATA)
    with pytest.raises(UnsupportedError, match=r"sparse|sorted entries"):
        grad(f)(DATA)


FIXED = sparse.csr_array(np.array([[0.0, 2.0, 0.0], [1.0, 0.0, -1.0], [0.0, 0.0, 3.0]]))
DIAGONALS = sparse.eye_array(3)
COLUMN = np.array([[1.0], [0.5], [-2.0]])
ALGEBRA = {
    "products": lambda a, s: (a @ a.T) @ a,
    "with constants on both sides": lambda a, s: FIXED @ a @ FIXED + 2.0 * a @ FIXED,
    "item by item": lambda a, s: a * FIXED + FIXED * a + a.multiply(a),
    "a constant times a number": lambda a, s: a - FIXED * s**2 + s * FIXED,
    "steps": lambda a, s: DIAGONALS - s * a + (FIXED - a),
    "blocks": lambda a, s: a.tocsr()[1:, [2, 0, 2]],
    "absolute": lambda a, s: abs(a - FIXED),
    "by diagonals": lambda a, s: sparse.diags_array([a.diagonal(1), a.diagonal() * s, [s]], offsets=[1, 0, -2]),
    "one diagonal": lambda a, s: sparse.diags_array(a.diagonal() * s) @ a,
    "bands": lambda a, s: sparse.dia_array((np.outer([1.0, s], a.diagonal()), [0, 1]), shape=(3, 3)) + a,
}


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_array, sparse.coo_array])
@pytest.mark.parametrize("part", ALGEBRA.values(), ids=ALGEBRA)
def test_sums_and_products_of_sparse_matrices(part: Any, make: Any) -> None:
    def f(d: Any, s: Any) -> Any:
        a = make((d, (ROWS, COLUMNS)), shape=(3, 3))
        return np.sum(np.sin(part(a, s).toarray())) + a.tocsr()[2, 2] * a.tocsr()[0, 1]

    check_grads(f, (DATA * 0.3, 0.7), modes=("rev", "fwd"))


def test_entries_at_one_place_meet_all_others() -> None:
    twice = (np.array([0, 0, 1, 1]), np.array([1, 1, 0, 1]))

    def f(d: Any) -> Any:
        a = sparse.coo_array((d, twice), shape=(2, 2))
        parts = (a @ a).toarray() + (a * a).toarray() + abs(a).toarray()
        return np.sum(parts**2) + linalg.norm(a) * a.tocsr()[0, 1]

    by_hand = grad(lambda m: np.sum((m @ m + m * m + np.abs(m)) ** 2) + np.linalg.norm(m) * m[0, 1])
    d = np.array([1.0, -3.0, 0.5, 2.0])
    m_bar = by_hand(np.array([[0.0, -2.0], [0.5, 2.0]]))
    np.testing.assert_allclose(grad(f)(d), m_bar[twice], rtol=1e-12)


def test_a_column_is_solved_for_as_a_vector() -> None:
    def f(d: Any, b: Any) -> Any:
        a = sparse.csc_array((d, (ROWS, COLUMNS)), shape=(3, 3))
        x, fixed = linalg.spsolve(a, b), linalg.spsolve(FIXED, b)
        assert x.shape == fixed.shape == (3,)
        return np.sum(x * fixed * fixed)

    check_grads(f, (DATA, COLUMN), modes=("rev", "fwd"))
