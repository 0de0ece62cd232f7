"""The smallest programs that once had a wrong gradient, or none, where plain NumPy runs: each shows another cause."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, check_grads, grad, hvp

X = np.array([0.53, 0.81, 1.13, 0.727, 0.61, 0.93])
PROGRAMS: list[Callable[..., Any]] = []


def program(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Note a program of a vector with six items."""
    PROGRAMS.append(fun)
    return fun


class Level:
    def __init__(self, height):
        self.height = height


class Slope(Level):
    def __init__(self, height):
        self.height = height
        self.width = height * 2.0


class Bag:
    def __init__(self, items):
        self.items = items

    def __getitem__(self, place):
        return self.items[place]


@program
def reads_what_it_calls_underscore(x):
    _, exponent = np.frexp(x[0])  # noqa: RUF059
    return _ * _ * x[1]


@program
def underscore_beside_results_that_nobody_reads(x):
    _ = np.sin(x)
    q, r = np.linalg.qr(np.diag(_[:2]) + 1.0)  # noqa: RUF059
    for unread in range(2):  # noqa: B007
        _ = _ * x
    return np.sum(r * r) * np.sum(_)


@program
def positions_change_after_put(x):
    a, k = x.copy(), np.array([0, 2, 2, 5, 1])
    np.put(a, k, x[:3] * 2.0)
    k[:] = 3
    return np.sum(a * a)


@program
def flat_items_repeat_the_array_or_cut_it(x):
    b = np.outer(x[:4], x[:3])
    b.flat[:] = x
    b.flat[2:7] = x[:3] * 2.0
    b.flat[8:10] = x * x
    z = np.array(x[1])
    z.flat = z * 2.0
    return np.sum(b * b * np.arange(12.0).reshape(4, 3)) * z


@program
def parts_of_an_array_without_axes(x):
    z = np.array(x[1])
    z.real = x[2] * x[0]
    return z * z


@program
def truth_values_and_unsigned_integers_are_subtracted(x):
    h = x * 2.0
    np.subtract.at(h, [1, 0, 1], x[1] > 0.3)
    np.subtract.at(h, [1, 0, 1], np.array([1, 2, 200], dtype=np.uint8))
    np.subtract.at(h, [1, 0, 1], [1.0, x[0], 3.0])
    return np.sum(h * h)


@program
def which_object_a_list_of_two_classes_gives(x):
    low, high = Level(x[0]), Slope(x[1])
    levels, d = [low, high], x[3]
    for i in range(2):
        if low is levels[i]:
            d += d * levels[i].height
        if high is not levels[i]:
            d *= x[4]
        if high == levels[i] or levels[i] in [Slope(x[0]), low]:
            d *= x[5]
    return d * (levels.index(high) + 1)


def times(factor):
    return lambda v: v * factor


@program
def list_of_functions_is_a_list(x):
    fs, y = [times(x[0]), times(x[1])], x[2]
    gs = fs
    if type(fs) is list and hasattr(fs, "append"):
        y = y * x[5]
    try:
        gs.append(times(x[3]))
    except AttributeError:
        y = y * 2.0
    for i in range(2):
        fs[i] = times(fs[i](x[4]))
    return sum(f(y) for f in fs) * len(fs)


def scaled(v, factor=0.5, power=1.0):
    return v * factor + v**power


@program
def partial_applications_in_a_dict(x):
    fs = {"a": np.cos, "b": partial(scaled, factor=2.0), "c": partial(scaled, 3.0, power=2.0)}
    return sum([fs[name](x[0]) for name in fs]) * fs["b"](x[1])


@program
def diagonal_of_what_is_chosen_at_run_time(x):
    a = np.outer(x, x)
    parts = [a, x[0] * 3.0]
    chosen = parts[0 if x[1] > 0.5 else 1]
    d = np.diagonal(chosen)
    chosen[1, 1] = x[2] * x[3]
    parts[0][2] = 2.0 * x
    return np.sum(d * x) + np.sum(a * a)


NO_SECOND_DERIVATIVE = {
    which_object_a_list_of_two_classes_gives,
    list_of_functions_is_a_list,
    partial_applications_in_a_dict,
    diagonal_of_what_is_chosen_at_run_time,
}


class Windows:
    def __init__(self, items):
        self.items = items

    def __getitem__(self, place):
        if isinstance(place, slice):
            return [self.items[k] for k in range(*place.indices(len(self.items)))]
        return self.items[place]

    def __setitem__(self, place, values):
        for number, k in enumerate(range(*place.indices(len(self.items)))):
            self.items[k] = values[number]


class Handing:
    def __init__(self, held):
        self.held = held

    @property
    def __setitem__(self):  # noqa: PLE0302
        return self.held.__setitem__

    @property
    def mass(self):
        return self.held[0]

    @mass.deleter
    def mass(self):
        self.held[0] = self.held[0] * self.held[1]


@program
def slices_say_which_items_they_are(x):
    windows, k = Windows([a * a for a in x]), 3
    windows[1:k] = [x[0], x[1] * x[2]]
    windows[::-3] = [x[3], x[4]]
    return sum(windows[1:]) * windows[0] + sum(a * x[5] for a in windows[k:])


@program
def special_methods_and_deleters_that_are_properties(x):
    handing = Handing([x[0], x[1]])
    handing[1] = x[2] * x[3]
    del handing.mass
    return handing.mass * handing.held[1]


@program
def gaps_are_filled_with_what_moves(x):
    return sum(a * b for a, b in itertools.zip_longest([x[0]], [x[1], x[2]], fillvalue=x[3]))


@pytest.mark.parametrize("fun", PROGRAMS, ids=lambda fun: fun.__name__)
def test_gradient(fun: Callable[..., Any]) -> None:
    order = 1 if fun in NO_SECOND_DERIVATIVE else 2
    check_grads(fun, (X,), modes=("rev", "fwd"), order=order)


def bag_that_a_loop_finds(x):
    first, bag = Bag(x * x), None
    for i in range(2):
        if bag is None:
            bag = first
        bag.items[i] = bag.items[i + 1] * x[i]
    return np.sum(first.items**2) + first[1]


def test_second_derivative_of_an_object_that_is_asked_for_items() -> None:
    slope, direction = grad(bag_that_a_loop_finds), np.arange(6.0)
    wanted = (slope(X + 1e-5 * direction) - slope(X - 1e-5 * direction)) / 2e-5
    np.testing.assert_allclose(hvp(bag_that_a_loop_finds)(X, direction), wanted, rtol=1e-6)


def test_pieces_that_are_no_list_any_more():
    """What a changed list of functions holds is not known: it must not be stored as if it were numbers."""
    def f(x):
        pieces = [lambda u: u**2, lambda u: 3 * u]
        pieces.reverse()
        return np.sum(np.piecewise(x, [x < 1, x >= 1], pieces))

    def g(x):
        pieces = [lambda u: u**2, lambda u: 3 * u]
        return np.sum(np.piecewise(x, [x < 1, x >= 1], pieces)) * len(pieces)

    x = np.array([0.5, 1.5])
    np.testing.assert_allclose(grad(g)(x), [2.0, 6.0])
    with pytest.raises(UnsupportedError, match="piecewise"):
        grad(f)(x)


@pytest.mark.parametrize("fun", [np.linalg.eig, np.linalg.eigvals, np.linalg.eigh])
def test_matrices_without_items(fun: Any) -> None:
    def loss(a: Any) -> Any:
        return np.sum(np.real(fun(a)[0])) + np.sum(a)

    assert grad(loss)(np.zeros((0, 0) if fun is not np.linalg.eigvals else (1, 0, 0))).size == 0


def test_lists_that_were_changed_before_functions_of_lists() -> None:
    def chosen(x: Any) -> Any:
        choices = [x, x**2]
        choices[0] = np.sin(x)
        return np.sum(np.select([x > 0.0, x < 0.0], choices))

    def in_pieces(x: Any) -> Any:
        pieces = [np.sin, np.cos]
        pieces[0] = np.exp
        return np.sum(np.piecewise(x, [x > 0.0, x <= 0.0], pieces))

    def summed(x: Any) -> Any:
        labels = [0, 1]
        labels[1] = 0
        every = list(range(2))
        return np.sum(np.einsum(np.outer(x, x), labels, [0]) ** 2 + np.einsum(np.outer(x, x), every, [every[1]]) ** 2)

    x = np.array([1.0, -2.0, 3.0])
    np.testing.assert_allclose(grad(chosen)(x), [np.cos(1.0), -4.0, np.cos(3.0)])
    np.testing.assert_allclose(grad(in_pieces)(x), [np.exp(1.0), -np.sin(-2.0), np.exp(3.0)])
    np.testing.assert_allclose(grad(summed)(x), 4.0 * x**3 + 2.0 * np.sum(x) ** 2 * x + 2.0 * np.sum(x) * np.sum(x**2))


class Reader:
    """A parser by precedence, which calls itself with counts that it reads from a table."""

    strength = {"+": 1, "*": 2, "^": 3}  # noqa: RUF012
    meaning = {"+": operator.add, "*": operator.mul, "^": operator.pow}  # noqa: RUF012

    def __init__(self, text, values):
        self.words, self.place, self.values = text.split(), 0, values

    def word(self):
        return self.words[self.place] if self.place < len(self.words) else None

    def taken(self):
        found = self.word()
        self.place += 1
        return found

    def atom(self):
        word = self.taken()
        if word == "(":
            value = self.expression()
            self.taken()
            return value
        return self.values[word] if word in self.values else float(word)

    def expression(self, least=1):
        left = self.atom()
        while (sign := self.word()) in self.strength and self.strength[sign] >= least:
            self.taken()
            left = self.meaning[sign](left, self.expression(self.strength[sign] + (sign != "^")))
        return left


def test_recursion_with_counts_that_are_read_from_a_table():
    """They have no type that is known, and no derivative."""

    def f(x, y):
        return Reader("2 * ( a + b ) ^ 2 + a * b + 3", {"a": x, "b": y}).expression()

    x, y = 1.3, 0.7
    assert grad(f, argnums=(0, 1))(x, y) == pytest.approx((4.0 * (x + y) + y, 4.0 * (x + y) + x))


def rest_of_a_mapping(x):
    found = 0.0
    for record in [{"s": x[0], "o": x[1], "p": x[2]}, {"o": x[3]}, {"s": x[4]}]:
        match record:
            case {"s": s, **rest}:
                found += s * s * len(rest) + sum(rest.values()) * s
            case {**rest}:
                found += sum(rest.values()) * x[5]
    return found


def test_rest_of_a_mapping():
    check_grads(rest_of_a_mapping, (X,))
