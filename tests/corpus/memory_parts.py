"""Parts of arrays that ``np.split`` and its family return: views that are written to."""

# written as users write it, not as a linter likes it

import numpy as np

from corpus.registry import case, normal


@case(args=lambda: (normal(1, 6),), argnums=0)
def parts_of_an_argument(x):
    """Unpacked, scaled, and added to each other."""
    p, q, _ = np.split(x, 3)
    p *= 2.0
    q += p
    return np.sum(x * x * x)


@case(args=lambda: (normal(2, 6),), argnums=0)
def items_of_parts_between_places(x):
    """A list of places; parts are indexed."""
    z = x * 1
    parts = np.split(z, [1, 4])
    parts[1][0] = 7 * parts[0][0]
    return np.sum(z * z) + parts[2][0]


@case(args=lambda: (normal(3, 6),), argnums=0)
def halves_of_a_matrix(x):
    """Columns on the left are multiplied by those on the right."""
    z = np.outer(x, x)
    left, right = np.hsplit(z, 2)
    left *= right
    return np.sum(z * z)


@case(args=lambda: (normal(4, 6),), argnums=0)
def uneven_parts_in_a_loop(x):
    """Parts of different lengths, along the second axis."""
    z = np.outer(x, x)
    for k, part in enumerate(np.array_split(z, 4, axis=1)):
        part *= k + x[0]  # noqa: PLW2901
    return np.sum(z * z)


@case(args=lambda: (normal(5, 6),), argnums=0)
def whole_is_written_after_the_split(x):
    """The parts see what is written to the array."""
    z = x * 1
    parts = np.split(z, 2)
    z[0] = x[1] ** 2
    return np.sum(parts[0] * parts[1])


@case(args=lambda: (normal(6, 6),), argnums=0)
def parts_that_change_names(x):
    """Two parts are swapped before one is written."""
    z = x.copy()
    u, v = np.split(z, 2)
    u, v = v, u
    u[...] = v * x[:3]
    return np.sum(z**2)


@case(args=lambda: (normal(7, 6),), argnums=0)
def list_of_parts_grows(x):
    """An array of its own joins the parts, and takes the place of one."""
    z = x * 1
    parts = np.split(z, 2)
    parts.append(x[:3] * 2)
    parts[2] *= parts[0]
    parts[0] += parts[2]
    parts[1] = parts[2] * 1
    parts[1][0] = 3.0
    return np.sum(z * z) + np.sum(parts[1] * parts[2])


@case(args=lambda: (normal(8, 6),), argnums=0)
def rows_that_change_places(x):
    """Parts change places in their list, and are joined again."""
    rows = np.vsplit(np.outer(x, x), 3)
    rows[0], rows[2] = rows[2], rows[0]
    rows[1] *= rows[0]
    return np.sum(np.concatenate(rows) * np.arange(36.0).reshape(6, 6))


@case(args=lambda: (normal(9, 6),), argnums=0)
def parts_of_parts(x):
    """Parts are split again, and squared where they lie."""
    z = x * 1
    for half in np.split(z, 2):
        for part in np.split(half, 3):
            part *= part  # noqa: PLW2901
    return np.sum(z)


@case(args=lambda: (normal(10, 6),), argnums=0)
def parts_by_name(x):
    """Parts in a dict."""
    table = {name: part for name, part in zip("ab", np.split(x * 1, 2), strict=True)}  # noqa: C416
    table["a"] *= 2
    table["b"] += table["a"]
    return np.sum(table["a"] * table["b"])


@case(args=lambda: (normal(11, 2, 3, 4),), argnums=0)
def parts_along_the_last_axis(x):
    """Three axes, and an empty part."""
    first, second = np.dsplit(x, 2)
    first += second**2
    empty, whole = np.split(x, [0], axis=1)
    whole *= 1.5
    return np.sum(x**2) + np.sum(empty)
