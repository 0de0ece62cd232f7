"""Solvers of sparse systems: iterations, factors and eigenvalues have the derivatives of the exact answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import DiffCompileError, UnsupportedError, check_grads, grad

sparse = pytest.importorskip("scipy.sparse")
linalg = pytest.importorskip("scipy.sparse.linalg")

B = np.array([0.5, -1.0, 2.0, 0.25])
OFF = np.array([0.5, -0.25, 0.75])
D = np.array([3.0, 4.0, 5.0, 6.0])
CONSTANT = sparse.csc_array(np.diag(D) + np.diag(OFF, 1) + np.diag(OFF, -1))
TALL = sparse.csr_array(np.vstack([CONSTANT.toarray(), np.eye(4)[:2]]))
FACTORS = linalg.splu(CONSTANT)
WEIGHTS = np.array([1.0, 2.0, -1.0, 0.5])


def dense(d: Any) -> Any:
    return np.diag(d) + np.diag(OFF, 1) + np.diag(OFF, -1)


def by_dense_matrices(d: Any) -> Any:
    x, info = linalg.cg(dense(d), B, rtol=1e-13)
    y = linalg.gmres(dense(d), x * d, rtol=1e-13)[0]
    return x @ WEIGHTS + linalg.minres(dense(d), y, rtol=1e-13)[0] @ x + info


def by_constant_matrices(d: Any) -> Any:
    x, _ = linalg.cg(CONSTANT, d * d, rtol=1e-13)
    return linalg.bicgstab(linalg.aslinearoperator(CONSTANT), x * x, rtol=1e-13)[0] @ WEIGHTS


def by_entries(d: Any) -> Any:
    a = sparse.diags_array([d, OFF, OFF], offsets=[0, 1, -1])
    lu = linalg.splu(a.tocsc())
    inverse = linalg.inv(a.tocsc()).toarray()
    return linalg.cg(a, B)[0] @ WEIGHTS + lu.solve(B) @ lu.solve(WEIGHTS, "T") + inverse[0] @ B


def by_factors(d: Any) -> Any:
    return FACTORS.solve(d * d) @ WEIGHTS + linalg.splu(CONSTANT).solve(np.sin(d), "T") @ WEIGHTS


def least_squares(d: Any) -> Any:
    x = linalg.lsqr(np.vstack([dense(d), np.eye(4)[:2]]), np.append(B, [1.0, 2.0]), atol=1e-14, btol=1e-14)[0]
    y, *_ = linalg.lsmr(dense(d), B, damp=0.5, atol=1e-14, btol=1e-14)
    return x @ WEIGHTS + y @ x + linalg.lsqr(TALL, np.append(d * d, [1.0, 2.0]), atol=1e-14, btol=1e-14)[0] @ WEIGHTS


def eigenvalues(d: Any) -> Any:
    values, vectors = linalg.eigsh(dense(d), k=2)
    return values @ B[:2] + vectors[:, 0] ** 2 @ WEIGHTS + linalg.eigsh(dense(d), 1, which="SA")[0][0]


@pytest.mark.parametrize(
    "fun",
    [by_dense_matrices, by_constant_matrices, by_entries, by_factors, least_squares, eigenvalues],
    ids=lambda fun: fun.__name__,
)
def test_derivatives(fun: Any) -> None:
    check_grads(fun, (D,), order=1, rtol=1e-6)


def test_the_answer_need_not_be_exact() -> None:
    """The derivative is that of the exact answer, whatever the tolerance."""
    gradient = grad(lambda b: linalg.cg(CONSTANT, b, rtol=1e-2)[0] @ WEIGHTS)(B)
    np.testing.assert_allclose(gradient, np.linalg.solve(CONSTANT.toarray(), WEIGHTS), rtol=1e-10)


def test_refused() -> None:
    for fun, message in (
        (lambda b: linalg.lsqr(CONSTANT, b)[3], "least_rest"),
        (lambda b: linalg.lsqr(np.vstack([b, b * b]), B[:2])[0][0], "more unknowns"),
        (lambda b: linalg.cg(CONSTANT, b, callback=print)[0][0], "callback"),
        (lambda b: linalg.lsqr(sparse.diags_array([b], offsets=[0]), B)[0][0], "normal equations"),
    ):
        with pytest.raises((DiffCompileError, UnsupportedError), match=message):
            grad(fun)(D)
