"""The checker of gradients is checked: right gradients pass, wrong ones fail and are named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import diffcompile
from diffcompile.rules import registry
from diffcompile.testing.checks import check_grads
from diffcompile.testing.compare import GradientMismatch, InconclusiveCheck, assignments_of_adjoint
from testing.fakes import differentiator

GENERATED = """\
def weigh_grad(w, x):
    # y = w * x
    y = w * x
    # return np.sum(y ** 2)
    y_bar = 2.0 * y
    # y = w * x
    w_bar = y_bar * x
    x_bar = (
        y_bar
        * w
    )
    x_bar[0] += 1.0
    np.add.at(w_bar, [0], 0.0)
    return w_bar, x_bar
"""


def weigh(w, x):
    """Two vectors."""
    return np.sum((w * x) ** 2)


def weigh_gradient(w, x):
    """The gradient of :func:`weigh`, by hand."""
    return 2.0 * w * x * x, 2.0 * w * w * x


def vectors() -> tuple[Any, Any]:
    """Return a point for :func:`weigh`."""
    return np.array([0.5, -1.0, 2.0]), np.array([1.0, 3.0, -2.0])


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Replace the compiler by gradients that the test gives."""

    def replace(gradient: Any, **options: Any) -> None:
        monkeypatch.setattr("diffcompile.api.value_and_grad", differentiator(gradient, **options))

    return replace


def test_right_gradients_pass(pretend: Any) -> None:
    """A gradient written by hand passes."""
    pretend(weigh_gradient)
    check_grads(weigh, vectors())
    check_grads(weigh, vectors(), argnums="x")
    check_grads(weigh, vectors(), argnums=(-1, "w"))


def test_failure_names_everything(pretend: Any) -> None:
    """Argument, index, both numbers and the generated lines are in the error and in its message."""

    def wrong(w, x):
        w_bar, x_bar = weigh_gradient(w, x)
        w_bar[1] = 7.0
        return w_bar, x_bar

    pretend(wrong, source=GENERATED)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(weigh, vectors())
    error = caught.value
    assert isinstance(error, AssertionError)
    assert (error.argument, error.index, error.found) == ("w", (1,), 7.0)
    assert error.expected == pytest.approx(-18.0, rel=1e-9)
    assert [line.strip() for line in error.lines] == [
        "6      # y = w * x",
        "7      w_bar = y_bar * x",
        "13      np.add.at(w_bar, [0], 0.0)",
    ]
    text = str(error)
    assert "  w[1]        -18      7          25  " in text
    assert "w[0]" not in text
    assert "w_bar = y_bar * x" in text
    assert "test_check_grads.py" in text


def test_worst_entry_comes_first(pretend: Any) -> None:
    """Several wrong entries, in two arguments, are listed by how wrong they are."""

    def wrong(w, x):
        w_bar, x_bar = weigh_gradient(w, x)
        return w_bar + np.array([0.1, 0.0, 5.0]), x_bar + np.array([0.0, -1.0, 0.0])

    pretend(wrong)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(weigh, vectors())
    named = [line.split()[0] for line in str(caught.value).splitlines() if "good to" in line]
    assert named == ["w[2]", "x[1]", "w[0]"]


@pytest.mark.parametrize("factor", [1.0 + 1e-4, 0.0, -1.0, np.nan, np.inf])
def test_a_wrong_factor_is_caught(pretend: Any, factor: float) -> None:
    """Slightly wrong, zero, of the wrong sign, not a number."""
    with np.errstate(invalid="ignore"):
        pretend(lambda w, x: (weigh_gradient(w, x)[0] * factor, weigh_gradient(w, x)[1]))
        with pytest.raises(GradientMismatch) as caught:
            check_grads(weigh, vectors())
    assert caught.value.argument == "w"


def test_tolerances_are_obeyed(pretend: Any) -> None:
    """A gradient that is off by 1e-4 passes with a tolerance of 1e-3, and fails with the default."""
    pretend(lambda w, x: tuple(g * (1.0 + 1e-4) for g in weigh_gradient(w, x)))
    check_grads(weigh, vectors(), rtol=1e-3)
    check_grads(weigh, vectors(), atol=0.1)
    for modes in (("rev",), ("rev", "fwd")):
        with pytest.raises(GradientMismatch):
            check_grads(weigh, vectors(), modes=modes)


def test_one_wrong_entry_among_many_is_found(pretend: Any) -> None:
    """The search halves a large array instead of looking at each entry."""
    wrong_at = (17, 333)
    calls = 0

    def energy(a):
        nonlocal calls
        calls += 1
        return np.sum(a**2)

    def wrong(a):
        gradient = 2.0 * a
        gradient[wrong_at] += 0.5
        return (gradient,)

    pretend(wrong)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(energy, (np.random.default_rng(0).normal(size=(40, 500)),))
    assert caught.value.index == wrong_at
    assert calls < 40 * 500 / 2


def test_nested_arguments_are_named_by_path(pretend: Any) -> None:
    """Inside of a structure the path tells which array is wrong."""

    @dataclass
    class Net:
        w: Any
        bias: tuple[float, float]

    def loss(net, scale):
        return np.sum(net["a"].w ** 2) * net["a"].bias[1] * scale

    def wrong(net, scale):
        w, b = net["a"].w, net["a"].bias[1]
        return {"a": Net(2.0 * w * b * scale, (0.0, -1.0))}, np.sum(w**2) * b

    pretend(wrong)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(loss, ({"a": Net(np.ones(2), (0.1, 0.2))}, 1.5))
    assert caught.value.argument == "net['a'].bias[1]"
    assert caught.value.index is None
    assert re.search(r"net\['a'\]\.bias\[1\] +3 +-1 +4 ", str(caught.value))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda w, x: (np.zeros(2), x), "w has shape (2,), not (3,)"),
        (lambda w, x: (0.0, x), "w is a float, not an array"),
        (lambda w, x: (w.astype(np.float32), x), "w has dtype float32, not float64"),
        (lambda w, x: (None, x), "w is a NoneType, not an array"),
    ],
)
def test_wrong_form_is_caught(pretend: Any, wrong: Any, words: str) -> None:
    """Shape, dtype and structure are checked before numbers."""
    pretend(wrong)
    with pytest.raises(GradientMismatch) as caught:
        check_grads(weigh, vectors())
    assert words in str(caught.value).replace("the gradient is", "w is").replace("the gradient has", "w has")


def test_wrong_value_is_caught(pretend: Any) -> None:
    """The value that comes with the gradient must be that of the function."""
    pretend(weigh_gradient, value=1.0)
    with pytest.raises(GradientMismatch, match="value"):
        check_grads(weigh, vectors())


def test_modified_argument_is_caught(pretend: Any) -> None:
    """A gradient call that writes into an argument, even into one that is not differentiated."""

    def careless(n, x):
        gradient = 2.0 * x * n[0]
        n[1] += 1
        return None, gradient

    pretend(careless)
    with pytest.raises(GradientMismatch, match=r"modified its argument n"):
        check_grads(lambda n, x: np.sum(x * x) * n[0], (np.array([2, 3]), np.ones(3)), argnums=1)


def test_kinks_are_inconclusive_not_right(pretend: Any) -> None:
    """At a kink nothing is claimed, whatever the gradient says."""
    pretend(lambda x: (0.0,))
    with pytest.raises(InconclusiveCheck, match="cannot be checked"):
        check_grads(abs, (0.0,))


def test_both_modes_and_second_order() -> None:
    """Forward mode, and second derivatives in both modes, of scalars and of arrays."""
    check_grads(weigh, vectors(), modes=("rev", "fwd"), order=2)
    check_grads(lambda x, y: np.outer(np.sin(x), y) * x[0], vectors(), modes=("fwd",), order=2)
    check_grads(lambda p: p["a"] ** 3 * np.sum(p["b"]), ({"a": 1.5, "b": np.ones(3)},), modes=("fwd",), order=2)
    check_grads(lambda x: (x * x, [np.sum(x)]), (np.ones(3),), modes=("rev", "fwd"))
    check_grads(lambda x: np.sum(x**3), (np.ones(3, np.float32),), modes=("rev", "fwd"))


def test_second_order_of_structures() -> None:
    """A result of several parts is weighted, each part by its own numbers."""
    check_grads(lambda x: (x * x, [np.sin(x), {"k": x**3}]), (np.ones(3),), modes=("rev", "fwd"), order=2)


def test_only_the_arguments_asked_for_are_differentiated() -> None:
    """The others need no rule: the Bessel function's order, an array through which a cast goes."""
    special = pytest.importorskip("scipy.special")
    x = np.array([0.5, 1.5, 3.0])
    check_grads(special.jv, (1.0, x), argnums=1, modes=("rev", "fwd"), order=2)
    check_grads(lambda k, x: (x ** np.round(k), np.sum(x)), (x, x), argnums="x", modes=("rev", "fwd"), order=2)


def test_complex_arguments_and_results() -> None:
    """They are pairs of real numbers, and errors name the part."""
    z = np.array([[1.0 + 0.5j, 0.3j], [0.2, -1.0 + 1.0j]])
    check_grads(lambda z, x: {"a": np.conj(z) * x, "b": [x, np.angle(z)]}, (z, 0.7), modes=("rev", "fwd"), order=2)
    check_grads(lambda z: np.linalg.eigh(z + z.conj().T)[0], (z,), modes=("rev", "fwd"), order=2)
    check_grads(lambda z, w: z * z * w + z.real, (1.2 + 0.3j, np.complex64(0.3 + 1j)), modes=("rev", "fwd"))
    check_grads(np.fft.fft, (np.array([1.0, -0.5, 2.0]),), modes=("rev", "fwd"), order=2)
    check_grads(lambda z, x: np.real(z) * x, (z, 0.7), argnums="x")
    with pytest.raises(TypeError, match="holds complex numbers"):
        check_grads(lambda zs: zs[0] * zs[1], ([z, 2.0],))


def test_a_wrong_rule_of_complex_numbers_is_found() -> None:
    """Conjugated where it should not be: the imaginary part shows it."""

    def square(z: Any) -> Any:
        return np.square(z)

    @diffcompile.adjoint(square)
    def _wrong(ct: Any, y: Any, z: Any) -> Any:
        return (2.0 * ct * np.conj(z),)

    with pytest.raises(GradientMismatch, match="z_"):
        check_grads(square, (np.array([1.0 + 0.5j, 0.3j]),))


def test_a_wrong_tangent_is_found() -> None:
    """A rule whose two modes do not agree fails, and so does a wrong second derivative."""

    def bent(x: Any) -> Any:
        return np.cbrt(x)

    @diffcompile.adjoint(bent)
    def _right(ct: Any, y: Any, x: Any) -> Any:
        return (ct / (3.0 * y * y),)

    @diffcompile.tangent(bent)
    def _wrong(y: Any, x: Any, *, x_dot: Any = None) -> Any:
        return x_dot / (2.0 * y * y)

    check_grads(lambda x: np.sum(bent(x)), (np.ones(3) * 2.0,), modes=("rev",))
    with pytest.raises(GradientMismatch, match="do not agree"):
        check_grads(lambda x: np.sum(bent(x)), (np.ones(3) * 2.0,))


def test_nonsense_is_a_value_error() -> None:
    """Modes and orders that there are not."""
    with pytest.raises(ValueError, match="modes are"):
        check_grads(weigh, vectors(), modes=("sideways",))
    with pytest.raises(TypeError, match=r"`\(x,\)`"):
        check_grads(np.sum, np.ones(3))
    with pytest.raises(ValueError, match="order is"):
        check_grads(weigh, vectors(), order=0)


def test_arguments_without_floats_or_unknown_ones() -> None:
    """Nothing to differentiate is a TypeError, an unknown argument a ValueError."""
    with pytest.raises(TypeError, match="no argument of"):
        check_grads(lambda n: n * 2.0, (3,))
    with pytest.raises(ValueError, match="'z'"):
        check_grads(weigh, vectors(), argnums="z")
    with pytest.raises(ValueError, match="w, x"):
        check_grads(weigh, vectors(), argnums=2)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("w_bar = 1.0", True),
        ("w_bar += 1.0", True),
        ("w_bar[i, 1:] -= y", True),
        ("y_bar, w_bar = a, b", True),
        ("[*w_bar] = a", True),
        ("np.multiply(a, b, out=w_bar)", True),
        ("w_bar.fill(0.0)", False),
        ("w_bar_2 = 1.0", True),
        ("w_barn = 1.0", False),
        ("x = w_bar", False),
        ("ww_bar = w_bar", False),
    ],
)
def test_statements_that_assign_an_adjoint(statement: str, found: bool) -> None:
    """Stores of every kind count, reads do not."""
    source = f"def f(w):\n    if a:\n        {statement}\n"
    assert bool(assignments_of_adjoint(source, "w")) is found


def test_no_source_no_lines() -> None:
    """Text that cannot be parsed yields nothing."""
    assert assignments_of_adjoint("", "w") == ()
    assert assignments_of_adjoint("def (", "w") == ()


# from here on the compiler itself


def test_compiled_gradients_pass() -> None:
    """Scalars, arrays, in-place code, float32 and nested arguments, as the compiler does them."""

    def loss(params, n):
        a = params["w"] * 1.0
        for i in range(n):
            a[i] *= a[i - 1]
        return np.sum(a) * params["s"]

    check_grads(weigh, vectors())
    check_grads(lambda x: x**3, (1.5,))
    check_grads(weigh, tuple(v.astype(np.float32) for v in vectors()))
    check_grads(loss, ({"w": np.array([1.0, 2.0, 3.0]), "s": 0.5}, 3))


def test_outputs_that_are_no_scalars_go_through_vjp() -> None:
    """An array, and a structure of an array, a float and an int."""

    def outputs(x, s):
        return {"y": np.sin(x) * s, "n": 3, "z": (s * s, x[1:])}

    check_grads(lambda x: np.cumsum(x * x), (np.array([1.0, 2.0, 3.0]),))
    check_grads(outputs, (np.array([1.0, 2.0, 3.0]), 0.5))


def twist(x):
    """A callee with a rule that is wrong."""
    return x**3


def test_wrong_rule_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong rule makes a wrong gradient, whose line is shown."""

    def rule(ct, y, x):
        return (ct * 2.0 * x**2,)

    monkeypatch.setitem(registry.ADJOINT, twist, registry.Adjoint(twist, rule))

    def loss(a, b):
        return np.sum(twist(a) * b)

    with pytest.raises(GradientMismatch) as caught:
        check_grads(loss, (np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    assert caught.value.argument == "a"
    assert any("a_bar" in line for line in caught.value.lines)


def test_wrong_rule_is_caught_through_vjp(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with an output that is no scalar."""
    monkeypatch.setitem(registry.ELEMENTWISE, twist, registry.Elementwise(twist, (lambda y, x: 2.0 * x**2,)))
    with pytest.raises(GradientMismatch) as caught:
        check_grads(lambda a: twist(a) + a, (np.array([1.0, 2.0]),))
    assert caught.value.argument == "a"


def test_the_public_names_are_found_beside_their_files() -> None:
    from diffcompile import testing  # noqa: PLC0415

    assert (testing.check_grads, testing.gradcheckable) == (diffcompile.check_grads, diffcompile.gradcheckable)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = testing.nothing
