"""Errors that a program raises and catches: what they carry, and what variables are where they were raised."""
# ruff: noqa: B007 - the programs are as users write them

import math
from contextlib import suppress

import numpy as np

from corpus.registry import case


def three():
    return (np.array([0.7, 1.3, 0.4]),)


class TooLargeError(Exception):
    """Carries the value and the number of the step."""

    def __init__(self, value, step=0):
        super().__init__(value)
        self.value = value
        self.step = step


class FarTooLargeError(TooLargeError):
    pass


class StoppedError(Exception):
    pass


class NotConvergedError(Exception):
    def __init__(self, message, *, x=None, info=None):
        super().__init__(message)
        self.x = x
        self.info = info


def newton(f, slope, z, most):
    for step in range(most):
        change = f(z) / slope(z)
        z = z - change
        if abs(change) < 1e-8:
            return z
    raise NotConvergedError("no convergence", x=z, info={"steps": step, "change": change})


@case(args=three)
def best_iterate(x):
    """The error carries the last iterate; the solver converges in some trips only."""
    out = 0.0
    for most in (2, 20, 3):
        try:
            z = newton(lambda v: v**2 - x[0], lambda v: 2 * v, x[1] + most * 0.1, most)
        except NotConvergedError as error:
            z = error.x * (1.5 + error.info["steps"])
            if "no" in str(error):
                z = z + x[2]
        out = out + z
    return out


@case(args=three)
def suppressed(x):
    r = x[0]
    with suppress(StoppedError):
        r = r * x[1]
        if r > 0.5:
            raise StoppedError
        r = r * 100.0
    return r * x[2]


@case(args=three)
def many_sites(x):
    def f(v, k):
        if k == 0:
            raise TooLargeError(v * x[0], 1)
        if k == 1:
            raise TooLargeError(v + x[1])
        if k == 2:
            raise FarTooLargeError(v * v, 3)
        if k == 3:
            raise StoppedError(v, x[2])
        return v * 2.0
    out = 0.0
    for k in range(5):
        for v in x:
            try:
                out = out + f(v, k)
            except FarTooLargeError as e:
                out = out + e.value * e.step * 2.0
            except TooLargeError as e:
                out = out + e.value * e.step + out * 0.1
            except StoppedError as e:
                out = out + e.args[0] * e.args[1]
    return out


@case(args=three)
def state(x):
    """variables as they were at the raise"""
    a = x[0]
    b = x[1]
    for i in range(4):
        try:
            a = a * 1.1
            if i == 1:
                raise TooLargeError(a)
            b = b * a
            if i == 2:
                raise StoppedError(b)
            a = a + b
        except TooLargeError as e:
            b = b + e.value * a
        except StoppedError:
            a = a * b
    return a * b


@case(args=three)
def loop_in_try(x):
    best = x[0]
    n = 0
    try:
        for i in range(10):
            best = best * x[1] + 0.1
            n += 1
            if best > 3.0:
                raise TooLargeError(best * n, i)
            for j in range(2):
                best = best + 0.01 * j * x[2]
                if i == 7 and j == 1:
                    raise StoppedError(best)
        r = best
    except TooLargeError as e:
        r = e.value * e.step + best
    except StoppedError as e:
        r = e.args[0]
    return r * n


@case(args=three)
def while_in_try(x):
    z = x[0]
    out = 0.0
    for start in (0.1, 1.0, 2.0):
        z = z + start
        try:
            k = 0
            while True:
                z = 0.5 * (z + x[1] / z)
                k += 1
                if k > 3:
                    raise TooLargeError(z, k)
                if z < 0.2:
                    break
            out = out + z
        except TooLargeError as e:
            out = out + e.value * e.step
    return out


@case(args=three)
def arrays(x):
    a = np.zeros(3)
    try:
        for i in range(3):
            a[i] = x[i] ** 2
            if a[i] > 1.0:
                raise TooLargeError(np.sum(a), i)
    except TooLargeError as e:
        a[2] = e.value * 2.0
    return np.sum(a * x)


@case(args=three)
def lists(x):
    log = []
    try:
        for i in range(3):
            log.append(x[i] * 2.0)
            if i == 1:
                raise TooLargeError(sum(log), i)
        log.append(5.0)
    except TooLargeError as e:
        log.append(e.value * e.step)
    return sum(v * v for v in log)


@case(args=three)
def dicts(x):
    d = {"a": x[0], "n": 0.0}
    try:
        d["n"] = d["a"] * x[1]
        if d["n"] > 0.1:
            raise TooLargeError(d["n"])
        d["a"] = 100.0
    except TooLargeError as e:
        d["a"] = d["a"] + e.value
    return d["a"] * d["n"]


@case(args=three)
def math_mixed(x):
    out = 0.0
    for i in range(3):
        try:
            t = math.sqrt(x[i] - 0.5)
            if t > 0.6:
                raise TooLargeError(t)
            out = out + t
        except ValueError:
            out = out + x[i] ** 2
        except TooLargeError as e:
            out = out + e.value * 3.0
    return out


@case(args=three)
def else_finally(x):
    out = x[0]
    for i in range(3):
        try:
            if i == 1:
                raise TooLargeError(out, i)
            out = out * x[1]
        except TooLargeError as e:
            out = out + e.value * x[2]
        else:
            out = out + 0.5
        finally:
            out = out * 1.01
    return out


@case(args=three)
def uncaught_inner(x):
    out = x[0]
    try:
        try:
            out = out * x[1]
            if out > 0.1:
                raise StoppedError(out)
        except TooLargeError as e:
            out = e.value
        out = out * 100.0
    except StoppedError as e:
        out = out + e.args[0] ** 2
    return out


@case(args=three)
def break_cont(x):
    out = 0.0
    for i in range(6):
        try:
            if i == 2:
                raise TooLargeError(x[0] * out, i)
            if i == 4:
                raise StoppedError(out)
            out = out + x[i % 3]
        except TooLargeError as e:
            out = out + e.value
            continue
        except StoppedError:
            break
        out = out * 1.5
    return out


@case(args=three)
def method(x):
    class S:
        def __init__(self, v):
            self.v = v
            self.n = 0
        def step(self, k):
            self.n += 1
            self.v = self.v * k
            if self.v > 0.8:
                raise TooLargeError(self.v, self.n)
            self.v = self.v + 0.1
    s = S(x[1])
    out = 0.0
    for k in x:
        try:
            s.step(k)
        except TooLargeError as e:
            out = out + e.value * e.step
            s.v = s.v * 0.3
    return out * s.v + s.n


@case(args=three)
def closure_val(x):
    total = 0.0
    def add(v):
        nonlocal total
        total = total + v
        if total > 1.0:
            raise TooLargeError(total)
    out = 0.0
    for v in x:
        try:
            add(v)
        except TooLargeError as e:
            out = out + e.value * 2.0
    return out + total


@case(args=three)
def not_reached(x):
    try:
        r = x[0] * 2.0
        if r > 100.0:
            raise TooLargeError(r)
    except TooLargeError as e:
        r = e.value * 7.0
    return r * x[1]


@case(args=three)
def reraise_changed(x):
    try:
        try:
            raise TooLargeError(x[0])
        except TooLargeError as e:
            e.value = e.value * x[1]
            raise
    except TooLargeError as e:
        return e.value * x[2]


@case(args=three)
def two_level(x):
    def inner(v):
        try:
            if v > 1.0:
                raise TooLargeError(v)
            if v > 0.5:
                raise StoppedError(v)
            return v
        except TooLargeError as e:
            raise StoppedError(e.value * 2.0) from e
    out = 0.0
    for v in x:
        try:
            out = out + inner(v)
        except StoppedError as e:
            out = out + e.args[0] * x[0]
    return out


@case(args=three)
def finally_order(x):
    log = []
    def f(v):
        try:
            try:
                log.append(v)
                if v > 1.0:
                    raise TooLargeError(v)
                log.append(v * 2.0)
            finally:
                log.append(v * 3.0)
        except TooLargeError as e:
            log.append(e.value * 4.0)
    for v in x:
        f(v)
    return sum(w * (i + 1) for i, w in enumerate(log))


@case(args=three)
def return_in_try_fin(x):
    s = x[0]
    def f(v):
        nonlocal s
        try:
            if v > 1:
                return v * s
            if v < 0.5:
                raise TooLargeError(v)
            s = s * v
        except TooLargeError as e:
            return e.value
        finally:
            s = s + 0.1
        return s
    return f(x[0]) + f(x[1]) * f(x[2]) + s


@case(args=three)
def alias_array(x):
    a = x * 2.0
    b = a
    try:
        b[0] = b[0] * x[1]
        if b[0] > 0:
            raise TooLargeError(a[0])
        b[1] = 100.0
    except TooLargeError as e:
        a[2] = e.value
    return np.sum(b * x)


@case(args=three)
def loop_arrays(x):
    u = x * 1.0
    for k in range(4):
        v = u * 0.5
        try:
            for i in range(3):
                v[i] = v[i] + u[i] ** 2 * 0.3
                if v[i] > 0.9:
                    raise TooLargeError(v[i], i)
            u = v
        except TooLargeError as e:
            v[e.step] = e.value * 0.1
            u = v + u
    return np.sum(u ** 2)


@case(args=three)
def gen_try(x):
    def g():
        for v in x:
            if v > 1.0:
                raise TooLargeError(v, 2)
            yield v * v
    out = 0.0
    try:
        for w in g():
            out = out + w
    except TooLargeError as e:
        out = out * e.value + e.step
    return out


@case(args=three)
def cond_raise(x):
    def ok(v):
        if v > 4.0:
            raise TooLargeError(v)
        return v < 3.0
    v = x[0]
    n = 0
    try:
        while ok(v):
            v = v * 2.7 * x[1]
            n += 1
        r = v
    except TooLargeError as e:
        r = e.value * 0.5
    return r * n


@case(args=three)
def comp_raise(x):
    def f(v):
        if v > 1.0:
            raise TooLargeError(v)
        return v * v
    try:
        r = sum([f(v) for v in x])
    except TooLargeError as e:
        r = e.value * x[0]
    return r


@case(args=three)
def array_rebind(x):
    a = x * 1.0
    try:
        a = a * x[0]
        a[0] = 5.0 * x[1]
        a = np.cumsum(a)
        if a[2] > 0.5:
            raise TooLargeError(a)
        a = a * 0
    except TooLargeError as e:
        e.value[1] = x[2] * 7.0
    return np.sum(a * x)


@case(args=three)
def rec(x):
    def solve(v, depth):
        if depth > 3:
            raise StoppedError("deep")
        if v > 2.0:
            return v
        try:
            return solve(v * 1.5 + x[1], depth + 1)
        except StoppedError:
            return v * x[2]
    return solve(x[0], 0)
