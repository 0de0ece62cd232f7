"""Products with sparse matrices whose entries are constants, and solving with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import linalg

from diffcompile import runtime_scipy
from diffcompile.rules.registry import Sample, adjoint, linear, sample
from diffcompile.rules.sampling import normal, well_conditioned


def _samples() -> list[Sample]:
    dense = normal(4, 3) * (np.abs(normal(4, 3)) > 0.4)  # noqa: PLR2004 - some zeros
    return [
        sample(make(dense), other)
        for make in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array)
        for other in (normal(3), normal(3, 2))
    ]


@adjoint(sparse.csr_array.__matmul__, samples=_samples)
def _matmul(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(self, ct)


@adjoint(sparse.csr_matrix.__mul__, samples=lambda: _samples()[2:4])
def _mul(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(self, ct, other)


@adjoint(sparse.csr_array.dot, samples=_samples)
def _dot(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(self, ct, other)


@adjoint(
    sparse.csr_array.__rmatmul__,
    samples=lambda: [sample(case.args[0].T, case.args[1].T) for case in _samples()],
)
def _rmatmul(ct: Any, y: Any, self: Any, other: Any) -> Any:
    return None, runtime_scipy.sparse_product(self.T, ct.T).T


@adjoint(
    linalg.spsolve,
    samples=lambda: [
        sample(sparse.csc_array(well_conditioned(4, 4)), normal(4)),
        sample(sparse.csr_matrix(well_conditioned(4, 4)), normal(4, 2)),
    ],
)
def _spsolve(ct: Any, y: Any, A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:  # noqa: N803
    return None, runtime_scipy.sparse_solution(A, ct)


for product in (
    sparse.csr_array.__matmul__,
    sparse.csr_array.__rmatmul__,
    sparse.csr_matrix.__mul__,
    sparse.csr_array.dot,
):
    linear(product, names="other")
linear(linalg.spsolve, names="b")
