"""Every kind of assignment: several targets, swaps, annotated; augmented on names, items, slices."""

# written as users write it, not as a linter likes it
# ruff: noqa: F841, UP037

import numpy as np

from corpus.registry import case, normal, positive


class Box:
    """Something with attributes."""

    def __init__(self, value):
        self.value = value
        self.count = 0


@case(args=lambda: (1.3,), argnums=0)
def several_targets(x):
    """One value goes to several names, which then part."""
    a = b = c = x * x
    b += 1.0
    c = c * b
    return a * b + c


@case(args=lambda: (normal(1, 3),), argnums=0)
def several_targets_share_an_array(x):
    """One array goes to several names; += changes it for all of them."""
    a = b = x * 2.0
    b += x**2
    c, d = e = (a, b)
    d *= 0.5
    return np.sum(a * c) + np.sum(e[1])


@case(args=lambda: (0.7, -1.2), argnums=(0, 1))
def swap_and_rotate(x, y):
    """Swaps and rotations of names, once and in a loop."""
    z = x * y
    x, y = y, x
    for _ in range(4):
        x, y, z = y * 1.1, z - 0.2, x * x
    x, (y, z) = z, (x, y)
    return x + 2.0 * y * z + 3.0 * z


@case(args=lambda: (normal(2, 4),), argnums=0)
def swap_of_items(x):
    """Items of an array are swapped in place."""
    a = x.copy()
    a[0], a[3] = a[3], a[0]
    a[1], a[2] = a[2] * 2.0, a[1] * 3.0
    i, j = 0, 1
    a[i], i = a[j], j
    return a @ np.array([1.0, 2.0, 3.0, 4.0]) * a[i] + np.sum(a**3)


@case(args=lambda: (normal(3, 3),), argnums=0)
def swap_of_rows_through_views_is_wrong_but_defined(x):
    """Without copies, a swap of rows loses one: the right-hand side is two views."""
    a = np.outer(x, x)
    a[0], a[1] = a[1], a[0]
    return np.sum(a * np.arange(9.0).reshape(3, 3))


@case(args=lambda: (1.1,), argnums=0)
def annotated_assignments(x):
    """Annotations with and without value."""
    y: float = x**2
    z: "float"
    z = y * x
    y: float = z + y
    return y * z


@case(args=lambda: (2.2, 3), argnums=0)
def augmented_on_floats(x, n):
    """All augmented operators on names that hold numbers."""
    y = x
    y += x * x
    y -= 0.5
    y *= x
    y /= 3.0
    y **= 2
    n //= 2
    n <<= 2
    n %= 3
    n |= 4
    y -= n
    z = y
    z %= 1000.0
    return z * x + y


@case(args=lambda: (positive(4, 3), positive(5, 3, 3)), argnums=(0, 1))
def augmented_on_arrays(x, m):
    """All augmented operators on an array that nobody else sees."""
    y = x + 1.0
    y += x * x
    y -= 0.5 * y
    y *= y
    y /= x
    y **= 1.5
    y **= 2
    z = np.eye(3) + m
    z @= m
    return y @ z @ y


@case(args=lambda: (normal(6, 4),), argnums=0)
def augmented_on_items_and_slices(x):
    """Augmented stores whose right-hand sides read what they write."""
    a = np.zeros(4)
    a += x
    a[0] += a[1] * a[0]
    a[1:3] *= a[:2]
    a[-1] **= 2
    a[::2] -= a[1::2]
    a[1] /= 2.0 + a[0] ** 2
    return np.sum(a * a)


@case(args=lambda: (normal(7, 3),), argnums=0)
def augmented_on_attributes(x):
    """Attributes of an object that is made in the function."""
    box = Box(x * 2.0)
    other = box
    box.value = box.value + x
    other.value *= x
    box.count += 2
    return np.sum(box.value**2) * other.count


@case(args=lambda: (1.5,), argnums=0)
def augmented_on_list_and_dict_items(x):
    """Items of a list and of a dict are augmented."""
    values = [x, x * 2.0, 1.0]
    values[0] *= values[1]
    values[-1] -= x
    table = {"a": x, 3: values[0]}
    table["a"] += table[3] ** 2
    table["b"] = table["a"] * values[2]
    return table["a"] + table["b"] * values[0]


@case(args=lambda: (1.5, 4), argnums=0)
def name_changes_its_type(x, n):
    """One name is an int, a float, an array and a float again."""
    y = n
    y = y * x
    y = np.full(3, y) * np.array([1.0, x, 2.0])
    y = y.sum()
    n = y * n
    return n + y**2


@case(args=lambda: (np.array([1.0, 2.0, 0.5]),), argnums=0)
def float_or_array_by_branch(x):
    """``y += 1`` is a rebinding in one turn and a store in the other."""
    total = 0.0
    for k in range(2):
        y = x[0] if k == 0 else x
        before = y
        y += 1.0
        total = total + np.sum(before * y)
    return total


@case(args=lambda: (np.array(1.5),), argnums=0)
def augmented_zero_dimensional(x):
    """A 0-d array is written in place by +=, an element read from it is not."""
    a = np.zeros(())
    b = a
    a += x * x
    s = a[()]
    t = s
    s *= 3.0
    return b * t + s * x[()]


@case(args=lambda: (normal(8, 3),), argnums=0)
def scalar_from_array_is_a_copy(x):
    """``s = a[0]`` does not see a later store into ``a``; ``v = a[0:1]`` does."""
    a = x.copy()
    s = a[0]
    v = a[0:1]
    a[0] = x[1] * x[2]
    s += 1.0
    v += 2.0
    return s * v[0] + a[0] ** 2


@case(args=lambda: (0.3,), argnums=0)
def deleted_and_rebound_names(x):
    """``del`` and reuse of a name, an expression statement, pass and an unused value."""
    t = x * 5.0
    y = t + x
    del t
    x * 1000.0
    pass
    unused = y**9
    t = y * y
    return t * x


@case(args=lambda: (normal(9, 2, 3),), argnums=0)
def for_targets_are_stores(x):
    """Loop targets are a tuple, and survive the loop."""
    total = 0.0
    for i, (a, b, c) in enumerate(x):
        total += a * b**i * c
    return total * a + i * b


@case(args=lambda: (normal(10, 3), normal(11, 3)), argnums=(0, 1))
def assignment_of_slice_target_in_tuple(x, y):
    """Slices as targets of one tuple assignment whose sides overlap."""
    a = np.concatenate([x, y])
    a[:3], a[3:] = a[3:] * 1.0, a[:3] * 2.0
    a[0], a[1:3] = a[2] ** 2, a[0] * a[3:5]
    return np.sum(np.sin(a) * np.arange(6.0))


@case(args=lambda: (normal(12, 3),), argnums=0)
def index_is_evaluated_before_the_name_changes(x):
    """Targets are stored from left to right, after the value was computed."""
    a = x * 1.0
    i = 0
    i, a[i] = 2, a[i] * a[1]
    i = a[i] = 1
    return a[0] * a[2] + a[1] * x[1] + i


@case(args=lambda: (normal(13, 4),), argnums=0)
def chained_store_of_one_value(x):
    """``a[0] = b[1] = v``: one value goes into two arrays."""
    a = x * 2.0
    b = np.zeros(4)
    a[0] = b[1:3] = t = x[3] * x[2]
    b[0] = a[1] = t * t
    return a @ b + t


@case(args=lambda: (normal(14, 5), 0.7), argnums=(0, 1))
def starred_tuples_of_unknown_length(x, k):
    """``(a, *b)`` of lists whose length only the run knows, of rows that are written to, and in calls."""

    def last(*args):
        return sum(args) * args[-1]

    a, *b, c = x
    (d, (e, *f)), *g = (a, (b[0], *b[1:])), c, k
    rows = [x * i for i in range(3)]
    t = (x, *rows)
    t[1][0] = k**2
    rows[2] *= t[2][1]
    total = 0.0
    for row in t:
        total += np.sum(row) ** 2
    return total * e + last(*(*b, d, *f, *g)) * max((*b, k)) + len(t)


@case(args=lambda: (normal(15, 4), 0.7), argnums=(0, 1))
def lists_times_numbers_in_place(x, k):
    """``*=`` of a list repeats it, and every name for it sees that; arrays in it are the same arrays."""
    out = []
    for v in x:
        out.append(v * k)
    also = out
    out *= 3
    also[5] *= k
    rows = [x * k, x]
    rows *= 2
    rows[0][0] = 3 * k
    rows[3] += rows[2]
    doubled = [0.0]
    for i in range(3):
        doubled *= 2
        doubled[-1] += x[i] * k
    return sum(out) * also[9] + np.sum(rows[1] * rows[2]) + sum(doubled) * len(doubled)


@case(args=lambda: (normal(16, 5), normal(17, 5)), argnums=(0, 1))
def ufunc_at_of_what_changes_later(a, b):
    """``np.multiply.at`` of a part of an array that is written to afterwards, and of a part of the array itself."""
    np.multiply.at(a, [0, 1, 1, 4], b[1:])
    b[2] = 4.0 * a[1]
    np.multiply.at(b, [3, 3], b[:2])
    return np.sum(a * b)
