"""Lists of which a place changes between number and array, while the list itself is chosen at run time."""

from __future__ import annotations

import numpy as np

from corpus.registry import case

POINT = np.array([0.5, 0.8, 1.1, 0.7])


@case(lambda: (POINT.copy(), 0), name="number_in_the_place_of_an_array_0")
@case(lambda: (POINT.copy(), 2), name="number_in_the_place_of_an_array_2")
def number_in_the_place_of_an_array(x, n):
    """The loop may run no trip, and then the list is the one that was stored to."""
    a = x.copy()
    m = [a, x[0], 0.5]
    m[0] = m[1] * x[3]
    for _ in range(n):
        m = [a, x[1], 0.5]
    return np.sum(m[0]) * x[2] + m[1]


@case(lambda: (POINT.copy(), 0.0), name="of_one_of_two_lists_first")
@case(lambda: (POINT.copy(), 3.0), name="of_one_of_two_lists_second")
def of_one_of_two_lists(x, limit):
    a = x.copy()
    m = [a, x[1]]
    m[0] = x[2] * 3.0
    k = m if x[0] < limit else [x[0], a]
    k[1] = k[0] * x
    return sum(np.sum(v * v) * (i + 1) for i, v in enumerate(k))


@case(lambda: (POINT.copy(), 0), name="reversed_and_summed_0")
@case(lambda: (POINT.copy(), 1), name="reversed_and_summed_1")
def reversed_and_summed(x, n):
    """The array that comes second becomes its own sum."""
    d = [x * 2, x[0]]
    d.reverse()
    d[0] = d[0] * x[1]
    for _ in range(n):
        d = [x[0], x[1]]
    d[1] = np.sum(d[1])
    return sum(np.sum(v * v) * (i + 1) for i, v in enumerate(d))


@case(lambda: (POINT.copy(), 0), name="shorter_array_in_the_place_of_a_longer_0")
@case(lambda: (POINT.copy(), 1), name="shorter_array_in_the_place_of_a_longer_1")
def shorter_array_in_the_place_of_a_longer(x, n):
    d = [x * 2, x[:1] * x[1]]
    d[0] = d[1]
    for _ in range(n):
        d = [x, x[:2]]
    d[1] = d[0][:1] * x[3]
    return sum(np.sum(v * v) * (i + 1) for i, v in enumerate(d))


@case(lambda: (POINT.copy(), 0), name="written_array_gives_way_to_a_number_0")
@case(lambda: (POINT.copy(), 1), name="written_array_gives_way_to_a_number_1")
def written_array_gives_way_to_a_number(x, n):
    """The array is read before and after it leaves the list, through another name."""
    a = x * x
    m = [a, x[0]]
    for _ in range(n):
        m = [a, x[3] * 2.0]
    b = m[0]
    b[1] = x[2] * m[1]
    s = np.sum(m[0])
    m[0] = m[1] * s
    b[2] *= x[1]
    return np.sum(b * x) + m[0] * m[1]
