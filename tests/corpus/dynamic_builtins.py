"""Builtins, numbers between Python and NumPy, records, iteration."""

from __future__ import annotations

import itertools
import math

import numpy as np

from corpus.registry import case


@case(lambda: (1.7,))
def transposed_display(x):
    a, b = zip(*[(x, 1.0), (2.0 * x, x)])
    return a[0] * b[1] + a[1]


@case(lambda: (1.7,))
def transposed_rows(x):
    rows = [[x, 1.0], [2.0, x * x]]
    cols = list(zip(*rows))
    return cols[0][1] * cols[1][1] + cols[0][0]


@case(lambda: (1.7,))
def transposed_into_lists(x):
    rows = [[x, 1.0], [2.0, x * x]]
    cols = [list(c) for c in zip(*rows)]
    return sum(a * b for a, b in zip(cols[0], cols[1]))


@case(lambda: (1.7,))
def any_of_active(x):
    return x if any(v > 1 for v in [x, 2]) else x * x


@case(lambda: (1.7,))
def all_of_active(x):
    return x if all([x > 1, x < 0.2]) else x * x


@case(lambda: (1.7,))
def rounding(x):
    return round(x, 2) * x + round(x)


@case(lambda: (1.7,))
def quotient_and_remainder(x):
    q, r = divmod(x * 5, 2.0)
    return q * r


@case(lambda: (1.7,))
def sum_from_a_start(x):
    return sum([x, x * x], 5.0) + sum((x,), start=x)


@case(lambda: (1.7,))
def floats_of_arrays(x):
    return float(np.array(x * 2)) + float(x)


@case(lambda: (1.7,))
def items_of_arrays(x):
    return np.array([x, 2.0]).sum().item() + np.float64(x).item()


@case(lambda: (1.7,))
def array_to_list(x):
    items = (np.array([x, 2 * x]) ** 2).tolist()
    return items[0] * items[1]


@case(lambda: (1.7,))
def arrays_of_lists(x):
    return np.asarray([x, x * x]).prod() + np.asarray([[x, 1], [2, x]]).sum()


@case(lambda: (1.7,))
def isinstance_of_an_argument(x):
    return x * 2 if isinstance(x, (int, float)) else x


@case(lambda: (1.7,))
def nested_generator(x):
    return sum(a * b for a in [x, 1.0] for b in [2.0, x] if a * b > 0.5)


@case(lambda: (1.7,))
def accumulate_and_product(x):
    return sum(itertools.accumulate([x, x, 2 * x])) + sum(
        a * b for a, b in itertools.product([x, 1.0], [2.0, x])
    )


@case(lambda: (1.7,))
def combinations_and_chain(x):
    return sum(a * b for a, b in itertools.combinations([x, 1.0, 2 * x], 2)) + sum(
        itertools.chain([x], [x * x])
    )


@case(lambda: (1.7,))
def islice_and_zip_longest(x):
    return sum(v for v in itertools.islice([x, 2 * x, 3 * x], 2)) + sum(
        a * b for a, b in itertools.zip_longest([x, 1.0], [x], fillvalue=2.0)
    )


@case(lambda: (1.7,))
def messages_with_active_values(x):
    if x < 0:
        raise ValueError(f"negative {x:.3f} value {x!r}")
    assert x > 0, "bad %s" % x
    return x * x


@case(lambda: (1.7,))
def deleted_name(x):
    y = x * x
    z = y
    del y
    return z


@case(lambda: (1.7,))
def strings_beside_numbers(x):
    return " ".join(["a", "b"]).count("a") * x


@case(lambda: (1.7,))
def list_of_tuples(x):
    out = []
    for i, (a, b) in enumerate(zip([x, 1.0], [2.0, x])):
        out.append((a, b, i))
    return sum(a * b * i for a, b, i in out)


@case(lambda: (1.7,))
def sums_and_products(x):
    return np.polyval([x, 1.0, x * x], 2.0) + math.fsum([x, x * x]) + math.prod([x, x, 2.0])


@case(lambda: (1.7,))
def displays_indexed_at_once(x):
    return [x, 2 * x][-1] + (x,)[0] + {"a": x}["a"]


@case(lambda: (1.7,))
def sets_of_constants(x):
    s = set([1, 2, 3])
    t = {1: x, 2: x * x}
    return sum(t[k] for k in t if k in s)


@case(lambda: (1.7,))
def transposed_points(x):
    pts = []
    for k in range(4):
        pts.append((x * k, x**k))
    xs, ys = zip(*pts)
    s = 0.0
    for c in zip(*pts):
        s += c[1] * c[2]
    return s + sum(xs) * ys[2] + sum(map(lambda a, b, c, d: a * b + c * d, *pts))


@case(lambda: (1.7,))
def transposed_matrix(x):
    m = [[x, 1.0], [2.0, x * x], [3.0, x]]
    t = [list(r) for r in zip(*m)]
    t[0][1] = 5 * x
    return (
        sum(a * b for a, b in zip(t[0], t[1])) + list(map(list, zip(*m)))[1][1] + [sum(c) for c in zip(*m)][0]
    )
