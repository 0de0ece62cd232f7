"""Arrays that are not NumPy's, as those of CuPy: right and of their own class, or refused with a message."""

from __future__ import annotations

import importlib.util
import inspect
import linecache
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diffcompile
from corpus import CASES, Case
from diffcompile import UnsupportedError, grad, value_and_grad, vjp
from diffcompile.errors import DiffCompileError
from diffcompile.rules import registry
from diffcompile.testing.checks import argument_names
from diffcompile.testing.compare import check_against_differences
from diffcompile.testing.structures import copy_tree
from duck import LACKING, LACKING_KEYWORDS, LACKING_METHODS, Duck, host, on_device

CARRIED = set((Path(__file__).parent / "duck" / "carried.txt").read_text().split())
"""The cases of the corpus that are known not to be refused with such arrays; others may be."""


def holds_duck(value: Any) -> bool:
    """Tell whether there is such an array in a nested structure."""
    if isinstance(value, dict):
        value = list(value.values())
    return isinstance(value, Duck) or (isinstance(value, list | tuple) and any(map(holds_duck, value)))


WITH_ARRAYS = [case for case in CASES if holds_duck(on_device(case.args()))]


def differentiated(case: Case) -> list[int]:
    """Return the positions of the arguments that a case differentiates."""
    names = list(inspect.signature(case.fun).parameters)
    chosen = case.argnums if isinstance(case.argnums, tuple) else (case.argnums,)
    return [names.index(one) if isinstance(one, str) else one for one in chosen]


def unless_refused(case: Case, call: Callable[[], Any], known: set[str]) -> Any:
    """Return what a call gives; None where the case is refused, which one that is ``known`` not to be must not be."""
    try:
        return call()
    except DiffCompileError:
        assert case.name not in known
    except TypeError:  # something of which nothing is known turned out to be an array of NumPy's
        with pytest.raises(TypeError):
            case.fun(*on_device(case.args()))
    return None


@pytest.mark.parametrize("case", WITH_ARRAYS, ids=lambda case: case.name)
def test_corpus(case: Case) -> None:
    """Values and gradients are those of the function with such arrays, found by differences."""
    gradient = value_and_grad(case.fun, argnums=case.argnums)
    given = on_device(case.args())
    found = unless_refused(case, lambda: gradient(*given), CARRIED)
    if found is None:
        return
    value, slopes = found
    assert np.allclose(host(value), host(case.fun(*on_device(case.args()))), rtol=1e-12)
    slopes = host(slopes)  # each array among them is one of the device's
    check_against_differences(
        lambda *args: float(host(case.fun(*on_device(args)))),
        copy_tree(case.args()),
        dict(zip(differentiated(case), slopes if isinstance(case.argnums, tuple) else (slopes,), strict=True)),
        names=argument_names(case.fun, case.args()),
        title=case.name,
        source=gradient.source,
        rtol=case.rtol,
        atol=1e-2 * case.rtol,
        coordinates=2,
    )
    for mine, kept in zip(given, case.args(), strict=True):  # what was passed in is left alone
        _require_equal(host(mine), kept)


def test_how_much_of_the_corpus() -> None:
    assert {case.name for case in WITH_ARRAYS} >= CARRIED
    assert len(CARRIED) >= 169


def _require_equal(left: Any, right: Any) -> None:
    if isinstance(left, list | tuple):
        assert len(left) == len(right)
        for mine, theirs in zip(left, right, strict=True):
            _require_equal(mine, theirs)
    elif isinstance(left, dict):
        _require_equal(list(left.values()), list(right.values()))
    elif isinstance(left, np.ndarray | float | complex):
        assert np.shape(left) == np.shape(right)
        close = 1e-5 if getattr(right, "dtype", None) == np.float32 else 1e-9
        assert np.allclose(left, right, rtol=close, atol=close, equal_nan=True)


def _samples() -> list[Any]:
    found = []
    for table in (registry.ELEMENTWISE, registry.ADJOINT, registry.DEFINITIONS):
        for fun, rule in table.items():
            package = getattr(fun, "__module__", None) or "numpy"
            ours = registry.package_of(fun) != "scipy"  # whose ufuncs do not say where they come from
            if rule.samples and ours and package.partition(".")[0] in ("numpy", "_operator", "builtins"):
                found.append(pytest.param(fun, rule.samples, id=f"{package}.{getattr(fun, '__qualname__', fun)}"))
    return found


def _written_out(fun: Any, count: int, keywords: dict[str, Any], number: int) -> Any:
    """Return a function that calls ``fun`` with keywords that are written out, as users write them."""
    names = ", ".join(f"a{k}" for k in range(count))
    given = "".join(f", {name}={value!r}" for name, value in keywords.items())
    text = f"def called({names}):\n    return fun({names}{given})\n"
    path = f"<sample {number} of {fun!r}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    space: dict[str, Any] = {"fun": fun, "inf": np.inf}
    exec(compile(text, path, "exec"), space)
    return space["called"]


def _cotangent(y: Any, rng: Any) -> Any:
    if isinstance(y, tuple | list):
        parts = [_cotangent(part, rng) for part in y]
        return type(y)(*parts) if hasattr(y, "_fields") else type(y)(parts)
    y = np.asarray(y)
    return rng.normal(size=y.shape).astype(y.dtype) if y.dtype.kind in "fc" else None


@pytest.mark.parametrize(("fun", "samples"), _samples())
def test_rules(fun: Any, samples: Any) -> None:
    """A pullback at such arrays gives what it gives for NumPy's, in their class, or the call is refused."""
    rng = np.random.default_rng(0)
    for number, sample in enumerate(samples()):
        given = on_device(sample.args)
        if not holds_duck(given):
            continue
        try:
            runs = holds_duck(fun(*on_device(sample.args), **sample.kwargs))
            called = _written_out(fun, len(sample.args), sample.kwargs, number)
            y, pullback = vjp(called, *sample.args)
            ct = _cotangent(y, rng)
            expected = pullback(ct)
        except (TypeError, ValueError, AttributeError, NotImplementedError, SyntaxError, AssertionError):
            continue  # CuPy does not know it, or the sample is none of a function of arrays alone
        except DiffCompileError:
            continue
        if not runs:
            continue
        try:
            found = vjp(called, *given)[1](on_device(ct))
        except (DiffCompileError, TypeError, AttributeError):
            continue  # refused, or by the arrays themselves
        _require_equal(host(found), expected)


# --- what is special about them ---


def test_a_number_of_such_an_array_is_an_array() -> None:
    def same_memory(x: Any) -> Any:
        s = np.sum(x)
        t = s
        s += 1.0
        return t * s

    def view(x: Any) -> Any:
        t = x[0]
        x[0] = 5.0 * t
        return t * x[0] + x[1] ** 2

    x = np.array([1.0, 2.0])
    value, slope = value_and_grad(same_memory)(Duck(x))
    assert host(value) == 16.0
    assert np.array_equal(host(slope), [8.0, 8.0])
    assert np.array_equal(grad(same_memory)(x), [7.0, 7.0])  # a number of NumPy's is not changed by `+=`
    value, slope = value_and_grad(view)(Duck(x))
    assert host(value) == 29.0
    assert np.array_equal(host(slope), [50.0, 4.0])


def test_what_is_made_of_numbers_is_made_like_an_argument() -> None:
    gradient = grad(lambda x: np.sum(x + 0.0))
    assert np.array_equal(host(gradient(Duck(np.zeros((2, 3))))), np.ones((2, 3)))
    assert "np.full_like(x, 1.0)" in gradient.source

    gradient = grad(lambda x: np.mean(x[1:]) * 2.0)
    assert np.allclose(host(gradient(Duck(np.zeros(5)))), [0.0, 0.5, 0.5, 0.5, 0.5])

    single = grad(lambda x: np.sum(x) * 2.0)(Duck(np.ones(3, np.float32)))
    assert single.dtype == np.float32


def test_numbers_beside_arrays_have_numbers_as_gradients() -> None:
    def f(x: Any, k: float) -> Any:
        return k * np.sum(np.sin(k * x))

    x = np.array([0.1, 0.7])
    expected = grad(f, argnums=(0, 1))(x, 1.5)
    found = grad(f, argnums=(0, 1))(Duck(x), 1.5)
    assert type(found[1]) is float
    assert np.allclose(host(found[0]), expected[0])
    assert found[1] == pytest.approx(expected[1])
    assert type(grad(f, argnums=1)(Duck(x), np.float64(1.5))) is np.float64


def test_structures() -> None:
    def loss(params: Any, x: Any) -> Any:
        for w, b in params["layers"]:
            x = np.tanh(x @ w + b)
        return np.mean(x**2) * params["scale"]

    rng = np.random.default_rng(3)
    layers = [(rng.normal(size=(3, 2)), rng.normal(size=2)), (rng.normal(size=(2, 3)), rng.normal(size=3))]
    args = ({"layers": layers, "scale": 0.5}, rng.normal(size=(4, 3)))
    expected, found = grad(loss)(*args), grad(loss)(*on_device(args))
    assert type(found["scale"]) is float
    _require_equal(host(found), expected)


def test_code_for_both_kinds() -> None:
    gradient = grad(lambda x: np.sum(x * x))
    x = np.array([1.0, 2.0])
    for _ in range(2):
        assert type(gradient(x)) is np.ndarray
        assert isinstance(gradient(Duck(x)), Duck)


def test_what_the_program_asks() -> None:
    def asks(x: Any) -> Any:
        return np.sum(x) if isinstance(x, np.ndarray) else np.sum(x * x)

    assert np.array_equal(host(grad(asks)(Duck(np.array([1.0, 2.0])))), [2.0, 4.0])


def test_memory_that_is_shared() -> None:
    def f(x: Any, y: Any) -> Any:
        x[0] = y[1]
        return np.sum(x * y)

    x = Duck(np.ones(4))
    with pytest.raises(ValueError, match="share memory"):
        grad(f)(x, x[:])


GLOBAL = np.ones(3)
REFUSED = {
    "an array of NumPy's meets arrays of cupy": [
        lambda x: np.sum(x * GLOBAL),
        lambda x: np.sum(np.where(GLOBAL > 0.0, x, 0.0)),
    ],
    "np.sort is not supported with arrays of cupy": [lambda x: np.sum(np.sort(x)[:2])],
    "np.sum with where= is not supported": [lambda x: np.sum(x, where=x > 0.0)],
    "np.linalg.cholesky is not supported": [lambda x: np.sum(np.linalg.cholesky(np.outer(x, x)))],
}


@pytest.mark.parametrize(("words", "fun"), [(words, fun) for words, funs in REFUSED.items() for fun in funs])
def test_refused_where_it_is_written(words: str, fun: Any) -> None:
    with pytest.raises(UnsupportedError, match=words) as caught:
        value_and_grad(fun)(Duck(np.array([1.0, 3.0, 2.0])))
    assert f"{Path(__file__).name}:" in str(caught.value)


def test_a_sweep_that_would_make_an_array_of_its_own() -> None:
    """The derivative of a trace is a helper's, made of a number and a shape: it has no array to be made like."""
    with pytest.raises(UnsupportedError, match=r"`np.trace\(x\)` is not supported with arrays of cupy"):
        grad(lambda x: 2.0 * np.trace(x))(Duck(np.eye(3)))


def test_host_array_that_depends_on_them() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3)
        y[0] = np.sum(x)
        return y[0] * 2.0

    with pytest.raises(UnsupportedError, match="NumPy's"):
        grad(f)(Duck(np.ones(3)))


def test_objects_that_hold_them() -> None:
    class Model:
        def __init__(self, w: Any) -> None:
            self.w = w

        def loss(self, x: Any) -> Any:
            return np.sum((x * self.w) ** 2)

    with pytest.raises(UnsupportedError, match="the attribute 'w' is not supported with arrays of cupy"):
        grad(Model(Duck(np.ones(3))).loss)(Duck(np.ones(3)))


def test_other_derivatives() -> None:
    x = Duck(np.ones(3))

    def f(x: Any) -> Any:
        return np.sum(x * x)

    calls = [
        lambda: diffcompile.jvp(f, (x,), (x,), batched=True),
        lambda: diffcompile.hessian(f)(x),
        lambda: diffcompile.jacobian(lambda x: x * x)(x),
        lambda: diffcompile.check_grads(f, (x,)),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"only `grad`, `value_and_grad`, `vjp`, `jvp` and `hvp` take"):
            call()


def test_cotangents_are_of_the_class_of_the_output() -> None:
    x = Duck(np.array([1.0, 2.0]))
    total, pullback = vjp(np.sum, x)
    assert host(total) == 3.0
    assert np.array_equal(host(pullback(2.0)[0]), [2.0, 2.0])
    assert np.array_equal(host(pullback(Duck(np.array(2.0)))[0]), [2.0, 2.0])
    _, pullback = vjp(lambda x: x * 2.0, x)
    with pytest.raises(TypeError, match="its cotangent must be one too, not ndarray"):
        pullback(np.ones(2))
    with pytest.raises(ValueError, match="the cotangent has shape"):
        pullback(Duck(np.ones(3)))
    with pytest.raises(TypeError, match="only `grad`"):
        pullback(Duck(np.ones((4, 2))), batched=True)


def test_integers() -> None:
    with pytest.raises(TypeError, match="it is an array of int64"):
        grad(np.sum)(Duck(np.arange(3)))


# --- the array itself ---


def test_duck_refuses_what_cupy_refuses() -> None:
    x = Duck(np.ones((2, 2)))
    for action in (
        lambda: np.asarray(x),
        lambda: x + np.ones((2, 2)),
        lambda: np.ones((2, 2)) * x,
        lambda: np.sum(x, initial=0.0),
        lambda: np.linalg.vector_norm(x),
        lambda: np.stack([x, 1.0]),
        lambda: np.full(3, 1.0, like=x),
        lambda: np.array([x[0, 0], 1.0]),
    ):
        with pytest.raises((TypeError, ValueError)):
            action()
    with pytest.raises(ValueError, match="fill"):
        x[0] = np.ones(2)


@pytest.mark.skipif(importlib.util.find_spec("cupy") is None, reason="CuPy is not installed")
def test_duck_is_like_cupy() -> None:
    """The tables of what CuPy lacks agree with the CuPy that is installed; no GPU is needed for that."""
    import cupy  # noqa: PLC0415

    for name in LACKING:
        home, _, own = name.rpartition(".")
        assert not hasattr(getattr(cupy, home) if home else cupy, own), name
    for name, keywords in LACKING_KEYWORDS.items():
        taken = inspect.signature(getattr(cupy, name)).parameters
        assert not set(keywords) & set(taken), name
    for name in LACKING_METHODS:
        assert not hasattr(cupy.ndarray, name), name
    assert not hasattr(cupy.ndarray, "__dict__") or "__dict__" not in dir(cupy.ndarray)
    for protocol in ("__cuda_array_interface__", "__array_ufunc__", "__array_function__"):
        assert hasattr(cupy.ndarray, protocol)
