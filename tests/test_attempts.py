"""Blocks that may fail: what handlers of the program must not catch, and what they must."""

import dataclasses
import math

import numpy as np
import pytest

from diffcompile import DiffCompileError, UnsupportedError, check_grads, grad, jvp, value_and_grad


def unfinished(y, s):
    try:
        try:
            if s > 1.0:
                raise KeyError
            z = y**2
        finally:
            y *= 2.0
        y = z * y
    except Exception:
        y = y * 5.0
    return y


def test_variables_are_what_they_were_where_the_block_raised():
    assert value_and_grad(unfinished)(0.3, 0.5) == pytest.approx((0.054, 0.54))
    assert value_and_grad(unfinished)(0.3, 3.0) == pytest.approx((3.0, 10.0))
    assert jvp(unfinished, (0.3, 3.0), (1.0, None)) == pytest.approx((3.0, 10.0))


def unfinished_otherwise(y, s):
    try:
        z = y**2
        y = z * math.log(s)
        y = y * math.sqrt(s - 1.0)
    except Exception:
        y = y * 5.0
    return y


def test_a_refusal_is_not_caught_by_the_program():
    assert value_and_grad(unfinished_otherwise)(0.3, 5.0) == pytest.approx((0.18 * math.log(5.0), 1.2 * math.log(5.0)))
    with pytest.raises(UnsupportedError, match="a failed `try` block had assigned"):
        value_and_grad(unfinished_otherwise)(0.3, 0.5)
    with pytest.raises(UnsupportedError, match="a failed `try` block had assigned"):
        jvp(unfinished_otherwise, (0.3, 0.5), (1.0, None))


def unbound(y, n):
    try:
        for i in range(n):
            k = y * (i + 1)
        k = k * 2.0
    except NameError:
        k = y * y
    return k


def attribute(y, n):
    try:
        for i in range(n):
            k = y * (i + 1)
        k = k * 2.0
    except AttributeError:
        k = y * y
    return k


def test_a_variable_without_value_is_a_name_error():
    assert value_and_grad(unbound)(0.3, 0) == pytest.approx((0.09, 0.6))
    assert value_and_grad(unbound)(0.3, 2) == pytest.approx((1.2, 4.0))
    for derivative in (lambda: value_and_grad(attribute)(0.3, 0), lambda: jvp(attribute, (0.3, 0), (1.0, None))):
        with pytest.raises(UnboundLocalError, match="'k'"):
            derivative()


def carried(x, s):
    try:
        if x[0] > 0.0:
            raise ValueError(x * s)
    except ValueError as error:
        return np.sum(error.args[0])
    return 0.0


def test_what_an_error_carries_is_differentiated():
    x = np.array([0.3, 0.8])
    value, found = value_and_grad(carried)(x, 2.0)
    assert value == pytest.approx(2.2)
    assert found == pytest.approx(2.0)
    assert jvp(carried, (x, 2.0), (x, None)) == pytest.approx((2.2, 2.2))


class TooLargeError(Exception):
    def __init__(self, value):
        super().__init__(value)
        self.value = value


def halved(v, n):
    if n == 0:
        raise TooLargeError(v)
    return halved(v * 0.5, n - 1)


def from_recursion(x):
    try:
        return halved(x, 3)
    except TooLargeError as error:
        return error.value


def of_the_cause(x):
    try:
        try:
            raise KeyError(x)
        except KeyError as error:
            raise TooLargeError(x) from error
    except TooLargeError as error:
        return error.__cause__.args[0]


def kept_in_a_list(x):
    found = []
    for k in range(3):
        try:
            raise TooLargeError(x * k)
        except TooLargeError as error:
            found.append(error)
    return sum(error.value for error in found)


@pytest.mark.parametrize(
    ("fun", "what"), [(from_recursion, "the attribute"), (of_the_cause, "__cause__"), (kept_in_a_list, "TooLargeError")]
)
def test_other_errors_are_refused(fun, what):
    with pytest.raises(DiffCompileError, match=what):
        value_and_grad(fun)(0.7)
    with pytest.raises(DiffCompileError, match=what):
        jvp(fun, (0.7,), (1.0,))


def unread_item(x, s):
    try:
        _ = [0.5, s][2]  # noqa: PLE0643 - this is the point
    except IndexError:
        x[2] = 0.3 * s
    return x.sum()


def unread_entry(x, s):
    try:
        _ = {"a": s}["b"]
    except KeyError:
        s = s * s
    return x.sum() * s


def unread_in_a_branch(x, s):
    try:
        if s > 0.1:
            _ = x[5] * 2.0
    except IndexError:
        s = s * s
    return x.sum() * s


def unread_root(x, s):
    try:
        _ = math.sqrt(-s)
    except ValueError:
        s = s * s
    return x.sum() * s


def unread_sum(x, s):
    try:
        _ = x + x[:2]
    except ValueError:
        s = s * s
    return x.sum() * s


def unread_in_a_loop(x, s):
    total = 0.0
    for i in range(5):
        try:
            _ = x[i]
        except IndexError:
            break
        total += s * i
    return total


@pytest.mark.parametrize(
    "fun", [unread_item, unread_entry, unread_in_a_branch, unread_root, unread_sum, unread_in_a_loop]
)
def test_what_nobody_reads_may_fail_all_the_same(fun):
    x, s = np.array([0.3, 0.8, 1.2]), 0.7
    way = np.array([0.2, -0.5, 1.0])
    expected = (fun(x + 1e-5 * way, s + 2e-5) - fun(x - 1e-5 * way, s - 2e-5)) / 2e-5
    value, (x_bar, s_bar) = value_and_grad(fun, argnums=(0, 1))(x, s)
    assert value == fun(x.copy(), s)
    assert x_bar @ way + 2.0 * s_bar == pytest.approx(expected, rel=1e-8)
    assert jvp(fun, (x, s), (way, 2.0)) == pytest.approx((value, expected), rel=1e-8)


def swapped(x, n):
    a, b = [x], [x * x]
    try:
        for k in range(n):
            a, b = b, a
            a.append(b[-1] * x / (k - 3))
    except ZeroDivisionError:
        a.append(x)
    return sum(a) + 2.0 * sum(b)


def counted(x, n):
    out, count = [], 0
    try:
        for k in range(n):
            count += 1
            out.append(x / (k - 2))
    except ZeroDivisionError:
        out.append(count * x)
    return sum(out)


@pytest.mark.parametrize(("function", "good", "bad"), [(swapped, 3, 4), (counted, 2, 3)])
def test_variables_that_a_failed_loop_had_assigned_are_not_known(function, good, bad):
    x, h = 0.7, 1e-6
    slope = (function(x + h, good) - function(x - h, good)) / (2.0 * h)
    assert value_and_grad(function)(x, good) == pytest.approx((function(x, good), slope), rel=1e-6)
    assert jvp(function, (x, good), (1.0, None))[1] == pytest.approx(slope, rel=1e-6)
    for derivative in (lambda: value_and_grad(function)(x, bad), lambda: jvp(function, (x, bad), (1.0, None))):
        with pytest.raises(UnsupportedError, match="failed"):
            derivative()


def test_second_derivatives_through_such_a_block_are_refused():
    def f(x):
        out = [x]
        try:
            for k in range(3):
                out.append(out[-1] * x / (k - 2))
        except ZeroDivisionError:
            out.append(x**3)
        return sum(out)

    with pytest.raises(UnsupportedError, match="second derivative"):
        value_and_grad(lambda x: value_and_grad(f)(x)[1])(0.7)
    with pytest.raises(UnsupportedError, match="second derivative"):
        jvp(lambda x: value_and_grad(f)(x)[1], (0.7,), (1.0,))


def zipped(x, n):
    row = [x, 2.0 * x]
    total = 0.0
    for a, b in zip(row, [1.0, 2.0, 3.0, 4.0], strict=False):
        total += a * b
        if len(row) < n:
            row.append(a * x)
    return total


def test_a_zipped_list_that_grows_is_refused_when_the_program_runs():
    assert value_and_grad(zipped)(0.7, 2)[1] == pytest.approx(5.0)
    with pytest.raises(UnsupportedError, match="changes the length"):
        value_and_grad(zipped)(0.7, 3)


@dataclasses.dataclass
class Pair:
    """Two numbers."""

    first: float
    second: float


def test_loop_without_a_trip_leaves_nothing():
    def anew(x, n):
        try:
            for _ in range(n):
                pair = Pair(x, 0.5 * x)
        except ValueError:
            pass
        pair = Pair(x * x, 0.4)
        return pair.first * pair.second * x

    def late(x, n):
        try:
            for k in range(n):
                pair = [x / (2 - k), 0.5 * x]
        except ZeroDivisionError:
            pass
        pair[0] *= x
        return pair[0]

    for n in (0, 2):
        assert grad(anew)(0.7, n) == pytest.approx(1.2 * 0.7**2)
    assert grad(late)(0.7, 1) == pytest.approx(0.7)
    assert grad(late)(0.7, 2) == pytest.approx(1.4)
    with pytest.raises(UnboundLocalError):
        grad(late)(0.7, 0)
    with pytest.raises(UnsupportedError, match="a variable is used that a failed `try` block had assigned"):
        grad(late)(0.7, 3)


def test_results_without_a_cotangent_have_none():
    """A path of the reverse sweep that does not read what a block gave has no cotangent of it."""

    def f(x):
        try:
            y = math.sqrt(x)
            z = y * x
        except ValueError:
            return x
        return y * z

    gradient = grad(f)
    assert gradient(2.0) == pytest.approx(4.0)
    results, pullback = gradient._latest.function.__globals__["attempt_pair"](2.0, ValueError)
    assert pullback((None,) * len(results)) == (0.0,)
    assert pullback((None, 1.0, None))[0] == pytest.approx(0.5 / math.sqrt(2.0))


def test_failed_block_that_reads_a_list():
    """What a failed block read has a zero cotangent in the structure of what it read."""

    def f(x, s, n):
        for i in range(n):
            values = [-s, x[0] * x[i % 2], x[n - 1] + s]
            try:
                s = [np.sin(values[-1]) + values[1]][i % 3]
            except IndexError:
                s = 0.5 * s
        return s

    check_grads(f, (np.array([0.3, 0.8, 1.1, 0.4]), 0.4, 4))
    assert grad(f, argnums=1)(np.array([0.3, 0.8]), 0.4, 2) == pytest.approx(0.5 * np.cos(1.2))


class Lazy:
    scale = 0.6
    """Data of the class, which the shadow of an object made in the function does not hold."""

    def __init__(self, value):
        self.value = value
        self.table = {"rate": 0.3}

    @property
    def result(self):
        try:
            return self._result
        except AttributeError:
            self._result = self.scale
            return 0.5

    def relax(self, c):
        probe = Lazy(c) if np.ravel(c) else self
        return probe.result


def test_object_with_data_of_its_class_in_a_block():
    def f(x, c):
        model = Lazy(x)
        gain = model.table.pop("gain", 0.5)
        other = Lazy(x)
        return model.relax(c) * model.result * gain + np.sum(other.value * model.value)

    x = np.array([0.3, 0.8])
    for c in (0.0, 0.4):
        np.testing.assert_allclose(grad(f)(x, c), 2.0 * x)


def test_the_error_of_a_block_has_no_cotangent():
    def f(x):
        try:
            y = math.sqrt(x) * x
        except ValueError:
            y = 0.0
        return y

    gradient = grad(f)
    assert gradient(4.0) == pytest.approx(3.0)
    assert "pullback((None, " in gradient.source


def beside_a_list(x, n):
    z, out = np.zeros(3), []
    try:
        for k in range(n):
            z[k] = x[0] * k
            out.append(z[k] * x[1])
    except IndexError:
        out.append(x[2])
    return np.sum(z) * sum(out)


def filled_item_by_item(x, n):
    y = np.zeros(4)
    try:
        y[0] = x[0] * x[1]
        y[1] = x[n] ** 2
        y[2] = 3.0 * x[0]
    except IndexError:
        y[3] = x[1]
    return np.sum(y * np.arange(1.0, 5.0))


def updated_in_a_loop(x, n):
    y = np.ones(4) * x[0]
    try:
        for i in range(n):
            y[i] += x[i] * y[i - 1]
            y[:2] *= x[1]
    except IndexError:
        y[0] *= 2.0
    return np.sum(y * y)


def argument(x, n):
    try:
        x[0] = x[1] * x[2]
        x[n] *= x[0]
        x[:2] += x[1:3] * x[0]
        x += np.sin(x[n + 1])
    except IndexError:
        x[1] = 0.5 * x[0]
    return np.sum(x ** 2)


def views(x, n):
    y = x.copy()
    z = y
    v = y[1:]
    try:
        v *= x[0]
        z[0] = x[n]
        v[0] = x[n + 1]
        np.multiply(y, 2.0, out=y)
        y[:] = x[n + 2] * y
    except IndexError:
        v += 1.0
    return np.sum(y * z) + np.sum(v)


def chosen_rows(x, n):
    y = np.zeros((2, 2))
    try:
        if n > 1:
            y[0] = x[:2]
            y[1] = x[:n]
        else:
            y[n, :] = x[0]
            y[n + 1, 0] = x[1]
    except (IndexError, ValueError):
        y[0, 1] = x[1] ** 2
    return np.sum(y * y)


def endless(x, n):
    y = np.zeros(4)
    try:
        k = 0
        while True:
            y[k] = x[k] * x[0] + y[k - 1]
            k += 1
            if k == n:
                break
    except IndexError:
        y[0] = y[0] * x[1]
    return np.sum(y * y)


class Grid:
    def __init__(self):
        self.cells = np.ones(3)


def of_objects(x, n):
    grid = Grid()
    try:
        grid.cells *= x[0]
        grid.cells[n] = x[1]
        grid.cells += x[2]
    except IndexError:
        grid.cells -= x[1]
    return np.sum(grid.cells**2)


STORING = [
    beside_a_list, filled_item_by_item, updated_in_a_loop, argument, views, chosen_rows, endless, of_objects,
]  # fmt: skip


@pytest.mark.parametrize("function", STORING, ids=lambda function: function.__name__)
def test_arrays_are_what_they_were_when_the_block_failed(function):
    """A block that fails leaves arrays half way: what it stored before the error is differentiated."""
    x, way, step = np.array([0.3, 0.8, -0.5]), np.array([0.2, -0.5, 1.0]), 1e-6
    gradient = value_and_grad(function)
    for n in range(5):
        try:
            expected = (function(x + step * way, n) - function(x - step * way, n)) / (2.0 * step)
        except IndexError:
            with pytest.raises(IndexError):
                gradient(x, n)
            continue
        value, x_bar = gradient(x, n)
        assert value == pytest.approx(function(x.copy(), n))
        assert x_bar @ way == pytest.approx(expected, abs=1e-7)
        assert jvp(function, (x, n), (way, None))[1] == pytest.approx(expected, abs=1e-7)


class Model:
    def __init__(self, value):
        self.value = value

    @property
    def doubled(self):
        return 2.0 * self.value


def test_object_that_a_failed_block_had_assigned():
    def f(x, n):
        model = Model(x)
        try:
            model = [Model(x * x), Model(x)][n]
            [1.0][n]
        except IndexError:
            pass
        return model.doubled

    gradient = grad(f)
    assert gradient(3.0, 0) == pytest.approx(12.0)
    with pytest.raises(UnsupportedError, match="a variable is used that a failed `try` block had assigned"):
        gradient(3.0, 1)


def assigned_on_one_path_of_a_block(x, y):
    try:
        for _ in range(3):
            if np.any(y > -0.4):
                b = y * np.cos(x[0])
        y[0:] = np.sin(0.3 * np.sum(np.zeros((2, 3)), axis=0))
    except (ValueError, KeyError):
        pass
    finally:
        x[1] += math.sin(y[-1])
    b = np.asarray(y[::-1], order="C")
    b[-1] /= 1.4
    return np.sum(x**2) + np.sum(y * x) + np.sum(b * x)


@pytest.mark.parametrize("low", [0.5, -0.7])
def test_results_without_a_value(low):
    x, y = np.array([0.1, 0.2, 0.3]), np.array([low, -0.45, -0.5])
    found = grad(assigned_on_one_path_of_a_block, argnums=(0, 1))(x, y)
    assert np.allclose(found[0], 2 * x) and not np.any(found[1])


def array_that_no_trip_makes(x, n):
    s = 1.0
    try:
        if x[0] > -10.0:
            raise ValueError("always")
    except ValueError:
        x[2] = x[0] * x[1]
        if x[1] > 0.01:
            for i in range(n):
                if x[i] >= 0.9:
                    a = np.zeros(())
                    a[()] = np.tanh(0.5 * x[i])
                    a += math.tanh(0.5 * x[1])
                    h = 0.5 * a
    finally:
        s /= 1.5 + x[0]
    h = np.prod(x)
    return 0.8 * h + s


@pytest.mark.parametrize("first", [0.3, 0.95])
def test_an_array_that_a_block_has_not_made_has_no_shadow(first):
    x = np.array([first, 0.05, 0.2])
    check_grads(lambda x: array_that_no_trip_makes(x.copy(), 3), (x,), order=1)
