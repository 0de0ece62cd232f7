"""Containers of arrays that are taken as a whole, between changes of what they hold."""

from __future__ import annotations

import numpy as np

from corpus.registry import case, normal


@case(lambda: (normal(1, 3),))
def stacked_before_an_insertion(x):
    rows = [x * 2.0]
    rows[0][0] = x[1] * x[0]
    s = np.sum(np.stack(rows) * x)
    rows.insert(0, x * 3.0 * x)
    rows[0][1] = x[2]
    return s + np.sum(rows[0] * rows[1])


@case(lambda: (normal(2, 3),))
def stacked_before_a_store(x):
    rows = [x * 2.0]
    rows[0][0] = x[1] * x[0]
    s = np.sum(np.stack(rows) * x)
    rows[0] = x * x * x
    rows[0][1] = x[2]
    return s + np.sum(rows[0] * x)


@case(lambda: (normal(3, 3),))
def stacked_in_each_trip(x):
    rows = []
    s = 0.0
    for i in range(3):
        row = x * x[i]
        rows.insert(0, row)
        row[i] = x[1] ** 2
        s = s + np.sum(np.stack(rows) * x) * (1.0 + i)
    return s + np.sum(rows[0] * rows[1])


@case(lambda: (normal(4, 3),))
def joined_while_they_change_places(x):
    rows = [x * 1.0, x * x, np.sin(x)]
    s = 0.0
    for i in range(4):
        rows[i % 3] = rows[(i + 1) % 3] * x
        rows[(i + 2) % 3][0] = x[2]
        s = s + np.sum(np.concatenate(rows) * np.concatenate(rows))
        rows[0], rows[1] = rows[1], rows[0]
    return s


@case(lambda: (normal(5, 3),))
def values_of_a_dict_that_changes(x):
    parts = {"a": x * 1.0, "b": x * x}
    s = 0.0
    for i in range(3):
        parts["a"][i] = x[0] * x[1]
        s = s + np.sum(np.array(list(parts.values())) ** 2)
        parts["a" if i == 1 else "b"] = parts["a"] * x[i]
    return s + np.sum(parts["b"])


@case(lambda: (normal(6, 3),))
def lists_in_a_list_that_change(x):
    groups = [[x * 1.0], [x * x, x * 3.0]]
    groups[1][0][0] = x[1]
    s = np.sum(np.array(groups[1]) * x)
    groups[1].pop()
    groups[0].append(np.cos(x))
    groups[0][1][0] = 0.5
    s = s + np.sum(np.array(groups[0]) ** 2)
    groups.reverse()
    return s + np.sum(np.array(groups[1]) ** 3) + np.sum(groups[0][0])


@case(lambda: (normal(7, 3),))
def stacked_until_nothing_is_left(x):
    rows = [x * 1.0, x * x, np.sin(x)]
    rows[0][0] = 2.0
    s = 0.0
    while len(rows) > 0:
        s = s + np.sum(np.stack(rows) ** 2)
        row = rows.pop(0) if len(rows) > 1 else rows.pop()
        row[1] = s * 0.1
        s = s + np.sum(row)
    return s


@case(lambda: (normal(8, 3),))
def sorted_and_replaced_between_stacks(x):
    rows = [x * 1.0, x * x, np.sin(x)]
    rows[0][0] = 2.0
    s = np.sum(np.stack(rows) ** 2)
    rows.sort(key=lambda row: row[1])
    s = s + np.sum(np.stack(rows) * x)
    rows[0:1] = [x * 5.0, x * x * x]
    rows[0][1] = x[0]
    more = [*rows, x * 1.5]
    more[3][2] = x[0]
    return s + np.sum(np.stack(more) ** 2)


@case(lambda: ([normal(9, 3), normal(10, 3)],))
def arrays_of_the_caller_change_places(rows):
    s = np.sum(np.stack(rows) * rows[0])
    rows[0][1] = rows[1][0] ** 2
    rows[0], rows[1] = rows[1], rows[0]
    s = s + np.sum(np.stack(rows)[0] * rows[0])
    rows.append(rows[0] * 2.0)
    rows[2][0] = s
    return s + np.sum(np.stack(rows) ** 2)


@case(lambda: (normal(11, 3),))
def appended_to_between_stacks(x):
    rows = [x * 1.0, x * x]
    rows[0][0] = 2.0
    s = np.sum(np.stack(rows) ** 2)
    rows.append(x * 3.0)
    return s + np.sum(np.stack(rows) ** 2)
