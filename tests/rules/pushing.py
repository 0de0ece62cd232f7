"""A call of a function with a rule as a program, and its tangent against differences and against its adjoint."""

from __future__ import annotations

import inspect
import linecache
import math
from typing import Any

import numpy as np

from diffcompile.operators import Pushforward
from diffcompile.rules import registry
from diffcompile.rules.registry import Sample
from rules.checking import (
    _close,
    _is_single,
    _leaves,
    _map,
    _moved,
    _noise,
    _paired,
    _to_double,
    slope_at_zero,
)


def has_forward_rule(fun: Any) -> bool:
    """Tell whether forward mode knows ``fun``."""
    return any(fun in table for table in (registry.ELEMENTWISE, registry.TANGENT, registry.LINEAR, registry.ADJOINT))


def moves(x: Any) -> bool:
    """Tell whether an argument is made of real or complex floating-point numbers."""
    found = list(_leaves(x))
    return bool(found) and all(
        isinstance(leaf, float | complex | np.inexact)
        or (isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fc")
        for leaf in found
    )


def differentiable(fun: Any, case: Sample) -> set[Any]:
    """Return the places and keywords of the arguments in which reverse mode differentiates ``fun``."""
    keys = [*range(len(case.args)), *case.kwargs]
    values = dict(zip(keys, [*case.args, *case.kwargs.values()], strict=True))
    candidates = {key for key in keys if moves(values[key])}
    if fun in registry.ELEMENTWISE:
        partials = registry.ELEMENTWISE[fun].partials
        return {key for key in candidates if key < len(partials) and partials[key] not in (None, registry.unknown)}
    if fun not in registry.ADJOINT:
        return candidates
    rule = registry.ADJOINT[fun].rule
    y = fun(*case.args, **case.kwargs)
    rng = np.random.default_rng(9)
    bars = rule(_map(lambda leaf: _noise(rng, leaf), y), y, *case.args, **case.kwargs)
    bound = inspect.signature(rule).bind(None, None, *range(len(case.args)), **{key: key for key in case.kwargs})
    slots: list[Any] = []
    for parameter in list(inspect.signature(rule).parameters.values())[2:]:
        found = bound.arguments.get(parameter.name)
        slots += found if parameter.kind is parameter.VAR_POSITIONAL and found else [found]
    return candidates & {slot for slot, bar in zip(slots, bars, strict=False) if bar is not None}


def program(fun: Any, case: Sample) -> tuple[Any, list[Any]]:
    """Return a function of those arguments that may move, which calls ``fun``, and these arguments."""
    scope: dict[str, Any] = {"fun": fun}
    params, parts, args = [], [], []
    movable = differentiable(fun, case)
    for key, value in [*enumerate(case.args), *case.kwargs.items()]:
        named = f"{key}=" if isinstance(key, str) else ""
        if key in movable:
            params.append(f"x_{key}")
            parts.append(f"{named}x_{key}")
            args.append(value)
        elif value is None or type(value) in (bool, int, str) or (type(value) is float and math.isfinite(value)):
            parts.append(f"{named}{value!r}")
        else:
            scope[f"c_{key}"] = value
            parts.append(f"{named}c_{key}")
    text = f"def f({', '.join(params)}):\n    return fun({', '.join(parts)})\n"
    path = f"<forward rule {getattr(fun, '__name__', fun)} {id(case)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    exec(compile(text, path, "exec"), scope)
    return scope["f"], args


def check_forward(fun: Any, case: Sample, which: int | None = None) -> None:
    """Assert that the tangent of ``fun`` is right, in the direction of all arguments or of one."""
    f, args = program(fun, case)
    rng = np.random.default_rng(9)
    chosen = range(len(args)) if which is None else [which]
    directions = [_map(lambda leaf: _noise(rng, leaf), arg) if k in chosen else None for k, arg in enumerate(args)]
    push = Pushforward(f, tuple(k for k, d in enumerate(directions) if d is not None))
    y, y_dot = push(args, directions)
    label = f"{inspect.getsource(f)}{args!r}\n{push.source}"
    expected = f(*args)
    for mine, theirs in zip(_leaves(y), _leaves(expected), strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=label)
    ct = _map(lambda leaf: _noise(rng, leaf), _listed(expected))
    found = _paired(ct, _filled(y_dot, expected, label))
    wide = [_map(_to_double, arg) for arg in args]
    along = [_map(_to_double, d) if d is not None else None for d in directions]
    coarse = _is_single([_listed(f(*wide))])

    def line(t: float) -> float:
        moved = [x if d is None else _map(lambda a, b: _moved(a, b, t), x, d) for x, d in zip(wide, along, strict=True)]
        return _paired(_map(_to_double, ct), _listed(f(*moved)))

    numerical = slope_at_zero(line, 2 if coarse else 12)
    size = float(sum(np.sum(np.abs(np.asarray(part))) for part in _leaves(_filled(y_dot, expected, label))))
    single = coarse or _is_single(args, [_listed(y)])
    assert _close(found, numerical, size, single), f"{label}\nfound {found!r}, expected {numerical!r}"


def _listed(tree: Any) -> Any:
    """Return a result in which named tuples are plain."""
    return [_listed(part) for part in tree] if isinstance(tree, list | tuple) else tree


def _filled(y_dot: Any, y: Any, label: str) -> Any:
    """Return a tangent with zeros for None, and assert that it has the form of the result."""
    if isinstance(y, list | tuple):
        parts = [None] * len(y) if y_dot is None else list(y_dot)
        assert len(parts) == len(y), label
        return [_filled(part, item, label) for part, item in zip(parts, y, strict=True)]
    if y_dot is None:
        return np.zeros(np.shape(y))
    assert np.shape(y_dot) == np.shape(y), f"{label}\nshape {np.shape(y_dot)}, the result has {np.shape(y)}"
    if isinstance(y, np.ndarray | np.inexact) and y.dtype.kind in "fc":
        assert np.result_type(y_dot) == y.dtype, f"{label}\ndtype {np.result_type(y_dot)}, the result has {y.dtype}"
    return y_dot
