"""Methods by computed names: ``getattr(self, "visit_" + kind)``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from diffcompile import UnsupportedError, check_grads, grad, jvp


class Visitor:
    factor = 3.0

    def __init__(self, x: Any) -> None:
        self.x = x
        self.visit_field = x
        self.count = 0.0

    def visit_a(self, t: Any) -> Any:
        self.count += t
        return t * self.x

    def visit_b(self, t: Any, k: float = 2.0) -> Any:
        self.x = self.x * 0.5
        return t**k

    @staticmethod
    def visit_s(t: Any) -> Any:
        return t * t * t

    @classmethod
    def visit_c(cls, t: Any) -> Any:
        return t * cls.factor

    @property
    def visit_p(self) -> Any:
        return lambda t: t

    def other(self, t: Any) -> Any:
        return t + self.x

    def surely(self, kind: str, t: Any) -> Any:
        return getattr(self, "visit_" + kind)(t)

    def or_other(self, kind: str, t: Any) -> Any:
        return getattr(self, f"visit_{kind}", self.other)(t)

    def or_none(self, kind: str, t: Any) -> Any:
        method = getattr(self, f"visit_{kind}", None)
        if method is None:
            return t
        return method(t)


class Doubling(Visitor):
    def visit_a(self, t: Any) -> Any:
        return super().visit_a(t) * 2.0

    def visit_z(self, t: Any) -> Any:
        return self.surely("a", t) if t < 3.0 else t


def surely(x: Any, text: str) -> Any:
    visitor, t = Visitor(x), x
    for kind in re.findall("[a-z]+", text):
        t = visitor.surely(kind, t)
    return t + visitor.count


def or_other(x: Any, text: str) -> Any:
    visitor, t = Doubling(x), x
    for kind in re.findall("[a-z]+", text):
        t = visitor.or_other(kind, t) * x
    return t + visitor.count * visitor.x


def or_none(x: Any, text: str) -> Any:
    visitor, t = Visitor(x), x
    for kind in re.findall("[a-z]+", text):
        t = visitor.or_none(kind, t) * x
    return t


def several(x: Any, text: str) -> Any:
    visitors, t = [Visitor(x), Visitor(x * x)], x
    for number, kind in enumerate(re.findall("[a-z]+", text)):
        t = visitors[number % 2].surely(kind, t)
    return t + visitors[0].count * visitors[1].x


PROGRAMS = [surely, or_other, or_none, several]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
@pytest.mark.parametrize("text", ["a b s c", "a a", ""])
def test_methods(program: Callable[..., Any], text: str) -> None:
    check_grads(program, (0.7, text), argnums=0)


def test_names_without_a_method() -> None:
    for program, text in ((or_other, "q a"), (or_none, "q a"), (or_other, "z b z")):
        check_grads(program, (0.7, text), argnums=0)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_what_is_no_method_is_refused(program: Callable[..., Any]) -> None:
    for text in ("p", "a field"):
        with pytest.raises(UnsupportedError, match="which is no method of"):
            grad(program)(0.7, text)
        with pytest.raises(UnsupportedError, match="which is no method of"):
            jvp(program, (0.7, text), (1.0, None))


def test_errors_are_those_of_the_program() -> None:
    with pytest.raises(AttributeError, match="visit_zz"):
        grad(surely)(0.7, "a zz")


def written_by_an_f_string(x: Any) -> Any:
    visitor = Visitor(x)
    for kind in ["field", "zz"]:
        x = x * getattr(visitor, f"visit_{kind}", 2.0) + visitor.visit_b(x, float(f"{2.0:.1f}"))
    return x * globals()[f"{'sure':s}ly"](x, "a")


def test_an_f_string_of_what_is_known_names_an_attribute() -> None:
    check_grads(written_by_an_f_string, (0.7,))
