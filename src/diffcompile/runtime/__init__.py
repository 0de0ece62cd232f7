"""What generated code may import: a leaf that knows NumPy and nothing of the compiler.

Everything here is ordinary NumPy on ordinary values. A function stands here, and not in the body of a rule,
where the mathematics needs a loop over axes or operands, or a shape that the compiler does not know.
"""
# ruff: noqa: I001 - a line for each module
# fmt: off

from diffcompile.runtime.broadcasting import (
    any_broadcast, as_cotangent, cast_adjoint, marked, unbroadcast, unbroadcast_each,
)
from diffcompile.runtime.creation import item_adjoint, linspace_adjoint
from diffcompile.runtime.differences import (
    diff_adjoint, ediff1d_adjoint, gradient_adjoint, slopes_adjoint, slopes_along, spread_difference, trapezoid_adjoint,
)
from diffcompile.runtime.eigenvalues import cond_adjoint, eig_adjoint, eigvals_adjoint, hermitian_pinv_adjoint
from diffcompile.runtime.einsum import (
    einsum_adjoint, einsum_adjoint_adjoint, einsum_adjoint_tangent, einsum_adjoints, einsum_subscripts,
    einsum_subscripts_adjoint,
)
from diffcompile.runtime.elementwise import (
    chosen_share, conjugated, complex_sign, complex_sign_adjoint,
    divide_or_zero, inside, larger, log_ratio, lowered, power_log, power_slope, raised,
    sign,
)
from diffcompile.runtime.fourier import cut_or_pad, double_inner, opposite_norm, transform_sizes
from diffcompile.runtime.interpolation import (
    convolve_adjoint, correlate_adjoint_left, correlate_adjoint_right, interp_adjoint_fp,
    interp_adjoint_xp, interp_slope,
)
from diffcompile.runtime.joining import (
    block_adjoint, column_stack_adjoint, dstack_adjoint, hstack_adjoint, split_adjoint, split_like,
    unstack_like, vstack_adjoint,
)
from diffcompile.runtime.linalg import (
    cholesky_adjoint, cofactors, eigh_adjoint, eigvalsh_adjoint, lstsq_adjoint, pinv_adjoint, qr_adjoint,
    singular_values_adjoint, slogdet_adjoint, solve_adjoint, svd_adjoint, tensorinv_adjoint,
    tensorsolve_adjoint,
)
from diffcompile.runtime.linalg_tangents import (
    cholesky_tangent, eigh_tangent, eigvalsh_tangent, lstsq_tangent, matrix_power_tangent, pinv_tangent,
    qr_tangent, singular_values_tangent, slogdet_tangent, solve_tangent, svd_tangent, tensorinv_tangent,
    tensorsolve_tangent,
)
from diffcompile.runtime.matrices import (
    cross_adjoint, kron_adjoint_left, kron_adjoint_right, matrix_power_adjoint, multi_dot_adjoint,
    trace_adjoint, vecdot_adjoint,
)
from diffcompile.runtime.norms import matrix_norm_adjoint, norm_adjoint, vector_norm_adjoint
from diffcompile.runtime.padding import pad_statistics_adjoint, pad_tangent
from diffcompile.runtime.places import (
    along_axis_index, diagonal_index, piecewise_condition, places, put_places, reduceat_adjoint,
    selected_shape, sliding_window_adjoint, sort_complex_adjoint, unique_adjoint, unique_tangent,
)
from diffcompile.runtime.polynomials import (
    low_powers, poly_adjoint, polyder_adjoint, polydiv_adjoint, polyfit_adjoint, polyint_adjoint,
    polymul_adjoint, polymul_tangent, polyval_adjoint,
)
from diffcompile.runtime.products import (
    dot_adjoint_left, dot_adjoint_right, in_dtype, inner_adjoint_left, inner_adjoint_right, matmul_adjoint_left,
    matmul_adjoint_right, sum_of_outers, tensordot_adjoint_left, tensordot_adjoint_right,
)
from diffcompile.runtime.quantiles import (
    quantile_adjoint, quantile_level_adjoint, quantile_places, quantile_rise, quantile_step,
)  # fmt: skip
from diffcompile.runtime.reductions import (
    average_adjoint, axis_size, cumprod_adjoint, extremum_adjoint, extremum_share, masked_var_adjoint,
    prod_adjoint, ptp_adjoint, reduced_count, restore_axes, running_extremum_adjoint,
)
from diffcompile.runtime.repeating import (
    delete_adjoint, insert_adjoint, pad_adjoint, pad_constant_adjoint, repeat_adjoint, scatter_add,
    tile_adjoint, unpad,
)
from diffcompile.runtime.scalars import dist_adjoint, hypot_adjoint, product_adjoint
from diffcompile.runtime.selecting import (
    choose_adjoint, partition_adjoint, select_adjoint, selected, sort_adjoint, take_adjoint,
    take_along_axis_adjoint,
)
from diffcompile.runtime.shaping import (
    diagonal_adjoint, inverse_permutation, meshgrid_adjoint, reshape_adjoint, reshape_each,
    resize_adjoint, rollaxis_adjoint,
)
from diffcompile.runtime.special import digamma, i1, polygamma, sinc_slope
from diffcompile.runtime.spread import (
    corrcoef_adjoint, cov_adjoint, histogram2d_adjoint, histogram_adjoint, histogramdd_adjoint,
    points_histogram_adjoint,
)
from diffcompile.runtime.stepping import (
    complex_step_adjoint, complex_step_tangent, difference_adjoint, difference_tangent,
)
from diffcompile.runtime.tangents import (
    average_tangent, cumprod_tangent, dist_tangent, extremum_tangent, multi_dot_tangent, partition_tangent,
    product_tangent, quantile_tangent, running_extremum_tangent, sort_tangent,
)

__all__ = [
    "along_axis_index",
    "any_broadcast",
    "as_cotangent",
    "average_adjoint",
    "average_tangent",
    "axis_size",
    "block_adjoint",
    "cast_adjoint",
    "cholesky_adjoint",
    "cholesky_tangent",
    "choose_adjoint",
    "chosen_share",
    "cofactors",
    "column_stack_adjoint",
    "complex_sign",
    "complex_sign_adjoint",
    "complex_step_adjoint",
    "complex_step_tangent",
    "cond_adjoint",
    "conjugated",
    "convolve_adjoint",
    "corrcoef_adjoint",
    "correlate_adjoint_left",
    "correlate_adjoint_right",
    "cov_adjoint",
    "cross_adjoint",
    "cumprod_adjoint",
    "cumprod_tangent",
    "cut_or_pad",
    "delete_adjoint",
    "diagonal_adjoint",
    "diagonal_index",
    "diff_adjoint",
    "difference_adjoint",
    "difference_tangent",
    "digamma",
    "dist_adjoint",
    "dist_tangent",
    "divide_or_zero",
    "dot_adjoint_left",
    "dot_adjoint_right",
    "double_inner",
    "dstack_adjoint",
    "ediff1d_adjoint",
    "eig_adjoint",
    "eigh_adjoint",
    "eigh_tangent",
    "eigvals_adjoint",
    "eigvalsh_adjoint",
    "eigvalsh_tangent",
    "einsum_adjoint",
    "einsum_adjoint_adjoint",
    "einsum_adjoint_tangent",
    "einsum_adjoints",
    "einsum_subscripts",
    "einsum_subscripts_adjoint",
    "extremum_adjoint",
    "extremum_share",
    "extremum_tangent",
    "gradient_adjoint",
    "hermitian_pinv_adjoint",
    "histogram2d_adjoint",
    "histogram_adjoint",
    "histogramdd_adjoint",
    "hstack_adjoint",
    "hypot_adjoint",
    "i1",
    "in_dtype",
    "inner_adjoint_left",
    "inner_adjoint_right",
    "insert_adjoint",
    "inside",
    "interp_adjoint_fp",
    "interp_adjoint_xp",
    "interp_slope",
    "inverse_permutation",
    "item_adjoint",
    "kron_adjoint_left",
    "kron_adjoint_right",
    "larger",
    "linspace_adjoint",
    "log_ratio",
    "low_powers",
    "lowered",
    "lstsq_adjoint",
    "lstsq_tangent",
    "marked",
    "masked_var_adjoint",
    "matmul_adjoint_left",
    "matmul_adjoint_right",
    "matrix_norm_adjoint",
    "matrix_power_adjoint",
    "matrix_power_tangent",
    "meshgrid_adjoint",
    "multi_dot_adjoint",
    "multi_dot_tangent",
    "norm_adjoint",
    "opposite_norm",
    "pad_adjoint",
    "pad_constant_adjoint",
    "pad_statistics_adjoint",
    "pad_tangent",
    "partition_adjoint",
    "partition_tangent",
    "piecewise_condition",
    "pinv_adjoint",
    "pinv_tangent",
    "places",
    "points_histogram_adjoint",
    "poly_adjoint",
    "polyder_adjoint",
    "polydiv_adjoint",
    "polyfit_adjoint",
    "polygamma",
    "polyint_adjoint",
    "polymul_adjoint",
    "polymul_tangent",
    "polyval_adjoint",
    "power_log",
    "power_slope",
    "prod_adjoint",
    "product_adjoint",
    "product_tangent",
    "ptp_adjoint",
    "put_places",
    "qr_adjoint",
    "qr_tangent",
    "quantile_adjoint",
    "quantile_level_adjoint",
    "quantile_places",
    "quantile_rise",
    "quantile_step",
    "quantile_tangent",
    "raised",
    "reduceat_adjoint",
    "reduced_count",
    "repeat_adjoint",
    "reshape_adjoint",
    "reshape_each",
    "resize_adjoint",
    "restore_axes",
    "rollaxis_adjoint",
    "running_extremum_adjoint",
    "running_extremum_tangent",
    "scatter_add",
    "select_adjoint",
    "selected",
    "selected_shape",
    "sign",
    "sinc_slope",
    "singular_values_adjoint",
    "singular_values_tangent",
    "sliding_window_adjoint",
    "slogdet_adjoint",
    "slogdet_tangent",
    "slopes_adjoint",
    "slopes_along",
    "solve_adjoint",
    "solve_tangent",
    "sort_adjoint",
    "sort_complex_adjoint",
    "sort_tangent",
    "split_adjoint",
    "split_like",
    "spread_difference",
    "sum_of_outers",
    "svd_adjoint",
    "svd_tangent",
    "take_adjoint",
    "take_along_axis_adjoint",
    "tensordot_adjoint_left",
    "tensordot_adjoint_right",
    "tensorinv_adjoint",
    "tensorinv_tangent",
    "tensorsolve_adjoint",
    "tensorsolve_tangent",
    "tile_adjoint",
    "trace_adjoint",
    "transform_sizes",
    "trapezoid_adjoint",
    "unbroadcast",
    "unbroadcast_each",
    "unique_adjoint",
    "unique_tangent",
    "unpad",
    "unstack_like",
    "vecdot_adjoint",
    "vector_norm_adjoint",
    "vstack_adjoint",
]
