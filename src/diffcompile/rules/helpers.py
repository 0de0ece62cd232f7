"""Rules of what generated code calls: for derivatives of derivatives.

A helper that stands in none of these tables is inlined when it is differentiated, like any function of the user's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.rules.registry import Sample, adjoint, linear, nondifferentiable, sample, tangent

# --- structures ---

linear(dynamic.match, names="ct", form="x")
linear(dynamic.gradient, names="x_bar", form="x")
linear(dynamic.own, dynamic.copy_in_layout, names="x")
linear(dynamic.scalar_output, names="y")
linear(dynamic.add, names=("x_bar", "ct"))
linear(dynamic.with_item, names=("x_bar", "ct"), form=("x", "index"))
linear(dynamic.settle, names="ct", form="x")
linear(dynamic.part_of_list, names="cts", form="first")
linear(dynamic.fold_list, names="cts", form="items")
linear(dynamic.zeros_if_copied, names=("v_bar", "a_bar"))
linear(dynamic.tangent, dynamic.checked_tangent, dynamic.shadow, names="x_dot", form="x")
nondifferentiable(
    dynamic.zeros_like, dynamic.zeros_in_layout, dynamic.slots_like, dynamic.no_tangent, dynamic.last_writes,
    runtime.axis_size, dynamic.cell, dynamic.celled_zeros, dynamic.fresh_shadow, dynamic.unshared_shadow,
    dynamic.number_shadow,
    dynamic.has_attributes,
    runtime.reduced_count, runtime.inverse_permutation,
    reason="its result depends on the form of its argument, not on its values",
)  # fmt: skip
nondifferentiable(runtime.larger, runtime.chosen_share, runtime.inside, runtime.raised, runtime.lowered)

# --- adjoints of linear functions are linear ---

linear(runtime.unbroadcast, names="ct", form="shape")
linear(runtime.scatter_add, names="ct", form=("places", "shape"))
linear(runtime.unbroadcast_each, names="cts", form="arrays")
linear(runtime.as_cotangent, names="ct", form="x")
linear(runtime.cast_adjoint, names="ct", form=("y", "x"))
linear(runtime.in_dtype, names="ct")
linear(runtime.item_adjoint, runtime.reshape_adjoint, names="ct", form="a")
linear(runtime.linspace_adjoint, names="ct", form=("start", "stop"))
linear(runtime.diff_adjoint, names="ct", form=("a", "prepend", "append"))
linear(runtime.spread_difference, runtime.rollaxis_adjoint, runtime.trace_adjoint, runtime.diagonal_adjoint, names="ct")
linear(runtime.repeat_adjoint, runtime.tile_adjoint, runtime.unpad, runtime.pad_adjoint, names="ct")
linear(runtime.insert_adjoint, runtime.delete_adjoint, runtime.resize_adjoint, names="ct")
linear(runtime.take_adjoint, runtime.take_along_axis_adjoint, names="ct")
linear(runtime.pad_constant_adjoint, names="ct", form="constant_values")
linear(runtime.split_like, runtime.unstack_like, runtime.vstack_adjoint, names="ct", form="arrays")
linear(runtime.hstack_adjoint, runtime.dstack_adjoint, runtime.column_stack_adjoint, names="ct", form="arrays")
linear(runtime.block_adjoint, names="ct", form="arrays")
linear(runtime.split_adjoint, names="cts")
linear(runtime.reshape_each, names="cts", form="arrays")
linear(runtime.meshgrid_adjoint, names="cts", form="xi")
linear(runtime.choose_adjoint, names="ct", form="choices")
linear(runtime.select_adjoint, names="ct", form=("choicelist", "default"))
linear(runtime.restore_axes, names="y", form="x")

# --- and those that only look at an order ---

linear(runtime.sort_adjoint, names="ct", form="a")
linear(runtime.unique_adjoint, names="ct", form=("values", "ar"))
linear(runtime.sort_tangent, names="a_dot", form="a")
linear(runtime.partition_tangent, names="a_dot", form=("result", "a"))
linear(runtime.unique_tangent, names="ar_dot", form=("values", "ar"))
linear(runtime.sliding_window_adjoint, names="ct", form="shape")
linear(runtime.slopes_adjoint, names="ct", form="f")
linear(runtime.slopes_along, names="f_bar")
linear(runtime.partition_adjoint, names="ct", form=("result", "a"))
linear(runtime.running_extremum_adjoint, names="ct", form="y")
linear(runtime.ptp_adjoint, names="ct", form="a")
linear(runtime.extremum_adjoint, names="ct", form=("y", "a", "initial"))
linear(runtime.extremum_share, names="ct", form=("y", "a"))

# --- products: linear in the cotangent and in the other operand ---

for left in (
    runtime.dot_adjoint_left, runtime.inner_adjoint_left, runtime.matmul_adjoint_left,
    runtime.tensordot_adjoint_left, runtime.kron_adjoint_left,
):  # fmt: skip
    linear(left, names=("ct", "b", "x2"), separately=True, form=("a", "x1"))
for right in (
    runtime.dot_adjoint_right, runtime.inner_adjoint_right, runtime.matmul_adjoint_right,
    runtime.tensordot_adjoint_right, runtime.kron_adjoint_right,
):  # fmt: skip
    linear(right, names=("ct", "a", "x1"), separately=True, form=("b", "x2"))
linear(runtime.vecdot_adjoint, names=("ct", "other"), separately=True)
linear(runtime.cross_adjoint, runtime.convolve_adjoint, names=("ct", "other"), separately=True, form="x")
linear(runtime.correlate_adjoint_left, names=("ct", "v"), separately=True, form="a")
linear(runtime.correlate_adjoint_right, names=("ct", "a"), separately=True, form="v")


# --- in reverse ---

X = np.array([[0.5, -1.5, 2.5], [1.0, 2.0, -3.0]])



@adjoint(dynamic.match, samples=lambda: [sample(X, X[0]), sample(X, X[:, :1]), sample(X, X)])
def _match(bar: Any, y: Any, ct: Any, x: Any) -> Any:
    return dynamic.match(bar, ct), np.zeros_like(x)


@adjoint(dynamic.gradient, samples=lambda: [sample(X, X), sample(X, X[0])])
def _gradient(bar: Any, y: Any, x_bar: Any, x: Any) -> Any:
    return dynamic.share(bar, x_bar), dynamic.zeros_like(x)


@adjoint(dynamic.own, samples=lambda: [sample(X)])
@adjoint(dynamic.copy_in_layout, samples=lambda: [sample(X), sample(X[:, ::2]), sample(X.T)])
def _own(bar: Any, y: Any, x: Any) -> Any:
    return (bar,)


@adjoint(dynamic.add, samples=lambda: [sample(X, 2.0 * X)])
def _add(bar: Any, y: Any, x_bar: Any, ct: Any) -> Any:
    return dynamic.share(bar, x_bar), dynamic.share(bar, ct)


@adjoint(dynamic.settle, samples=lambda: [sample(X, X)])
def _settle(bar: Any, y: Any, ct: Any, x: Any) -> Any:
    return dynamic.share(bar, ct), dynamic.zeros_like(x)


@adjoint(dynamic.with_item, samples=lambda: [sample(X, X, 1, X[0]), sample(X, X, (0, 2), 0.5)])
def _with_item(bar: Any, y: Any, x_bar: Any, x: Any, index: Any, ct: Any) -> Any:
    return dynamic.share(bar, x_bar), dynamic.zeros_like(x), None, dynamic.item_share(bar, index, ct)


@adjoint(dynamic.tangent, samples=lambda: [sample(X[0], X), sample(X, X)])
@adjoint(dynamic.checked_tangent, samples=lambda: [sample(X, X)])
def _tangent(bar: Any, y: Any, x_dot: Any, x: Any) -> Any:
    return dynamic.match(bar, x_dot), np.zeros_like(x)


@adjoint(runtime.unbroadcast, samples=lambda: [sample(X, (3,)), sample(X, (2, 1)), sample(X, (2, 3))])
def _unbroadcast(bar: Any, y: Any, ct: Any, shape: Any) -> Any:
    return dynamic.match(bar, ct), None


@adjoint(runtime.as_cotangent, samples=lambda: [sample(X, X), sample(X, X.tolist())])
def _as_cotangent(bar: Any, y: Any, ct: Any, x: Any) -> Any:
    return dynamic.match(dynamic.together(bar), ct), dynamic.zeros_like(x)


@adjoint(runtime.in_dtype, samples=lambda: [sample(X, np.dtype(complex)), sample(X, np.dtype(float))])
def _in_dtype(bar: Any, y: Any, ct: Any, dtype: Any) -> Any:
    return runtime.as_cotangent(bar, ct), None


@adjoint(runtime.cast_adjoint, samples=lambda: [sample(X, X, X)])
def _cast_adjoint(bar: Any, y: Any, ct: Any, cast: Any, x: Any) -> Any:
    return dynamic.match(dynamic.together(bar), ct), dynamic.zeros_like(cast), dynamic.zeros_like(x)


@adjoint(runtime.sort_adjoint, samples=lambda: [sample(X, X), sample(X, X, 0), sample(np.ravel(X), X, None)])
def _sort_adjoint(bar: Any, y: Any, ct: Any, a: Any, axis: Any = -1) -> Any:
    return runtime.sort_tangent(bar, a, axis), np.zeros_like(a)


@adjoint(runtime.sort_tangent, samples=lambda: [sample(X, X), sample(X, X, 0), sample(X, X, None)])
def _sort_tangent(bar: Any, y: Any, a_dot: Any, a: Any, axis: Any = -1) -> Any:
    return runtime.sort_adjoint(bar, a, axis), np.zeros_like(a)


@adjoint(
    runtime.slopes_adjoint,
    samples=lambda: [
        sample(X[0], X[0], (), None, 1),
        sample(X, X, (2,), 1, 2),
        sample(X, X, (0.5,), 1, 2),
        sample((X, 2.0 - X), X, (0.5, np.array([0.0, 0.4, 1.0])), None, 1),
    ],
)
def _slopes_adjoint(bar: Any, y: Any, ct: Any, f: Any, spacings: Any, axis: Any, edge_order: Any) -> Any:
    spacing_bars = runtime.gradient_adjoint(ct, bar, spacings, axis, edge_order)[1:]
    return runtime.slopes_along(bar, spacings, axis, edge_order), np.zeros_like(f), spacing_bars, None, None


@adjoint(runtime.slopes_along, samples=lambda: [sample(X[0], (), None, 1), sample(X, (2,), 1, 2)])
def _slopes_along(ct: Any, y: Any, f_bar: Any, spacings: Any, axis: Any, edge_order: Any) -> Any:
    return runtime.slopes_adjoint(ct, f_bar, spacings, axis, edge_order), None, None, None


@adjoint(runtime.partition_adjoint, samples=lambda: [sample(X, np.partition(X, 1), X)])
def _partition_adjoint(bar: Any, y: Any, ct: Any, result: Any, a: Any, axis: Any = -1) -> Any:
    return runtime.partition_tangent(bar, result, a, axis), np.zeros_like(result), np.zeros_like(a)


@adjoint(runtime.unique_adjoint, samples=lambda: [sample(X[0], np.array([-1, 2, 5]), np.array([5, 2, 2, -1]))])
def _unique_adjoint(bar: Any, y: Any, ct: Any, values: Any, ar: Any) -> Any:
    return runtime.unique_tangent(bar, values, ar), dynamic.zeros_like(values), dynamic.zeros_like(ar)


@adjoint(
    runtime.sliding_window_adjoint,
    samples=lambda: [
        sample(np.arange(6.0).reshape(2, 3), (4,), 3, None),
        sample(np.ones((1, 3, 2, 1)), (2, 3), (2, 1), (0, 1)),
    ],
)
def _sliding_window_adjoint(bar: Any, y: Any, ct: Any, shape: Any, window_shape: Any, axis: Any) -> Any:
    return np.lib.stride_tricks.sliding_window_view(bar, window_shape, axis), None, None, None


def _einsum_samples() -> list[Sample]:
    y = np.array([0.5, -1.0, 2.0])
    return [
        sample(y, "ij,i->j", (X, X[:, 0]), 0),
        sample(y, "ij,i->j", (X, X[:, 0]), 1),
        sample(X, "ii,...->...", (X[:, :2], X), 0),
        sample(y, "i,i,i->i", (y, 2.0 * y, y + 1.0), 1, True),
    ]


@adjoint(runtime.einsum_adjoint, samples=_einsum_samples)
def _einsum_adjoint(
    bar: Any, y: Any, ct: Any, subscripts: Any, operands: Any, k: Any, optimize: Any = False
) -> Any:
    ct_bar, bars = runtime.einsum_adjoint_adjoint(bar, ct, subscripts, operands, k, optimize)
    return ct_bar, None, bars, None, None


@tangent(runtime.einsum_adjoint)
def _einsum_adjoint_tangent(
    y: Any, ct: Any, subscripts: Any, operands: Any, k: Any, optimize: Any = False, *,
    ct_dot: Any = None, operands_dot: Any = None,
) -> Any:  # fmt: skip
    moved: Any = 0.0
    if ct_dot is not None:
        moved = runtime.einsum_adjoint(ct_dot, subscripts, operands, k, optimize)
    if operands_dot is not None:
        moved = moved + runtime.einsum_adjoint_tangent(operands_dot, ct, subscripts, operands, k, optimize)
    return moved


@adjoint(
    runtime.select_adjoint,
    samples=lambda: [
        sample(X, [X > 1.0, X > 0.0], [X, X[0]], 0.0),
        sample(X[0], [X[0] > 1.0], [X[1]], X[0]),
    ],
)
def _select_adjoint(bar: Any, y: Any, ct: Any, condlist: Any, choicelist: Any, default: Any) -> Any:
    return (
        runtime.selected(bar, condlist, np.shape(ct)), None, dynamic.zeros_like(choicelist), dynamic.zeros_like(default)
    )  # fmt: skip


@adjoint(runtime.scatter_add, samples=lambda: [sample(X, np.array([[0, 2, 2], [1, 0, 3]]), (4,))])
def _scatter_add(bar: Any, y: Any, ct: Any, places: Any, shape: Any) -> Any:
    return np.reshape(np.take(bar, places), np.shape(ct)), dynamic.zeros_like(places), None


@adjoint(
    runtime.split_adjoint,
    samples=lambda: [sample([X, X[:1]], (3, 3), 2), sample([X[:, :1], 0.0 * X[:, :0], X[:, 1:]], (2, 3), [1, 1], 1)],
)
def _split_adjoint(bar: Any, y: Any, cts: Any, shape: Any, sections: Any, axis: Any = 0) -> Any:
    return np.array_split(bar, sections, axis), None, None, None


# --- products: <bar, left(ct, a, b)> = <ct, bar * b>, where `*` is the product, and so for the other side ---


def _dot_samples() -> list[Sample]:
    cube = np.arange(12.0).reshape(2, 3, 2) - 5.5
    return [
        sample(X, np.eye(2), X),
        sample(X[:, :2], X[0], cube),
        sample(X[:, :2], cube.reshape(2, 2, 3), X[0]),
        sample(X, 0.5, X),
        sample(X, X, 0.5),
    ]


@adjoint(runtime.dot_adjoint_left, samples=_dot_samples)
def _dot_left(bar: Any, y: Any, ct: Any, a: Any, b: Any) -> Any:
    return np.dot(bar, b), dynamic.zeros_like(a), runtime.dot_adjoint_right(ct, bar, b)


@adjoint(runtime.dot_adjoint_right, samples=_dot_samples)
def _dot_right(bar: Any, y: Any, ct: Any, a: Any, b: Any) -> Any:
    return np.dot(a, bar), runtime.dot_adjoint_left(ct, a, bar), dynamic.zeros_like(b)
