"""Aliases, loops that are left early, and errors, all at once: what is written where when a path ends."""
# ruff: noqa: PLW0120, SIM108 - the programs are as users write them

import contextlib
import math

import numpy as np

from corpus.registry import case, normal


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def break_in_a_try(x):
    """A loop in a ``try`` is left early."""
    total = 0.0
    try:
        for i in range(3):
            if i == 2:
                break
            total += x[i] ** 2
        if total > 1e3:
            raise ValueError
    except ValueError:
        total = 0.0
    return total


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.4), argnums=(0, 1))
def while_true_around_a_for_else_in_a_try(x, s):
    """Two loops, each with an exit of its own, in a ``try``."""
    try:
        i = 0
        while True:
            if i >= 2:
                break
            i += 1
            for j in range(2, 0, -1):
                x[j] = np.tanh(s * x[j - 1])
            else:
                if x[1] > 1e3:
                    break
            s += 0.3 * math.sin(s) * x[2]
        if x[1] > 1e3:
            raise ValueError("guarded")
    except (ValueError, KeyError):
        s = 1.0
    return s * x[1] + x[2] ** 2


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.4), argnums=(0, 1))
def array_of_one_branch_of_a_try(x, s):
    """An array that is made and written on one path only, in a block that may fail."""
    try:
        if s > 0.1:
            s = 0.3 * math.tanh(s)
        else:
            c = np.sin(x)
            c[1] += math.sin(0.5 * np.sum(x))
        if s > 1e3:
            raise ValueError
    except ValueError:
        pass
    return 0.8 * s + np.sum(x * x)


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.4), argnums=(0, 1))
def array_of_one_branch_read_behind_the_try(x, s):
    """What one path made and wrote is read under the same condition behind the block."""
    try:
        if s > 0.1:
            c = np.sin(x)
            c[1] = s * x[0]
        total = np.sum(x)
        if s > 1e3:
            raise ValueError
    except ValueError:
        return 1.0
    if s > 0.1:
        return np.sum(c**2) * total
    return total


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.4, 2), argnums=(0, 1))
def array_of_the_last_trip_read_behind_the_try(x, s, n):
    """What the last trip made; there may be none."""
    try:
        for _ in range(n):
            c = np.sin(x)
            c[1] = s * x[0]
        total = np.sum(x)
        if s > 1e3:
            raise ValueError
    except ValueError:
        return 1.0
    if n > 0:
        return np.sum(c**2) * total
    return total


@case(args=lambda: (0.3, 0.7, 0), argnums=(0, 1))
def loop_without_a_trip_in_a_try(y, s, n):
    """The loop's variable has no value, which is nobody's error."""
    try:
        for i in range(n):
            y *= i
    except Exception:
        s = y
    finally:
        s += 0.5 * math.cos((u := s) * y)
    if s > 1e3 and i > 4:
        s = 1.0
    return s * u


# ---- views, swaps and exits ------------------------------------------------------------------------------


@case(args=lambda: (np.array([0.3, 0.8, 1.2, -0.5]),))
def view_written_then_break(x):
    """The base is read behind a loop that a store through a view ended."""
    a = x.copy()
    v = a[1:3]
    for i in range(5):
        v *= 1.1
        a[0] += v[0]
        if i == 2:
            v[1] = a[0] ** 2
            break
        v[0] -= 0.1 * a[3]
    return np.sum(a * a)


@case(args=lambda: (np.array([0.3, 0.8]), np.array([1.2, -0.5])), argnums=(0, 1))
def swap_continue_swap(a, b):
    """Names change hands in trips that end early."""
    for i in range(6):
        a, b = b, a
        if i % 2:
            a[0] = a[0] * b[1]
            continue
        b[1] += math.sin(a[0])
        if i == 4:
            a[:] = b[::-1]
            break
        a[1] *= 0.9
    return a[0] * 2.0 + a[1] + 3.0 * b[0] * b[1]


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def alias_changes_in_the_loop(x):
    """One name sees another array each trip, and the last one is returned from the loop."""
    buffers = [x * 1.0, x * 2.0, x * 3.0]
    current = buffers[0]
    for i in range(10):
        current[i % 3] *= 1.0 + 0.1 * np.sum(current)
        if np.sum(buffers[(i + 1) % 3]) > 1e3:
            return 0.0
        if i == 7:
            return np.sum(current * buffers[0]) + np.sum(buffers[2])
        current = buffers[(i + 1) % 3]
    return -1.0


@case(args=lambda: (np.array([[0.3, 0.8], [1.2, -0.5]]),))
def rows_rotate(m):
    """Three views of one array rotate, with stores in between."""
    m = m * 1.0
    p, q, r = m[0], m[1], m[:, 0]
    for i in range(5):
        p[0] += q[1] * r[1]
        if i == 3:
            break
        p, q, r = q, r, p
        r[1] = math.sin(p[0])
    return np.sum(m * m) + p[0] * q[1] * r[0]


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def view_of_a_rebound_base(x):
    """The view keeps the old array alive when its base's name is bound again."""
    a = x * x
    v = a[:2]
    total = 0.0
    for i in range(4):
        v += 0.1 * a[1:]
        if i == 1:
            a = a * 2.0
            continue
        if i == 3:
            break
        a[0] = v[1] * 0.5
        total += np.sum(a)
    return total + np.sum(v**2) * np.sum(a)


def _fill(out, values):
    for i, value in enumerate(values):
        if value > 10.0:
            return False
        out[i] = value * out[i - 1]
    return True


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), np.array([0.5, 1.5, 2.5])), argnums=(0, 1))
def helper_that_leaves_early(x, y):
    """A helper writes part of its argument, which is a view, and leaves."""
    out = x[::-1]
    n = 0
    while not _fill(out, y * 3.0 * (2 - n)):
        out *= 0.5
        n += 1
        if n > 3:
            raise ValueError("does not end")
    return np.sum(x * np.array([1.0, 2.0, 3.0])) + n


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def store_into_what_is_looped_over(x):
    """The rows that come are those that earlier trips wrote."""
    m = np.outer(x, x)
    total = 0.0
    for i, row in enumerate(m):
        if i == 2:
            total += np.sum(row)
            break
        m[i + 1] *= row
        row[0] = total
        total += row[1] * row[2]
    return total + np.sum(np.sin(m))


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def loop_over_a_slice_that_the_body_writes(x):
    """Items are read from the memory as it is in their trip."""
    a = x.copy()
    total = 0.0
    for item in a[:-1]:
        a[1] += item
        a[2] = a[1] * item
        if total > 1e3:
            break
        total += item * a[2]
    else:
        total *= a[1]
    return total


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.5), argnums=(0, 1))
def finally_writes_what_the_loop_returns(x, s):
    """The value is made before ``finally`` runs; the array that it reads is written there."""
    a = x * s
    for i in range(4):
        try:
            a[i % 3] *= 1.5
            if i == 2:
                return np.sum(a) * a[0]
        finally:
            a[0] = a[1] * s
    return -1.0


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.5), argnums=(0, 1))
def errors_in_some_trips(x, s):
    """Some trips fail before they store, and the handler stores instead."""
    a = x * 1.0
    count = 0
    for i in range(6):
        try:
            if i % 3 == 1:
                raise KeyError(i)
            value = a[i % 3] * s
        except KeyError:
            count += 1
            a[0] += 0.1 * a[2]
            continue
        a[(i + 1) % 3] = value * a[i % 3] + count
    return np.sum(a**2)


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.5), argnums=(0, 1))
def error_from_a_helper_in_a_loop(x, s):
    """A helper raises, a loop further out goes on."""

    def checked(v):
        if v > 1.0:
            raise ValueError(v)
        return math.sin(v)

    total = 0.0
    for item in x:
        with contextlib.suppress(KeyError):
            try:
                term = checked(item + s)
            except ValueError:
                total += s * item
                continue
            total += term
            if total > 1e3:
                break
    return total * s


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.5), argnums=(0, 1))
def retry_until_it_works(x, s):
    """An iteration that damps itself after each failure."""
    state = x.copy()
    damping = s
    for attempt in range(5):
        try:
            trial = state - damping * state**2
            if attempt < 2:
                raise ArithmeticError
        except ArithmeticError:
            damping *= 0.5
        else:
            state[:] = trial
            state *= damping
            if attempt == 4:
                break
    return np.sum(state) + damping


# ---- tangents beside memory ------------------------------------------------------------------------------


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def multiplied_by_one_and_overwritten(x):
    """``1.0 * x`` is another array, and so is its tangent."""
    before = 1.0 * x
    x[::-1] += x**2
    return np.sum(before) + np.prod(x)


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def copies_by_arithmetic(x):
    """Several arrays that equal ``x``, kept while it changes."""
    kept = [1.0 * x, x + 0.0, x - 0]
    for i in range(3):
        x[i] *= x[i - 1]
        if x[i] > 0.4:
            kept[0] = x / 1.0
            break
    x *= 2.0
    return np.sum(kept[0] * kept[1]) + np.prod(kept[2]) + np.sum(x)


# ---- what may be a view or a copy ------------------------------------------------------------------------


@case(args=lambda: (np.array([[0.3, 0.8, 1.2], [0.5, -0.4, 0.9]]),))
def ravel_of_a_transpose_is_a_copy_each_time(x):
    """The store goes to a copy that nobody sees."""
    g = x.T
    g.ravel()[0] *= 0.5
    return g.ravel() @ np.cos(g.ravel())


@case(args=lambda: (np.array([[0.3, 0.8, 1.2], [0.5, -0.4, 0.9]]),))
def two_copies_of_a_transpose(x):
    """Two results of ``reshape`` that are written in turn."""
    a, b = x.T.reshape(-1), x.T.reshape(-1)
    a[0] = b[1] ** 2
    b *= 2.0
    a += b
    return np.sum(a * a) + np.sum(np.sin(x))


@case(args=lambda: (np.array([0.3, 0.8, 1.2]),))
def two_diagonal_matrices(x):
    """Each ``np.diag`` of a vector makes a matrix, and of a matrix a view."""
    a, b = np.diag(x), np.diag(x)
    a[0, 1] = x[2] ** 2
    b[2] = a[0]
    x[0] = a[1, 1]
    return np.sum(a @ b) + np.sum(np.diag(a) * x)


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), [0, 2]))
def two_gathers_by_the_same_list(x, rows):
    """Indexing with a list copies each time."""
    a, b = x[rows], x[rows]
    a[0] = b[1] ** 2
    b *= a
    x[rows] = a
    return np.sum(a * b) + np.sum(x**2)


# ---- what is read before what is written -----------------------------------------------------------------


class _Ledger:
    def __init__(self, v):
        self.log = [v, 0.3]
        self.items = np.array([v, 2.0 * v])
        self.table = {0: v, 1: v * v}

    def book(self, v):
        self.log[1] += 0.5 * v
        self.items[0] *= 2.0
        self.table[0] = v * v * v
        return v * v

    @property
    def booked(self):
        return self.book(0.5)

    def __add__(self, amount):
        self.items[1] = amount
        self.log[0] *= amount
        return amount * 2.0

    def __getitem__(self, i):
        return self.items[i]

    def __setitem__(self, i, v):
        self.items[i] = v + self.log[0]


@case(args=lambda: (0.7, 1), argnums=0)
def items_are_read_before_the_value_is_computed(x, n):
    """``a[i] += g()`` where ``g``, a property or an operator writes to ``a[i]``."""
    ledger = _Ledger(x)
    same = ledger
    ledger.log[n] /= same.book(x)
    ledger.items[n - 1] *= same.book(x)
    ledger.items[:] += same.book(x)
    ledger.table[n - 1] -= ledger.book(x)
    ledger.items[n] += ledger.booked
    ledger.log[n] *= ledger.booked
    ledger.items[n] += ledger + x
    ledger.log[n - 1] -= ledger + x
    ledger[n] *= same.book(0.3)
    ledger[n - 1] += ledger + 2.0 * x
    return same.log[n] + ledger.items[0] + ledger.items[1] + ledger.table[0] + ledger.log[0]


@case(args=lambda: (np.array([0.3, 0.8, 1.2]), 0.4), argnums=(0, 1))
def multiply_at_with_something_unknown(x, s):
    """The second operand of ``ufunc.at`` comes out of a call that nobody looked into."""
    np.multiply.at(x, [1, 1], _rates()[-1])
    np.divide.at(x, [0, 2], 1.0 + s * _rates()[0])
    return np.sum(x**2)


def _rates():
    return [0.4, 0.5]


@case(args=lambda: (normal(5, 3, 4), 0.7), argnums=(0, 1))
def block_that_reads_a_diagonal(x, s):
    """A diagonal cannot be written to; what it shows can."""
    try:
        x[:, -3][...] = np.diagonal(x)[...]
        for _ in range(x.shape[0]):
            x[:-2] -= 0.3 * x[2:] * x[1:-1]
            if -0.3 < np.sin(s) <= 0.4:
                b = 0.4 * x
            else:
                b = np.tanh(x)
            b[0:, 3:1:-1] = 0.5 * np.cos(np.full((3, 2), np.tanh(s)))
    except ValueError:
        pass
    return math.tanh(x[1, 2] * 0.5) + 0.8 * s + np.sum(np.sin(x))
