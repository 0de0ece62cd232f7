"""Names that exchange arrays in a loop, where one is a view of the other or both are views of a third."""

# ruff: noqa: PLW2901 - that is what is tested

import numpy as np

from corpus.registry import case, normal


def point():
    return (np.array([0.5, 1.2, -0.7]),)


@case(args=point)
def view_changes_places_with_its_base(x):
    view = x[...]
    view *= 2.0
    for _ in range(1):
        view, x = x, view
    return (view**2).sum() + x[0]


@case(args=point)
def base_is_updated_after_the_exchange(x):
    view = x[...]
    for _ in range(1):
        view, x = x, view
    view *= 2.0
    return (view**2).sum() + x[0]


@case(args=point)
def stores_before_view_and_base_are_exchanged(x):
    a = x.copy()
    view = a[...]
    view[:] = np.cumsum(x * a)
    for _ in range(1):
        view, a = a, view
    return (view**2).sum()


@case(args=point)
def rows_of_a_buffer_are_exchanged(x):
    buffer = np.zeros((2, 3))
    a, b = buffer[0], buffer[1]
    a[:] = x
    for _ in range(3):
        b[:] = a * x
        a, b = b, a
    buffer *= 2.0
    return (a**2).sum() + buffer.sum()


@case(args=point)
def array_and_its_reverse_are_exchanged(x):
    a = x * 1.0
    b = a[::-1]
    for _ in range(3):
        b *= a
        a, b = b, a
    return (a**2).sum() + (b * x).sum()


@case(args=point)
def two_names_of_one_array_are_exchanged(x):
    a = x * 1.0
    b = a.T if x[0] > 0 else a
    for _ in range(3):
        a *= x
        a, b = b, a
    return (a**2).sum() + (b * x).sum()


@case(args=point)
def exchanged_arrays_are_kept_besides(x):
    a = x * 1.0
    b = a.copy()
    kept = (a, b)
    for _ in range(3):
        a *= x
        a, b = b, a
    return (a**2).sum() + (b * x).sum() + (kept[0] * kept[1]).sum()


class Holder:
    def __init__(self, data):
        self.data = data[...]


@case(args=point)
def attribute_changes_places_with_its_base(x):
    holder = Holder(x)
    d = np.diag(holder.data)
    holder.data *= 2.0
    for _ in range(1):
        holder.data, x = x, holder.data
    return (holder.data**2).sum() + d[0, 0]


@case(args=point)
def view_in_a_dict_of_what_was_just_stored(x):
    """What a container holds is the view, not what was stored."""
    b = np.zeros(3)
    np.maximum(x, 0.1, out=b)
    kept = {"a": b, "b": b[...]}
    kept["b"][1] = 0.5 * x[2]
    c = np.zeros(3)
    c[:] = x * x
    views = []
    views.append(c[:])
    views[0][0] = x[1]
    return np.sum(b * x) + np.sum(c * x)


@case(args=lambda: (normal(31, 2, 2), 0.7))
def rows_of_what_inner_loops_hand_on(x, s):
    """The array that the outer loop goes over is also what its inner loop carries."""
    for row in x:
        for _ in range(2):
            x -= s
            row += s * s
    return (x * x).sum()


@case(args=lambda: (normal(32, 2, 2), 0.7))
def rows_of_one_of_two_that_change_places(x, s):
    """The view is of the first array, whatever it is called by now."""
    a = x * 1.0
    b = a * 2.0
    for i, row in enumerate(a):
        while i < 2:
            a, b = b, a
            row += s * a[0]
            i += 1
        b += 0.3 * row
    return (a * b * b).sum()
