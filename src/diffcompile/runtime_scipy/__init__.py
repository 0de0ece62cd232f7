"""Helpers of generated code that calls SciPy; imported only by code whose program uses SciPy."""

from diffcompile.runtime_scipy.distributions import normal_adjoint
from diffcompile.runtime_scipy.incomplete import betainc_slope_a, betainc_slope_b, gammainc_slope
from diffcompile.runtime_scipy.matrices import (
    banded_adjoint,
    block_diag_adjoint,
    cho_factor_adjoint,
    cho_solve_adjoint,
    circulant_sums,
    eigh_adjoint,
    hankel_adjoint,
    hermitian_banded_adjoint,
    lu_factor_adjoint,
    lu_of_matrix_adjoint,
    lu_solve_adjoint,
    matrix,
    outer,
    qr_adjoint,
    solve_toeplitz_adjoint,
    structured,
    toeplitz_adjoint,
    transposed_bands,
    triangle,
)
from diffcompile.runtime_scipy.numbers import real_number

__all__ = [
    "banded_adjoint",
    "betainc_slope_a",
    "betainc_slope_b",
    "block_diag_adjoint",
    "cho_factor_adjoint",
    "cho_solve_adjoint",
    "circulant_sums",
    "eigh_adjoint",
    "gammainc_slope",
    "hankel_adjoint",
    "hermitian_banded_adjoint",
    "lu_factor_adjoint",
    "lu_of_matrix_adjoint",
    "lu_solve_adjoint",
    "matrix",
    "normal_adjoint",
    "outer",
    "qr_adjoint",
    "real_number",
    "solve_toeplitz_adjoint",
    "structured",
    "toeplitz_adjoint",
    "transposed_bands",
    "triangle",
]
