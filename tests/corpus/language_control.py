"""Branches and loops, nested in each other, with early exits anywhere."""

# written as users write it, not as a linter likes it
# ruff: noqa: B007, B905, F821, PLW0120, PLW2901, SIM108

import math

import numpy as np

from corpus.registry import case, normal, positive, spread


@case(args=lambda: (0.7,), argnums=0)
def if_elif_else(x):
    """The third of four branches is taken."""
    if x > 2.0:
        y = x**2
    elif x > 1.0:
        y = x**3
        z = 2.0
    elif x > 0.5:
        y = x**4
        z = x
    else:
        y = x
    return y * z


@case(args=lambda: (-0.7,), argnums=0)
def if_without_else_rebinds(x):
    """A branch that rebinds the name that its condition read."""
    if x < 0:
        x = -x
    if x > 100:
        x = x * 0.0
    return x**3


@case(args=lambda: (1.0, 0.3), argnums=(0, 1))
def nested_branches(x, y):
    """Branches in branches, some of which bind nothing."""
    a = x
    if x > y:
        if y > 0:
            a = x * y
            if x > 5:
                a = a * a
            else:
                pass
        b = a + x
    else:
        b = y
    return a * b


@case(args=lambda: (normal(1, 5),), argnums=0)
def for_over_range_forms(x):
    """Ranges with start, step and negative step, and a trip count from a shape."""
    total = 0.0
    for i in range(len(x)):
        total += x[i] ** 2
    for i in range(1, x.shape[0], 2):
        total *= x[i] + 2.0
    for i in range(4, -1, -2):
        total += i * x[i] * x[i - 1]
    return total


@case(args=lambda: (1.5, 0), argnums=0)
def zero_trip_range(x, n):
    """A loop that never runs leaves its carried names alone."""
    y = x * x
    for _ in range(n):
        y = y * x
        x = math.sin(y)
    for i in range(3, 1):
        y = y + i
    while n > 0:
        y = y * 100.0
        n = n - 1
    return y + x


@case(args=lambda: (1.5,), argnums=0)
def one_trip_loops(x):
    """Loops that run exactly once."""
    for i in range(1):
        y = x + i
    for v in [y * x]:
        x = x + v
    return x * y * v


@case(args=lambda: (normal(2, 4),), argnums=0)
def for_over_array_items(x):
    """Items of a vector."""
    p = 1.0
    for v in x:
        p = p * (1.0 + v * v)
    return p


@case(args=lambda: (normal(3, 3, 4),), argnums=0)
def for_over_rows_and_transposed(x):
    """Rows of a matrix and rows of its transpose."""
    total = 0.0
    for row in x:
        total = total + np.sum(np.sin(row)) ** 2
    for column in x.T:
        total = total * (1.0 + 0.1 * column[0] * column[-1])
    return total


@case(args=lambda: (0.5, 1.5), argnums=(0, 1))
def for_over_list_and_tuple(x, y):
    """Displays of active values, and constants of other types."""
    total = 0.0
    for v in [x, y, x * y, 2.0]:
        total += v**3
    for p, q in ((x, 1), (y, 2), (total, 3)):
        total += p * q
    for name in ("a", "b"):
        if name == "b":
            total *= x
    return total


@case(args=lambda: (normal(4, 4), normal(5, 4)), argnums=(0, 1))
def for_over_enumerate_zip_reversed(x, y):
    """enumerate with start, zip of three, reversed, and all of them nested."""
    total = 0.0
    for k, v in enumerate(x, start=2):
        total += v**k
    for a, b, c in zip(x, y, range(4)):
        total += a * b * c
    for v in reversed(x):
        total = total * 0.5 + v
    for i, (a, b) in reversed(list(enumerate(zip(x, y)))):
        total = total * 0.9 + a * b**i
    return total


@case(args=lambda: (normal(6, 5), normal(7, 3)), argnums=(0, 1))
def zip_of_unequal_lengths(x, y):
    """zip stops at the shortest."""
    s = 0.0
    for a, b in zip(x, y):
        s = s * a + b
    for a, b in zip(x[2:], x):
        s = s + a * b
    return s


@case(args=lambda: (normal(8, 3, 3),), argnums=0)
def nested_loops_triangular(x):
    """The inner bound depends on the outer index."""
    s = 0.0
    for i in range(3):
        for j in range(i + 1):
            for k in range(j, i):
                s += x[i, j] * x[j, k] * (i + 1)
            s = s * 0.9 + x[i, j]
    return s


@case(args=lambda: (3.7,), argnums=0)
def while_halving(x):
    """A while loop whose trip count depends on the value."""
    n = 0
    while x > 0.5:
        x = x / 2.0 + 0.01 * x * x
        n += 1
    return x * n


@case(args=lambda: (1.9, 1e-13), argnums=0)
def while_newton(a, tol):
    """Newton's iteration for a square root."""
    x = a
    while abs(x * x - a) > tol:
        x = 0.5 * (x + a / x)
    return x


@case(args=lambda: (normal(9, 6),), argnums=0)
def while_two_indices(x):
    """Two indices meet, as in a partition."""
    i, j = 0, len(x) - 1
    s = 1.0
    while i < j:
        if x[i] < x[j]:
            s = s + x[i] * x[j]
            i += 1
        else:
            s = s * (1.5 + x[j])
            j -= 1
    return s * x[i]


@case(args=lambda: (0.4,), argnums=0)
def break_in_for(x):
    """break leaves the loop in the middle of a turn."""
    s = 0.0
    for i in range(10):
        s += x**i
        if s > 1.5:
            break
        s = s * 1.01
    return s * i


@case(args=lambda: (normal(10, 6),), argnums=0)
def continue_in_for(x):
    """continue skips the rest of some turns."""
    s = 0.0
    for i in range(6):
        if i % 3 == 1:
            continue
        s = s + x[i] ** 2
        if i == 2:
            s = s * 3.0
            continue
        s = s - x[i]
    return s


@case(args=lambda: (0.9,), argnums=0)
def break_and_continue_in_while(x):
    """Both, in an endless loop."""
    n = 0
    s = x
    while True:
        n += 1
        if n % 2:
            s = s * x + 0.1
            continue
        s = s + x**n
        if n >= 7 or s > 50:
            break
    return s


@case(args=lambda: (0.9, 5), argnums=0)
def loop_else_runs(x, n):
    """The else of a loop runs unless the loop was left by break."""
    for i in range(n):
        if i == 100:
            break
        x = x * 1.1
    else:
        x = x + 1.0
    for i in range(n):
        if i == 2:
            break
        x = x * 1.2
    else:
        x = x * 1000.0
    while n > 2:
        n -= 1
        x = x - 0.1 * x * x
    else:
        x = x**2
    return x


@case(args=lambda: (normal(11, 4),), argnums=0)
def early_return_from_nested_loops(x):
    """return in the middle of two loops and a branch."""
    s = 0.0
    for i in range(4):
        for j in range(4):
            s = s + x[i] * x[j] * (1 + j)
            if i == 2 and j == 1:
                return s * x[3] + i
            if j > i:
                break
        else:
            s = s * 0.5
    return -s


@case(args=lambda: (2.0, 1.0), argnums=(0, 1))
def early_return_guard(x, y):
    """Guards at the head of a function."""
    if y < 0:
        return 0.0
    if x < 1:
        return x * y
    t = math.log(x) * y
    if t > 100:
        return t
    x = x - t
    return x * t


@case(args=lambda: (1.3,), argnums=0)
def return_in_while_true(x):
    """The only return is inside an endless loop."""
    k = 0
    while True:
        x = x + 0.3 * math.sin(x)
        k += 1
        if x > 2.5:
            return x * k
        if k > 50:
            return x


@case(args=lambda: (0.8,), argnums=0)
def return_in_loop_else(x):
    """return in the else of a loop."""
    y = x
    for _ in range(3):
        y = y * x + 1.0
        if y > 1000:
            break
    else:
        return y * x
    return 0.0


@case(args=lambda: (normal(12, 3, 4),), argnums=0)
def break_of_inner_loop_only(x):
    """break of an inner while inside a for with continue."""
    total = 0.0
    for i in range(3):
        j = 0
        acc = 0.1
        while j < 4:
            acc += x[i, j] ** 2
            if acc > 1.2:
                break
            j += 1
        if j == 4:
            continue
        total += acc * (j + 1)
    return total + acc


@case(args=lambda: (spread(13, 8),), argnums=0)
def first_match_search(x):
    """A search with a found flag and the index read after the loop."""
    found = False
    best = -1
    for i, v in enumerate(x):
        if v > 0.4:
            found = True
            best = i
            break
    if not found:
        return 0.0
    return x[best] ** 2 * (best + 1) + v


@case(args=lambda: (spread(14, 7),), argnums=0)
def running_maximum_by_branch(x):
    """A maximum found by comparison carries value and index."""
    top = x[0]
    where = 0
    for i in range(1, len(x)):
        if x[i] > top:
            top = x[i]
            where = i
    return top * top + where * x[where]


@case(args=lambda: (0.3,), argnums=0)
def assert_print_raise(x):
    """assert, print and raise in branches are kept."""
    assert x > 0, f"x must be positive, not {x}"
    if x > 10:
        raise ValueError("too large")
    print("x is", x)
    for i in range(2):
        if x < 0:
            raise RuntimeError(f"negative after {i}")
        x = x * 2.0
        assert isinstance(i, int)
    return x**2


@case(args=lambda: (1.2, 3), argnums=0)
def raise_ends_a_branch(x, n):
    """A branch that always raises binds nothing, yet the name is bound afterwards."""
    if n == 3:
        y = x**2
    elif n == 4:
        y = x**3
    else:
        raise NotImplementedError(n)
    return y * n


@case(args=lambda: (normal(15, 4),), argnums=0)
def loop_carried_rotation_of_three(x):
    """Three names rotate; each turn uses them differently."""
    a, b, c = x[0], x[1], x[2]
    for i in range(5):
        a, b, c = b, c, a * b + 0.5 * i
        if i == 2:
            a, c = c, a
    return a + 2.0 * b + 3.0 * c * x[3]


@case(args=lambda: (normal(16, 3),), argnums=0)
def name_bound_only_in_loop(x):
    """A name bound in the loop body is read after the loop and in the next turn."""
    for i in range(3):
        if i > 0:
            y = y * x[i] + prev
        else:
            y = x[0]
        prev = y * 0.5
    return y + prev * x[1]


@case(args=lambda: (normal(17, 4),), argnums=0)
def loop_variable_rebound_inside(x):
    """The loop variable is overwritten in the body, without effect on the trips."""
    s = 0.0
    for i in range(4):
        s += x[i] * i
        i = 3 - i
        s += x[i] ** 2 * (i + 1)
    return s * i + s


@case(args=lambda: (0.5,), argnums=0)
def range_bound_changes_inside(x):
    """The bound is read once; changing the name inside changes nothing."""
    n = 4
    y = x
    for i in range(n):
        n = n - 2
        y = y * x + i * n
    return y * n


@case(args=lambda: (1.1, 12), argnums=0)
def branches_by_index(x, n):
    """A long walk through branches chosen by ints."""
    state = 1
    for _ in range(n):
        if state % 2 == 0:
            x = x + 0.1 * math.sqrt(x + 1.0)
            state = state // 2
        elif state % 3 == 0:
            x = x * 1.3
            state = state + 7
        else:
            x = x - 0.05 * x**2
            state = 3 * state + 1
    return x


@case(args=lambda: (normal(18, 6),), argnums=0)
def random_walk_of_branches(x):
    """Branches chosen by active values; their order is not known beforehand."""
    p = 0.2
    for v in x:
        if v > p:
            p = p + 0.3 * v * v
        elif v < -p:
            p = p * (1.0 + 0.1 * v)
        else:
            p = math.sin(p) - v
    return p * p


@case(args=lambda: (positive(19, 3, 3),), argnums=0)
def while_over_arrays_with_norm(a):
    """The power method, until the vector stands still."""
    v = np.ones(3)
    change = 1.0
    turns = 0
    while change > 1e-13 and turns < 200:
        w = a @ v
        w = w / np.sqrt(np.sum(w * w))
        change = np.max(np.abs(w - v))
        v = w
        turns += 1
    return v @ a @ v


@case(args=lambda: (normal(20, 4), 3), argnums=0)
def loops_nested_three_deep_with_state(x, n):
    """State flows through for, while and for."""
    y = 0.1
    for i in range(n):
        k = i
        while k < 3:
            for v in x[k:]:
                y = y + 0.1 * v * y + 0.01 * v
            k += 2
        y = math.tanh(y)
    return y


@case(args=lambda: (1.7,), argnums=0)
def conditionally_bound_before_loop(x):
    """A name that may be unbound before the loop and is bound inside it."""
    if x > 5:
        t = 1.0
    for i in range(3):
        t = x * (i + 1)
        x = x + 0.1 * t
    return t * x


@case(args=lambda: (normal(21, 5),), argnums=0)
def countdown_with_pop(x):
    """A while loop over a list used as a work queue."""
    work = [0, 3, 1]
    s = 1.0
    while work:
        k = work.pop()
        s = s * (1.2 + x[k])
        if k == 3:
            work.append(4)
            work.append(2)
    return s


@case(args=lambda: (normal(22, 0, 3), 1.4), argnums=(0, 1))
def for_over_empty_array(x, s):
    """A loop over an array without rows, and one over an empty list."""
    y = s
    for row in x:
        y = y + np.sum(row)
    for v in []:
        y = y * v
    return y * s


@case(args=lambda: (0.7,), argnums=0)
def return_value_by_flag_from_two_loops(x):
    """The second loop runs only if the first did not return."""
    for i in range(3):
        x = x * 1.1
        if x > 3.0:
            return x
    for i in range(6):
        if i == 1:
            continue
        x = x + 0.2 * x * x
        if x > 2.0:
            return x * x * i
    return 0.0


@case(args=lambda: (1.1,), argnums=0)
def while_else_and_for_else_nested(x):
    """while/else and for/else inside each other."""
    i = 0
    while i < 3:
        for j in range(3):
            if j > i:
                break
            x = x * 1.05 + 0.01 * j
        else:
            x = x**2
            break
        i += 1
    else:
        x = -x
    return x


@case(args=lambda: (normal(23, 3), 0.1), argnums=(0, 1))
def accumulate_different_types_in_turns(x, s):
    """A carried name is a float first and an array from the second turn on."""
    acc = 0.0
    for i in range(3):
        acc = acc + x * s**i
    return np.sum(acc * acc)


@case(args=lambda: (normal(24, 4),), argnums=0)
def shape_grows_in_loop(x):
    """The carried array has another shape in every turn."""
    y = x
    for i in range(3):
        y = np.concatenate([y, y[-1:] * x[i]])
    for _ in range(2):
        y = y[1:] * y[:-1]
    return np.sum(y)


@case(args=lambda: (normal(25, 3),), argnums=0)
def rank_changes_by_branch(x):
    """A name is a vector in one branch and a matrix in the other."""
    total = 0.0
    for i in range(2):
        y = np.outer(x, x) if i == 1 else x * 2.0
        total = total + np.sum(y**2) * (i + 1)
    return total


def _half(x):
    if isinstance(x, tuple | list):
        return [_half(part) for part in x]
    if isinstance(x, (int, str | None)):
        return 1.0
    return x * 0.5


@case(args=lambda: (1.2, 0.4), argnums=(0, 1))
def unions_of_classes(x, y):
    """``isinstance`` takes unions, and tuples of unions."""
    a, b = _half((x, y))
    kind = float | complex
    return a * b * _half(3) * _half(None) * (2.0 if isinstance(x, kind) else 5.0)


@case(args=lambda: (normal(26, 4), 0), argnums=0, name="pair_that_a_loop_replaces_no_trip")
@case(args=lambda: (normal(26, 4), 1), argnums=0, name="pair_that_a_loop_replaces_one_trip")
@case(args=lambda: (normal(26, 4), 3), argnums=0, name="pair_that_a_loop_replaces")
def pair_that_a_loop_replaces(x, n):
    """The second of the pair is what the first was; no trip reads it, and a loop without a trip keeps it."""
    pair = [x[1], x * x]
    for _ in range(n):
        pair = [np.sin(x[2]), np.sum(pair[0])]
    return sum(np.sum(part * part) * (k + 1) for k, part in enumerate(pair))
