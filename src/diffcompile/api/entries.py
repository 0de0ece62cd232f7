"""What is known of a call whose arguments are arrays and numbers alone: it costs a few comparisons, or one look-up."""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.pipeline import Compiled
from diffcompile.rules import registry
from diffcompile.specialise.surroundings import split


class Entry:
    """Code for arguments of known types, and what it relies on."""

    __slots__ = ("_code", "_fun", "_others", "_same", "_version", "alone", "compiled", "fits", "function", "shapes")

    def __init__(
        self, fun: types.FunctionType, compiled: Compiled, args: Sequence[Any], shapes: Sequence[Any], alone: bool
    ) -> None:
        self.compiled = compiled
        self.function = compiled.function
        self.shapes = shapes
        """Of the gradients."""
        self.alone = alone
        """Whether the function returns what was asked for: one gradient."""
        self._fun = fun
        self._code = fun.__code__
        self._version = registry.version()
        self._same, self._others = split(compiled.guards)
        self.fits = self._test(args)
        """From arguments to whether the code is for them and holds, quickly; it may say no where it does."""

    def holds(self) -> bool:
        """Tell whether all that the code relies on is as it was when the code was made."""
        if self._fun.__code__ is not self._code or self._version != registry.version():
            return False
        for variables, name, value in self._same:
            if variables.get(name) is not value:
                return False
        return not self._others or all(guard.holds(guard.read()) for guard in self._others)

    def _test(self, args: Sequence[Any]) -> Callable[[Sequence[Any]], bool]:
        if self._others or len(args) + len(self._same) > MOST:
            return _never
        facts: list[Any] = [self._fun, self._code, registry.CHANGES, self._version, np.ndarray]
        for value in args:
            facts += (value.dtype, value.shape) if type(value) is np.ndarray else (type(value),)
        for variables, name, value in self._same:
            facts += (variables.get, name, value)
        made: Callable[[Sequence[Any]], bool] = _maker(
            tuple(type(value) is np.ndarray for value in args), len(self._same)
        )(*facts)
        return made


MOST = 20
"""How many arguments and global variables are compared one by one."""


def _never(_: Sequence[Any]) -> bool:
    return False


@functools.cache
def _maker(arrays: tuple[bool, ...], names: int) -> Callable[..., Callable[[Sequence[Any]], bool]]:
    """Return what makes the test of an entry: all comparisons in one expression, without calls but of ``dict.get``.

        def made(fun, code, changes, version, ndarray, d0, s0, get0, n0, v0):
            def fits(args):
                if len(args) != 1: return False
                a0, = args
                return (
                    type(a0) is ndarray and a0.dtype is d0 and a0.shape == s0
                    and fun.__code__ is code and changes[0] == version and get0(n0) is v0
                )
            return fits
    """
    given, tests = ["fun", "code", "changes", "version", "ndarray"], []
    for k, is_array in enumerate(arrays):
        given += [f"d{k}", f"s{k}"] if is_array else [f"c{k}"]
        of_array = f"type(a{k}) is ndarray and a{k}.dtype is d{k} and a{k}.shape == s{k}"
        tests.append(of_array if is_array else f"type(a{k}) is c{k}")
    tests.append("fun.__code__ is code and changes[0] == version")
    for k in range(names):
        given += [f"get{k}", f"n{k}", f"v{k}"]
        tests.append(f"get{k}(n{k}) is v{k}")
    taken = "".join(f"a{k}, " for k in range(len(arrays)))
    text = (
        f"def made({', '.join(given)}):\n"
        "    def fits(args):\n"
        f"        if len(args) != {len(arrays)}: return False\n"
        + (f"        {taken}= args\n" if taken else "")
        + f"        return {' and '.join(tests)}\n"
        "    return fits\n"
    )
    scope: dict[str, Any] = {}
    exec(text, scope)
    made: Callable[..., Callable[[Sequence[Any]], bool]] = scope["made"]
    return made
