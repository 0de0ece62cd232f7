"""Globals, and variables of functions around, that the program assigns: seen by all that it calls."""

from __future__ import annotations

from corpus.registry import case

factor = 3.0
total = 0.0
state = None
scale = 0.0
quotient = 0.0


def _add(v):
    global total
    total += v


def _twice():
    return factor * 2.0


@case(lambda: (2.0,))
def counted_in_a_helper(x):
    global total
    total = 0.0
    for i in range(3):
        _add(x * i)
    return total * total


@case(lambda: (2.0,))
def read_before_and_after(x):
    global factor
    a = _twice()
    factor = 5.0
    b = _twice()
    factor = x
    result = x * (a + b) + _twice()
    factor = 3.0
    return result


@case(lambda: (2.0,))
def made_when_first_asked_for(x):
    global state
    if state is None:
        state = 2.0 * x
    if x > 1.0:
        state = state * x
    result = state * state
    state = None
    return result


@case(lambda: (0.5,))
def stored_on_one_path(x):
    global factor
    if x > 1.0:
        factor = x
    return factor * x + _twice() * x


@case(lambda: (0.7, 5.0))
def stored_in_a_loop(x, most):
    global total
    total = 0.0
    while total < most:
        total = total + x
    return total * x


@case(lambda: (2.0,))
def imported_as_a_global(x):
    global root
    from math import sqrt as root

    return root(x) * x


@case(lambda: (2.0,))
def local_in_one_function_and_global_in_another(x):
    for scale in range(2):
        x = x * scale + x

    def inner():
        global scale
        scale = x
        return scale

    return inner() + globals()["scale"] + scale


@case(lambda: (2.0,))
def stored_in_a_try_block(x):
    global quotient
    try:
        quotient = x * x
        y = 1.0 / x
    except ZeroDivisionError:
        y = 0.0
    return quotient * y + quotient


def _counter():
    count = 1.0

    def up(x):
        nonlocal count
        count = count * x
        return count * x

    return up


@case(lambda: (2.0,))
def variable_of_a_function_around(x):
    up = _counter()
    return up(x) + up(x)


@case(lambda: (2.0,))
def nested_function_replaced_by_another(x):
    """A function that a nested one defines anew under a name of the function around."""

    def scale(v):
        return 2.0 * v

    def change():
        nonlocal scale

        def scale(v):
            return 3.0 * v * x

        def unused():
            from math import pi

            return pi

    a = scale(x)
    change()
    return a * scale(x)


@case(lambda: (2.0,))
def nested_function_imports_for_another(x):
    root = None

    def load():
        nonlocal root
        from math import sqrt as root

    load()
    return root(x) * x
