"""Every rule differentiated twice: forward and reverse over reverse against differences; an XFAIL is a refusal."""

from __future__ import annotations

import importlib.util
import linecache
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pytest

import diffcompile.rules  # noqa: F401 - fills the tables
from diffcompile import DiffCompileError, check_grads, grad, hessian, jvp, vjp
from diffcompile.rules import registry
from diffcompile.rules.registry import Sample
from rules.checking import _leaves, _map, _moved, _noise, is_of_a_test, name_of
from rules.pushing import program

if importlib.util.find_spec("scipy"):
    for _subject in sorted(registry.SUBJECTS["scipy"]):
        registry.load_rules("scipy", _subject)
ENTRIES = {
    fun: entry
    for fun, entry in {**registry.ELEMENTWISE, **registry.ADJOINT}.items()
    if not is_of_a_test(fun)
}
STEP = 1e-5
MODES = (("forward", "reverse"), ("forward",))
"""How the first samples of a rule are differentiated again: compilations of second derivatives take their time."""
MORE = ((), ("reverse",), ("forward",), ("forward",), ("forward",))
"""The same of the tests that take longer."""


def squares(fun: Any, case: Sample) -> tuple[Any, list[Any]] | None:
    """Return a function of the moving arguments that sums weighted squares of the result, None if that is not real."""
    inner, args = program(fun, case)
    if not args or any(np.asarray(leaf).dtype != np.float64 for leaf in _leaves(args)):
        return None
    if not any(np.any(leaf) for leaf in _leaves(args)):
        return None  # a norm at the origin
    y = inner(*args)
    parts = y if isinstance(y, tuple) else (y,)
    if not all(isinstance(part, np.ndarray | float) and np.asarray(part).dtype == np.float64 for part in parts):
        return None
    scope: dict[str, Any] = {"np": np, "fun": inner}
    names = ", ".join(f"a{k}" for k in range(len(args)))
    terms = []
    for k, part in enumerate(parts):
        scope[f"w{k}"] = np.reshape(np.cos(np.arange(np.size(part)) + 0.3), np.shape(part))
        item = f"y[{k}]" if isinstance(y, tuple) else "y"
        terms.append(f"np.sum({item} * {item} * w{k})")
    text = f"def squares({names}):\n    y = fun({names})\n    return {' + '.join(terms)}\n"
    path = f"<squares of {name_of(fun)} {id(case)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(text, path, "exec"), scope)
    return scope["squares"], args


def flat(tree: Any) -> Any:
    """Return the numbers of nested lists and tuples as one vector."""
    return np.concatenate([np.ravel(np.asarray(leaf, float)) for leaf in _leaves(tree)])


def pulled_back(gradient: Any, args: list[Any], directions: list[Any]) -> list[Any]:
    """Return the product with the Hessian as the pullback of the gradient: they are symmetric."""
    _, pullback = vjp(gradient, *args)
    bars = pullback(tuple(directions))
    return [_map(np.zeros_like, arg) if bar is None else bar for bar, arg in zip(bars, args, strict=True)]


def check_second(fun: Any, case: Sample, modes: Iterable[str]) -> Iterator[str]:
    """Assert that the second derivative is right where it can be checked; yield why it is refused."""
    made = squares(fun, case)
    if made is None:
        return
    f, args = made
    rng = np.random.default_rng(1)
    directions = [_map(lambda leaf: _noise(rng, leaf), arg) for arg in args]
    gradient = grad(f, argnums=tuple(range(len(args))))

    def at(t: float) -> Any:
        moved = [_map(lambda x, d: _moved(x, d, t), arg, d) for arg, d in zip(args, directions, strict=True)]
        return flat(gradient(*moved))

    try:
        fine, coarse = ((at(h) - at(-h)) / (2 * h) for h in (STEP, 2 * STEP))
    except (DiffCompileError, NotImplementedError, ValueError):
        return
    scale = max(1.0, float(np.max(np.abs(fine), initial=0.0)))
    if not np.all(np.isfinite(fine)) or np.max(np.abs(fine - coarse), initial=0.0) > 1e-6 * scale:
        return
    for mode in modes:
        try:
            if mode == "forward":
                _, found = jvp(gradient, args, directions)
            else:
                found = pulled_back(gradient, args, directions)
        except DiffCompileError as error:
            yield error.what
        else:
            what = f"{name_of(fun)} {case!r}, {mode}"
            np.testing.assert_allclose(flat(found), fine, rtol=0.0, atol=1e-5 * scale, err_msg=what)


def is_series(fun: Any) -> bool:
    """Tell whether a derivative sums a series or goes through a function whose own does: seconds to compile twice."""
    name = name_of(fun).split(".")[-1].rstrip("0123456789")
    if type(fun) is np.ufunc:
        return name.startswith(("fdtr", "betaincc", "betaincinv", "bdtr", "nbdtr", "stdtr", "gdtr", "btdtr"))
    return hasattr(fun, "__self__") and name in ("sf", "logsf", "logcdf", "ppf", "isf")


def chosen() -> Iterator[Any]:
    """Yield each rule with its first samples, and with more of them for those who have time."""
    for fun in ENTRIES:
        few = [pytest.mark.long] if is_series(fun) else []
        yield pytest.param(fun, MODES, marks=few, id=name_of(fun))
        yield pytest.param(fun, MORE, marks=pytest.mark.long, id=f"{name_of(fun)}-more")


@pytest.mark.parametrize(("fun", "modes"), list(chosen()))
def test_second_derivatives(fun: Any, modes: tuple[tuple[str, ...], ...]) -> None:
    samples = ENTRIES[fun].samples
    assert samples is not None
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tried = [(case, of_case) for case, of_case in zip(samples(), modes, strict=False) if of_case]
        refused = [reason for case, of_case in tried for reason in check_second(fun, case, of_case)]
    if refused:
        pytest.xfail(f"{len(refused)} forms are refused: {refused[0]}")


@pytest.mark.parametrize("x", [[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [2.0, -1.0, 3.0], [0.0, 0.0, 0.0]])
def test_products_with_zeros(x: Any) -> None:
    """The Hessian of a product has the products of all others but two, with no division by what may be 0."""
    a, b, c = x
    of_product = np.array([[0.0, c, b], [c, 0.0, a], [b, a, 0.0]])
    of_sums = np.add(of_product, [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    point = np.array(x)
    over_both = lambda x: np.prod(x[None], axis=(0, 1))  # noqa: E731 - as the others
    for product in (np.prod, np.multiply.reduce, np.nanprod, over_both):
        np.testing.assert_array_equal(hessian(lambda x, f=product: f(x))(point), of_product)
    np.testing.assert_array_equal(hessian(lambda x: np.sum(np.cumprod(x)))(point), of_sums)
    rows = hessian(lambda x: np.sum(np.prod(np.reshape(x, (2, 3)), axis=1)))(np.array([*x, 1.0, 2.0, 0.0]))
    np.testing.assert_array_equal(rows[:3, :3], of_product)
    np.testing.assert_array_equal(rows[3:, 3:], [[0.0, 0.0, 2.0], [0.0, 0.0, 1.0], [2.0, 1.0, 0.0]])


def test_bessel_at_zero() -> None:
    """The derivative of ``i0`` is odd: written with the size of ``x`` it must not lose its slope at 0."""
    x = np.array([0.0, 0.5, -9.0])
    found = np.diag(hessian(lambda x: np.sum(np.i0(x)))(x))
    step = 1e-4
    expected = (np.i0(x + step) - 2.0 * np.i0(x) + np.i0(x - step)) / step**2
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_an_array_without_axes() -> None:
    def f(a: Any, fill: Any) -> Any:
        return np.sum(np.full_like(a, fill) ** 2)

    args = (np.ones((2, 3)), np.array(0.7))
    _, (a_dot, fill_dot) = jvp(grad(f, argnums=(0, 1)), args, (np.ones((2, 3)), np.array(0.5)))
    assert not np.any(a_dot)
    assert fill_dot == pytest.approx(6.0)


def test_the_spacing_of_slopes_moves() -> None:
    """The derivative of an adjoint in the weights of what it is the adjoint of."""
    by_places = lambda x, h: np.sum(np.gradient(x, np.cumsum(h), edge_order=2) ** 2)  # noqa: E731 - as the others
    by_step = lambda x, h: np.sum(np.gradient(np.outer(x, x), h[0], h, axis=(0, 1))[1] ** 2 * h[1])  # noqa: E731
    args = (np.array([0.5, -1.0, 2.0, 3.0]), np.array([0.25, 0.5, 0.75, 1.5]))
    for slopes in (by_places, by_step):
        check_grads(slopes, args, order=2)


WINDOW = slice(1, 3)


def test_slices_from_elsewhere() -> None:
    def rest(x: Any, where: Any) -> Any:
        return np.sum(np.delete(x, WINDOW) ** 2) + np.sum(np.insert(x, where, 2.0 * x[0]) ** 3)

    for where in (slice(0, 4, 2), slice(2, 3)):
        check_grads(rest, (np.array([0.5, -1.0, 2.0, 3.0]), where), argnums=0, order=2)


@pytest.mark.parametrize("kind", [list, tuple])
def test_a_histogram_of_listed_coordinates(kind: Any) -> None:
    def counted(x: Any, y: Any) -> Any:
        numbers, (edges, _) = np.histogramdd(kind((x, y)), (2, (-2.0, 0.0, 2.0)), density=True)
        return np.sum(numbers**2) + np.sum(edges**3)

    check_grads(counted, (np.array([0.5, -0.25, 1.0]), np.array([0.1, -0.7, 1.3])))
