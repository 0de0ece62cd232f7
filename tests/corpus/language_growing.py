"""Loops over lists that get longer or shorter on the way, as queues and worklists do."""


import numpy as np

from corpus.registry import case


@case(args=lambda: (0.7, 3))
def queue_of_pairs(x, n):
    """What is found is put at the end of the list."""
    todo = [(0, x)]
    total = 0.0
    for k, v in todo:
        total += v * v
        if k < n:
            todo.append((k + 1, v * 0.5))
            todo.append((k + 2, v * x))
    return total


@case(args=lambda: (0.7, 4))
def shortened_at_its_start(x, n):
    """Each item that is taken out lets the loop skip one."""
    row = [x * k for k in range(n + 3)]
    total = 0.0
    for v in row:
        total = total * x + v
        if len(row) > 3:
            row.pop(0)
    return total + len(row) * x


@case(args=lambda: (0.7, 2))
def removed_by_value(x, n):
    """The item that the loop is at leaves."""
    row = [x, 2.0 * x, 3.0 * x, 4.0 * x]
    for v in row:
        if v > n:
            row.remove(v)
    return sum(row) * row[0]


@case(args=lambda: (0.7, 4))
def arrays_added_and_changed(x, n):
    """Arrays are changed in place, and others appended."""
    parts = [np.array([x, x * x])]
    for a in parts:
        a *= x  # noqa: PLW2901
        if len(parts) < n:
            parts.append(a * 2.0)
            parts[0][1] = x * len(parts)
    return sum(np.sum(a * a) for a in parts)


@case(args=lambda: (0.7, 4))
def two_loops_over_one_list(x, n):
    """The inner loop goes over the same list under another name, and both see it grow."""
    row = [x]
    same = row
    total = 0.0
    for v in row:
        for w in same:
            total += v * w
            if len(same) < n:
                same.append(w * x)
    return total


@case(args=lambda: (0.7, 5))
def put_in_front(x, n):
    """An insertion at the start lets the loop meet an item again."""
    row = [x, 1.0]
    count = 0
    for v in row:
        count += 1
        if count < n:
            row.insert(0, v * x)
    return sum(v * v for v in row) + count * x


@case(args=lambda: (0.7, 3))
@case(args=lambda: (0.7, 8), name="grown_and_left_by_break")
def grown_with_else(x, n):
    """The loop is left by ``break``, skips by ``continue``, or ends."""
    row = [x]
    total = 0.0
    for v in row:
        if v > 10.0:
            break
        if len(row) > n:
            continue
        row.append(v * 3.0)
    else:
        total = x**3
    return total + sum(v * v for v in row)


class Node:
    """A value and nodes below it."""

    def __init__(self, value, below):
        self.value = value
        self.below = below


@case(args=lambda: (0.7,))
def tree_in_breadth(x):
    """A worklist of objects."""
    todo = [Node(x, [Node(2.0 * x, [Node(x * x, [])]), Node(3.0 * x, [])])]
    total = 0.0
    for node in todo:
        total = total * x + node.value
        todo.extend(node.below)
    return total


@case(args=lambda: (0.7, 4))
def numbered_and_grown(x, n):
    """Items with their numbers, appended and taken out."""
    row = [x, 2.0 * x]
    total = 0.0
    for k, v in enumerate(row, 1):
        total += v * k
        if k < n:
            row.append(v * total)
        if k == n:
            row.pop()
    return total + len(row) * x


@case(args=lambda: (0.7, 4))
def generator_over_a_growing_list(x, n):
    """A generator goes over the list."""
    row = [x, 2.0 * x]

    def found():
        for v in row:
            yield v * x
            if len(row) < n:
                row.append(v * 3.0)

    return sum(v * v for v in found())


@case(args=lambda: (0.7, 3))
def grown_until_it_fails(x, n):
    """The loop is in a ``try`` block."""
    row = [x]
    weights = [float(k) for k in range(n)]
    try:
        for v in row:
            row.append(v * weights[len(row)])
    except IndexError:
        row.append(3.0 * x)
    return sum(v * v for v in row)
