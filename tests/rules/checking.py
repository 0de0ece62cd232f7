"""Compare a rule with numerical derivatives; needs nothing of the compiler.

The pairing is the one of the whole project: with ``y = f(x)`` a rule is right when ``Re sum(ct * dy)`` equals
``Re sum(x_bar * dx)`` for every direction ``dx``; for complex numbers nothing is conjugated.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Adjoint, Elementwise, Sample, defaulted, unknown

SAME_IN_DOUBLE = 1e-7
SAME_IN_SINGLE = 1e-4


def name_of(fun: Any) -> str:
    """Return a readable name of a callee: ``numpy.sin``, ``numpy.add.reduce``, ``operator.add``."""
    owner = getattr(fun, "__self__", None)
    if isinstance(owner, np.ufunc):
        return f"numpy.{owner.__name__}.{fun.__name__}"
    if inspect.ismethoddescriptor(fun) and hasattr(fun, "__objclass__"):
        return f"numpy.{fun.__objclass__.__name__}.{fun.__name__}"
    module = "numpy" if isinstance(fun, np.ufunc) else (getattr(fun, "__module__", None) or "").lstrip("_")
    return f"{module}.{getattr(fun, '__name__', repr(fun))}"


def _is_container(x: Any) -> bool:
    return isinstance(x, (list, tuple))


def _map(fun: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Apply ``fun`` to the leaves of nested lists and tuples of one structure."""
    if _is_container(tree):
        parts = [_map(fun, *parts) for parts in zip(tree, *others, strict=True)]
        return parts if isinstance(tree, list) else tuple(parts)
    return fun(tree, *others)


def _leaves(tree: Any) -> Iterator[Any]:
    if _is_container(tree):
        for part in tree:
            yield from _leaves(part)
    else:
        yield tree


def _is_real_number(x: Any) -> bool:
    return isinstance(x, (float, complex, np.inexact)) or (
        isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.inexact)
    )


def _noise(rng: np.random.Generator, x: Any) -> Any:
    """Return random numbers in the type, shape and dtype of ``x``; 0.0 for what is no real number."""
    if not _is_real_number(x):
        return 0.0
    numbers = rng.standard_normal(np.shape(x))
    if np.iscomplexobj(x):
        numbers = numbers + 1j * rng.standard_normal(np.shape(x))
    if isinstance(x, np.ndarray):
        return np.asarray(numbers, x.dtype)
    return type(x)(numbers)


def _to_double(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype in (np.float32, np.complex64):
        return x.astype(np.float64 if x.dtype == np.float32 else np.complex128)
    return np.float64(x) if isinstance(x, np.float32) else x


def _moved(x: Any, dx: Any, t: float) -> Any:
    if not _is_real_number(x):
        return x
    moved = x + t * dx
    if not isinstance(x, np.ndarray):
        return type(x)(moved)
    result = np.empty_like(x)  # in the memory layout of x, which reshape(order="A") looks at
    result[...] = moved
    return result


def _paired(ct: Any, y: Any) -> float:
    terms = [
        np.real(np.sum(np.multiply(c, part, dtype=np.result_type(part, np.float64))))
        for c, part in zip(_leaves(ct), _leaves(y), strict=True)
        if _is_real_number(part)
    ]
    return float(sum(terms))


def slope_at_zero(phi: Callable[[float], float], halvings: int = 12) -> float:
    """Return the derivative of ``phi`` at 0 by central differences, extrapolated (Ridders).

    Not by the complex step, which is silently wrong where a function compares, casts or takes a modulus.
    """
    step, row, best, error = 0.02, [], 0.0, np.inf
    for _ in range(halvings):
        new = [(phi(step) - phi(-step)) / (2.0 * step)]
        for k, previous in enumerate(row):
            new.append(new[k] + (new[k] - previous) / (4.0 ** (k + 1) - 1.0))
            spread = max(abs(new[-1] - new[-2]), abs(new[-1] - previous))
            if spread < error:
                best, error = new[-1], spread
        row, step = new, step / 2.0
    return best


def _close(found: float, expected: float, size: float, single: bool) -> bool:
    tolerance = SAME_IN_SINGLE if single else SAME_IN_DOUBLE
    return abs(found - expected) <= tolerance * max(1.0, abs(expected), size)


def _is_single(*trees: Any) -> bool:
    return any(
        _is_real_number(x) and np.result_type(x) in (np.float32, np.complex64)
        for tree in trees
        for x in _leaves(tree)
    )


def _check_form(label: str, bar: Any, x: Any) -> None:
    """Assert that a cotangent has the structure, shape and dtype of its argument."""
    if _is_container(x):
        assert _is_container(bar), f"{label}: cotangent of a {type(x).__name__} is a {type(bar).__name__}"
        assert len(bar) == len(x), f"{label}: {len(bar)} cotangents for {len(x)} parts"
        for part_bar, part in zip(bar, x, strict=True):
            _check_form(label, part_bar, part)
        return
    if not _is_real_number(x) or bar is None:
        return
    assert np.shape(bar) == np.shape(x), f"{label}: shape {np.shape(bar)}, argument has {np.shape(x)}"
    if isinstance(x, (np.ndarray, np.generic)):
        if not np.iscomplexobj(x):
            bar = np.real(bar)  # as the driver does
        assert np.result_type(bar) == x.dtype, f"{label}: dtype {np.result_type(bar)}, argument has {x.dtype}"


def _without_change(label: str, call: Callable[..., Any], *trees: Any) -> Any:
    """Return ``call()`` and assert that it leaves ``trees`` as they are."""
    before = copy.deepcopy(trees)
    result = call()
    for old, new in zip(_leaves(before), _leaves(trees), strict=True):
        if isinstance(old, np.ndarray):
            np.testing.assert_array_equal(old, new, err_msg=f"{label} writes into its operands")
    return result


def _check_slot(label: str, f: Callable[[Any], Any], x: Any, bar: Any, ct: Any, single: bool) -> None:
    """Compare the cotangent ``bar`` of one argument with a numerical derivative in a random direction."""
    rng = np.random.default_rng(5)
    direction = _map(lambda leaf: _noise(rng, leaf), x)
    x64, direction64, ct64 = (_map(_to_double, tree) for tree in (x, direction, ct))
    coarse = _is_single(f(x64))  # a cast to float32: small steps would drown in its rounding
    expected = slope_at_zero(
        lambda t: _paired(ct64, f(_map(lambda a, d: _moved(a, d, t), x64, direction64))), 2 if coarse else 12
    )
    if bar is None:
        found, size = 0.0, 0.0
    else:
        pairs = [
            (b, d)
            for b, d, a in zip(_leaves(bar), _leaves(direction64), _leaves(x), strict=True)
            if _is_real_number(a)
        ]
        found = float(sum(np.real(np.sum(np.asarray(b) * d)) for b, d in pairs))
        size = float(sum(np.sum(np.abs(np.asarray(b) * d)) for b, d in pairs))
    assert _close(found, expected, size, single or coarse), f"{label}: found {found!r}, expected {expected!r}"


def check_elementwise(entry: Elementwise, case: Sample, seed: int = 0) -> None:
    """Assert that each partial derivative is right on one sample."""
    rng = np.random.default_rng(seed)
    operands = case.args
    y = entry.fun(*operands)
    ct = _noise(rng, y)
    enough = len(operands) == len(entry.partials) or (
        len(operands) < len(entry.partials) and bool(defaulted(entry.fun))
    )
    assert enough, (
        f"{len(entry.partials)} partials for {len(operands)} operands"
    )
    for k, partial in enumerate(entry.partials[: len(operands)]):
        if partial is None or partial is unknown or not _is_real_number(operands[k]):
            continue
        label = f"{name_of(entry.fun)}, operand {k} of {operands!r}"
        slope = _without_change(label, lambda p=partial: p(y, *operands), y, operands)
        term = ct * slope
        assert not np.issubdtype(np.result_type(slope), np.bool_), f"{label}: a partial is a number"
        if _is_single(y):
            assert np.result_type(term) == np.result_type(y), f"{label}: {np.result_type(term)} from float32"
        shape = np.broadcast_shapes(np.shape(term), np.shape(y))
        assert shape == np.shape(y), (
            f"{label}: the partial has shape {np.shape(slope)}, the result {np.shape(y)}"
        )
        bar = runtime.unbroadcast(np.broadcast_to(term, shape), np.shape(operands[k]))

        def f(x: Any, k: int = k) -> Any:
            return entry.fun(*(x if i == k else _map(_to_double, other) for i, other in enumerate(operands)))

        _check_slot(label, f, operands[k], bar, ct, _is_single(operands, y))


def check_adjoint(entry: Adjoint, case: Sample, seed: int = 0) -> None:
    """Assert that each cotangent of a rule is right on one sample."""
    rng = np.random.default_rng(seed)
    y = entry.fun(*case.args, **case.kwargs)
    ct = _map(lambda leaf: _noise(rng, leaf), y)
    signature = inspect.signature(entry.rule)
    # where each parameter of the rule comes from: the index of a positional argument, the name of a keyword
    source = signature.bind(None, None, *range(len(case.args)), **{key: key for key in case.kwargs}).arguments
    slots: list[Any] = []
    for parameter in list(signature.parameters.values())[2:]:
        slots += (
            source.get(parameter.name, ())
            if parameter.kind is parameter.VAR_POSITIONAL
            else [source.get(parameter.name)]
        )
    head = f"{name_of(entry.fun)}, {case.args!r} {case.kwargs!r}"
    bars = _without_change(
        head, lambda: entry.rule(ct, y, *case.args, **case.kwargs), [ct, y, *case.args, *case.kwargs.values()]
    )
    assert isinstance(bars, tuple), f"{head}: a rule returns a tuple of cotangents"
    assert len(bars) <= len(slots), f"{head}: {len(bars)} cotangents for {len(slots)} parameters"
    args, kwargs = _map(_to_double, list(case.args)), {k: _map(_to_double, v) for k, v in case.kwargs.items()}
    single = _is_single(case.args, list(case.kwargs.values()), y)
    for slot, bar in zip(slots, bars, strict=False):
        if slot is None:
            continue
        x = case.args[slot] if isinstance(slot, int) else case.kwargs[slot]
        if not any(_is_real_number(leaf) for leaf in _leaves(x)) or (
            bar is None and not isinstance(x, np.ndarray)
        ):
            continue
        label = f"{head}: argument {slot}"
        if bar is not None:
            _check_form(label, bar, x)

        def f(x: Any, slot: Any = slot) -> Any:
            if isinstance(slot, int):
                return entry.fun(*args[:slot], x, *args[slot + 1 :], **kwargs)
            return entry.fun(*args, **{**kwargs, slot: x})

        _check_slot(label, f, x, bar, ct, single)


def is_of_a_test(fun: Any) -> bool:
    """Tell whether a function is of a test module, which registered a rule for it."""
    return str(getattr(fun, "__module__", "")).startswith(("rules.", "tests.", "test_"))


def check(entry: Elementwise | Adjoint) -> int:
    """Assert that a rule has samples and is right on all of them; return how many there are."""
    assert entry.samples is not None, f"the rule of {name_of(entry.fun)} has no samples"
    cases = list(entry.samples())
    assert cases, f"the rule of {name_of(entry.fun)} has no samples"
    for case in cases:
        if isinstance(entry, Elementwise):
            check_elementwise(entry, case)
        else:
            check_adjoint(entry, case)
    return len(cases)
