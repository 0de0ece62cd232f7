"""Lists and dicts that change in the loops and branches of a ``try`` block, which fails somewhere in between."""

import math

import numpy as np

from corpus.registry import case


@case(args=lambda: (0.7, 6))
@case(args=lambda: (0.7, 2), name="append_without_error")
def append_until_it_fails(x, n):
    """What was appended before the error stays."""
    out = [x]
    try:
        for k in range(n):
            out.append(out[-1] / (k - 3))
    except ZeroDivisionError:
        out.append(x * x)
    return sum(v * v for v in out)


@case(args=lambda: (0.7, 5))
@case(args=lambda: (0.7, 2), name="items_that_are_there")
def items_until_there_is_none(x, n):
    """Items are replaced and updated, up to one that is not there."""
    out = [x, x * x, 1.0]
    try:
        for k in range(n):
            out[k] = out[k - 1] * x
            out[k] += 2.0 * x
    except IndexError:
        out[0] = out[1] * x
    return out[0] * out[1] + out[2]


@case(args=lambda: (0.7, 3))
@case(args=lambda: (0.7, 1), name="branch_with_another_error")
@case(args=lambda: (0.7, 5), name="branch_that_does_not_fail")
def branch_that_fails(x, n):
    """A branch of the block stores before and after what fails."""
    found = {"a": x}
    try:
        if n > 2:
            found["b"] = x * x
            found["c"] = x / (n - 3)
        else:
            found["b"] = 2.0 * x
        found["d"] = found["c"] * x
    except KeyError:
        found["e"] = 3.0 * x
    except ZeroDivisionError:
        found["e"] = 5.0 * x * x
    return sum(v * v for v in found.values())


@case(args=lambda: (0.7, 3))
def condition_that_fails(x, n):
    """The condition of a ``while`` raises."""
    out = [x]
    k = 0
    try:
        while out[k] < 50.0:
            out.append(out[k] * 3.0)
            if k == n:
                out.clear()
            k += 1
    except IndexError:
        out.append(x * x)
    return sum(v * v for v in out)


@case(args=lambda: (0.7, 3))
def dict_filled_by_a_while(x, n):
    """The trips of a ``while`` fill a dict."""
    found = {}
    k = 0
    try:
        while found.get(k, x) < 30.0:
            found[k + 1] = found.get(k, x) * 3.0 / (n - k)
            k += 1
    except ZeroDivisionError:
        found[99] = x**3
    return sum(v * v for v in found.values())


@case(args=lambda: (0.7, 4))
def arrays_that_have_other_names(x, n):
    """What a list holds has another name, and is written to behind the block."""
    a = np.array([x, x * x])
    parts = [a]
    try:
        for k in range(n):
            parts.append(parts[-1] * x / (2 - k) if k != 2 else np.linalg.inv(np.zeros((2, 2))))
    except np.linalg.LinAlgError:
        parts.append(a)
    a[0] = 5.0 * x
    parts[-1][1] *= x
    return sum(np.sum(v * v) for v in parts)


@case(args=lambda: (0.7, 4))
def views_that_are_kept(x, n):
    """Rows are kept as views, and the matrix changes behind the block."""
    m = np.array([[x, x * x, 1.0], [2.0, x, 3 * x]])
    out = []
    try:
        for k in range(n):
            out.append(m[k])
            t = x / (1 - k)
            out.append(m[:, k] * t)
    except ZeroDivisionError:
        out.append(m[0])
    m[0, 1] = 7 * x
    m[1] *= x
    return sum(np.sum(v * v) for v in out)


@case(args=lambda: (0.7, 2))
def rows_of_rows(x, n):
    """Lists in a list are changed by their items."""
    m = [[x, 1.0], [2.0 * x, x]]
    try:
        for i in range(n):
            for j in range(2):
                m[i][j] = m[i][j] * x / (1 - i + j)
                m[j].append(x * i)
    except ZeroDivisionError:
        m[0][0] = x**3
    return sum(sum(r) for r in m) * m[0][0]


@case(args=lambda: (0.7, 6))
def groups_in_a_dict(x, n):
    """Lists that a dict holds are made and filled in the block."""
    groups = {}
    try:
        for k in range(n):
            groups.setdefault(k % 2, []).append(x / (k - 3))
    except ZeroDivisionError:
        groups["e"] = [x]
    return sum(sum(u * u for u in v) for v in groups.values())


@case(args=lambda: (0.7, 1))
def tried_again(x, n):
    """The block is in a loop that tries again, and keeps what was stored."""
    log = []
    k = 0
    while True:
        try:
            for j in range(2):
                log.append(x * j + k)
                log[0] = x / (n - k - j)
            break
        except ZeroDivisionError:
            k += 2
            log.append(x * x)
    return sum(v * v for v in log)


@case(args=lambda: (0.7, 4))
def error_for_the_block_outside(x, n):
    """The inner block does not catch the error; what it stored stays."""
    out = []
    try:
        try:
            for k in range(n):
                out.append(x / (k - 2))
        except IndexError:
            out.append(100.0 * x)
    except ZeroDivisionError:
        out.append(5.0 * x)
    return sum(out) * x


@case(args=lambda: (0.7, 4))
def finally_stores_too(x, n):
    """The part that runs in any case goes on with the list."""
    out = [x]
    try:
        try:
            for k in range(n):
                out.append(out[-1] * x / (k - 2))
        finally:
            out.append(9.0 * x)
    except ZeroDivisionError:
        pass
    return sum(v * v for v in out)


class Tally:
    """Keeps a list and a total."""

    def __init__(self):
        self.total = 0.0
        self.seen = []

    def add(self, v, k):
        """Count, and fail for two: the total comes last."""
        self.seen.append(v)
        self.total = self.total + v / (k - 2)


@case(args=lambda: (0.7, 4))
@case(args=lambda: (0.7, 2), name="methods_that_store")
def methods_that_store_and_fail(x, n):
    """A method of an object appends, and fails after that."""
    tally = Tally()
    try:
        for k in range(n):
            tally.add(x * k, k)
    except ZeroDivisionError:
        return sum(tally.seen) * x
    return tally.total * sum(tally.seen)


@case(args=lambda: (0.7, 4))
def items_that_leave(x, n):
    """Items are deleted, taken out and put in."""
    found = {0: x, 1: x * x, 2: x**3}
    row = [x, 2.0 * x, x * x, x**3, 3.0]
    try:
        for k in range(n):
            row.insert(1, found[k] * row.pop(1))
            found[5] = row.pop() * x
            del found[k]
    except (KeyError, IndexError):
        found[9] = x
    return sum(found.values()) * sum(row)


@case(args=lambda: (0.7, 3))
def messages_of_errors(x, n):
    """The text of an error counts."""
    row = [x]
    try:
        if n > 1:
            row[n] = x * x
        row[0] = 3 * x
    except IndexError as e:
        row.append(x * len(str(e)))
    try:
        for k in range(n):
            row.append(row.pop(k) * math.sqrt(x - k))
    except (IndexError, ValueError) as e:
        row.append(x * len(str(e)))
    return sum(v * v for v in row)


@case(args=lambda: (0.7, 6))
@case(args=lambda: (0.7, 3), name="left_by_error")
def left_by_break_or_error(x, n):
    """The loop may be left by ``break``, ``continue`` skips, and it has an ``else``."""
    out = []
    try:
        for k in range(n):
            if k == 4:
                break
            out.append(x / (k - n + 2))
            if k == 3:
                continue
            out[0] *= x
        else:
            out.append(7.0 * x)
    except ZeroDivisionError:
        out.append(11.0 * x)
    return sum(v * v for v in out)


@case(args=lambda: (0.7, 5))
def returned_from_the_loop(x, n):
    """The block returns, and what runs in any case stores."""
    out = [x]
    try:
        for k in range(n):
            out.append(out[-1] * x)
            if k == 3:
                return out[2] * x
            out[-1] *= 1.0 / (k - 4)
    except ZeroDivisionError:
        return out[-1] * out[-2]
    finally:
        out.append(x)
    return out[-1] * out[-2]


@case(args=lambda: (0.7, 1))
@case(args=lambda: (np.array([0.7, 2.0, -0.4]), 1), name="masked_items")
def number_or_masked_items(x, n):
    """Whether it is an array that can be masked shows when the program runs."""
    inside = np.asarray(x) < n
    height = np.hypot(x, 2.0) * np.asarray(x)
    try:
        if inside.any():
            height[inside] = -height[inside] * 3.0
    except (TypeError, AttributeError):
        if inside:
            height = -height
    return np.sum(height * height * x)


@case(args=lambda: (0.7, 4))
@case(args=lambda: (0.7, 5), name="list_of_unknown_type")
@case(args=lambda: (0.7, 7), name="number_of_unknown_type")
def container_of_unknown_type(x, n):
    """An array, a list or a number, each of which fails in its own way."""
    one = [np.array([x, x * x, 3 * x]), [x, 2 * x], 1.0, x][n % 4]
    same = one
    out = []
    try:
        for k in range(n):
            one[k] = x * k + 1.0
            out.append(one[k] * x)
    except (TypeError, IndexError) as e:
        out.append(x * len(str(e)))
    return sum(v * v for v in out) + np.sum(same)


@case(args=lambda: (np.array([0.7, 0.3]), 3))
def arrays_that_leave(x, n):
    """Which array is not there any more shows when it is read, before the list changes."""
    found = {0: x, 1: x * x}
    rows = [x, 2.0 * x]
    try:
        for k in range(n):
            rows.insert(1, found[k] * rows.pop(1))
            rows[0] = found[k]
            del found[k]
    except (KeyError, IndexError):
        found[9] = x
    return np.sum(sum(found.values()) * sum(rows))
