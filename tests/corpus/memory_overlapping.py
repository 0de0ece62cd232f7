"""Views in which one cell is seen in many places, or only one part of it, while their array is written to."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from corpus.registry import case


def point():
    return (np.array([0.5, 1.2, -0.7]),)


@case(args=point)
def rows_of_a_broadcast_view(x):
    """Views of the view see the stores of the trip before."""
    a = x.copy()
    wide = np.broadcast_to(a, (4, 3))
    first = wide[1]
    s = 0.0
    for i in range(3):
        a[i] = a[i] * first[0]
        s = s + first[i] * wide[2, i] + wide[:, 1].sum()
        row = wide[i]
        a[0] += 0.1 * row[2]
    return s


@case(args=point)
def broadcast_view_in_a_branch(x):
    a = x.copy()
    wide = np.broadcast_to(a, (2, 3))
    if x[0] > 0:
        a[0] = 3 * x[1]
        t = np.concatenate((wide, wide[:1] * 2))
    else:
        t = wide * 1.0
    a[2] = 9.0
    return np.sum(t)


@case(args=point)
def broadcast_view_is_stored_in_its_array(x):
    a = x.copy()
    wide = np.broadcast_to(a, (2, 3))
    a[:] = wide[0] * wide[1]
    a += wide[0]
    a *= wide.sum()
    return np.sum(a)


@case(args=point)
def broadcast_view_is_reshaped(x):
    """What is reshaped is a copy: it does not see what is stored later, as the view does."""
    a = x.copy()
    wide = np.broadcast_to(a, (2, 3))
    flat = wide.reshape(-1)
    a[0] = 3.0 * a[1]
    return np.sum(wide) * np.sum(flat * 2)


@case(args=point)
def broadcast_view_in_a_list(x):
    a = x.copy()
    wide = np.broadcast_to(a, (2, 3))
    kept = [wide, wide[0]]
    a[0] = 3.0 * a[1]
    return np.sum(kept[0] * kept[1])


@case(args=point)
def windows_of_an_array_that_changes(x):
    a = x.copy()
    windows = sliding_window_view(a, 2)
    s = 0.0
    for i in range(3):
        a[i] = a[i] * a[0]
        s = s + np.sum(windows**2) + windows[1, 0]
    return s


@case(args=point)
def imaginary_part_of_an_array_that_changes(x):
    z = x + 1j * x**2
    y = z.imag
    z[0] = z[1] * 2j * x[2]
    return np.sum(y**2) + y[0]


@case(args=point)
def diagonal_by_einsum_of_an_array_that_changes(x):
    a = np.outer(x, x) + 1
    d = np.einsum("ii->i", a)
    r = np.einsum("ij->i", a * 1.0)
    a[1, 1] = x[0] ** 3
    return np.sum(d**2) + np.sum(r)
