"""Stores into arrays that one name sees: items, slices, masks, integer arrays, ``out=`` and friends."""

import operator

import numpy as np

from corpus.registry import case, normal, positive, spread


@case(args=lambda: (normal(1, 5),), argnums=0)
def item_stores_in_loop(x):
    """np.empty is filled item by item, each from the one before."""
    y = np.empty(5)
    y[0] = x[0]
    for i in range(1, 5):
        y[i] = y[i - 1] * x[i] + x[i - 1]
    return np.sum(y**2)


@case(args=lambda: (normal(2, 3, 4),), argnums=0)
def matrix_filled_piece_by_piece(x):
    """np.empty is filled by rows, columns, corners and a scalar."""
    a = np.empty((4, 5))
    a[0] = 1.5
    a[1:, 0] = x[:, 1] ** 2
    a[1:, 1:] = x
    a[0, 1::2] = x[0, :2]
    a[-1, -1] = x[1, 1] * x[2, 2]
    return np.sum(a[1:] * a[:-1])


@case(args=lambda: (normal(3, 6),), argnums=0)
def slice_and_strided_stores(x):
    """Slices with steps, negative steps and scalars."""
    a = np.zeros(6)
    a[::2] = x[:3]
    a[1::2] = x[5:2:-1] * a[::2]
    a[::-3] = a[:2] + 1.0
    a[2:4] = x[0]
    a[4:4] = x[:0]
    return a @ a + a[2] * x[1]


@case(args=lambda: (spread(4, 6),), argnums=0)
def mask_stores(x):
    """Masks that depend on the values, with scalars, arrays and augmented stores."""
    a = x * 2.0
    a[x > 0.5] = x[0] * x[1]
    small = x < 0.0
    a[small] = x[small] ** 2
    a[~small] *= 3.0
    a[a > 100.0] = 0.0
    return np.sum(a * x)


@case(args=lambda: (normal(5, 4), normal(6, 2)), argnums=(0, 1))
def integer_array_stores(x, v):
    """Integer arrays as targets; among repeated indices the last one wins."""
    i = np.array([3, 1])
    a = np.ones(4)
    a[i] = v
    a[[0, 2]] = x[[2, 0]] * a[i]
    a[[0, 0]] = v * x[:2]
    a[i] += x[i] ** 2
    return np.sum(a * x) + a[0] ** 2


@case(args=lambda: (normal(7, 3),), argnums=0)
def augmented_store_with_repeated_indices(x):
    """``a[[0, 0]] += v`` adds once: NumPy buffers."""
    a = x * 1.0
    a[np.array([0, 0, 1])] += np.array([1.0, 2.0, 3.0]) * x[2]
    a[np.array([2, 2])] *= x[:2]
    return np.sum(a**2)


@case(args=lambda: (normal(8, 4), normal(9, 5)), argnums=(0, 1))
def add_at_with_repeats(x, v):
    """np.add.at adds for every repeat; with a scalar, too."""
    a = x * x
    np.add.at(a, [0, 2, 2, 0, 1], v)
    np.add.at(a, np.array([3, 3]), x[0])
    np.subtract.at(a, [1, 1], v[:2])
    return np.sum(a**2)


@case(args=lambda: (normal(10, 3, 3), normal(11, 3)), argnums=(0, 1))
def mixed_index_stores(x, v):
    """Ints, slices, None, ellipsis and arrays in the index of a store."""
    a = np.zeros((3, 3, 2))
    a[..., 0] = x
    a[1, :, 1] = v
    a[[0, 2], 1:, 1] = x[:2, :2] * 2.0
    a[0, ...] += v[:, None]
    a[:, 2, None] *= v[:, None, None]
    a[[0, 1], [1, 2], [0, 1]] = v[:2] ** 2
    return np.sum(a * a)


@case(args=lambda: (normal(12, 3),), argnums=0)
def broadcast_in_stores(x):
    """The stored value is smaller than the slice: scalars, rows and columns."""
    a = np.empty((3, 3))
    a[:] = x
    a[1:] *= x[:, None][:2]
    a[:, 0] = x[1]
    a[2] += x[2] * 2.0
    a[...] += 0.1
    return np.sum(np.sin(a) * np.arange(9).reshape(3, 3))


@case(args=lambda: (normal(13, 4), normal(14, 4)), argnums=(0, 1))
def all_augmented_operators_on_slices(x, y):
    """``+= -= *= /= **= @=`` on slices."""
    a = np.concatenate([x, y]) + 3.0
    a[1:5] += y
    a[::2] -= x * a[1::2]
    a[2:] *= a[:-2] * 0.5
    a[:4] /= 2.0 + y**2
    a[-2:] **= 2
    m = np.outer(x, y) + np.eye(4)
    m[:2, :2] @= m[2:, 2:]
    m @= m
    a[0] //= 1000.0
    return np.sum(np.tanh(a)) + np.sum(m)


@case(args=lambda: (positive(15, 3),), argnums=0)
def power_in_place_by_array(x):
    """``a **= b`` where both depend on the argument."""
    a = x + 0.5
    a **= x
    b = a.copy()
    b[1:] **= a[:-1]
    return np.sum(a * b)


@case(args=lambda: (normal(16, 4), normal(17, 4)), argnums=(0, 1))
def out_parameters(x, y):
    """``out=`` of ufuncs, of functions and of np.dot, into arrays and slices."""
    c = np.empty(4)
    np.multiply(x, y, out=c)
    np.add(c, x, c)
    np.sin(c, out=c)
    d = np.zeros((2, 4))
    np.exp(x, out=d[0])
    np.subtract(d[0], c, out=d[1])
    t = np.multiply(d[1], 2.0, out=d[1])
    m = np.empty(2)
    np.dot(d, y, out=m)
    s = np.zeros(4)
    np.cumsum(t, out=s)
    np.sum(d, axis=0, out=c)
    return np.sum(t * c) + m @ m + s[-1] * s[1]


@case(args=lambda: (normal(18, 3), normal(19, 3)), argnums=(0, 1))
def multiply_out_reads_its_target(a, b):
    """``np.multiply(a, b, out=c)`` where c is read before and is one of the operands after."""
    c = a + b
    before = c * c
    np.multiply(a, b, out=c)
    np.multiply(c, c, out=c)
    return np.sum(before * c)


@case(args=lambda: (spread(20, 5),), argnums=0)
def out_with_where(x):
    """A ufunc with ``where=`` and ``out=`` leaves the other items alone."""
    a = x * 3.0
    np.multiply(x, x, out=a, where=x > 0)
    np.add(a, 1.0, out=a, where=np.array([True, False, True, False, False]))
    return np.sum(a * x)


@case(args=lambda: (normal(21, 4), 0.7), argnums=(0, 1))
def fill_and_copyto(x, s):
    """fill, np.copyto with and without where, and a[:] = b."""
    a = np.empty(4)
    a.fill(s)
    b = a * x
    np.copyto(a, b)
    a += x
    np.copyto(b, a * 2.0, where=[True, False, True, False])
    b[:] = b[::-1] + a
    a[:] = s * 2.0
    np.copyto(a[1:3], x[:2])
    return np.sum(a * b)


@case(args=lambda: (normal(38, 3), np.array([True, False, True])), argnums=0)
def copyto_where_by_position(x, chosen):
    """np.copyto with all of its arguments by position."""
    a = x * x
    np.copyto(a, x, "same_kind", chosen)
    return np.sum(a * a)


@case(args=lambda: (np.array([2.0, np.nan, 3.0, np.inf]), 0.7), argnums=1)
def made_finite_in_place(x, s):
    """np.nan_to_num with copy=False writes to a view, and returns it."""
    a = np.array([1.0, s, 2.0]) + x[:3]
    tail = a[1:]
    same = np.nan_to_num(tail, copy=False, nan=4.0)
    same *= s
    b = s + x
    np.nan_to_num(b, False, 1.0, 9.0)
    return np.sum(a * a) + np.sum(b[:3] ** 2) + b[3] * s


@case(args=lambda: (normal(39, 3), 0.7), argnums=(0, 1))
def open_mesh_of_floats(x, s):
    """np.ix_ makes axes of its arguments, numbers that are differentiated among them."""
    rows, columns, masked = np.ix_(x * s, np.array([1, 2]), [True, False, True])
    return np.sum(rows**2 * columns + masked * rows)


@case(args=lambda: (normal(22, 4),), argnums=0)
def reading_after_overwriting(x):
    """Old and new contents are both used, before and after the store."""
    a = np.sin(x)
    p = a[1] * a[2]
    a[1] = p * a[0]
    q = a[1] * a[2]
    a[1] = q + p
    a[2] = a[1] * a[1]
    return p * q + np.prod(a)


@case(args=lambda: (normal(23, 4),), argnums=0)
def dead_stores(x):
    """Contents that are overwritten before anyone reads them."""
    a = x**3
    a[:] = x * 2.0
    a[0] = 7.0
    a[0] = x[1] * x[0]
    a[2] = x[2]
    a[2:] = 1.0
    b = np.ones(4)
    b *= x
    b[:] = 0.0
    return np.sum(a * a) + np.sum(b)


@case(args=lambda: (normal(24, 6),), argnums=0)
def overlapping_slices(x):
    """Overlapping source and target: NumPy behaves as if the source was copied."""
    a = x * 1.0
    a[1:] = a[:-1]
    a[:4] = a[2:] * x[:4]
    a[1:] += a[:-1]
    a[:-1] *= a[1:]
    a[::-1] += a
    a[2:5] = a[1:4] ** 2
    return np.sum(a)


@case(args=lambda: (normal(25, 5),), argnums=0)
def store_in_while_with_break(x):
    """Stores in a loop that is left early."""
    a = x.copy()
    i = 0
    while True:
        a[i] = a[i] ** 2 + a[i - 1]
        if a[i] > 100.0 or i == 3:
            break
        a[i + 1] *= a[i]
        i += 1
    return np.sum(a * x)


@case(args=lambda: (normal(26, 5),), argnums=0)
def store_under_condition(x):
    """Stores in branches that depend on what was stored."""
    a = np.zeros(5)
    for i in range(5):
        if x[i] > 0:
            a[i] = x[i] ** 2
        else:
            a[:i] += x[i]
            a[i] = a[0] * x[i]
    return np.sum(a * np.arange(1.0, 6.0))


@case(args=lambda: (normal(27, 4),), argnums=0)
def store_before_early_return(x):
    """A store, then a return in the middle of a loop."""
    a = np.ones(4)
    for i in range(4):
        a[i] *= x[i]
        a[(i + 1) % 4] += a[i] * x[0]
        if i == 2:
            return np.sum(a**2)
    return a[0]


@case(args=lambda: (positive(28, 4),), argnums=0)
def normalise_rows_in_place(x):
    """Rows and columns of a matrix are divided by their sums, again and again."""
    a = np.outer(x, x[::-1]) + np.eye(4)
    for _ in range(3):
        a /= a.sum(axis=1, keepdims=True)
        a /= np.sum(a, axis=0)
        for i in range(4):
            a[i] /= 1.0 + a[i, i]
    return np.sum(a * a) + a[0, 1]


@case(args=lambda: (normal(29, 5),), argnums=0)
def prefix_products_in_place(x):
    """A scan that overwrites its input, forwards and backwards."""
    a = x + 2.0
    for i in range(1, 5):
        a[i] *= a[i - 1]
    for i in range(3, -1, -1):
        a[i] += 0.1 * a[i + 1] * a[i]
    return np.sum(np.log(np.abs(a) + 1.0))


@case(args=lambda: (normal(30, 8),), argnums=0)
def shift_register(x):
    """A buffer is shifted by one in every turn."""
    buf = np.zeros(3)
    s = 0.0
    for v in x:
        buf[1:] = buf[:-1]
        buf[0] = v
        s = s + buf[0] * buf[1] * 0.5 + buf[2] ** 2
    return s


@case(args=lambda: (normal(31, 7),), argnums=0)
def ring_buffer(x):
    """A buffer is written at an index modulo its length."""
    ring = np.zeros(3)
    s = 1.0
    for t in range(7):
        old = ring[t % 3]
        ring[t % 3] = x[t] + 0.5 * old
        s = s + old * ring[(t + 1) % 3] * ring[t % 3]
    return s


def float64_buffer(x):
    """Do the same as :func:`float32_buffer` in double precision."""
    a = np.exp(x) * 1.5
    a[1] = a[0] * a[2]
    return np.sum(0.5 * a * x)


@case(args=lambda: (normal(32, 3).astype(np.float32),), argnums=0, rtol=1e-5, reference=float64_buffer)
def float32_buffer(x):
    """A float64 value is rounded when it is stored into a float32 array."""
    a = np.zeros(3, dtype=np.float32)
    a[:] = np.exp(x) * np.float64(1.5)
    a[1] = a[0] * a[2]
    a *= 0.5
    return np.sum(a * x)


@case(args=lambda: (normal(33, 3),), argnums=0)
def float32_buffer_for_float64_argument(x):
    """The contents pass through zeros of the argument's dtype and shape."""
    a = np.zeros_like(x)
    b = np.ones(x.shape, dtype=x.dtype)
    c = np.full_like(x, x[0])
    a += x
    b[1:] *= a[:-1]
    c[2] = b[1] * b[2]
    return np.sum(a * b * c)


@case(args=lambda: (normal(34, 4),), argnums=0)
def integer_buffer_takes_no_derivative(x):
    """An int array in the middle: counts and positions, overwritten on the way."""
    n = np.zeros(4, dtype=int)
    for i in range(4):
        n[i] = i * i % 3
        n[:i] += 1
    order = np.argsort(x)
    order[0], order[1] = order[1], order[0]
    return np.sum(x[order] * np.arange(4)) * n.sum() + np.sum(x[n % 4] ** 2)


@case(args=lambda: (normal(35, 2, 3, 2),), argnums=0)
def rank_three_stores(x):
    """Stores into a rank-3 array from all sides."""
    a = np.zeros((2, 3, 2))
    for k in range(2):
        a[:, :, k] = x[:, :, 1 - k] ** 2
        a[k, 1:] += x[k, :-1] * a[1 - k, 1:]
    a[:, ::2, 0] *= a[::-1, ::2, 1]
    return np.sum(a * x)


@case(args=lambda: (normal(36, 0), 1.3), argnums=(0, 1))
def stores_into_empty_arrays(x, s):
    """Empty targets and masks without a hit."""
    a = np.zeros(0)
    a[:] = x * s
    a += s
    b = np.ones(3)
    b[b > 5.0] = s
    b[2:2] *= s
    b[3:] = s
    for i in range(len(a)):
        a[i] = s
    b[0] = s * s
    return np.sum(a) + b @ b


@case(args=lambda: (np.array(0.9),), argnums=0)
def store_into_zero_dimensional(x):
    """``a[()] = v`` and ``a[...] = v`` on 0-d arrays."""
    a = np.array(2.0)
    a[()] = x * 3.0
    b = a[...]
    b[...] = b * x + a
    return a[()] * x[()]


@case(args=lambda: (normal(37, 4),), argnums=0)
def store_of_several_columns_with_comparison(x):
    """A mask is computed, stored and used after its array has changed."""
    a = np.outer(x, x)
    mask = a > 0.3
    a[mask] = 0.0
    a[mask] += np.sum(x)
    a[:, x < 0] *= 2.0
    rows = np.nonzero(x > 0)[0]
    a[rows, rows] = x[rows] ** 3
    return np.sum(a * a[::-1])


@case(args=lambda: (normal(38, 3),), argnums=0)
def nested_augmented_through_items_of_rows(x):
    """``a[i][j] += v`` stores through a row that has no name."""
    a = np.zeros((3, 3))
    for i in range(3):
        for j in range(3):
            a[i][j] += x[i] * x[j] ** 2
            a[j][i] *= 1.0 + 0.1 * a[i][j]
    a[1:][0][::2] = x[:2]
    return np.sum(a**2)


@case(args=lambda: (positive(39, 5),), argnums=0)
def maximum_at_and_minimum_in_place(x):
    """Elementwise clamping in place."""
    a = x * 2.0
    np.maximum(a, 1.7, out=a)
    np.minimum(a, x[0] * 2.1, out=a)
    np.clip(a, 0.1, 2.6, out=a)
    np.negative(a, out=a)
    return np.sum(a**2 * x)


@case(args=lambda: (normal(40, 4),), argnums=0)
def sort_in_place(x):
    """The method sort changes its array."""
    a = x * x
    b = a.copy()
    a.sort()
    b[::-1].sort()
    return a @ np.array([1.0, 2.0, 3.0, 4.0]) + np.sum(b[:2] * a[:2])


@case(args=lambda: (1.1, 4), argnums=0)
def table_of_dynamic_programming(x, n):
    """A table whose recurrence branches."""
    t = np.zeros((n + 1, n + 1))
    t[0, :] = x
    t[:, 0] = x**2
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            if (i + j) % 2:
                t[i, j] = t[i - 1, j] * t[i, j - 1]
            else:
                t[i, j] = 0.5 * (t[i - 1, j - 1] + t[i - 1, j]) + t[i, j]
    return t[n, n] + t[n, 1]


@case(args=lambda: (normal(41, 4, 3),), argnums=0)
def spelled_as_the_class(x):
    """``np.ndarray`` makes an empty array, which is filled."""
    a = np.ndarray((4, 2), dtype=np.float64)
    b = np.ndarray(4)
    for k in range(4):
        a[k] = x[k, :2] * x[k, 1:]
        b[k] = a[k, 0] * x[k, 0]
    return np.sum(a[:, 1] * b**2)


@case(args=lambda: (normal(42, 3),), argnums=0)
def flat_places(x):
    """Stores through ``flat``: an item, a list of places, a step, everything."""
    a = np.zeros((2, 3))
    a.flat[[0, 2, 0]] = x
    a.flat[4] = x[0] * a.flat[2]
    b = np.ones((3, 2)).T
    b.flat[1:5:2] = x[1:]
    c = np.empty(3)
    c.flat = x * x
    return np.sum(a * b) + np.sum(c * x)


@case(args=lambda: (normal(43, 3),), argnums=0)
def real_part_is_assigned(x):
    """The real part of complex numbers is assigned."""
    z = 1j * x**2
    z.real = x
    return np.sum(np.abs(z) ** 2) + np.sum((z * z).real)


@case(args=lambda: (normal(44, 3),), argnums=0)
def operators_called_by_name(x):
    """Stores that are calls: of ``operator``, and of methods looked up in classes."""
    table = {}
    operator.setitem(table, "a", x[0])
    dict.__setitem__(table, "b", x[1] * table["a"])
    items = [0.0] * 3
    list.__setitem__(items, slice(0, 2), [x[2], table["b"]])
    items = operator.iadd(items, [x[0]])
    items.__setitem__(2, items.__getitem__(0) * 2)
    a = np.zeros(3)
    operator.iadd(a, x)
    operator.setitem(a, 0, x[1] * 2)
    np.ndarray.fill(a[1:2], items[2])
    np.ndarray.__setitem__(a, 2, x[0] ** 2)
    return np.sum(a * a) + operator.getitem(items, 1) * items[3] + len(table) * dict.get(table, "a")


@case(args=lambda: (normal(31, 6), 0.7), argnums=(0, 1))
def stores_through_flat_and_named_slices(x, s):
    """Places of ``flat`` that repeat; indices that ``np.s_`` makes; places that ``np.where`` finds."""
    x.flat[[1, 2, 1]] = x[:3] * s
    part = np.s_[2:5]
    x[part] = x[part] * x[0]
    y = np.outer(x, x)
    i, j = np.where(y > 0.1)
    y[i, j] = np.sqrt(y[i, j])
    y[np.s_[1:, ::2]] *= s
    return np.sum(np.sin(x)) + np.sum(y)


@case(args=lambda: (normal(45, 3), np.array([0, 0, 5])), argnums=0)
def parts_of_flat_are_copies(x, places):
    """Slices of ``flat``, and slices of these, of an array that is written and lies the other way round."""
    z = np.outer(x, x).T
    z[0, 1] = x[2]
    items = z.flat
    part = items[2:5]
    z[1, 0] = 3.0
    return np.sum(items[places] * part[: len(places)]) + np.sum(items[1:4] * part)
