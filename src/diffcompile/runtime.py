"""What generated code may import: a leaf that knows NumPy and nothing of the compiler.

Everything here is ordinary NumPy on ordinary values. A function stands here, and not in the body of a rule,
where the mathematics needs a loop over axes or operands, or a shape that the compiler does not know.
"""
# ruff: noqa: PLR2004 - ranks are numbers

from __future__ import annotations

import functools
import itertools
import math
import string
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# --- broadcasting ---


def unbroadcast(ct: Any, shape: tuple[int, ...]) -> Any:
    """Sum ``ct`` over the axes along which an operand of ``shape`` was broadcast to the shape of ``ct``."""
    ct_shape = np.shape(ct)
    if ct_shape == shape:
        return ct
    lead = len(ct_shape) - len(shape)
    stretched = tuple(lead + k for k, n in enumerate(shape) if n == 1 and ct_shape[lead + k] != 1)
    return np.reshape(np.sum(ct, axis=(*range(lead), *stretched)), shape)


# --- elementwise ---
# Python floats take the first branch and stay Python floats: one np.float64 slows down a whole scalar loop.


def sign(x: Any) -> Any:
    """Return d|x|/dx: the sign of a real ``x``, 0 at 0; ``conj(x) / |x|`` for a complex one."""
    if isinstance(x, (int, float)):
        return math.copysign(1.0, x) if x else 0.0
    if np.iscomplexobj(x):
        return np.conj(np.sign(x))
    return np.sign(x)


def larger(x: Any, y: Any) -> Any:
    """Return 1 where ``x > y``, one half where they are equal, 0 elsewhere, in the dtype of the operands."""
    won = np.greater(x, y).astype(np.result_type(x, y))
    tied = np.equal(x, y)
    if np.any(tied):
        won = won + tied * won.dtype.type(0.5)
    return won


def chosen_share(z: Any, x: Any, y: Any) -> Any:
    """Return 1 where the result ``z`` is ``x`` alone, one half where it is ``y`` as well, 0 elsewhere."""
    won = np.equal(x, z).astype(np.result_type(x, y))
    return won / (1 + (won * np.equal(x, y)))


def inside(x: Any, low: Any, high: Any) -> Any:
    """Return 1 where ``low <= x <= high``, 0 elsewhere, in the dtype of ``x``; a bound may be None."""
    kept = np.ones(np.shape(x), bool)
    if low is not None:
        kept = kept & np.greater_equal(x, low)
    if high is not None:
        kept = kept & np.less_equal(x, high)
    return kept.astype(np.result_type(x))


def raised(x: Any, low: Any, high: Any) -> Any:
    """Return 1 where ``np.clip(x, low, high)`` gives ``low``, 0 elsewhere."""
    moved = np.less(x, low)
    if high is not None:
        moved = moved & np.less_equal(low, high)
    return moved.astype(np.result_type(x))


def lowered(x: Any, low: Any, high: Any) -> Any:
    """Return 1 where ``np.clip(x, low, high)`` gives ``high``, 0 elsewhere."""
    moved = np.greater(x, high)
    if low is not None:
        moved = moved | np.greater(low, high)
    return moved.astype(np.result_type(x))


def power_slope(x: Any, n: Any) -> Any:
    """Return d(x**n)/dx = n * x**(n - 1), which is 0 where ``n`` is 0, at ``x == 0`` too."""
    if isinstance(n, (int, float)):
        return n * x ** (n - 1) if n else 0.0
    return n * x ** np.where(np.equal(n, 0), 1, n - 1)


def power_log(z: Any, x: Any) -> Any:
    """Return d(x**n)/dn = z * log(x) with ``z = x**n``; 0 where ``x`` is 0, nan where it is negative."""
    if isinstance(x, (int, float)):
        return z * (math.log(x) if x > 0 else 0.0 if x == 0 else math.nan)
    if np.iscomplexobj(x):
        return z * np.log(np.where(np.equal(x, 0), 1, x))
    return z * np.log(np.where(np.greater(x, 0), x, np.where(np.less(x, 0), math.nan, np.ones_like(x))))


def divide_or_zero(x: Any, y: Any) -> Any:
    """Return ``x / y``, 0 where ``y`` is 0: the subgradient of a norm at the origin."""
    if isinstance(x, (int, float)) and isinstance(y, (int, float)):
        return x / y if y else 0.0
    if np.all(y):
        return x / y
    return np.divide(x, np.where(np.equal(y, 0), np.ones_like(y), y)) * np.not_equal(y, 0)


def log_ratio(x: Any, z: Any) -> Any:
    """Return ``x - z``, the logarithm of the share of ``x`` in ``z``; -inf where ``z`` is -inf."""
    impossible = np.isneginf(z)
    if not np.any(impossible):
        return x - z
    return np.where(impossible, z, x - np.where(impossible, np.zeros_like(z), z))


def sinc_slope(y: Any, x: Any) -> Any:
    """Return the derivative of ``y = np.sinc(x)``; by a Taylor series near 0, where the quotient cancels."""
    near = np.less(np.abs(x), 0.15)
    safe = np.where(near, np.ones_like(x), x)
    u = np.where(near, np.square(math.pi * np.asarray(x)), 0)
    series: Any = 0.0
    for k in range(8, 0, -1):  # sum of (-1)**k 2k u**(k-1) / (2k+1)!
        series = series * u + (-1.0) ** k * 2 * k / math.factorial(2 * k + 1)
    return np.where(near, math.pi**2 * x * series, (np.cos(math.pi * safe) - y) / safe)


# Chebyshev coefficients of exp(-x) i1(x) / x on [0, 8], in x / 4 - 1, and beyond of exp(-x) sqrt(x) i1(x), in
# 16 / x - 1
# fmt: off
_I1_NEAR = (
    0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499,
    0.024726449030626516, -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532,
    0.0005122859561685758, -0.00016176081582589674, 4.781565107550054e-05, -1.3273163656039436e-05,
    3.4702513081376785e-06, -8.568720264695455e-07, 2.0032947535521353e-07, -4.445059128796328e-08,
    9.381537386495773e-09, -1.8872497517228294e-09, 3.625590281552117e-10, -6.663489723502027e-11,
    1.1736186298890901e-11, -1.9839743977649436e-12, 3.223793365945575e-13, -5.042185504727912e-14,
    7.600684294735408e-15, -1.1055969477353862e-15, 1.5536319577362005e-16, -2.111421214358166e-17,
    2.7779141127610464e-18,
)
_I1_FAR = (
    0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-06,
    -2.512236237870209e-07, -2.6314688468895196e-08, -3.835380385964237e-09, -5.589743462196584e-10,
    -1.8974958123505413e-11, 3.2526035830154884e-11, 1.4125807436613782e-11, 2.0356285441470896e-12,
    -7.198551776245908e-13, -4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14,
    1.0420276984128802e-14, -3.8144030724370075e-15, -1.8803547755107825e-15, 3.3082023109209285e-16,
    2.96262899764595e-16, -3.209525921993424e-17, -4.6503053684893586e-17, 4.414348323071708e-18,
    7.517296310842105e-18, -9.314178867326884e-19, -1.242193275194891e-18,
)
# fmt: on


def i1(x: Any) -> Any:
    """Return the modified Bessel function of order one, the derivative of ``np.i0``."""
    size = np.abs(x)
    near = np.minimum(size, 8.0)
    far = np.maximum(size, 8.0)
    inner = near * np.polynomial.chebyshev.chebval(near / 4.0 - 1.0, _I1_NEAR)
    outer = np.polynomial.chebyshev.chebval(16.0 / far - 1.0, _I1_FAR) / np.sqrt(far)
    value = np.sign(x) * np.exp(size) * np.where(np.less_equal(size, 8.0), inner, outer)
    return value.astype(np.result_type(x))


def digamma(x: float) -> float:
    """Return the derivative of ``math.lgamma``."""
    if x <= 0.0 and x == math.floor(x):
        return math.nan
    if x < 0.0:
        return digamma(1.0 - x) - math.pi / math.tan(math.pi * x)
    shift = 0.0
    while x < 10.0:
        shift -= 1.0 / x
        x += 1.0
    u = 1.0 / (x * x)
    tail = 1 / 12 - u * (1 / 120 - u * (1 / 252 - u * (1 / 240 - u * (1 / 132 - u * (691 / 32760 - u / 12)))))
    return shift + math.log(x) - 0.5 / x - u * tail


def hypot_adjoint(ct: Any, y: Any, coordinates: Sequence[Any]) -> tuple[Any, ...]:
    """Return the cotangents of the operands of ``math.hypot``; 0 at the origin."""
    scale = divide_or_zero(ct, y)
    return tuple(scale * x for x in coordinates)


def dist_adjoint(ct: Any, y: Any, p: Any, q: Any) -> tuple[Any, Any]:
    """Return the cotangents of the two points of ``math.dist``; 0 where they coincide."""
    scale = divide_or_zero(ct, y)
    towards = [scale * (float(a) - float(b)) for a, b in zip(p, q, strict=True)]
    return as_cotangent(towards, p), as_cotangent([-t for t in towards], q)


def product_adjoint(ct: Any, factors: Any, start: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``math.prod(factors, start=start)``, right where factors are 0."""
    before = [start]
    for x in factors:
        before.append(before[-1] * x)
    after = 1.0 * ct
    slopes = []
    for x, left in zip(reversed(factors), reversed(before[:-1]), strict=True):
        slopes.append(after * left)
        after = after * x
    return as_cotangent(slopes[::-1], factors), after


# --- contractions ---


def _axes_of(x: Any) -> list[int]:
    return list(range(np.ndim(x)))


def dot_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.dot(a, b)``, for operands of any rank."""
    if np.ndim(a) == 0:
        return np.sum(ct * b)
    if np.ndim(b) == 0:
        return ct * b
    free = _axes_of(b)
    del free[-2 if np.ndim(b) > 1 else -1]
    return np.tensordot(ct, b, axes=(_axes_of(ct)[np.ndim(a) - 1 :], free))


def dot_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``np.dot(a, b)``, for operands of any rank."""
    if np.ndim(b) == 0:
        return np.sum(ct * a)
    if np.ndim(a) == 0:
        return ct * a
    free = _axes_of(a)[:-1]
    b_bar = np.tensordot(a, ct, axes=(free, free))
    return np.moveaxis(b_bar, 0, -2) if np.ndim(b) > 1 else b_bar


def inner_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.inner(a, b)``, for operands of any rank."""
    if np.ndim(a) == 0:
        return np.sum(ct * b)
    if np.ndim(b) == 0:
        return ct * b
    return np.tensordot(ct, b, axes=(_axes_of(ct)[np.ndim(a) - 1 :], _axes_of(b)[:-1]))


def inner_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``np.inner(a, b)``, for operands of any rank."""
    if np.ndim(b) == 0:
        return np.sum(ct * a)
    if np.ndim(a) == 0:
        return ct * a
    free = _axes_of(a)[:-1]
    return np.tensordot(ct, a, axes=(free, free))


def _as_matrix_product(ct: Any, a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Give ``ct``, ``a`` and ``b`` of ``a @ b`` the axes that ``matmul`` inserts for vectors."""
    if np.ndim(b) == 1:
        b = np.expand_dims(b, -1)
        ct = np.expand_dims(ct, -1)
    if np.ndim(a) == 1:
        a = np.expand_dims(a, 0)
        ct = np.expand_dims(ct, -2)
    return ct, a, b


def matmul_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``a @ b``, with stacked and broadcast matrices."""
    shape = np.shape(a)
    ct, a, b = _as_matrix_product(ct, a, b)
    if np.ndim(a) == 2 and np.ndim(b) > 2:  # one matrix for the whole stack: sum over it inside the product
        stack = [*_axes_of(b)[:-2], -1]
        return np.reshape(np.tensordot(ct, b, axes=(stack, stack)), shape)
    return np.reshape(unbroadcast(ct @ np.swapaxes(b, -1, -2), np.shape(a)), shape)


def matmul_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``a @ b``, with stacked and broadcast matrices."""
    shape = np.shape(b)
    ct, a, b = _as_matrix_product(ct, a, b)
    if np.ndim(b) == 2 and np.ndim(a) > 2:
        stack = _axes_of(a)[:-1]
        return np.reshape(np.tensordot(a, ct, axes=(stack, stack)), shape)
    return np.reshape(unbroadcast(np.swapaxes(a, -1, -2) @ ct, np.shape(b)), shape)


def _contracted_axes(a: Any, b: Any, axes: Any) -> tuple[list[int], list[int]]:
    """Return the axes of ``a`` and of ``b`` that ``np.tensordot`` pairs, counted from the front."""
    if np.ndim(axes) == 0 and not isinstance(axes, Sequence):
        count = int(axes)
        return _axes_of(a)[np.ndim(a) - count :], _axes_of(b)[:count]
    axes_a, axes_b = (np.atleast_1d(np.asarray(part, np.intp)) for part in axes)
    return [int(k) % np.ndim(a) for k in axes_a], [int(k) % np.ndim(b) for k in axes_b]


def tensordot_adjoint_left(ct: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the cotangent of ``a`` in ``np.tensordot(a, b, axes)``."""
    axes_a, axes_b = _contracted_axes(a, b, axes)
    free_a = [k for k in _axes_of(a) if k not in axes_a]
    free_b = [k for k in _axes_of(b) if k not in axes_b]
    ct = np.asarray(ct, np.result_type(ct, b))
    a_bar = np.tensordot(ct, b, axes=(_axes_of(ct)[len(free_a) :], free_b))
    places = free_a + [axes_a[k] for k in np.argsort(axes_b)]
    return np.transpose(a_bar, inverse_permutation(places))


def tensordot_adjoint_right(ct: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the cotangent of ``b`` in ``np.tensordot(a, b, axes)``."""
    axes_a, axes_b = _contracted_axes(a, b, axes)
    free_a = [k for k in _axes_of(a) if k not in axes_a]
    free_b = [k for k in _axes_of(b) if k not in axes_b]
    ct = np.asarray(ct, np.result_type(ct, a))
    b_bar = np.tensordot(a, ct, axes=(free_a, _axes_of(ct)[: len(free_a)]))
    places = [axes_b[k] for k in np.argsort(axes_a)] + free_b
    return np.transpose(b_bar, inverse_permutation(places))


def _einsum_labels(subscripts: str, ranks: tuple[int, ...]) -> tuple[list[list[str]], list[str]]:
    """Return the labels of the axes of the operands and of the result of an einsum, each a letter.

    The axes under an ellipsis get letters of their own, counted from the last axis, as they broadcast.
    """
    left, arrow, right = subscripts.replace(" ", "").partition("->")
    names: list[list[str]] = []
    covered = 0
    for term, rank in zip(left.split(","), ranks, strict=True):
        before, dots, after = term.partition("...")
        hidden = rank - len(before) - len(after) if dots else 0
        covered = max(covered, hidden)
        names.append([*before, *(f".{k}" for k in reversed(range(hidden))), *after])
    ellipsis = [f".{k}" for k in reversed(range(covered))]
    if arrow:
        before, dots, after = right.partition("...")
        result = [*before, *(ellipsis if dots else ()), *after]
    else:
        used = [name for term in names for name in term if not name.startswith(".")]
        result = ellipsis + sorted(name for name in set(used) if used.count(name) == 1)
    letters = dict(zip(dict.fromkeys(n for term in names for n in term), string.ascii_letters, strict=False))
    return [[letters[name] for name in term] for term in names], [letters[name] for name in result]


_WORTH_A_PLAN = 1 << 16
"""From this number of products on, an einsum is sent to BLAS where it can be."""


def _label_extents(terms: Sequence[Sequence[str]], shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
    """Return the extent of each label in order of appearance; an extent of 1 gives way to any other."""
    extents: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for label, extent in zip(term, shape, strict=True):
            if extents.get(label, 1) == 1:
                extents[label] = extent
    return extents


@functools.lru_cache(maxsize=512)
def _einsum_adjoint_plan(
    subscripts: str, shapes: tuple[tuple[int, ...], ...], k: int
) -> tuple[str, bool, tuple[int, ...] | None, str | None]:
    """Return how to compute the cotangent of operand ``k``.

    The subscripts of the einsum of ``ct`` and the other operands, whether it is large, the shape that its
    result gets before it is broadcast to that of the operand, and the subscripts of the diagonal it goes to.
    """
    terms, out = _einsum_labels(subscripts, tuple(len(shape) for shape in shapes))
    own = terms[k]
    others = [j for j in range(len(terms)) if j != k]
    extents = _label_extents([own], [shapes[k]])
    total = _label_extents(terms, shapes)
    elsewhere = _label_extents([terms[j] for j in others], [shapes[j] for j in others])
    elsewhere.update((label, total[label]) for label in out)
    factors = ["".join(labels) for labels in (out, *(terms[j] for j in others))]
    kept = [label for label, extent in extents.items() if label in elsewhere and extent != 1]
    value_shape = tuple(elsewhere[label] if label in kept else 1 for label in extents)
    repeated = len(extents) < len(own)
    plain = not repeated and len(kept) == len(own) and value_shape == shapes[k]
    return (
        ",".join(factors) + "->" + "".join(kept),
        math.prod(total.values()) >= _WORTH_A_PLAN,
        None if plain else value_shape,
        "".join(own) + "->" + "".join(extents) if repeated else None,
    )


def einsum_adjoint(ct: Any, subscripts: Any, operands: Sequence[Any], k: int, optimize: Any = False) -> Any:
    """Return the cotangent of ``operands[k]`` in ``np.einsum(subscripts, *operands)``.

    It is the einsum of ``ct`` and the other operands with the labels of operand ``k`` as its result. Labels
    that only operand ``k`` has are broadcast, and labels that it repeats address its diagonal.
    """
    einsum_subscripts_adjoint(subscripts)
    shapes = tuple(np.shape(operand) for operand in operands)
    adjoint, large, value_shape, diagonal = _einsum_adjoint_plan(subscripts, shapes, k)
    ct = np.asarray(ct, np.result_type(ct, operands[k]))
    others = [operand for j, operand in enumerate(operands) if j != k]
    value = np.einsum(adjoint, ct, *others, optimize=large or bool(optimize))
    if value_shape is None:
        return value
    value = np.reshape(value, value_shape)
    if diagonal is None:
        return np.broadcast_to(value, shapes[k])
    bar = np.zeros(shapes[k], value.dtype)
    np.einsum(diagonal, bar)[...] = value  # a writable view of the diagonal
    return bar


def einsum_adjoints(ct: Any, subscripts: Any, operands: Sequence[Any], optimize: Any = False) -> list[Any]:
    """Return the cotangents of all operands of ``np.einsum(subscripts, *operands)``."""
    return [einsum_adjoint(ct, subscripts, operands, k, optimize) for k in range(len(operands))]


def einsum_subscripts_adjoint(subscripts: Any) -> Any:
    """Refuse an einsum whose first argument is an array, which is the form with lists of labels."""
    if not isinstance(subscripts, str):
        raise NotImplementedError(
            "np.einsum with lists of labels has no derivative here: write the subscripts as a string"
        )


def trace_adjoint(ct: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the cotangent of an array of ``shape`` whose trace over two axes has the cotangent ``ct``."""
    return diagonal_adjoint(np.expand_dims(ct, -1), shape, offset, axis1, axis2)


def _kron_blocks(a: Any, b: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the shapes of ``a`` and ``b`` with the leading ones that ``np.kron`` gives the smaller rank."""
    rank = max(np.ndim(a), np.ndim(b))
    return (1,) * (rank - np.ndim(a)) + np.shape(a), (1,) * (rank - np.ndim(b)) + np.shape(b)


def kron_adjoint_left(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.kron(a, b)``."""
    outer, inner = _kron_blocks(a, b)
    blocks = np.reshape(ct, [n for pair in zip(outer, inner, strict=True) for n in pair])
    axes = list(range(len(inner)))
    a_bar = np.tensordot(blocks, np.reshape(b, inner), ([2 * k + 1 for k in axes], axes))
    return np.reshape(a_bar, np.shape(a))


def kron_adjoint_right(ct: Any, a: Any, b: Any) -> Any:
    """Return the cotangent of ``b`` in ``np.kron(a, b)``."""
    outer, inner = _kron_blocks(a, b)
    blocks = np.reshape(ct, [n for pair in zip(outer, inner, strict=True) for n in pair])
    axes = list(range(len(outer)))
    b_bar = np.tensordot(blocks, np.reshape(a, outer), ([2 * k for k in axes], axes))
    return np.reshape(b_bar, np.shape(b))


def vecdot_adjoint(ct: Any, other: Any, shape: tuple[int, ...], axis: int = -1) -> Any:
    """Return the cotangent of the operand of ``shape`` in a dot product along ``axis`` with ``other``."""
    moved = [*shape]
    moved.append(moved.pop(axis))
    bar = unbroadcast(np.expand_dims(ct, -1) * np.moveaxis(other, axis, -1), tuple(moved))
    return np.moveaxis(bar, -1, axis)


def _space_vectors(x: Any, axis: int) -> Any:
    """Return the vectors along ``axis`` in the last axis, plane ones with a third component of zero."""
    x = np.moveaxis(x, axis, -1)
    if np.shape(x)[-1] == 3:
        return x
    return np.concatenate([x, np.zeros_like(x[..., :1])], axis=-1)


def cross_adjoint(ct: Any, x: Any, other: Any, axis_x: int, axis_other: int, axis_ct: int) -> Any:
    """Return ``other x ct``, the cotangent of ``x`` in ``np.cross(x, other)``; negated if ``x`` is second."""
    plane = np.shape(x)[axis_x] == 2 and np.shape(other)[axis_other] == 2
    if plane:  # the result is the third component alone
        ct = np.expand_dims(ct, -1) * np.array([0.0, 0.0, 1.0], np.result_type(ct))
    else:
        ct = np.moveaxis(ct, axis_ct, -1)
    vectors = _space_vectors(x, axis_x)
    bar = unbroadcast(np.cross(_space_vectors(other, axis_other), ct), np.shape(vectors))
    return np.moveaxis(bar[..., : np.shape(x)[axis_x]], -1, axis_x)


def multi_dot_adjoint(ct: Any, arrays: Sequence[Any]) -> list[Any]:
    """Return the cotangents of the factors of ``np.linalg.multi_dot(arrays)``."""
    factors = [np.asarray(array) for array in arrays]
    if np.ndim(factors[0]) == 1:
        factors[0] = factors[0][None, :]
    if np.ndim(factors[-1]) == 1:
        factors[-1] = factors[-1][:, None]
    ct = np.reshape(ct, (factors[0].shape[0], factors[-1].shape[1]))
    bars = []
    for k, array in enumerate(arrays):
        before = [factor.T for factor in reversed(factors[:k])]
        after = [factor.T for factor in reversed(factors[k + 1 :])]
        bars.append(np.reshape(np.linalg.multi_dot([*before, ct, *after]), np.shape(array)))
    return bars


def matrix_power_adjoint(ct: Any, a: Any, n: int) -> Any:
    """Return the cotangent of ``a`` in ``np.linalg.matrix_power(a, n)``.

    It is ``sum_i (a.T)^i ct (a.T)^(n - 1 - i)``, the upper right block of the power of
    ``[[a.T, ct], [0, a.T]]``, for negative powers too (N. Higham, Functions of Matrices, 2008, 3.2).
    """
    transposed = np.swapaxes(a, -1, -2)
    size = np.shape(a)[-1]
    block = np.concatenate(
        [
            np.concatenate([transposed, ct], axis=-1),
            np.concatenate([np.zeros_like(transposed), transposed], axis=-1),
        ],
        axis=-2,
    )
    return np.linalg.matrix_power(block, n)[..., :size, size:]


# --- shaping ---


def inverse_permutation(axes: Sequence[int]) -> tuple[int, ...]:
    """Return the permutation of axes that undoes ``np.transpose(a, axes)``."""
    rank = len(axes)
    inverse = [0] * rank
    for place, axis in enumerate(axes):
        inverse[axis % rank] = place
    return tuple(inverse)


def diagonal_adjoint(ct: Any, shape: tuple[int, ...], offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return zeros of ``shape`` with ``ct`` on the diagonal that ``np.diagonal`` reads."""
    bar = np.zeros(shape, np.result_type(ct))
    diagonal = np.diagonal(bar, offset, axis1, axis2)
    diagonal.flags.writeable = True
    diagonal[...] = ct
    return bar


def reshape_adjoint(ct: Any, a: Any, order: Any) -> Any:
    """Return ``ct`` in the shape of ``a``, which ``reshape`` or ``ravel`` read in ``order``."""
    if order in ("A", "K"):
        flags = np.asarray(a).flags
        if order == "K" and not flags.forc:
            raise NotImplementedError("order='K' has no derivative here for arrays that are not contiguous")
        order = "F" if flags.fnc else "C"
    return np.reshape(np.ravel(ct, order), np.shape(a), order)


def reshape_each(cts: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    """Return each cotangent in the shape of its array."""
    return [np.reshape(ct, np.shape(array)) for ct, array in zip(cts, arrays, strict=True)]


def rollaxis_adjoint(ct: Any, axis: int, start: int) -> Any:
    """Move back the axis that ``np.rollaxis`` moved in front of the axis ``start``."""
    rank = np.ndim(ct)
    axis %= rank
    start = start + rank if start < 0 else start
    return np.moveaxis(ct, start - 1 if axis < start else start, axis)


def unbroadcast_each(cts: Sequence[Any], arrays: Sequence[Any]) -> list[Any]:
    """Return the cotangents of the arguments of ``np.broadcast_arrays``."""
    return [unbroadcast(ct, np.shape(array)) for ct, array in zip(cts, arrays, strict=True)]


def meshgrid_adjoint(cts: Sequence[Any], xi: Sequence[Any], indexing: str) -> list[Any]:
    """Return the cotangents of the coordinates of ``np.meshgrid``, sparse or not."""
    places = list(range(len(xi)))
    if indexing == "xy":
        places[:2] = reversed(places[:2])
    bars = []
    for ct, x, place in zip(cts, xi, places, strict=True):
        others = tuple(k for k in range(np.ndim(ct)) if k != place)
        bars.append(np.reshape(np.sum(ct, axis=others), np.shape(x)))
    return bars


def split_like(ct: Any, arrays: Any, axis: int | None = 0) -> Any:
    """Cut ``ct`` along ``axis`` into the shapes of ``arrays``: the cotangents of ``np.concatenate``."""
    bars = []
    start = 0
    for array in arrays:
        shape = np.shape(array)
        if axis is None:
            stop = start + math.prod(shape)
            bars.append(np.reshape(ct[start:stop], shape))
        else:
            stop = start + shape[axis]
            bars.append(ct[(*(slice(None),) * (axis % len(shape)), slice(start, stop))])
        start = stop
    return np.asarray(bars) if isinstance(arrays, np.ndarray) else bars


def unstack_like(ct: Any, arrays: Any, axis: int = 0) -> Any:
    """Take ``ct`` apart along ``axis``: the cotangents of ``np.stack``."""
    ct = np.moveaxis(ct, axis, 0)
    return ct if isinstance(arrays, np.ndarray) else list(ct)


def vstack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.vstack``."""
    return _split_promoted(ct, arrays, [np.atleast_2d(array) for array in arrays], 0)


def hstack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.hstack``."""
    promoted = [np.atleast_1d(array) for array in arrays]
    return _split_promoted(ct, arrays, promoted, min(promoted[0].ndim - 1, 1))


def dstack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.dstack``."""
    return _split_promoted(ct, arrays, [np.atleast_3d(array) for array in arrays], 2)


def column_stack_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the arrays of ``np.column_stack``."""
    promoted = [np.atleast_2d(array).T if np.ndim(array) < 2 else array for array in arrays]
    return _split_promoted(ct, arrays, promoted, 1)


def _split_promoted(ct: Any, arrays: Any, promoted: Sequence[Any], axis: int) -> Any:
    bars = reshape_each(split_like(ct, promoted, axis), arrays)
    return np.asarray(bars) if isinstance(arrays, np.ndarray) else bars


def block_adjoint(ct: Any, arrays: Any) -> Any:
    """Return the cotangents of the nested lists of ``np.block``, nested alike."""

    def depth(part: Any) -> int:
        return 1 + depth(part[0]) if isinstance(part, list) else 0

    def extent(part: Any, axis: int) -> int:
        """Return the size along ``axis`` (from the end) of what ``part`` becomes."""
        if not isinstance(part, list):
            return int(np.shape(part)[axis]) if np.ndim(part) >= -axis else 1
        sizes = [extent(member, axis) for member in part]
        return sum(sizes) if depth(part) == -axis else sizes[0]

    def cut(ct: Any, part: Any) -> Any:
        if not isinstance(part, list):
            return np.reshape(ct, np.shape(part))
        axis = -depth(part)
        places = np.cumsum([0, *(extent(member, axis) for member in part)])
        along = np.moveaxis(ct, axis, 0)
        pieces = [along[i:j] for i, j in itertools.pairwise(places)]
        return [cut(np.moveaxis(piece, 0, axis), member) for piece, member in zip(pieces, part, strict=True)]

    return cut(ct, arrays)


def split_adjoint(cts: Sequence[Any], shape: tuple[int, ...], sections: Any, axis: int = 0) -> Any:
    """Return the cotangent of an array of ``shape`` split at ``sections``; the parts may overlap."""
    bar = np.zeros(shape, np.result_type(*cts))
    for part, ct in zip(np.array_split(bar, sections, axis), cts, strict=True):
        np.add(part, ct, out=part)
    return bar


def scatter_add(ct: Any, places: Any, shape: tuple[int, ...]) -> Any:
    """Add each element of ``ct`` to its place (counted through the flattened array) in zeros of ``shape``."""
    bar = np.zeros(math.prod(shape), np.result_type(ct))
    np.add.at(bar, np.ravel(places), np.ravel(ct))
    return np.reshape(bar, shape)


def _places(shape: tuple[int, ...]) -> Any:
    """Number the elements of an array of ``shape``."""
    return np.reshape(np.arange(math.prod(shape)), shape)


def repeat_adjoint(ct: Any, shape: tuple[int, ...], repeats: Any, axis: int | None = None) -> Any:
    """Return the cotangent of an array of ``shape`` whose elements ``np.repeat`` repeated along ``axis``."""
    inner = (math.prod(shape),) if axis is None else shape
    axis = 0 if axis is None else axis % len(shape)
    size = inner[axis]
    if np.size(repeats) == 1:
        each = int(np.reshape(repeats, ()))
        blocks = np.reshape(ct, (*inner[:axis], size, each, *inner[axis + 1 :]))
        return np.reshape(np.sum(blocks, axis=axis + 1), shape)
    bar = np.zeros(inner, np.result_type(ct))
    used = np.flatnonzero(repeats)
    if used.size:
        starts = (np.cumsum(repeats) - repeats)[used]
        np.moveaxis(bar, axis, 0)[used] = np.add.reduceat(np.moveaxis(ct, axis, 0), starts, axis=0)
    return np.reshape(bar, shape)


def tile_adjoint(ct: Any, shape: tuple[int, ...], reps: Any) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.tile`` laid ``reps`` times side by side."""
    counts = [int(n) for n in np.atleast_1d(reps)]
    counts = [1] * (len(shape) - len(counts)) + counts
    inner = (1,) * (len(counts) - len(shape)) + shape
    tiles = np.reshape(ct, [n for pair in zip(counts, inner, strict=True) for n in pair])
    return np.reshape(np.sum(tiles, axis=tuple(range(0, 2 * len(inner), 2))), shape)


def _pad_pairs(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """Return the widths before and after each axis, in any spelling that ``np.pad`` takes."""
    if isinstance(pad_width, dict):
        widths = np.zeros((rank, 2), np.intp)
        for axis, width in pad_width.items():
            widths[axis] = width
    else:
        widths = np.broadcast_to(np.asarray(pad_width, np.intp), (rank, 2))
    return [(int(before), int(after)) for before, after in widths]


def _interior(shape: tuple[int, ...], pad_width: Any) -> tuple[slice, ...]:
    pairs = _pad_pairs(pad_width, len(shape))
    return tuple(slice(before, before + size) for size, (before, _) in zip(shape, pairs, strict=True))


def unpad(ct: Any, shape: tuple[int, ...], pad_width: Any) -> Any:
    """Return the part of ``ct`` that the array of ``shape`` had before ``np.pad`` put constants around it."""
    return ct[_interior(shape, pad_width)]


def pad_constant_adjoint(ct: Any, shape: tuple[int, ...], pad_width: Any, constant_values: Any) -> Any:
    """Return the cotangent of the constant that ``np.pad`` put around an array of ``shape``."""
    if np.ndim(constant_values) > 0:
        raise NotImplementedError("np.pad has a derivative here for one constant, not for one a side")
    rim = np.array(ct)
    rim[_interior(shape, pad_width)] = 0
    return np.sum(rim)


def _add_rows(x: Any, places: Any, rows: Any) -> None:
    """Add each of ``rows`` to its place in ``x``: by slices where there are few, as ``np.add.at`` is slow."""
    if len(places) * 8 < np.size(x):
        for place, row in zip(places, rows, strict=True):
            x[place] += row
    else:
        np.add.at(x, places, rows)


def pad_adjoint(
    ct: Any, shape: tuple[int, ...], pad_width: Any, mode: Any, reflect_type: str = "even"
) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.pad`` continued with its own elements."""
    if mode not in ("edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise NotImplementedError(f"np.pad has no derivative here for {mode=}, {reflect_type=}")
    ct = np.array(ct)
    for axis, (size, pair) in enumerate(zip(shape, _pad_pairs(pad_width, len(shape)), strict=True)):
        source = np.pad(np.arange(size), pair, mode=mode)
        before, end = pair[0], pair[0] + size
        along = np.moveaxis(ct, axis, 0)
        inside = along[before:end]
        _add_rows(inside, source[:before], along[:before])
        _add_rows(inside, source[end:], along[end:])
        ct = np.moveaxis(inside, 0, axis)
    return ct


def insert_adjoint(
    ct: Any, shape: tuple[int, ...], obj: Any, values_shape: tuple[int, ...], axis: int | None
) -> tuple[Any, Any]:
    """Return the cotangents of ``arr`` and ``values`` in ``np.insert(arr, obj, values, axis)``.

    Inserting the numbers of the elements in place of the elements tells where each of them went.
    """
    places = np.insert(_places(shape), obj, -1 - _places(values_shape), axis)
    kept = places >= 0
    arr_bar = scatter_add(ct[kept], places[kept], shape)
    return arr_bar, scatter_add(ct[~kept], -1 - places[~kept], values_shape)


def delete_adjoint(ct: Any, shape: tuple[int, ...], obj: Any, axis: int | None) -> Any:
    """Return the cotangent of an array of ``shape`` from which ``np.delete`` took slices away."""
    bar = np.zeros(shape, np.result_type(ct))
    if axis is None:
        bar.reshape(-1)[np.delete(np.arange(bar.size), obj)] = ct
    else:
        along = np.moveaxis(bar, axis, 0)
        along[np.delete(np.arange(shape[axis]), obj)] = np.moveaxis(ct, axis, 0)
    return bar


def resize_adjoint(ct: Any, shape: tuple[int, ...]) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.resize`` repeated to the shape of ``ct``."""
    size = math.prod(shape)
    if size == 0:
        return np.zeros(shape, np.result_type(ct))
    return scatter_add(ct, np.arange(np.size(ct)) % size, shape)


# --- casts and creation ---


def as_cotangent(ct: Any, x: Any) -> Any:
    """Return ``ct`` in the structure, shape and dtype of ``x``: the adjoint of a conversion."""
    if isinstance(x, (list, tuple)):
        return type(x)([as_cotangent(ct[i], part) for i, part in enumerate(x)])
    if isinstance(x, (int, float)) and not isinstance(x, np.generic):
        return float(np.real(np.reshape(ct, ())))
    dtype = np.result_type(x)
    if not np.issubdtype(dtype, np.inexact):
        dtype = np.dtype(float)
    if np.iscomplexobj(ct) and not np.issubdtype(dtype, np.complexfloating):
        ct = np.real(ct)
    shaped = np.reshape(np.asarray(ct), np.shape(x)).astype(dtype, copy=False)
    return shaped[()] if isinstance(x, np.generic) else shaped


def cast_adjoint(ct: Any, y: Any, x: Any) -> Any:
    """Return the cotangent of ``x`` for ``y = x.astype(dtype)``: 0 where the cast went to integers."""
    return as_cotangent(ct if np.issubdtype(np.result_type(y), np.inexact) else np.zeros(np.shape(x)), x)


def item_adjoint(ct: Any, a: Any, index: Any) -> Any:
    """Return the cotangent of ``a`` for ``a.item(*index)``: ``ct`` at one place, 0 elsewhere."""
    a_bar = np.zeros(np.shape(a), np.result_type(a))
    where = index[0] if len(index) == 1 else index
    if not isinstance(where, tuple):
        where = np.unravel_index(where % a_bar.size, a_bar.shape)
    a_bar[where if where else (0,) * a_bar.ndim] = ct
    return a_bar


def linspace_adjoint(ct: Any, start: Any, stop: Any, num: int, endpoint: bool, axis: int) -> tuple[Any, Any]:
    """Return the cotangents of the two ends of ``np.linspace``."""
    intervals = num - 1 if endpoint else num
    weights = np.arange(num) / max(intervals, 1)
    ct = np.moveaxis(np.asarray(ct), axis, 0)
    stop_bar = np.tensordot(weights, ct, 1)
    start_bar = np.sum(ct, 0) - stop_bar
    return (
        as_cotangent(unbroadcast(start_bar, np.shape(start)), start),
        as_cotangent(unbroadcast(stop_bar, np.shape(stop)), stop),
    )


# --- reductions ---


def axis_size(x: Any, axis: Any) -> int:
    """Return how many elements of ``x`` a reduction over ``axis`` takes together."""
    shape = np.shape(x)
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[k] for k in (axis if isinstance(axis, tuple) else (axis,)))


def reduced_count(x: Any, axis: Any, where: Any) -> Any:
    """Return how many elements a masked reduction takes together, with reduced axes of length 1."""
    return np.sum(np.broadcast_to(where, np.shape(x)), axis=axis, keepdims=True)


def restore_axes(y: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """Return ``y``, reduced from ``x`` over ``axis``, with its reduced axes as axes of length 1."""
    if axis is None:
        return np.reshape(y, (1,) * np.ndim(x))
    return y if keepdims else np.expand_dims(y, axis)


def masked_var_adjoint(ct: Any, a: Any, axis: Any, ddof: Any, where: Any, mean: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``mean`` for ``np.var`` with a mask or a given mean."""
    count = reduced_count(a, axis, where) - ddof
    about = np.mean(a, axis=axis, keepdims=True, where=where) if mean is None else mean
    a_bar = np.where(where, (2.0 * ct / count) * (a - about), 0.0)
    mean_bar = None if mean is None else unbroadcast(-a_bar, np.shape(mean))
    return as_cotangent(a_bar, a), mean_bar


def prod_adjoint(ct: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``initial`` for ``np.prod``, right where factors are 0."""
    ct = restore_axes(ct, a, axis, keepdims)
    factors = a if where is True else np.where(where, a, np.ones_like(a))
    if np.all(factors):
        product = np.prod(factors, axis=axis, keepdims=True)
        others = product / factors
    else:
        zero = np.equal(factors, 0)
        zeros = np.sum(zero, axis=axis, keepdims=True)
        nonzero = np.where(zero, np.ones_like(a), factors)
        product = np.prod(nonzero, axis=axis, keepdims=True)
        others = np.where(zero, zeros == 1, zeros == 0) * (product / nonzero)
        product = product * (zeros == 0)
    initial_bar = np.sum(ct * product)
    if initial is not None:
        others = others * initial
    a_bar = ct * others
    return a_bar if where is True else np.where(where, a_bar, 0.0), initial_bar


def extremum_adjoint(
    ct: Any, y: Any, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``initial`` for a maximum or minimum: ties share equally."""
    ct = restore_axes(ct, a, axis, keepdims)
    y = restore_axes(y, a, axis, keepdims)
    chosen = np.equal(a, y) & where
    count = np.sum(chosen, axis=axis, keepdims=True)
    if initial is None:
        initial_bar = None
    else:
        count = count + np.equal(initial, y)
        initial_bar = np.sum(ct * np.equal(initial, y) / np.maximum(count, 1))
    share = ct / np.maximum(count, 1).astype(np.result_type(a))
    return share * chosen, initial_bar


def ptp_adjoint(ct: Any, a: Any, axis: Any, keepdims: Any) -> Any:
    """Return the cotangent of ``a`` for ``np.ptp``, the largest less the smallest."""
    ct = restore_axes(ct, a, axis, keepdims)
    high = extremum_adjoint(ct, np.max(a, axis=axis, keepdims=True), a, axis, True, None, True)[0]
    return high - extremum_adjoint(ct, np.min(a, axis=axis, keepdims=True), a, axis, True, None, True)[0]


def cumprod_adjoint(ct: Any, y: Any, a: Any, axis: Any) -> Any:
    """Return the cotangent of ``a`` for ``y = np.cumprod(a, axis)``, right where factors are 0."""
    if axis is None:
        return np.reshape(cumprod_adjoint(ct, y, np.ravel(a), 0), np.shape(a))
    zero = np.equal(a, 0)
    weighted = np.flip(np.cumsum(np.flip(ct * y, axis), axis=axis), axis)
    if not np.any(zero):
        return weighted / a
    # up to the first 0 the running product sees every factor, at it all but that one, behind it none
    zeros = np.cumsum(zero, axis=axis)
    first = zero & (zeros == 1)
    without = np.cumprod(np.where(first, np.ones_like(a), a), axis=axis)
    at_first = np.flip(np.cumsum(np.flip(ct * without, axis), axis=axis), axis)
    a_bar = np.where(zeros == 0, weighted / np.where(zero, np.ones_like(a), a), 0.0)
    return np.where(first, at_first, a_bar)


def running_extremum_adjoint(ct: Any, y: Any, axis: int) -> Any:
    """Return the adjoint of ``y = np.maximum.accumulate(a, axis)``: a value comes from where it was first."""
    y = np.moveaxis(np.asarray(y), axis, 0)
    fresh = np.ones(y.shape, bool)
    fresh[1:] = y[1:] != y[:-1]
    steps = np.reshape(np.arange(y.shape[0]), (-1,) + (1,) * (y.ndim - 1))
    source = np.maximum.accumulate(np.where(fresh, steps, 0), axis=0)
    a_bar = np.zeros(y.shape, np.result_type(ct))
    rest = np.indices(y.shape)[1:]
    np.add.at(a_bar, (source, *rest), np.moveaxis(np.asarray(ct), axis, 0))
    return np.moveaxis(a_bar, 0, axis)


def norm_adjoint(ct: Any, y: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the cotangent of ``x`` for ``np.linalg.norm``; 0 where the norm is 0."""
    ct = restore_axes(ct, x, axis, keepdims)
    y = restore_axes(y, x, axis, keepdims)
    if axis is None:
        axis = tuple(range(np.ndim(x)))
    matrix = isinstance(axis, tuple) and len(axis) == 2
    if matrix and ord is not None:
        return matrix_norm_adjoint(ct, y, x, ord, axis)
    return vector_norm_adjoint(ct, y, x, 2 if ord is None else ord, axis)


def vector_norm_adjoint(ct: Any, y: Any, x: Any, ord: Any, axis: Any) -> Any:
    """Return the cotangent of ``x`` for its vector norm ``y`` over ``axis``, kept in ``y`` and ``ct``."""
    if ord == 2:
        return (np.conj(x) if np.iscomplexobj(x) else x) * divide_or_zero(ct, y)
    if ord == 0:
        return np.zeros_like(x)
    if ord == 1:
        return sign(x) * ct
    size = np.abs(x)
    if abs(ord) == math.inf:
        chosen = np.equal(size, y)
        count = np.sum(chosen, axis=axis, keepdims=True)
        return sign(x) * (chosen * (ct / count.astype(size.dtype)))
    present = np.not_equal(size, 0)
    ratio = np.where(present, divide_or_zero(size, y), np.ones_like(size))
    return sign(x) * (present * ct * np.not_equal(y, 0) * ratio ** (ord - 1))


def matrix_norm_adjoint(ct: Any, y: Any, x: Any, ord: Any, axis: tuple[int, int]) -> Any:
    """Return the cotangent of ``x`` for its matrix norm ``y`` over the two axes, kept in ``y`` and ``ct``."""
    if ord == "fro":
        return np.conj(x) * divide_or_zero(ct, y)
    if ord in (1, -1, math.inf, -math.inf):
        summed, kept = axis if abs(ord) == 1 else axis[::-1]
        sums = np.sum(np.abs(x), axis=summed, keepdims=True)
        chosen = np.equal(sums, y)
        count = np.sum(chosen, axis=kept, keepdims=True)
        return sign(x) * (chosen * (ct / count.astype(sums.dtype)))
    u, s, vh = np.linalg.svd(np.moveaxis(x, axis, (-2, -1)), full_matrices=False)
    if ord == "nuc":
        slope = u @ vh
    else:
        chosen = np.equal(s, np.max(s, -1, keepdims=True) if ord > 0 else np.min(s, -1, keepdims=True))
        slope = (u * (chosen / np.sum(chosen, -1, keepdims=True).astype(s.dtype))[..., None, :]) @ vh
    return ct * np.moveaxis(np.conj(slope), (-2, -1), axis)


def average_adjoint(
    ct: Any, y: Any, a: Any, axis: Any, weights: Any, keepdims: Any, returned: bool
) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``weights`` for a weighted ``np.average``."""
    total_bar: Any = 0
    if returned:
        (ct, total_bar), y = ct, y[0]
        total_bar = restore_axes(total_bar, a, axis, keepdims)
    ct = restore_axes(ct, a, axis, keepdims)
    y = restore_axes(y, a, axis, keepdims)
    if np.shape(weights) == np.shape(a):
        scale = ct / np.sum(weights, axis=axis, keepdims=True)
        return scale * weights, scale * (a - y) + total_bar
    # the weights have one axis for each averaged axis of ``a``, in the order in which these are named
    axes = tuple(k % np.ndim(a) for k in (axis if isinstance(axis, tuple) else (axis,)))
    others = tuple(k for k in range(np.ndim(a)) if k not in axes)
    order = np.argsort(axes)
    spread = np.expand_dims(np.transpose(weights, order), others)
    scale = ct / np.sum(spread, axis=axes, keepdims=True)
    spread_bar = np.sum(scale * (a - y) + total_bar, axis=others)
    return scale * spread, np.transpose(spread_bar, np.argsort(order))


def spread_difference(ct: Any, axis: int) -> Any:
    """Return the adjoint of ``np.diff(a, axis=axis)``: one element longer along ``axis``."""
    widths = [(0, 0)] * np.ndim(ct)
    widths[axis] = (1, 1)
    return -np.diff(np.pad(ct, widths), axis=axis)


def diff_adjoint(ct: Any, a: Any, n: int, axis: int, prepend: Any, append: Any) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``a``, ``prepend`` and ``append`` for ``np.diff``."""

    def length(part: Any) -> int:
        return 0 if part is None else np.shape(part)[axis] if np.ndim(part) else 1

    lead, own, tail = length(prepend), length(a), length(append)
    if n < lead + own + tail:
        for _ in range(n):
            ct = spread_difference(ct, axis)
    else:
        shape = list(np.shape(a))
        shape[axis] = lead + own + tail
        ct = np.zeros(shape, np.result_type(ct))
    first, middle, last = np.split(ct, [lead, lead + own], axis=axis)
    return (
        middle,
        None if prepend is None else unbroadcast(first, np.shape(prepend)),
        None if append is None else unbroadcast(last, np.shape(append)),
    )


def trapezoid_adjoint(ct: Any, y: Any, x: Any, dx: Any, axis: int) -> tuple[Any, Any, Any]:
    """Return the cotangents of ``y``, ``x`` and ``dx`` for ``np.trapezoid``."""
    ct = np.expand_dims(ct, axis)
    y = np.moveaxis(np.asarray(y), axis, -1)
    ct = np.moveaxis(ct, axis, -1)
    if x is None:
        step = dx
    elif np.ndim(x) == 1:
        step = np.diff(x)
    else:
        step = np.diff(np.moveaxis(np.asarray(x), axis, -1), axis=-1)
    middle_bar = np.broadcast_to(0.5 * ct * step, (*y.shape[:-1], y.shape[-1] - 1))
    y_bar = np.zeros(y.shape, middle_bar.dtype)
    y_bar[..., :-1] += middle_bar
    y_bar[..., 1:] += middle_bar
    step_bar = unbroadcast(0.5 * ct * (y[..., 1:] + y[..., :-1]), np.shape(step))
    if x is None:
        return np.moveaxis(y_bar, -1, axis), None, step_bar
    x_bar = spread_difference(step_bar, -1)
    return np.moveaxis(y_bar, -1, axis), x_bar if np.ndim(x) == 1 else np.moveaxis(x_bar, -1, axis), None



# --- sorting and selecting ---


def sort_adjoint(ct: Any, a: Any, axis: int | None = -1) -> Any:
    """Return the cotangent of ``a`` in ``np.sort(a, axis)``."""
    if axis is None:
        return np.reshape(sort_adjoint(ct, np.ravel(a), 0), np.shape(a))
    bar = np.empty(np.shape(a), np.result_type(ct))
    np.put_along_axis(bar, np.argsort(a, axis=axis, kind="stable"), ct, axis)
    return bar


def partition_adjoint(ct: Any, result: Any, a: Any, axis: int | None = -1) -> Any:
    """Return the cotangent of ``a`` whose elements ``np.partition`` put in the order of ``result``.

    Sorting both shows which is which; ``np.argpartition`` may not choose the same order as ``np.partition``.
    """
    if axis is None:
        return np.reshape(partition_adjoint(ct, result, np.ravel(a), 0), np.shape(a))
    ct = np.take_along_axis(ct, np.argsort(result, axis=axis, kind="stable"), axis)
    return sort_adjoint(ct, a, axis)


def take_adjoint(
    ct: Any, shape: tuple[int, ...], indices: Any, axis: int | None = None, mode: str = "raise"
) -> Any:
    """Return the cotangent of an array of ``shape`` from which ``np.take`` read along ``axis``."""
    inner = (math.prod(shape),) if axis is None else shape
    axis = 0 if axis is None else axis % len(shape)
    size, tail = inner[axis], math.prod(inner[axis + 1 :])
    indices = np.ravel(np.clip(indices, 0, size - 1) if mode == "clip" else np.asarray(indices) % size)
    heads = np.arange(math.prod(inner[:axis])) * (size * tail)
    places = heads[:, None, None] + (indices * tail)[:, None] + np.arange(tail)
    return scatter_add(ct, places, shape)


def take_along_axis_adjoint(ct: Any, shape: tuple[int, ...], indices: Any, axis: int | None = -1) -> Any:
    """Return the cotangent of an array of ``shape`` that ``np.take_along_axis`` read at ``indices``."""
    if axis is None:
        return scatter_add(ct, np.asarray(indices) % math.prod(shape), shape)
    axis %= len(shape)
    places: Any = 0
    for k, size in enumerate(shape):
        along = np.reshape(np.arange(size), (size, *(1,) * (len(shape) - k - 1)))
        places = places * size + (np.asarray(indices) % size if k == axis else along)
    return scatter_add(ct, np.broadcast_to(places, np.shape(ct)), shape)


def choose_adjoint(ct: Any, a: Any, choices: Any, mode: str = "raise") -> Any:
    """Return the cotangents of the choices of ``np.choose(a, choices)``."""
    count = len(choices)
    if mode == "wrap":
        a = np.asarray(a) % count
    elif mode == "clip":
        a = np.clip(a, 0, count - 1)
    zero = np.zeros((), np.result_type(ct))
    bars = [unbroadcast(np.where(np.equal(a, k), ct, zero), np.shape(choices[k])) for k in range(count)]
    return np.asarray(bars) if isinstance(choices, np.ndarray) else bars


def select_adjoint(ct: Any, condlist: Any, choicelist: Any, default: Any) -> tuple[list[Any], Any]:
    """Return the cotangents of the choices and the default of ``np.select``; the first true one counts."""
    bars = []
    zero = np.zeros((), np.result_type(ct))
    for condition, choice in zip(condlist, choicelist, strict=True):
        bars.append(unbroadcast(np.where(condition, ct, zero), np.shape(choice)))
        ct = np.where(condition, zero, ct)
    return bars, unbroadcast(ct, np.shape(default))


_QUANTILE_WEIGHTS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda t: t,
    "lower": np.zeros_like,
    "higher": np.ceil,
    "midpoint": lambda t: 0.5 * np.ceil(t),
}
"""The weight of the upper neighbour, for a quantile at the fraction ``t`` between two elements."""


def quantile_adjoint(ct: Any, a: Any, q: Any, axis: Any = None, method: str = "linear") -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``q`` in ``np.quantile(a, q, axis)``."""
    if method not in _QUANTILE_WEIGHTS:
        raise NotImplementedError(f"quantiles have no derivative here for method={method!r}")
    a, q = np.asarray(a), np.asarray(q)
    axes = range(a.ndim) if axis is None else [k % a.ndim for k in np.atleast_1d(axis)]
    rest = [k for k in range(a.ndim) if k not in axes]
    order = [*rest, *axes]
    kept = [a.shape[k] for k in rest]
    rows = np.reshape(np.transpose(a, order), (math.prod(kept), math.prod(a.shape[k] for k in axes)))
    size = rows.shape[1]
    if size == 0:
        return np.zeros(a.shape, a.dtype), np.zeros(q.shape, q.dtype)
    cts = np.reshape(ct, (q.size, rows.shape[0]))
    ranks = np.argsort(rows, axis=1, kind="stable")
    place = np.ravel(q) * (size - 1)
    low = np.clip(np.floor(place).astype(np.intp), 0, size - 1)
    high = np.minimum(low + 1, size - 1)
    weight = _QUANTILE_WEIGHTS[method](place - low).astype(a.dtype)
    bar = np.zeros(rows.shape, a.dtype)
    np.add.at(bar.T, low, cts * (1 - weight)[:, None])
    np.add.at(bar.T, high, cts * weight[:, None])
    a_bar = np.empty_like(bar)
    np.put_along_axis(a_bar, ranks, bar, axis=1)
    a_bar = np.transpose(np.reshape(a_bar, [a.shape[k] for k in order]), inverse_permutation(order))
    values = np.take_along_axis(rows, ranks, axis=1)
    slope = (values[:, high] - values[:, low]).T * (size - 1 if method == "linear" else 0)
    return a_bar, np.reshape(np.sum(cts * slope, axis=1), q.shape)


# --- interpolation and convolution ---


def _interp_cells(x: Any, xp: Any) -> tuple[Any, Any, Any, Any]:
    """Return the neighbours of each ``x`` in ``xp``, their distance (never 0) and the place between."""
    x, xp = np.asarray(x), np.asarray(xp)
    last = len(xp) - 1
    low = np.clip(np.searchsorted(xp, x, side="right") - 1, 0, max(last - 1, 0))
    high = np.minimum(low + 1, last)
    width = np.where(high > low, xp[high] - xp[low], 1)
    return low, high, width, np.clip((x - xp[low]) / width, 0, 1)


def _interp_inside(x: Any, xp: Any) -> Any:
    return np.greater_equal(x, xp[0]) & np.less_equal(x, xp[-1])


def interp_slope(x: Any, xp: Any, fp: Any) -> Any:
    """Return the derivative of ``np.interp(x, xp, fp)`` with respect to ``x``."""
    low, high, width, _ = _interp_cells(x, xp)
    fp = np.asarray(fp)
    return np.where(_interp_inside(x, xp), (fp[high] - fp[low]) / width, 0)


def interp_adjoint_xp(ct: Any, x: Any, xp: Any, fp: Any) -> Any:
    """Return the cotangent of ``xp`` in ``np.interp(x, xp, fp)``."""
    low, high, _, t = _interp_cells(x, xp)
    pull = -ct * interp_slope(x, xp, fp)
    return scatter_add(pull * (1 - t), low, np.shape(xp)) + scatter_add(pull * t, high, np.shape(xp))


def interp_adjoint_fp(ct: Any, x: Any, xp: Any, left: Any = None, right: Any = None) -> Any:
    """Return the cotangent of ``fp`` in ``np.interp(x, xp, fp, left, right)``."""
    low, high, _, t = _interp_cells(x, xp)
    if left is not None:
        ct = np.where(np.less(x, xp[0]), 0, ct)
    if right is not None:
        ct = np.where(np.greater(x, xp[-1]), 0, ct)
    return scatter_add(ct * (1 - t), low, np.shape(xp)) + scatter_add(ct * t, high, np.shape(xp))


def _unfold(ct: Any, other: Any, size: int, start: int) -> Any:
    """Return the cotangent of the operand with ``size`` elements of the full convolution with ``other``.

    ``ct`` belongs to the part of the full convolution that begins at ``start``.
    """
    full = np.zeros(size + np.size(other) - 1, np.result_type(ct))
    full[start : start + np.size(ct)] = ct
    return np.convolve(full, np.atleast_1d(other)[::-1], "valid")


def convolve_adjoint(ct: Any, x: Any, other: Any, mode: str = "full") -> Any:
    """Return the cotangent of the operand ``x`` that ``np.convolve`` folded with ``other``."""
    short = min(np.size(x), np.size(other))
    start = {"full": 0, "same": (short - 1) // 2, "valid": short - 1}[mode]
    return np.reshape(_unfold(ct, other, np.size(x), start), np.shape(x))


def _correlate_start(a: Any, v: Any, mode: str) -> int:
    """Return where the result of ``np.correlate`` begins in the full one; a longer ``v`` swaps them."""
    short = min(np.size(a), np.size(v))
    centre = short // 2 if np.size(v) > np.size(a) else (short - 1) // 2
    return {"full": 0, "same": centre, "valid": short - 1}[mode]


def correlate_adjoint_left(ct: Any, a: Any, v: Any, mode: str = "valid") -> Any:
    """Return the cotangent of ``a`` in ``np.correlate(a, v, mode)``, a convolution with ``conj(v)[::-1]``."""
    flipped = np.conj(np.atleast_1d(v)[::-1])
    return np.reshape(_unfold(ct, flipped, np.size(a), _correlate_start(a, v, mode)), np.shape(a))


def correlate_adjoint_right(ct: Any, a: Any, v: Any, mode: str = "valid") -> Any:
    """Return the cotangent of ``v`` in ``np.correlate(a, v, mode)``."""
    v_bar = np.conj(_unfold(ct, a, np.size(v), _correlate_start(a, v, mode))[::-1])
    return np.reshape(v_bar, np.shape(v))


# --- linear algebra ---


# Derivatives of complex factorisations are mostly stated for gradients, the conjugates of cotangents: the
# functions below conjugate what comes in and what goes out. On real numbers that does nothing.


def _adjoint_matrix(x: Any) -> Any:
    """Return the conjugate transpose of stacked matrices."""
    return np.conj(np.swapaxes(x, -1, -2))


def _times_diagonal(x: Any, d: Any) -> Any:
    """Return ``x @ diag(d)`` for stacks of matrices and of vectors."""
    return x * np.expand_dims(d, -2)


def _reciprocal_differences(w: Any) -> Any:
    """Return ``1 / (w[j] - w[i])`` at ``[i, j]``, and 0 where the two are equal."""
    gaps = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    return np.where(gaps == 0, 0, 1 / np.where(gaps == 0, 1, gaps))


def _triangle_gradient(full: Any, lower: bool) -> Any:
    """Return the gradient in the one triangle that is read, from that of the whole Hermitian matrix."""
    full = full + _adjoint_matrix(full)
    triangle = np.tril(full, -1) if lower else np.triu(full, 1)
    return np.conj(triangle + full * 0.5 * np.eye(np.shape(full)[-1], dtype=np.result_type(full)))


def solve_adjoint(ct: Any, x: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the cotangents of stacked ``a`` and ``b`` in ``np.linalg.solve(a, b)`` (Giles 2008, 2.3.1)."""
    shape = np.shape(b)
    vector = len(shape) == 1
    if vector:
        ct, x, shape = np.expand_dims(ct, -1), np.expand_dims(x, -1), (*shape, 1)
    b_bar = np.linalg.solve(np.swapaxes(a, -1, -2), ct)
    a_bar = unbroadcast(-b_bar @ np.swapaxes(x, -1, -2), np.shape(a))
    return a_bar, np.reshape(unbroadcast(b_bar, shape), np.shape(b))


def cofactors(a: Any, det: Any) -> Any:
    """Return the derivatives of ``det = np.linalg.det(a)``, for singular matrices too.

    By ``det * inv(a).T`` where there is an inverse, else from the singular values:
    ``det(u) det(vh) conj(u) s' conj(vh)`` with the products of all the other singular values in ``s'``.
    """
    if np.all(np.not_equal(det, 0)):
        return np.expand_dims(det, (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)
    u, s, vh = np.linalg.svd(a)
    size = np.shape(s)[-1]
    others = np.where(np.eye(size, dtype=bool), np.ones((), s.dtype), np.expand_dims(s, -2))
    scale = np.linalg.det(u) * np.linalg.det(vh)
    rotated = _times_diagonal(np.conj(u), np.prod(others, axis=-1)) @ np.conj(vh)
    return np.expand_dims(scale, (-2, -1)) * rotated


def slogdet_adjoint(ct: Any, result: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in ``np.linalg.slogdet(a)``; the sign moves if ``a`` is complex."""
    sign_bar, logdet_bar = ct
    scale = logdet_bar
    if np.iscomplexobj(a):
        scale = scale - 1j * np.real(1j * sign_bar * result[0])
    return np.expand_dims(scale, (-2, -1)) * np.swapaxes(np.linalg.inv(a), -1, -2)


def cholesky_adjoint(ct: Any, factor: Any, upper: bool = False) -> Any:
    """Return the cotangent of ``a`` in ``factor = np.linalg.cholesky(a)``, in the triangle that is read.

    I. Murray, Differentiation of the Cholesky decomposition, 2016.
    """
    gradient = np.conj(ct)
    if upper:
        factor, gradient = _adjoint_matrix(factor), _adjoint_matrix(gradient)
    transposed = _adjoint_matrix(factor)
    inner = np.tril(transposed @ gradient)
    inner = inner - 0.5 * inner * np.eye(np.shape(factor)[-1], dtype=np.result_type(inner))
    half = np.linalg.solve(transposed, inner)
    full = _adjoint_matrix(np.linalg.solve(transposed, _adjoint_matrix(half)))
    return _triangle_gradient(0.5 * (full + _adjoint_matrix(full)), not upper)


def eigh_adjoint(ct: Any, result: Any, uplo: Any = "L") -> Any:
    """Return the cotangent of ``a`` in ``w, v = np.linalg.eigh(a)``, in the triangle that is read.

    Giles 2008, 3.1, with a symmetric result. Of equal eigenvalues, only functions that
    do not depend on the choice of their vectors have a derivative.
    """
    w, v = result
    w_bar, v_bar = ct
    inner = np.zeros(np.shape(v), np.result_type(v))
    if v_bar is not None:
        inner = _reciprocal_differences(w) * (_adjoint_matrix(v) @ np.conj(v_bar))
    if w_bar is not None:
        inner = inner + _times_diagonal(np.eye(np.shape(w)[-1], dtype=np.result_type(w)), w_bar)
    full = v @ inner @ _adjoint_matrix(v)
    return _triangle_gradient(0.5 * (full + _adjoint_matrix(full)), uplo.upper() == "L")


def eigvalsh_adjoint(ct: Any, a: Any, uplo: Any = "L") -> Any:
    """Return the cotangent of ``a`` in ``np.linalg.eigvalsh(a)``, in the triangle that is read."""
    return eigh_adjoint((ct, None), np.linalg.eigh(a, uplo), uplo)


def svd_adjoint(ct: Any, result: Any) -> Any:
    """Return the cotangent of ``a`` in ``u, s, vh = np.linalg.svd(a)``.

    J. Townsend, Differentiating the singular value decomposition, 2016; for complex numbers also Z.-Q. Wan
    and S.-X. Zhang, Automatic differentiation for complex valued SVD, 2019.
    """
    u, s, vh = result
    u_bar, s_bar, vh_bar = ct
    count = np.shape(s)[-1]
    completed = (u_bar is not None and np.any(u_bar[..., count:])) or (
        vh_bar is not None and np.any(vh_bar[..., count:, :])
    )
    if completed:  # any rotation of these vectors would do as well
        raise NotImplementedError("np.linalg.svd has no derivative in the vectors that complete its bases")
    u, vh = u[..., :count], vh[..., :count, :]
    v = _adjoint_matrix(vh)
    inverse = np.where(s == 0, 0, 1 / np.where(s == 0, 1, s))
    gaps = _reciprocal_differences(s * s)
    inner = np.zeros((*np.shape(s), count), np.result_type(u))
    outside = np.zeros((), np.result_type(u))
    if s_bar is not None:
        inner = inner + _times_diagonal(np.eye(count, dtype=np.result_type(s)), s_bar)
    if u_bar is not None:
        u_bar = np.conj(u_bar[..., :count])
        overlap = _adjoint_matrix(u) @ u_bar
        skew = gaps * overlap
        inner = inner + _times_diagonal(skew + _adjoint_matrix(skew), s)
        outside = outside + _times_diagonal(u_bar - u @ overlap, inverse) @ vh
    if vh_bar is not None:
        v_bar = np.swapaxes(vh_bar[..., :count, :], -1, -2)
        overlap = vh @ v_bar
        skew = gaps * overlap
        inner = inner + np.expand_dims(s, -1) * (skew + _adjoint_matrix(skew))
        if np.iscomplexobj(overlap):
            phase = _adjoint_matrix(overlap) - overlap
            inner = inner + 0.5 * _times_diagonal(np.eye(count) * phase, inverse)
        outside = outside + _times_diagonal(u, inverse) @ _adjoint_matrix(v_bar - v @ overlap)
    return np.conj(u @ inner @ vh + outside)


def singular_values_adjoint(ct: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in its singular values."""
    u, _, vh = np.linalg.svd(a, full_matrices=False)
    return np.conj(_times_diagonal(u, ct) @ vh)


def qr_adjoint(ct: Any, result: Any, a: Any, mode: str = "reduced") -> Any:
    """Return the cotangent of ``a`` in ``q, r = np.linalg.qr(a)``, or in ``r`` alone.

    S. Walter and L. Lehmann, Algorithmic differentiation of linear algebra functions, 2010; the columns of a
    wide matrix that follow the square part only enter ``r``.
    """
    rows, columns = np.shape(a)[-2:]
    if mode == "raw" or (mode == "complete" and rows > columns):
        raise NotImplementedError(f"np.linalg.qr has no derivative here for {mode=}, shape {np.shape(a)}")
    q, r = np.linalg.qr(a) if mode == "r" else result
    q_bar, r_bar = (None, ct) if mode == "r" else ct
    q_bar = np.zeros(np.shape(q), np.result_type(q)) if q_bar is None else np.conj(q_bar)
    r_bar = np.zeros(np.shape(r), np.result_type(r)) if r_bar is None else np.conj(r_bar)
    square = r[..., :rows]
    square_bar, rest_bar = np.split(r_bar, [rows], axis=-1)
    q_bar = q_bar + a[..., rows:] @ _adjoint_matrix(rest_bar)
    inner = square @ _adjoint_matrix(square_bar) - _adjoint_matrix(q_bar) @ q
    below = np.tril(inner, -1)
    diagonal = np.real(inner) * np.eye(np.shape(inner)[-1], dtype=np.real(inner).dtype)
    inner = below + _adjoint_matrix(below) + diagonal
    first = _adjoint_matrix(np.linalg.solve(square, _adjoint_matrix(q_bar + q @ inner)))
    return np.conj(np.concatenate([first, q @ rest_bar], axis=-1))


def pinv_adjoint(ct: Any, inverse: Any, a: Any) -> Any:
    """Return the cotangent of ``a`` in ``inverse = np.linalg.pinv(a)``.

    G. Golub and V. Pereyra, The differentiation of pseudo-inverses, 1973, equation 4.12.
    """
    gradient = _adjoint_matrix(np.conj(ct))
    transposed = _adjoint_matrix(inverse)
    left = gradient - a @ (inverse @ gradient)
    right = gradient - (gradient @ inverse) @ a
    a_bar = left @ inverse @ transposed + transposed @ inverse @ right
    return np.conj(a_bar - transposed @ _adjoint_matrix(gradient) @ transposed)


def lstsq_adjoint(ct: Any, result: Any, a: Any, b: Any, rcond: Any = None) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``b`` in ``x, residuals, rank, s = np.linalg.lstsq(a, b)``."""
    x_bar, residuals_bar, _, s_bar = ct
    x = result[0]
    columns, x_columns = (b[:, None], x[:, None]) if np.ndim(b) == 1 else (b, x)
    if rcond is None:
        rcond = max(np.shape(a)) * np.finfo(np.result_type(a, b)).eps
    a_bar = np.zeros(np.shape(a), np.result_type(a))
    b_bar = np.zeros(np.shape(columns), np.result_type(b))
    if x_bar is not None:
        x_bar = np.reshape(x_bar, np.shape(x_columns))
        inverse = np.linalg.pinv(a, rcond)
        a_bar = a_bar + pinv_adjoint(x_bar @ columns.T, inverse, a)
        b_bar = b_bar + inverse.T @ x_bar
    if residuals_bar is not None and np.size(residuals_bar):
        rest = 2 * residuals_bar * np.conj(columns - a @ x_columns)
        a_bar = a_bar - rest @ x_columns.T
        b_bar = b_bar + rest
    if s_bar is not None:
        a_bar = a_bar + singular_values_adjoint(s_bar, a)
    return a_bar, np.reshape(b_bar, np.shape(b))


def tensorinv_adjoint(ct: Any, result: Any, shape: tuple[int, ...], ind: int = 2) -> Any:
    """Return the cotangent of an array of ``shape`` in ``result = np.linalg.tensorinv(a, ind)``."""
    rows = math.prod(shape[:ind])
    transposed = np.reshape(result, (-1, rows)).T
    return np.reshape(-transposed @ np.reshape(ct, (-1, rows)) @ transposed, shape)


def tensorsolve_adjoint(ct: Any, x: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Return the cotangents of ``a`` and ``b`` in ``x = np.linalg.tensorsolve(a, b)``."""
    b_bar = np.linalg.solve(np.reshape(a, (np.size(b), -1)).T, np.ravel(ct))
    return np.reshape(-np.outer(b_bar, x), np.shape(a)), np.reshape(b_bar, np.shape(b))
