"""Lists that are changed in every way that lists have."""

from __future__ import annotations

import functools
import itertools
import math
import operator

import numpy as np

from corpus.registry import case, normal


@case(lambda: (1.7,))
def pop_from_the_end_by_number(x):
    items = [x, 2 * x, 3 * x, 4 * x]
    y = items.pop(-2)
    z = items.pop(-1)
    items.append(y * z)
    return items[0] * items[1] + items[2]


@case(lambda: (1.7,))
def insert_in_the_middle(x):
    items = []
    for k in range(6):
        items.insert(k // 2, x**k)
        if k % 2:
            items[0] *= items[-1] * 0.1 + 1.0
    return sum(a * i for i, a in enumerate(items))


@case(lambda: (1.7,))
def pop_and_reverse_until_empty(x):
    items = [x * k for k in range(1, 6)]
    s = 0.0
    while items:
        s += items.pop(0) * len(items)
        if len(items) > 2:
            items.reverse()
            items[0] = items[0] * s * 0.1
    return s


@case(lambda: (1.7,))
def sort_again_and_again(x):
    items = [math.sin(x * k) for k in range(6)]
    for _ in range(3):
        items.sort()
        items[0] = items[0] ** 2 + items[-1]
        items.sort(reverse=True)
        items[-1] = items[-1] * 1.3
    return sum(a * (i + 1) for i, a in enumerate(items))


@case(lambda: (1.7,))
def sorted_rows_are_shared(x):
    rows = [[x, 3.0], [2 * x, 1.0], [0.5 * x, 2.0]]
    rows.sort(key=lambda r: r[1])
    rows[0][0] *= x
    rows.insert(1, [x * x, 9.0])
    rows[1][0] += 1.0
    rows.reverse()
    rows[0][0] = rows[0][0] * rows[3][0]
    return sum(r[0] * r[1] for r in rows)


@case(lambda: (1.7,))
def popped_arrays_are_written(x):
    arrs = [np.ones(2) * x, np.arange(2.0) * x]
    a = arrs.pop(0)
    a *= x
    arrs.append(a)
    a[0] = 3 * x
    b = arrs.pop()
    b[1] *= b[0]
    arrs.insert(0, b)
    arrs[0][0] += b[1]
    return np.sum(arrs[0] * arrs[1]) + np.sum(a)


@case(lambda: (1.7,))
def slices_are_replaced(x):
    items = [x, 2 * x, 3 * x, 4 * x, 5 * x]
    items[1:3] = [x * x]
    items[::2] = [items[1] * k for k in (1, 2)]
    items[5:] = [x, 1.0]
    items[:0] = [7 * x]
    del items[1::2]
    return sum(a * (i + 1) for i, a in enumerate(items))


@case(lambda: (1.7,))
def rows_in_two_lists(x):
    items = [[x] * 2 for _ in range(2)]
    m = [r for r in items]
    m[0][1] = x * x
    items.append(m[0])
    items[2][0] = 7.0 * x
    return sum(sum(r) for r in items)


@case(lambda: (1.7,))
def two_names_of_a_list(x):
    items = [x, 2 * x]
    m = items
    m.insert(0, 3 * x)
    items.remove(2 * x)
    m.append(1.0)
    items.extend(m)
    return sum(a * (i + 1) for i, a in enumerate(m))


@case(lambda: (1.7,))
def clear_and_fill(x):
    q = [x]
    for k in range(4):
        if k == 2:
            q.clear()
        q.append(x * k)
        q += [q[-1] * 2]
    return sum(a * (i + 1) for i, a in enumerate(q))


@case(lambda: (1.7,))
def the_best_three(x):
    best = []
    for k in range(5):
        v = math.sin(3 * x * k)
        i = 0
        while i < len(best) and best[i] < v:
            i += 1
        best.insert(i, v)
        if len(best) > 3:
            best.pop()
    return best[0] + 2 * best[1] + 3 * best[2]


@case(lambda: (1.7,))
def products_and_permutations(x):
    acc = [0.0] * 3
    for i, j in itertools.product(range(3), repeat=2):
        acc[i] += x**j
    for a, b, c in itertools.permutations([x, 2.0, 3.0 * x], 3):
        acc[0] += a * b - c
    return sum(acc) + sum(a * b for a, b in itertools.combinations_with_replacement([x, x * x], 2))


@case(lambda: (1.7,))
def pairwise_and_starmap(x):
    s = 0.0
    for a, b in itertools.pairwise([x, x * x, 2.0]):
        s += a * b
    return (
        s
        + list(itertools.accumulate([x, 2.0, x], operator.mul))[-1]
        + sum(itertools.starmap(pow, [(x, 2), (2.0, x)]))
    )


@case(lambda: (1.7,))
def while_and_chain(x):
    return (
        sum(itertools.takewhile(lambda v: v < 5, [x, 2 * x, 30 * x, x]))
        + sum(itertools.dropwhile(lambda v: v < 5, [x, 2 * x, 30 * x, x]))
        + sum(itertools.chain.from_iterable([[x], [x * x, 1.0]]))
    )


@case(lambda: (1.7,))
def sorted_is_a_copy(x):
    items = [x, 2 * x]
    l2 = sorted(items, reverse=True)
    l2[0] = 9 * x
    items.append(l2[0] * l2[1])
    return items[0] * items[2]


@case(lambda: (1.7,))
def helper_changes_a_list(x):
    def sub(items):
        items.insert(0, x)
        items.sort()
        return items.pop()

    items = [2 * x, 0.3]
    a = sub(items)
    b = sub(items)
    return a * b + items[0]


@case(lambda: (1.7,))
def a_stack_of_tuples(x):
    stack = [(x, 0)]
    tot = 0.0
    while stack:
        v, d = stack.pop()
        tot += v * (d + 1)
        if d < 3:
            stack.append((v * 0.5, d + 1))
            stack.insert(0, (v * v * 0.1, d + 1))
    return tot


@case(lambda: (1.7,))
def reduce_with_a_branch(x):
    def h(v):
        return v if v < 2 else v / 2

    return functools.reduce(lambda s, v: s * 0.9 + h(v), [x * k for k in range(5)])


@case(lambda: (1.7,))
def lists_by_branch(x):
    if x > 100:
        items = [x]
    else:
        items = [x, x * x, x**3]
    m = items
    if x > 1:
        m = items.copy()
        m.insert(1, 5 * x)
    m[0] = 2 * x
    items.reverse()
    return m[0] + 10 * m[1] + 100 * items[0]


@case(lambda: (1.7,))
def a_list_in_a_list_twice(x):
    t = [x, x + 1]
    u = [t, t]
    u[0][0] = 3 * x
    u.append(t.copy())
    u[2][1] = 0.0
    del u[0]
    t.insert(0, x)
    return sum(sum(r) for r in u)


@case(lambda: (1.7,))
def selection_sort(x):
    h = [5 * x, 2 * x, x]
    n = []
    while h:
        m = min(h)
        h.remove(m)
        n.append(m)
        n[-1] *= len(n)
    return n[0] + n[1] * 10 + n[2] * 100


@case(lambda: (1.7,))
def list_of_constants(x):
    items = [1, 2, 3]
    items.insert(0, 0)
    items.reverse()
    items.sort(key=lambda v: -v)
    return x * items[0] + items.index(2)


@case(lambda: (1.7,))
def extrema_of_pairs(x):
    a = max([(x, 1), (2 * x, 0)], key=lambda p: p[0])
    b = min({"u": x, "v": 2 * x}.items(), key=lambda kv: kv[1])
    return a[0] + b[1] + max([], default=x) + min((v for v in [x, 5.0]), default=0.0)


@case(lambda: (1.7,))
def insert_at_the_front(x):
    items = [x, 2.0]
    items.insert(0, x * x)
    items.insert(1, 3.0)
    return items[0] * items[1] + items[2] * 5 + items[-1]


@case(lambda: (1.7,))
def reverse_in_place(x):
    items = [x, 2 * x, x * x]
    items.reverse()
    return items[0] + 10 * items[1]


@case(lambda: (1.7,))
def sort_in_place(x):
    items = [3 * x, x, 2 * x * x]
    items.sort()
    return items[0] + 10 * items[1] + 100 * items[2]


@case(lambda: (1.7,))
def clear_after_copy(x):
    items = [x, 2 * x]
    m = items.copy()
    m[0] = 5.0 * x
    items.clear()
    items.append(x)
    return m[0] * m[1] + items[0] + len(items)


@case(lambda: (1.7,))
def remove_by_value(x):
    items = [x, 1.0, 2 * x]
    i = items.index(1.0)
    c = items.count(1.0)
    items.remove(1.0)
    return items[1] * i + c * items[0]


@case(lambda: (1.7,))
def pop_at_both_ends(x):
    items = [x, 1.0, 2 * x]
    items.pop(0)
    y = items.pop()
    return y * items[0]


@case(lambda: (1.7,))
def slice_assigned(x):
    items = [x, 2 * x, 3 * x, x * x]
    items[1:3] = [x * x * x]
    return items[1] * items[2] + len(items)


@case(lambda: (1.7,))
def items_deleted(x):
    items = [x, 2 * x, 3 * x, x * x]
    del items[1]
    del items[0:1]
    return items[0] + items[1] * 2


@case(lambda: (1.7,))
def list_of_lists_as_matrix(x):
    m = [[0.0] * 3 for _ in range(3)]
    for i in range(3):
        for j in range(3):
            m[i][j] = x ** (i + 1) * (j + 1)
            if i:
                m[i][j] += m[i - 1][j]
    return m[2][2] + sum(sum(r) for r in m)


@case(lambda: (1.7,))
def items_updated_and_lists_joined(x):
    items = [0.0] * 4
    for k in range(4):
        items[k] += x * k
        items[k] *= 2
    items += [x, x * x]
    items = items + [1.0]
    return sum(items[1:5]) + sum(items[::-2])


@case(lambda: (1.7,))
def display_with_stars_inside(x):
    items = [x, 2 * x]
    m = [0.0, *items, x * x, *items, 1.0]
    return sum(a * i for i, a in enumerate(m))


@case(args=lambda: (0.7, 1.3, 5), argnums=(0, 1))
def state_replaced_by_another_list(x, y, n):
    """Every trip replaces the list by another of as many items."""
    state = [x, y]
    for _ in range(n):
        state = [state[1], state[0] * 0.5 + state[1] ** 2 * 0.1]
    return state[0] * state[1]


@case(args=lambda: (normal(70, 3), 1.3, 4), argnums=(0, 1))
def records_replaced_by_others(v, y, n):
    """A list of unlike items and a dict are replaced; the loop may stop."""
    state = [v, y]
    scales = {"v": 0.5, "y": y}
    while n > 0:
        n -= 1
        state = [part * scales[key] for part, key in zip(state, ("v", "y"), strict=True)]
        scales = {key: scale * 1.1 for key, scale in scales.items()}
        if scales["y"] > 1.7:
            break
    return np.sum(state[0] ** 2) * state[1] + scales["v"] * scales["y"]


def _swapped(x, y, n):
    first = [x, y]
    other = first
    for _ in range(n):
        first = [first[1], first[0] * x]
    first.append(x * y)
    first[0] = x * 3.0
    return other[0] * other[-1] + first[0] * len(other)


@case(args=lambda: (0.7, 1.3), argnums=(0, 1))
def list_replaced_in_no_trip(x, y):
    """After a loop without a trip the list is the one that it was, with another name."""
    return _swapped(x, y, 0) + 10.0 * _swapped(x, y, 2)


@case(args=lambda: (0.7, 1.3, 3), argnums=(0, 1))
def list_replaced_and_kept(x, y, n):
    """Every list that was is kept, and one of them is changed."""
    state = [x, y]
    seen = []
    for _ in range(n):
        seen.append(state)
        state = [state[1], state[0] * state[1]]
    seen[0][1] = x * x
    seen[-1].append(y)
    return sum(one[0] * one[1] * len(one) for one in seen) + state[0]


@case(args=lambda: (0.7, 1.3, 3), argnums=(0, 1))
def list_changed_by_its_other_name(x, y, n):
    """The first list has another name, by which it is changed in the loop."""
    state = [x, y]
    other = state
    for k in range(n):
        if k == 1:
            other[0] = y * 2.0
        state = [state[1] + other[0], state[0] * state[1]]
    return state[0] * state[1] + other[0]


def _settings():
    return [3.0, 0.4]


def _label():
    return "a:b"


@case(args=lambda: (0.7,))
def methods_of_what_a_call_returned(x):
    """``sort`` and ``partition`` of a list and a string that a call without active values returned."""
    numbers = _settings()
    numbers.sort()
    array = np.array(_settings())
    array.sort()
    name, _, _ = _label().partition(":")
    return x * numbers[0] * len(name) + x**2 * array[1]


def _squared(x):
    return np.sum(x * x)


@case(args=lambda: (normal(71, 6),), argnums=0)
def lists_in_containers_that_grow(x):
    """Lists in a dict and in a list are appended to, and what they hold is handed to a helper."""
    by_sign = {"plus": [], "minus": []}
    by_place = [[], []]
    groups = {}
    for k, v in enumerate(x):
        by_sign["plus" if v > 0 else "minus"].append(v)
        by_place[k % 2].append(v * v)
        groups.setdefault(k % 3, []).append(v)
        if k not in groups:
            groups[k] = []
        groups[k].append(v * 2.0)
    signs = _squared(sum(by_sign["plus"])) + _squared(by_sign["minus"][0])
    places = _squared(sum(by_place[0])) * _squared(by_place[1][0])
    return signs + places + _squared(sum(sum(group) ** 2 for group in groups.values()))


@case(args=lambda: (normal(72, 2, 3),), argnums=0)
def items_with_their_places(m):
    """``np.ndenumerate`` gives indices and items."""
    total = 0.0
    for (i, j), v in np.ndenumerate(m):
        total += (i + 2 * j) * v**2
    return total
