"""Context managers of the program: what they do about an error is done, or the gradient is refused."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, dynamic, grad, jvp, value_and_grad
from diffcompile.calling.found import call_checked

X = np.array([0.3, 0.8, 1.2])


class Box:
    def __init__(self, value):
        self.value = value


class Triples:
    """It changes what it holds if there is an error."""

    def __init__(self, box):
        self.box = box

    def __enter__(self):
        return self.box

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.box.value = self.box.value * 3
        return False


class Always(Triples):
    def __exit__(self, *error):
        self.box.value = self.box.value * 3


class Swallows:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is KeyError


class Plain(Swallows):
    def __exit__(self, kind, error, trace):
        return None


def positive(v):
    if v > 0:
        raise KeyError("positive")
    return v


def changed_by_an_error(x):
    box = Box(x[1])
    try:
        with Triples(box):
            if x[0] > 0:
                raise KeyError
    except KeyError:
        pass
    return box.value * x[2]


def changed_by_an_error_from_inside(x):
    box = Box(x.copy())
    try:
        with Triples(box):
            positive(x[0])
    except KeyError:
        pass
    return np.sum(box.value * x[2])


def changed_in_any_case(x):
    box = Box(x[1])
    for v in x:
        try:
            with Always(box):
                positive(v - 0.5)
        except KeyError:
            continue
    return box.value * x[2]


def swallowed(x):
    result = x[1]
    with Swallows():
        positive(x[0])
        result = 5.0
    return result * x[2]


def raised_by_an_index_and_stored_before(x):
    box, seen = Box(x[1]), []
    try:
        with Triples(box):
            seen.append(x[0])
            seen.append(x[7])
    except IndexError:
        pass
    return box.value * x[2]


@pytest.mark.parametrize(
    "program",
    [
        changed_by_an_error, changed_by_an_error_from_inside, changed_in_any_case, swallowed,
        raised_by_an_index_and_stored_before,
    ],
    ids=lambda program: program.__name__,
)  # fmt: skip
def test_what_a_manager_does_about_an_error_is_not_left_out(program):
    """Until it is supported: then value and gradient have to be right."""
    try:
        value, found = value_and_grad(program)(X)
    except UnsupportedError:
        with pytest.raises(UnsupportedError):
            jvp(program, (X,), (X,))
        return
    assert value == program(X)
    steps = np.eye(3) * 1e-6
    assert np.allclose(found, [(program(X + step) - program(X - step)) / 2e-6 for step in steps], rtol=1e-6)


def left_as_usual(x):
    box = Box(x[1])
    with Triples(box), Always(box) as same:
        if x[0] < 0:
            raise KeyError
        same.value *= x[2]
    return box.value * x[2]


def caught_within(x):
    box = Box(x[1])
    with Triples(box), Swallows():
        try:
            positive(x[0])
        except KeyError:
            box.value *= 2
    return box.value * x[2]


def nothing_to_do(x):
    result = x[1]
    try:
        with Plain():
            positive(x[0])
            result = 5.0
    except KeyError:
        result = x[0]
    return result * x[2]


@pytest.mark.parametrize("program", [left_as_usual, caught_within, nothing_to_do], ids=lambda p: p.__name__)
def test_blocks_that_end_as_usual_are_differentiated(program):
    steps = np.eye(3) * 1e-6
    expected = [(program(X + step) - program(X - step)) / 2e-6 for step in steps]
    assert np.allclose(grad(program)(X), expected, rtol=1e-6)
    assert np.allclose(grad(program)(X), expected, rtol=1e-6)  # nothing is left open


def test_an_error_that_nobody_catches_is_that_of_the_program():
    def program(x):
        box = Box(x[1])
        with Always(box), Triples(box):
            positive(x[0])
        return box.value

    for _ in range(2):
        with pytest.raises(KeyError, match="positive"):
            grad(program)(X)
    assert np.allclose(grad(program)(-X), [0.0, 3.0, 0.0])


class Scales:
    """It changes an array that it shares, in the block and behind it."""

    def __init__(self, array):
        self.array = array

    def __enter__(self):
        self.array *= 2.0
        return self.array

    def __exit__(self, *error):
        self.array += 1.0


def test_managers_that_share_an_array():
    def f(x):
        array = np.array([x, 1.0])
        for manager in [Scales(array), Scales(array)]:
            with manager as now:
                total = np.sum(now)
        return total * array[0]

    def expected(x):
        first = 2.0 * (2.0 * x + 1.0)
        return (first + 6.0) * (first + 1.0)

    assert grad(f)(1.3) == pytest.approx((expected(1.3 + 1e-6) - expected(1.3 - 1e-6)) / 2e-6)


class Quiet:
    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class Notes(Quiet):
    def __exit__(self, *error):
        self.left = True


@pytest.mark.parametrize("manager", [Scales(np.ones(2)), Notes()], ids=["array", "attribute"])
def test_what_is_only_known_at_run_time_must_not_change_anything(manager):
    with pytest.raises(UnsupportedError, match="is only known at run time, and changes something"):
        dynamic.enter_found(manager)
        dynamic.leave_found(manager)


def test_what_is_only_known_at_run_time_and_changes_nothing():
    manager = Quiet()
    assert dynamic.enter_found(manager) is manager
    dynamic.leave_found(manager)
    with np.errstate(divide="warn"):
        dynamic.enter_found(quiet := np.errstate(divide="ignore"))
        assert np.geterr()["divide"] == "ignore"
        dynamic.leave_found(quiet)
        assert np.geterr()["divide"] == "warn"


def put(box, value):
    box.append(value)


def puts(box, value):
    """It has no store of its own."""
    put(box, value)


def test_calls_for_their_effect_alone_that_change_something_further_down():
    with pytest.raises(UnsupportedError, match="puts is called through a variable"):
        call_checked(puts, [1.0], 2.0)
    assert call_checked(len, [1.0]) == 1
