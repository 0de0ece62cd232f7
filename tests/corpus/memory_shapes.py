"""Arrays that are given another shape in place, ``x.shape = sizes``: all their names see it, views do not."""

# written as users write it, not as a linter likes it

import numpy as np

from corpus.registry import case, normal


@case(args=lambda: (normal(1, 3),), argnums=0)
def another_name_for_what_is_flattened(x):
    """Two names of one array, and a view that was made before."""
    y = np.outer(x, x)
    z = y
    row = y[1]
    y.shape = -1
    row *= x[0]
    return np.sum(z[1:] * y[:-1]) * z.ndim


class Column:
    """Keeps an array as a column."""

    def __init__(self, values):
        self.values = np.atleast_2d(values)
        self.given = self.values
        self.values.shape = np.size(values), 1


@case(args=lambda: (normal(2, 3),), argnums=0)
def attribute_that_becomes_a_column(x):
    """Another attribute is the same array; what it was made of is not."""
    column = Column(x)
    return np.sum(column.given * column.values.T) + column.values[1, 0] * x[2]


def flatten(a):
    """Change the array that the caller has."""
    a.shape = (-1,)


@case(args=lambda: (normal(3, 3),), argnums=0)
def helper_that_flattens_in_a_loop(x):
    """The helper leaves its mark on a variable of the loop, which was changed in place before."""
    total = 0.0
    for i in range(3):
        y = np.outer(x, x)
        y += i
        flatten(y)
        y[2] *= y[3]
        total += y[i : i + 5] @ y[2:7]
    return total


@case(args=lambda: (normal(4, 3),), argnums=0)
def closure_and_tuple_see_the_shape(x):
    """What a closure captured, and what a tuple holds."""
    y = np.sin(np.outer(x, x))
    pair = y, x

    def corner():
        return y[y.ndim]

    y.shape = 9
    return corner() * np.sum(pair[0][:3] * pair[1])
