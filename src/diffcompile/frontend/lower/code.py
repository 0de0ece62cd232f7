"""A function that can be lowered: its text, its parameters, and its SSA once that was asked for."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from diffcompile.frontend.escapes import makes_functions_in_loops
from diffcompile.frontend.generators import yields
from diffcompile.frontend.source import Source
from diffcompile.ir.core import Function


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function; ``kind`` is ``positional``, ``any``, ``keyword``, ``args`` or ``kwargs``."""

    name: str
    kind: str
    has_default: bool


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A function that can be lowered: parameters of the result are ``captures``, then ``parameters``."""

    source: Source
    captures: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    lowered: dict[bool, Function] = field(default_factory=dict)
    """Its SSA: as it stands, and with variables of loops that are shared with functions in the loops."""
    texts: list[Any] = field(default_factory=list)
    """The tree as it was before it was lowered, if that may have to be done twice."""
    finish: Callable[[Function], Function] | None = None
    """What is done to the SSA once it is there."""
    unsure: set[str] = field(default_factory=set)
    """Captured variables that may have no value where the function is made or called."""
    is_generator: bool = field(init=False)
    """Whether a call makes a generator."""

    def __post_init__(self) -> None:
        """Look for a `yield` once: every call asks for it."""
        body = self.source.node.body
        object.__setattr__(self, "is_generator", isinstance(body, list) and yields(body))

    @property
    def name(self) -> str:
        """The function's name."""
        return self.source.name

    @property
    def defaulted(self) -> list[str]:
        """The parameters with defaults, in the order in which these are evaluated: those by keyword alone come last."""
        named = [p for p in self.parameters if p.has_default]
        return [p.name for last in (False, True) for p in named if (p.kind == "keyword") is last]

    def literal_defaults(self) -> tuple[object, ...]:
        """Return the values of ``defaulted``, if all of them are literals that nobody can change."""
        args = self.source.node.args
        defaults = [*args.defaults, *(default for default in args.kw_defaults if default is not None)]
        values = []
        for default in defaults:
            try:
                values.append(ast.literal_eval(gast.gast_to_ast(default)))
            except ValueError:
                return ()
        return tuple(values) if all(isinstance(value, int | float | str | None) for value in values) else ()

    def function(self, sharing: bool = False) -> Function:
        """Return the SSA of this function, lowered at the first call.

        Args:
            sharing: The variables that a loop assigns are shared with the functions that are made in the loop: those
                may be kept, and called when the variable is something else.

        Raises:
            UnsupportedError: with every construct that is outside the subset.
        """
        from diffcompile.frontend.lower.statements import Lowering  # noqa: PLC0415 - it makes code of closures

        if sharing not in self.lowered:
            if self.name in self.captures and "original" not in self.source.cache:  # lowering changes the tree
                self.source.cache["original"] = replace(self.source, node=copy.deepcopy(self.source.node), cache={})
            if not self.texts:
                twice = makes_functions_in_loops(self.source.node)
                self.texts.append(copy.deepcopy(self.source.node) if twice else None)
            made = Lowering(self._again() if sharing and self.texts[0] else self, sharing).run()
            self.lowered[sharing] = self.finish(made) if self.finish is not None else made
        return self.lowered[sharing]

    def _again(self) -> Code:
        """Return the same code with a tree that is still as the text is."""
        (node,) = self.texts
        source = replace(self.source, node=node, cache={})
        return replace(self, source=source, lowered={}, texts=[None])


def code_of(
    source: Source, captures: tuple[str, ...] = (), finish: Callable[[Function], Function] | None = None
) -> Code:
    """Return the unlowered code of a function or lambda."""
    return Code(source, captures, tuple(_parameters(source.node.args)), finish=finish)


def _parameters(args: Any) -> Iterator[Parameter]:
    positional = [*args.posonlyargs, *args.args]
    required = len(positional) - len(args.defaults)
    for number, argument in enumerate(positional):
        kind = "positional" if number < len(args.posonlyargs) else "any"
        yield Parameter(argument.id, kind, number >= required)
    if args.vararg:
        yield Parameter(args.vararg.id, "args", False)
    for argument, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        yield Parameter(argument.id, "keyword", default is not None)
    if args.kwarg:
        yield Parameter(args.kwarg.id, "kwargs", False)
