"""Solvers of ``scipy.sparse.linalg`` that iterate: the derivative is that of the exact answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from diffcompile import runtime_scipy
from diffcompile.errors import UnsupportedError
from diffcompile.rules.registry import adjoint, definition, linear, sample, tangent
from diffcompile.rules.sampling import normal, positive_definite
from diffcompile.rules.scipy.entries import Entries

MATRIX = sparse.csr_array(np.array([[1.0, 0.0, 2.0], [0.0, -1.5, 0.0], [0.5, 1.0, 0.0], [0.0, 2.0, 1.0]]))
RTOL = (("rtol", 1e-12),)
SPARSE_ENTRIES = "of a sparse matrix with active entries has no derivative rule: use spsolve of the normal equations"


@adjoint(
    runtime_scipy.iterated,
    samples=lambda: [
        sample("cg", positive_definite(3, 3), normal(3), None, RTOL),
        sample("gmres", positive_definite(3, 3), normal(3), None, RTOL),
    ],
)
def _iterated(ct: Any, y: Any, solver: str, a: Any, b: Any, x0: Any, options: Any) -> Any:
    b_bar = runtime_scipy.iterated_again(solver, a, ct[0], options, True)
    a_bar = -np.outer(b_bar, y[0]) if isinstance(a, np.ndarray) else None
    return None, a_bar, np.reshape(b_bar, np.shape(b))


@tangent(runtime_scipy.iterated)
def _iterated_tangent(
    y: Any, solver: str, a: Any, b: Any, x0: Any, options: Any, *, a_dot: Any = None, b_dot: Any = None
) -> Any:
    moved: Any = 0.0
    if b_dot is not None:
        moved = np.reshape(b_dot, np.shape(y[0]))
    if a_dot is not None:
        moved = moved - a_dot @ y[0]
    return runtime_scipy.iterated_again(solver, a, moved, options), None


@adjoint(
    runtime_scipy.iterated_again,
    samples=lambda: [
        sample("cg", positive_definite(3, 3), normal(3), RTOL),
        sample("cg", positive_definite(3, 3), normal(3), RTOL, True),
    ],
)
def _again(ct: Any, y: Any, solver: str, a: Any, b: Any, options: Any, transposed: bool = False) -> Any:
    b_bar = runtime_scipy.iterated_again(solver, a, ct, options, not transposed)
    if not isinstance(a, np.ndarray):
        return None, None, b_bar
    return None, -np.outer(y, b_bar) if transposed else -np.outer(b_bar, y), b_bar


@tangent(runtime_scipy.iterated_again)
def _again_tangent(
    y: Any, solver: str, a: Any, b: Any, options: Any, transposed: bool = False, *, a_dot: Any = None, b_dot: Any = None
) -> Any:
    moved: Any = 0.0
    if b_dot is not None:
        moved = b_dot
    if a_dot is not None:
        moved = moved - (y @ a_dot if transposed else a_dot @ y)
    return runtime_scipy.iterated_again(solver, a, moved, options, transposed)


def _register(solver: Any) -> None:
    name = solver.__name__

    def solve(
        A: Any, b: Any, x0: Any = None, *, rtol: Any = 1e-5, atol: Any = 0.0, maxiter: Any = None, M: Any = None,  # noqa: N803
        callback: Any = None,
    ) -> Any:  # fmt: skip
        if callback is not None:
            raise UnsupportedError("an iterative solver with callback= has no derivative rule")
        if isinstance(A, Entries):
            return runtime_scipy.entries_solution(A.entries, A.rows, A.columns, A.shape, b), 0
        options = (("rtol", rtol), ("atol", atol), ("maxiter", maxiter), ("M", M))
        return runtime_scipy.iterated(name, A, b, x0, options)

    definition(solver)(solve)


for _solver in (linalg.cg, linalg.cgs, linalg.bicg, linalg.bicgstab, linalg.gmres, linalg.lgmres, linalg.tfqmr):
    _register(_solver)


@definition(linalg.minres)
def _minres(
    A: Any, b: Any, x0: Any = None, *, rtol: Any = 1e-5, shift: Any = 0.0, maxiter: Any = None, M: Any = None,  # noqa: N803
    callback: Any = None, show: Any = False, check: Any = False,
) -> Any:  # fmt: skip
    if callback is not None or shift != 0.0:
        raise UnsupportedError("minres with callback= or shift= has no derivative rule")
    if isinstance(A, Entries):
        return runtime_scipy.entries_solution(A.entries, A.rows, A.columns, A.shape, b), 0
    return runtime_scipy.iterated("minres", A, b, x0, (("rtol", rtol), ("maxiter", maxiter), ("M", M)))


# --- least squares: x = (A'A + damp^2)^-1 A'b, of which the right side alone is differentiated where A is sparse ---


@adjoint(
    runtime_scipy.least_by,
    samples=lambda: [
        sample("lsqr", normal(5, 3), normal(5), 0, (("atol", 1e-14), ("btol", 1e-14))),
        sample("lsmr", normal(5, 3), normal(5), 1, (("atol", 1e-14), ("btol", 1e-14))),
    ],
)
def _least_by(ct: Any, y: Any, solver: str, a: Any, b: Any, damp: Any, options: Any) -> Any:
    if not isinstance(a, np.ndarray):
        return None, None, np.reshape(runtime_scipy.least_again(ct, a, damp, True), np.shape(b))
    inner = np.linalg.solve(a.T @ a + damp * damp * np.eye(np.shape(a)[1]), ct)
    b_bar = a @ inner
    return None, np.outer(np.ravel(b) - a @ y, inner) - np.outer(b_bar, y), np.reshape(b_bar, np.shape(b))


@tangent(runtime_scipy.least_by)
def _least_by_tangent(
    y: Any, solver: str, a: Any, b: Any, damp: Any, options: Any, *, a_dot: Any = None, b_dot: Any = None
) -> Any:
    if not isinstance(a, np.ndarray):
        return runtime_scipy.least_again(b_dot, a, damp)
    moved: Any = 0.0
    if b_dot is not None:
        moved = a.T @ np.ravel(b_dot)
    if a_dot is not None:
        moved = moved + a_dot.T @ (np.ravel(b) - a @ y) - a.T @ (a_dot @ y)
    return np.linalg.solve(a.T @ a + damp * damp * np.eye(np.shape(a)[1]), moved)


@adjoint(
    runtime_scipy.least_again,
    samples=lambda: [sample(normal(4), MATRIX, 0), sample(normal(3), MATRIX, 1, True)],
)
def _least_again(ct: Any, y: Any, b: Any, a: Any, damp: Any, transposed: bool = False) -> Any:
    return (runtime_scipy.least_again(ct, a, damp, not transposed),)


linear(runtime_scipy.least_again, names="b")


def _least(name: str, A: Any, b: Any, damp: Any, options: Any) -> Any:  # noqa: N803
    if isinstance(A, Entries):
        raise UnsupportedError(f"{name} {SPARSE_ENTRIES}")
    if isinstance(A, np.ndarray) and np.shape(A)[0] < np.shape(A)[1] and damp == 0:
        raise UnsupportedError(f"{name} with more unknowns than equations has no derivative rule without damp=")
    x = runtime_scipy.least_by(name, A, b, damp, options)
    rest = runtime_scipy.least_rest(name, A, b, damp, options)
    if name == "lsmr":
        return x, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6]
    return x, rest[0], rest[1], rest[2], rest[3], rest[4], rest[5], rest[6], rest[7], rest[8]


@definition(linalg.lsqr)
def _lsqr(
    A: Any, b: Any, damp: Any = 0.0, atol: Any = 1e-6, btol: Any = 1e-6, conlim: Any = 1e8,  # noqa: N803
    iter_lim: Any = None, show: Any = False, calc_var: Any = False, x0: Any = None,
) -> Any:  # fmt: skip
    options = (("atol", atol), ("btol", btol), ("conlim", conlim), ("iter_lim", iter_lim), ("x0", x0))
    if calc_var or show:
        raise UnsupportedError("lsqr with calc_var= or show= has no derivative rule")
    return _least("lsqr", A, b, damp, options)


@definition(linalg.lsmr)
def _lsmr(
    A: Any, b: Any, damp: Any = 0.0, atol: Any = 1e-6, btol: Any = 1e-6, conlim: Any = 1e8,  # noqa: N803
    maxiter: Any = None, show: Any = False, x0: Any = None,
) -> Any:  # fmt: skip
    options = (("atol", atol), ("btol", btol), ("conlim", conlim), ("maxiter", maxiter), ("x0", x0))
    return _least("lsmr", A, b, damp, options)


# --- eigenvalues ---


@adjoint(
    runtime_scipy.eigsh_of,
    samples=lambda: [
        sample(positive_definite(5, 5), 2, (("v0", np.ones(5)),)),
        sample(positive_definite(5, 5), 1, (("which", "SA"), ("v0", np.ones(5)))),
    ],
)
def _eigsh_of(ct: Any, y: Any, a: Any, k: int, options: Any) -> Any:
    return (runtime_scipy.eigsh_adjoint(ct, y, a),)


@tangent(runtime_scipy.eigsh_of)
def _eigsh_of_tangent(y: Any, a: Any, k: int, options: Any, *, a_dot: Any = None) -> Any:
    return runtime_scipy.eigsh_tangent(y, a, a_dot)


@definition(linalg.eigsh)
def _eigsh(
    A: Any, k: Any = 6, M: Any = None, sigma: Any = None, which: Any = "LM", v0: Any = None,  # noqa: N803
    ncv: Any = None, maxiter: Any = None, tol: Any = 0, return_eigenvectors: Any = True, Minv: Any = None,  # noqa: N803
    OPinv: Any = None, mode: Any = "normal", rng: Any = None,  # noqa: N803
) -> Any:  # fmt: skip
    if M is not None or Minv is not None or OPinv is not None or not isinstance(A, np.ndarray):
        raise UnsupportedError("eigsh has a derivative rule for one dense matrix")
    options = (("which", which), ("sigma", sigma), ("v0", v0), ("ncv", ncv), ("maxiter", maxiter), ("tol", tol))
    values, vectors = runtime_scipy.eigsh_of(A, k, options)
    return (values, vectors) if return_eigenvectors else values
