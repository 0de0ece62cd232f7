"""Functions that fit a call: what is differentiated where a callable has no fixed parameters, or no Python source.

``grad(np.sin)(x)`` is the gradient of ``def sin(x): return function(x)``, and with ``def product(*factors)`` a call
``grad(product, argnums=1)(a, b)`` that of ``def product(factors_0, factors_1)``: positions count the arguments.
"""

from __future__ import annotations

import functools
import inspect
import keyword
import linecache
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.calling import hooks
from diffcompile.frontend.source import python_function
from diffcompile.rules import registry
from diffcompile.signature import Operator

_BY_POSITION = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def needs_fitting(fun: Callable[..., Any], argnums: Any) -> bool:
    """Tell whether what is differentiated is a function made for the call, not ``fun`` itself.

    It is where ``fun`` is no Python function (a ufunc, a builtin, a ``functools.partial``), has a rule of its own, or
    takes any number of arguments, of which ``argnums`` tells some by position.
    """
    if isinstance(fun, Operator):
        return needs_fitting(fun.primal, argnums)
    if isinstance(fun, type):
        return False
    function = python_function(fun)
    if function is None:
        call = getattr(type(fun), "__call__", None)  # noqa: B004 - the method itself is wanted
        return not isinstance(call, types.FunctionType) or _is_known(call)
    if _is_known(fun) or _is_known(function):
        return True
    by_name = isinstance(argnums, str) or (not isinstance(argnums, int) and any(isinstance(n, str) for n in argnums))
    parameters = inspect.signature(function, follow_wrapped=False).parameters
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters.values())
    return takes_any and not by_name


def _is_known(fun: Any) -> bool:
    try:
        return registry.has_rule(fun) or registry.is_solver(fun) or fun in registry.DEFINITIONS
    except TypeError:  # not hashable
        return False


def completed(fun: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return ``args`` and ``kwargs`` with the defaults of a Python function."""
    if python_function(fun) is None or _is_known(fun):
        return args, kwargs
    bound = inspect.signature(fun, follow_wrapped=False).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound.args, bound.kwargs


def from_the_front(argnums: Any, count: int) -> Any:
    """Return ``argnums`` with positions counted from the front, in a call with ``count`` positional arguments."""
    if isinstance(argnums, int):
        return argnums + count if -count <= argnums < 0 else argnums
    return argnums if isinstance(argnums, str) else tuple(from_the_front(one, count) for one in argnums)


def usual_call(fun: Callable[..., Any], argnums: Any) -> tuple[int, tuple[str, ...]]:
    """Return how many arguments a call of ``fun`` usually has that gives those of ``argnums``, and which keywords."""
    parameters = _parameters(fun)
    wanted = [argnums] if isinstance(argnums, int | str) else list(argnums)
    needed = sum(p.kind in _BY_POSITION and p.default is p.empty for p in parameters)
    numbers = [number + 1 if number >= 0 else -number for number in wanted if isinstance(number, int)]
    count = max(fun.nin if isinstance(fun, np.ufunc) else max(needed, 1), *numbers, 1)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    positional = _argument_names(fun, count, ())
    named = [name for name in wanted if isinstance(name, str) and name not in positional]
    return count, tuple(name for name in named if takes_any or any(p.name == name for p in parameters))


def _parameters(fun: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(fun, follow_wrapped=False).parameters.values())
    except (TypeError, ValueError):
        return []


def fitted(fun: Callable[..., Any], count: int, names: tuple[str, ...] = ()) -> types.FunctionType:
    """Return a Python function with source that calls ``fun`` with ``count`` arguments and keywords ``names``."""
    try:
        return _fitted(fun, count, names)
    except TypeError:  # not hashable
        return _made(fun, count, names)


def _made(fun: Callable[..., Any], count: int, names: tuple[str, ...]) -> types.FunctionType:
    name = getattr(fun, "__name__", None) or type(fun).__name__
    if isinstance(fun, Operator):
        name = f"{getattr(fun.primal, '__name__', 'function')}_{fun.suffix}"
    if not name.isidentifier() or keyword.iskeyword(name) or name == "function":
        name = "lambda_" if name == "<lambda>" else "function_"
    given = _argument_names(fun, count, names)
    passed = ", ".join([*given, *(f"{key}={key}" for key in names)])
    text = f"def {name}({', '.join([*given, *(['*', *names] if names else [])])}):\n    return function({passed})\n"
    path = f"<{text.partition(':')[0].removeprefix('def ')}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    scope: dict[str, Any] = {"function": fun}
    exec(compile(text, path, "exec"), scope)
    function: types.FunctionType = scope[name]
    return function


_fitted = functools.lru_cache(maxsize=1024)(_made)
hooks.fitted = fitted


def by_position(fun: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> types.FunctionType:
    """Return a Python function with source that takes ``parameters``, all by position, and calls ``fun`` with them."""
    named = fun.func if isinstance(fun, functools.partial) else fun
    name = getattr(named, "__name__", "")
    if not name.isidentifier() or keyword.iskeyword(name) or name == "function":
        name = "lambda_" if name == "<lambda>" else "function_"
    given = [f"{p.name}={p.name}" if p.kind is p.KEYWORD_ONLY else p.name for p in parameters]
    taken = ", ".join(p.name for p in parameters)
    text = f"def {name}({taken}):\n    return function({', '.join(given)})\n"
    path = f"<{name}({taken})>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    scope: dict[str, Any] = {"function": fun}
    exec(compile(text, path, "exec"), scope)
    function: types.FunctionType = scope[name]
    function.__annotations__ = {p.name: p.annotation for p in parameters if p.annotation is not p.empty}
    defaults = [p.default for p in parameters]
    while defaults and defaults[0] is inspect.Parameter.empty:
        defaults.pop(0)
    if inspect.Parameter.empty not in defaults:
        function.__defaults__ = tuple(defaults)
    return function


def _argument_names(fun: Callable[..., Any], count: int, taken: tuple[str, ...]) -> list[str]:
    """Return what to call ``count`` positional arguments: as ``fun`` does, where it says so."""
    parameters = _parameters(fun)
    found = [p.name for p in parameters if p.kind in _BY_POSITION and p.name not in taken][:count]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
    clash = {*taken, *found, "function"}
    found = [one if one != "function" else "function_" for one in found]
    number = 0
    while len(found) < count:
        name = f"{rest}_{number}" if rest != "x" or count > 1 else "x"
        number += 1
        if name not in clash:
            found.append(name)
    return found
