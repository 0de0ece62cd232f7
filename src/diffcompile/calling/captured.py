"""Functions as data: closures, bound methods and partial applications kept in variables that change and in containers.

Where the compiler knows which function a variable holds, none of this exists at run time. Elsewhere a function is a
tuple of what it captures, of a class of its own: it can be kept and compared like any tuple, its cotangent is that of
a tuple, and it can be called.
"""

from __future__ import annotations

import types
from typing import Any

from diffcompile.calling.binding import bind, is_instance
from diffcompile.errors import UnsupportedError


class Captured(tuple[Any, ...]):
    """A function with what it captures; each has a subclass."""

    __slots__ = ()
    function: Any
    """The code of a nested function, or the function that is partially applied."""
    keywords: tuple[str, ...] = ()
    """The last captured values are keyword arguments of these names."""
    nested = False
    """Captures variables, not arguments."""
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function."""
        if self.nested:
            call = bind(self, args, kwargs)
            return call.callee(*call.values)
        split = len(self) - len(self.keywords)
        given = dict(zip(self.keywords, self[split:], strict=True))
        return self.function(*self[:split], *args, **{**given, **kwargs})


_CLASSES: dict[tuple[Any, ...], type[Captured]] = {}


def captured_class(function: Any, name: str, count: int, keywords: tuple[str, ...], nested: bool) -> type[Captured]:
    """Return the class of a function that captures ``count`` values, always the same."""
    key = (id(function), count, keywords, nested)
    found = _CLASSES.get(key)
    if found is None:
        name = name if name.isidentifier() else "function"
        held = staticmethod(function)  # not a method of the tuple
        members = {"__slots__": (), "function": held, "keywords": keywords, "nested": nested}
        found = _CLASSES[key] = type(name, (Captured,), members)
    return found


def with_keywords(fun: Any, options: Any, *names: str) -> Any:
    """Return ``fun`` with the keywords ``options`` given: what ``fun(x, **options, name=y)`` calls with x and y.

    Raises:
        TypeError: one of the ``names``, of keywords that the call gives itself, is among them.
        UnsupportedError: the function captures variables.
    """
    given = dict(options.items() if hasattr(options, "items") else options)
    for name in given:
        if not isinstance(name, str):
            raise TypeError("keywords must be strings")
        if name in names:
            raise TypeError(f"{getattr(fun, '__name__', fun)}() got multiple values for keyword argument {name!r}")
    if not given:
        return fun
    first: tuple[Any, ...] = ()
    if isinstance(fun, Captured):
        if fun.nested:
            raise UnsupportedError(
                "`**` with keywords that are only known now, of a function that captures variables",
                advice="name the arguments",
            )
        split = len(fun) - len(fun.keywords)
        first, given = fun[:split], {**dict(zip(fun.keywords, fun[split:], strict=True)), **given}
        fun = fun.function
    elif isinstance(fun, types.MethodType):
        first, fun = (fun.__self__,), fun.__func__
    elif is_instance(fun):
        first, fun = (fun,), type(fun).__call__
    parts = (*first, *given.values())
    name = getattr(fun, "__name__", "function")
    return captured_class(fun, name, len(parts), tuple(given), False)(parts)
