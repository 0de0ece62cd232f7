"""Classes that are defined in a function: seen anew at each call, or refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from diffcompile import UnsupportedError, grad, hessian, jvp

SCALE = 2.0


def test_globals_that_a_class_reads_may_change(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(x: float) -> float:
        class Scaled:
            scale = SCALE

            def value(self, v: float) -> float:
                return v * self.scale * SCALE

        return Scaled().value(x)

    gradient = grad(f)
    assert gradient(1.5) == 4.0
    monkeypatch.setitem(f.__globals__, "SCALE", 3.0)
    assert gradient(1.5) == 9.0


def test_constants_that_a_class_sees_are_those_of_the_call() -> None:
    def f(x: float, kind: str) -> float:
        class Power:
            kinds = {"square": 2, "cube": 3}  # noqa: RUF012

            def __call__(self, v: float) -> float:
                return v ** self.kinds[kind]

        return Power()(x)

    gradient = grad(f)
    assert [gradient(2.0, "square"), gradient(2.0, "cube"), gradient(2.0, "square")] == [4.0, 12.0, 4.0]


def test_second_derivatives_and_tangents() -> None:
    def f(x: float) -> float:
        class Cube:
            def __call__(self, v: float) -> float:
                return v * v * x

        return Cube()(x)

    assert hessian(f)(1.5) == pytest.approx(9.0)
    assert jvp(f, (1.5,), (2.0,))[1] == pytest.approx(13.5)


def test_instances_do_not_keep_what_another_call_saw() -> None:
    """Two instances of one statement, one of which is made in a helper that is called with the other."""

    def build(a: float, inner: Any = None) -> Any:
        class Line:
            def __call__(self, v: float) -> float:
                return a * v + (inner(v) if inner is not None else 0.0)

        return Line()

    def f(x: float, y: float) -> float:
        first = build(x)
        second = build(y, first)
        third = build(x * y, second)
        return first(2.0) + second(3.0) * third(x)

    x, y = 1.3, 0.7
    third = x * y * x + y * x + x * x
    second = 3.0 * y + 3.0 * x
    assert grad(f)(x, y) == pytest.approx(2.0 + 3.0 * third + second * (2.0 * x * y + y + 2.0 * x))


def in_a_loop(x: float) -> float:
    def make(a: float) -> Any:
        class Line:
            def __call__(self, v: float) -> float:
                return a * v

        return Line()

    lines = []
    for k in range(3):
        lines.append(make(x * k))
    return sum(line(2.0) for line in lines)


def sorted_by_what_it_sees(x: float) -> float:
    class Bid:
        def __init__(self, price: float) -> None:
            self.price = price

        def __lt__(self, other: Any) -> bool:
            return self.price * x < other.price * x

    return sorted([Bid(x), Bid(-x)])[0].price


def recursive(x: float, n: int = 3) -> float:
    class Power:
        def __call__(self, n: int) -> float:
            return 1.0 if n == 0 else x * self(n - 1)

    return Power()(n)


class Counted:
    made = 0

    def __init_subclass__(cls) -> None:
        Counted.made += 1


def of_an_acting_base(x: float) -> float:
    class Child(Counted):
        def value(self) -> float:
            return x * Counted.made

    return Child().value()


def with_a_descriptor(x: float) -> float:
    class Positive:
        def __get__(self, instance: Any, owner: Any) -> float:
            return x

    class Model:
        size = Positive()

    return Model().size


def computed_of_its_own(x: float) -> float:
    class Model:
        size = x
        double = 2.0 * size

    return Model.double


REFUSED = {
    in_a_loop: "a, which a class in a function sees, is not known here",
    sorted_by_what_it_sees: "`__lt__` of Bid sees variables of the function that defines the class",
    recursive: "x, which a class in a function sees, is not known here",
    of_an_acting_base: "its base Counted does something when a class is made of it",
    with_a_descriptor: "an attribute of it is an object or a function",
    computed_of_its_own: "is used where it is not known",
}


@pytest.mark.parametrize("fun", REFUSED, ids=lambda fun: fun.__name__)
def test_what_is_refused(fun: Any) -> None:
    with pytest.raises(UnsupportedError) as raised:
        grad(fun)(1.3)
    assert REFUSED[fun] in str(raised.value)
    assert raised.value.span is not None or fun is recursive
