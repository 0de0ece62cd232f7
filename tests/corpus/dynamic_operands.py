"""Lists and tuples of numbers where NumPy expects arrays, and numbers between Python and NumPy."""

from __future__ import annotations

import numpy as np

from corpus.registry import case, normal, positive


@case(lambda: (1.7, normal(1, 3)), argnums=(0, 1))
def products_of_lists(x, v):
    return np.inner(v, [1.0, x, 3.0]) + np.dot([x, 1.0, x * x], (v[0], 2.0, 3.0)) + np.vdot([x, 1], [2, x])


@case(lambda: (1.7, 0.4), argnums=(0, 1))
def matrices_of_lists(x, y):
    a = [[x, 1.0], [2.0, x * x]]
    product = np.matmul(a, (1.0, y))
    other = np.einsum("ij,j", a, (y, 2.0))
    return np.sum(product * other) + np.trace(a) + np.linalg.det([[x, y], [2.0, 3.0]])


@case(lambda: (1.7, 0.4), argnums=(0, 1))
def systems_of_lists(x, y):
    solution = np.linalg.solve([[x, 1.0], [2.0, 3.0]], [1.0, y])
    return np.sum(solution) + np.tensordot([[x, 1.0], [2.0, y]], [1.0, x], 1)[1]


@case(lambda: (1.7, positive(2, 4)), argnums=(0, 1))
def reductions_of_lists(x, v):
    a, b, c, d = v
    spread = np.std((x, x * x, 1.0)) + np.mean([a, b * x]) + np.max([c, 2.0 * x, d])
    return spread + np.cumsum((x, a))[1] + np.prod([a, b, c, d]) + np.linalg.norm([x, 3.0, a])


@case(lambda: (0.7, 0.3), argnums=(0, 1))
def rows_of_lists(x, y):
    outer = np.outer([x, 1.0, y], [1.0, x])
    stacked = np.vstack([[x, y], [1.0, 2.0]]) @ np.transpose([[x, 2.0]])
    return np.sum(outer * np.arange(6.0).reshape(3, 2)) + np.sum(stacked) + np.hypot([x], [2.0])[0]


class _Halves:
    def __call__(self, v):
        return v[:3] / 2.0


@case(lambda: (positive(1, 4), normal(2, 2)), argnums=(0, 1))
def operators_between_arrays_and_lists(v, w):
    conjugate = v * [1, -1, -1, -1]
    moved = w + (v[0], 1.0) - [w[1], v[2]]
    parts = tuple(conjugate)
    v **= [2, 1, 2, 1]
    return parts[0] * parts[1] + parts[3] + np.sum(moved * [2.0, w[0]]) + np.sum(v)


@case(lambda: (normal(1, 3), [_Halves(), 2.0, [1, -1, 3]]))
def items_of_arrays_of_unknown_type(v, found):
    halves = found[0](v)
    first = tuple(halves * found[1])
    second = list(halves * found[2])
    return first[0] * first[1] + second[2] * second[1] + first[2]
