"""What is known of a call whose arguments are arrays and numbers alone: it costs one look-up and a few comparisons."""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any

from diffcompile.pipeline import Compiled
from diffcompile.rules import registry
from diffcompile.specialise.surroundings import split


class Entry:
    """Code for arguments of known types, and what it relies on."""

    __slots__ = ("_code", "_fun", "_others", "_same", "_version", "alone", "compiled", "function", "shapes")

    def __init__(self, fun: types.FunctionType, compiled: Compiled, shapes: Sequence[Any], alone: bool) -> None:
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

    def holds(self) -> bool:
        """Tell whether all that the code relies on is as it was when the code was made."""
        if self._fun.__code__ is not self._code or self._version != registry.version():
            return False
        for variables, name, value in self._same:
            if variables.get(name) is not value:
                return False
        return not self._others or all(guard.holds(guard.read()) for guard in self._others)
