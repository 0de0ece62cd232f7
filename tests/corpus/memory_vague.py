"""What may be a number or an array that is written to, as only shows at run time."""

from __future__ import annotations

import numpy as np

from corpus.registry import case


class Holder:
    """Something with one attribute."""

    def __init__(self, v=None):
        self.v = v


def unknown(kind, v):
    """Return an array or a number."""
    if kind == 0:
        return v
    return v[0]


POINT = np.array([0.7, 1.3, -0.4])


@case(lambda: (POINT.copy(), 0), name="row_or_rows_0")
@case(lambda: (POINT.copy(), 1), name="row_or_rows_1")
def row_or_rows(x, k):
    a = np.zeros((3, 3))
    a[0] = x
    a[1] = x * x
    a[2] = np.sin(x)
    i = 0 if k == 0 else (1, 2)
    v = a[i]
    s = v * 2.0
    a[1] = a[1] * 3.0
    return np.sum(s) + np.sum(a) + np.sum(v * v)


@case(lambda: (POINT.copy(), 0), name="product_of_something_unknown_0")
@case(lambda: (POINT.copy(), 1), name="product_of_something_unknown_1")
def product_of_something_unknown(x, k):
    v = unknown(k, x)
    w = v * 2.0
    if k == 0:
        w[0] = w[1] * x[2]
    return np.sum(w * w)


@case(lambda: (POINT.copy(), 0), name="number_or_array_from_a_branch_0")
@case(lambda: (POINT.copy(), 1), name="number_or_array_from_a_branch_1")
def number_or_array_from_a_branch(x, k):
    v = x * 1.0
    if k == 1:
        v = 2.5 * x[0]
    w = v
    if k == 0:
        w[1] = x[0] * x[1]
    return np.sum(v * w)


@case(lambda: (POINT.copy(), 0), name="item_of_a_mixed_list_0")
@case(lambda: (POINT.copy(), 1), name="item_of_a_mixed_list_1")
def item_of_a_mixed_list(x, k):
    items = [x * 1.0, x[0] * 2.0, x[1] * 3.0]
    items[0][1] = x[2] ** 2
    v = items[k]
    return np.sum(v * v) + np.sum(items[0] * x)


@case(lambda: (POINT.copy(), 0), name="array_or_list_that_is_stored_to_0")
@case(lambda: (POINT.copy(), 1), name="array_or_list_that_is_stored_to_1")
def array_or_list_that_is_stored_to(x, k):
    a = np.zeros((3, 3)) if k == 0 else [0.0 * x, 0.0 * x, 0.0 * x]
    v = x * x
    a[1] = v
    a[1][0] = 7.0 * x[1]
    v[2] = x[0]
    return np.sum(a[1] * v)


@case(lambda: (POINT.copy(), 0), name="array_stored_in_something_unknown_0")
@case(lambda: (POINT.copy(), 1), name="array_stored_in_something_unknown_1")
def array_stored_in_something_unknown(x, k):
    a = np.zeros((3, 3)) if k == 0 else [0.0 * x, 0.0 * x, 0.0 * x]
    v = x * x
    v[2] = x[0] * 3.0
    a[1] = v
    return np.sum(np.sum(np.array(a) * x)) + np.sum(v)


@case(lambda: (POINT.copy(), 0), name="number_stored_in_a_slice_or_an_item_0")
@case(lambda: (POINT.copy(), 1), name="number_stored_in_a_slice_or_an_item_1")
def number_stored_in_a_slice_or_an_item(x, k):
    a = np.zeros(3) if k == 0 else [0.0, 0.0, 0.0]
    if k == 0:
        a[1:] = x[0]
    else:
        a[1] = x[0]
    return np.sum(np.array(a) * x)


@case(lambda: (POINT.copy(), 0), name="computed_array_stored_in_something_unknown_0")
@case(lambda: (POINT.copy(), 1), name="computed_array_stored_in_something_unknown_1")
def computed_array_stored_in_something_unknown(x, k):
    a = np.zeros((3, 3)) if k == 0 else [0.0 * x, 0.0 * x, 0.0 * x]
    a[1] = x * x
    return np.sum(np.sum(np.array(a) * x))


@case(lambda: (POINT.copy(), 0), name="number_before_an_array_comes_in_front_0")
@case(lambda: (POINT.copy(), 1), name="number_before_an_array_comes_in_front_1")
def number_before_an_array_comes_in_front(x, k):
    items = [x[0] * 1.0]
    arr = x * 2.0
    v = items[0]
    items.insert(0, arr)
    arr[0] = x[1] * x[2]
    return v * v + np.sum(items[0] * x)


@case(lambda: (POINT.copy(), 0), name="numbers_move_among_arrays_0")
@case(lambda: (POINT.copy(), 1), name="numbers_move_among_arrays_1")
def numbers_move_among_arrays(x, k):
    items = [x[0] * 1.0]
    arr = x * 2.0
    items.insert(0, arr)
    arr[0] = x[1] * x[2]
    items[1] = x[2] * items[1]
    items.insert(0, arr)
    return items[2] * items[2] + np.sum(items[0] * x)


@case(lambda: (POINT.copy(), 0), name="number_or_array_in_an_attribute_0")
@case(lambda: (POINT.copy(), 1), name="number_or_array_in_an_attribute_1")
def number_or_array_in_an_attribute(x, k):
    o = Holder()
    p = Holder()
    arr = x * x
    o.v = x[0] * 2.0
    p.v = x[1] * 2.0
    os = [o, p]
    s = os[k].v * os[1 - k].v
    os[k].v = arr
    arr[0] = x[1]
    return s * np.sum(arr * x)


@case(lambda: (POINT.copy(), 0), name="mixed_list_in_a_loop_0")
@case(lambda: (POINT.copy(), 1), name="mixed_list_in_a_loop_1")
def mixed_list_in_a_loop(x, k):
    items = [x[0] * 2.0, x * x, x[1]]
    items[1][0] = x[2]
    s = 0.0
    for i in range(3):
        v = items[i]
        s = s + np.sum(v * v) * (i + 1.0)
        items.insert(0, x[i] * s)
        items[1] = items[1] * x[1]
        w = items.pop()
        s = s + np.sum(w * x)
    return s + np.sum(items[0]) + np.sum(items[1]) * 2.0 + np.sum(items[2]) * x[0]


@case(lambda: (POINT.copy(), 0), name="copies_of_a_mixed_list_0")
@case(lambda: (POINT.copy(), 1), name="copies_of_a_mixed_list_1")
def copies_of_a_mixed_list(x, k):
    items = [x[0] * 2.0, x * x]
    first = tuple(items)
    second = list(items)
    items[1][1] = x[0] * x[1]
    items[0] = x[2]
    a = first[k]
    b = second[k]
    c = items[k]
    return np.sum(a * b * c) + np.sum(second[1 - k] * first[1 - k])


@case(lambda: (POINT.copy(), 0), name="number_or_array_round_a_loop_0")
@case(lambda: (POINT.copy(), 1), name="number_or_array_round_a_loop_1")
def number_or_array_round_a_loop(x, k):
    v = x[0] if k else x * 1.0
    s = 0.0
    for i in range(3):
        s = s + np.sum(v * v)
        if k == 0:
            v[i] = x[1] * s * 0.1
            w = v
        else:
            w = v * x[2]
        v = w
    return s + np.sum(v)


@case(lambda: (POINT.copy(), 0), name="attributes_that_change_their_kind_0")
@case(lambda: (POINT.copy(), 1), name="attributes_that_change_their_kind_1")
def attributes_that_change_their_kind(x, k):
    o = Holder(x[0] * 2.0) if k else Holder(x * x)
    p = Holder(x * 3.0)
    os = [o, p]
    p.v[0] = x[1]
    s = 0.0
    for i in range(2):
        u = os[i].v
        s = s + np.sum(u * u)
        os[i].v = u * x[2]
        os[1 - i].v = x[1] * 1.5 if k else x * 1.5
    return s + np.sum(os[0].v * os[1].v)


@case(lambda: (POINT.copy(), 0), name="mixed_dict_0")
@case(lambda: (POINT.copy(), 1), name="mixed_dict_1")
def mixed_dict(x, k):
    d = {"a": x * x, "b": x[0] * 3.0}
    key = "a" if k else "b"
    d["a"][0] = x[2]
    s = np.sum(d[key] ** 2)
    d[key] = d[key] * x[1]
    d["c"] = x[1]
    for name in ("a", "b", "c"):
        s = s + np.sum(d[name] * x[0])
    return s


@case(lambda: (POINT.copy(), 0), name="views_of_something_unknown_0")
@case(lambda: (POINT.copy(), 1), name="views_of_something_unknown_1")
def views_of_something_unknown(x, k):
    v = unknown(k, x)
    a = np.atleast_1d(v)
    a2 = a * 2.0
    b = np.asarray(v * 1.0)
    if k == 0:
        b[1] = x[0]
        b[0] = b[2] * x[1]
    c = np.ravel(b)
    c[0] = c[-1] * x[1]
    return np.sum(b * b) + np.sum(c * x[2]) + np.sum(a2)


@case(lambda: (POINT.copy(), 0), name="reshaped_number_is_written_to_0")
@case(lambda: (POINT.copy(), 1), name="reshaped_number_is_written_to_1")
def reshaped_number_is_written_to(x, k):
    v = x[0] * x[1] if k else x * x[1]
    a = np.reshape(v, (-1,))
    s = np.sum(v * v)
    a[0] = x[2] * s
    return np.sum(a * a) + np.sum(v)


@case(lambda: (POINT.copy(), 0), name="unpacked_mixed_list_0")
@case(lambda: (POINT.copy(), 1), name="unpacked_mixed_list_1")
def unpacked_mixed_list(x, k):
    t = [x * 1.0, x[0]] if k else [x[1], x * x]
    a, b = t
    if k:
        a[0] = x[2]
    else:
        b[0] = x[2]
    t[0] = x[1]
    return np.sum(a * b) + t[0] * np.sum(t[1])


@case(lambda: (POINT.copy(), 0), name="rows_of_something_unknown_0")
@case(lambda: (POINT.copy(), 1), name="rows_of_something_unknown_1")
def rows_of_something_unknown(x, k):
    a = np.zeros((2, 3)) if k else [x * 1.0, x * 2.0]
    b = x * x
    b[1] = x[0]
    a[0] = b
    b[0] = x[2]
    a[1] = a[0] * x
    c = a[0]
    c[2] = x[1] * 3.0
    return np.sum(a[0] * a[1]) + np.sum(b)


@case(lambda: (POINT.copy(), 0), name="places_of_vectors_or_matrices_0")
@case(lambda: (POINT.copy(), 1), name="places_of_vectors_or_matrices_1")
def places_of_vectors_or_matrices(x, k):
    a = np.zeros(5) if k else np.zeros((5, 2))
    for i in range(5):
        a[i] = x[i % 3] * (i + 1.0)
    v = a[1]
    w = a[[0, 0, 2]]
    a[1] = np.sum(v) * x[0]
    a[[1, 1, 3]] = w * x[1]
    return np.sum(a * a) + np.sum(v) + np.sum(w)


@case(lambda: (POINT.copy(), 0), name="no_trips_or_some_0")
@case(lambda: (POINT.copy(), 1), name="no_trips_or_some_1")
def no_trips_or_some(x, k):
    v = x[0] if k else x * 1.0
    for _ in range(k - 1):
        v = v * 2
    while np.sum(v) < 3.0:
        w = v + x[1] ** 2
        if k == 0:
            w[0] = w[1] * x[0]
        v = w
    return np.sum(v * v)


@case(lambda: (POINT.copy(), 0), name="mixed_list_taken_apart_0")
@case(lambda: (POINT.copy(), 1), name="mixed_list_taken_apart_1")
def mixed_list_taken_apart(x, k):
    items = []
    for i in range(4):
        if i % 2:
            items.append(x[i % 3] * 2.0)
        else:
            a = x * x[i % 3]
            a[i % 3] = 1.0
            items.append(a)
    s = 0.0
    while items:
        v = items.pop(k if len(items) > 1 else 0)
        s = s + np.sum(v * v)
        if items:
            items[0] = items[0] * s
    return s


@case(lambda: (POINT.copy(), 0), name="joined_and_repeated_mixed_lists_0")
@case(lambda: (POINT.copy(), 1), name="joined_and_repeated_mixed_lists_1")
def joined_and_repeated_mixed_lists(x, k):
    items = [x[0], x * x]
    items[1][0] = x[1]
    first = [*items, x[2]]
    second = items * 2
    items[0] = 5.0 * x[1]
    return np.sum(first[k] * second[k + 2]) + np.sum(second[k] ** 2) + np.sum(first[2])


@case(lambda: (POINT.copy(), 0), name="zero_that_becomes_an_array_0")
@case(lambda: (POINT.copy(), 1), name="zero_that_becomes_an_array_1")
def zero_that_becomes_an_array(x, k):
    acc = 0
    for i in range(3):
        acc = acc + (x[i] if k else x * x[i])
    if k == 0:
        acc[0] = acc[1] * x[0]
    old = acc
    acc = acc * 2
    return np.sum(acc * old)


@case(lambda: (POINT.copy(), 0), name="complex_number_or_array_0")
@case(lambda: (POINT.copy(), 1), name="complex_number_or_array_1")
def complex_number_or_array(x, k):
    z = x + 1j * x**2
    v = z[0] if k else z
    w = v * (1 + 2j)
    if k == 0:
        w[1] = w[0] * x[2]
    r = w.real
    if k == 0:
        r[0] = x[1] ** 2
    return np.sum(np.abs(w) ** 2) + np.sum(r * r)


def deep(v, n):
    """Return a number, a few calls down."""
    if n == 0:
        return v[0] if hasattr(v, "shape") and v.shape else v
    return deep(v * 1.5, n - 1)


@case(lambda: (POINT.copy(), 0), name="number_of_a_recursion_0")
@case(lambda: (POINT.copy(), 1), name="number_of_a_recursion_1")
def number_of_a_recursion(x, k):
    s = deep(x, 2)
    a = x * s
    w = s if k else a
    a[0] = s * 2.0
    return np.sum(a * w) * s


@case(lambda: (POINT.copy(), 0), name="class_of_something_unknown_0")
@case(lambda: (POINT.copy(), 1), name="class_of_something_unknown_1")
def class_of_something_unknown(x, k):
    v = x * 1.0 if k else x[0] * 2.0
    t = type(v)
    if k:
        v[0] = x[1]
    w = v * 3.0 if t is np.ndarray else v
    return np.sum(w * v)


@case(lambda: (POINT.copy(), 1), name="stored_into_itself_reversed")
@case(lambda: (POINT.copy(), 2), name="stored_into_itself_shifted")
def stored_into_itself(x, k):
    """What an array of unknown type got of one of its own views was taken from it before it is added."""
    d = np.tanh([x[0], x, x * 0.5][k])
    if k == 1:
        d[:] = d[::-1]
    else:
        d[1:] = d[:-1]
    d[0] = d[2] * x[1]
    return np.sum(d * x) + np.hypot(d[-1], 0.7)
