"""Rules that a program registers: they must leave what they are given as it is, and see what they read outside anew."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import diffcompile
from diffcompile import UnsupportedError, check_grads, grad, jvp, vjp
from diffcompile.rules import registry

X = np.array([0.5, -0.4, 0.3])
SLOPE = 2.0
SLOPES = np.array([2.0, 2.0, 2.0])
NAMED = {"slope": 2.0}


class Held:
    """An object that a rule reads."""

    def __init__(self) -> None:
        self.slope = 2.0


HELD = Held()


def overwritten(a: Any) -> Any:
    a[:] = 2.0 * a
    return a


def slope_of(ct: Any) -> Any:
    return 2.0 * ct


@pytest.fixture
def doubled() -> Iterator[Callable[[Any], Any]]:
    """Return a function that has no rule yet, and forget those that it gets."""

    def doubled(x: Any) -> Any:
        return x * 2.0

    yield doubled
    for table in (registry.ADJOINT, registry.TANGENT, registry.ELEMENTWISE):
        table.pop(doubled, None)


def used(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a program in which the cotangent of the result belongs to something else, too."""

    def program(x: Any) -> Any:
        z = function(x) + x
        return np.sum(z * z)

    return program


def multiplies(ct: Any, y: Any, x: Any) -> Any:
    ct *= 2.0
    return (ct,)


def stores_through_a_view(ct: Any, y: Any, x: Any) -> Any:
    flat = ct.reshape(-1)
    flat[0] = 3.0
    return (2.0 * flat.reshape(ct.shape),)


def changes_the_argument(ct: Any, y: Any, x: Any) -> Any:
    x[0] = 7.0
    return (2.0 * ct,)


def changes_the_result(ct: Any, y: Any, x: Any) -> Any:
    y += 1.0
    return (2.0 * ct,)


def gives_out(ct: Any, y: Any, x: Any) -> Any:
    np.multiply(ct, 2.0, out=ct)
    return (ct,)


def calls_a_helper(ct: Any, y: Any, x: Any) -> Any:
    return (overwritten(ct),)


def from_a_list(ct: Any, y: Any, x: Any) -> Any:
    parts = [ct, x]
    parts[0] *= 2
    return (parts[0],)


def sorts(ct: Any, y: Any, x: Any) -> Any:
    if np.sum(ct) > -100.0:
        ct.sort()
    return (2.0 * ct,)


def shuffles(ct: Any, y: Any, x: Any) -> Any:
    random.shuffle(ct)
    return (2.0 * ct,)


def shuffles_by_numpy(ct: Any, y: Any, x: Any) -> Any:
    np.random.shuffle(ct)
    return (2.0 * ct,)


def adds_at(ct: Any, y: Any, x: Any) -> Any:
    np.add.at(ct, [0], 1.0)
    return (2.0 * ct,)


def fills(ct: Any, y: Any, x: Any) -> Any:
    np.copyto(ct, 2.0)
    return (ct,)


WRITING = (
    multiplies, stores_through_a_view, changes_the_argument, changes_the_result, gives_out, calls_a_helper, from_a_list,
    sorts, shuffles, shuffles_by_numpy, adds_at, fills,
)  # fmt: skip


@pytest.mark.parametrize("rule", WRITING)
def test_rules_that_write_to_what_they_are_given_are_refused(rule: Any, doubled: Any) -> None:
    """In reverse, in forward mode, in a pullback, and by the gradient checker: also where it makes no difference."""
    diffcompile.adjoint(doubled)(rule)
    program = used(doubled)
    for action in (
        lambda: grad(program)(X),
        lambda: jvp(program, (X,), (np.ones(3),)),
        lambda: vjp(lambda x: 1.0 * doubled(x), X)[1](np.ones(3)),
        lambda: check_grads(lambda x: 1.0 * doubled(x), (X,)),
        lambda: grad(lambda x, functions: np.sum(functions[0](x) ** 2))(X, [doubled]),
    ):
        with pytest.raises(UnsupportedError, match=r"the rule of .*doubled writes to its argument '(ct|x|y)'"):
            action()


def copies_first(ct: Any, y: Any, x: Any) -> Any:
    ct = ct.copy()
    ct *= 2.0
    return (ct,)


def makes_its_own(ct: Any, y: Any, x: Any) -> Any:
    found = np.zeros_like(x)
    for i in range(len(x)):
        found[i] += 2.0 * ct[i]
    found += 0.0 * y
    return (found,)


def gathers(ct: Any, y: Any, x: Any) -> Any:
    parts = []
    for i in range(len(x)):
        parts.append(2.0 * ct[i])
    parts[0] = parts[0] * 1.0
    return (np.array(parts),)


def prints(ct: Any, y: Any, x: Any) -> Any:
    print("cotangent", ct)
    return (2.0 * ct,)


@pytest.mark.parametrize("rule", (copies_first, makes_its_own, gathers, prints))
def test_rules_that_write_to_their_own_are_fine(rule: Any, doubled: Any) -> None:
    diffcompile.adjoint(doubled)(rule)
    check_grads(used(doubled), (X,), order=1)
    assert grad(used(doubled))(X) == pytest.approx(18.0 * X)


def test_tangent_rules_are_refused_too(doubled: Any) -> None:
    @diffcompile.tangent(doubled)
    def rule(y: Any, x: Any, x_dot: Any) -> Any:
        x_dot *= 2.0
        return x_dot

    diffcompile.adjoint(doubled)(copies_first)
    assert grad(used(doubled))(X) == pytest.approx(18.0 * X)
    with pytest.raises(UnsupportedError, match="writes to its argument 'x_dot'"):
        jvp(used(doubled), (X,), (np.ones(3),))


def test_partial_derivatives_are_refused_too(doubled: Any) -> None:
    def slope(y: Any, x: Any) -> Any:
        x[...] = 2.0
        return x

    diffcompile.elementwise(doubled, slope)
    for action in (lambda: grad(used(doubled))(X), lambda: jvp(used(doubled), (X,), (np.ones(3),))):
        with pytest.raises(UnsupportedError, match="writes to its argument 'x'"):
            action()


READING = {
    "SLOPE": lambda ct, y, x: (SLOPE * ct,),
    "SLOPES": lambda ct, y, x: (SLOPES * ct,),
    "NAMED": lambda ct, y, x: (NAMED["slope"] * ct,),
    "HELD": lambda ct, y, x: (HELD.slope * ct,),
    "slope_of": lambda ct, y, x: (slope_of(ct),),
}
OTHER: dict[str, Any] = {
    "SLOPE": 3.0, "SLOPES": np.full(3, 3.0), "NAMED": {"slope": 3.0}, "HELD": None, "slope_of": lambda ct: 3.0 * ct,
}  # fmt: skip


@pytest.mark.parametrize("name", READING)
def test_what_rules_read_outside_is_read_anew(name: str, doubled: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers, arrays, containers, objects and helpers: a later call of the same gradient sees the new ones."""
    diffcompile.adjoint(doubled)(READING[name])

    def program(x: Any) -> Any:
        z = doubled(x) * x
        try:
            z = doubled(z)
        except ValueError:
            z = z * 0.0
        return np.sum(z)

    gradient = grad(program)
    other = Held()
    other.slope = 3.0
    assert gradient(X) == pytest.approx(8.0 * X)
    assert jvp(program, (X,), (np.ones(3),))[1] == pytest.approx(np.sum(8.0 * X))
    monkeypatch.setitem(globals(), name, OTHER[name] or other if name == "HELD" else OTHER[name])
    assert gradient(X) == pytest.approx(3.0 * (2.0 * X + 3.0 * X))
    assert jvp(program, (X,), (np.ones(3),))[1] == pytest.approx(np.sum(3.0 * (2.0 * X + 3.0 * X)))


@pytest.mark.parametrize("name", ("SLOPE", "SLOPES", "NAMED", "HELD"))
def test_second_derivatives_of_rules_that_read_outside(name: str, doubled: Any) -> None:
    diffcompile.adjoint(doubled)(READING[name])

    def program(x: Any) -> Any:
        return np.sum(doubled(x * x) ** 2)

    assert diffcompile.hvp(program)(X, np.ones(3)) == pytest.approx(48.0 * X**2)
    assert grad(lambda x: np.sum(grad(program)(x)))(X) == pytest.approx(48.0 * X**2)


def test_a_rule_that_calls_an_object_is_refused(doubled: Any) -> None:
    blas = pytest.importorskip("scipy.linalg.blas")
    diffcompile.adjoint(doubled)(lambda ct, y, x: (blas.dscal(2.0, ct),))
    with pytest.raises(UnsupportedError, match="a rule calls dscal"):
        grad(used(doubled))(X)
