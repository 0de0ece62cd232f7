"""Functions that a gradient calls as pairs, written out for the types of their calls.

With the compiler at hand the pair of a recursive function is made at its first call with arguments of new types. A
module has none, so here the types that the calls have in the caller's code decide, and what they leave open is found
out by helpers when the code runs. The pairs of pairs are followed until no new one comes.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from diffcompile import calling
from diffcompile.analysis.types import (
    ANY,
    BOTTOM,
    NUMBER,
    RANGE,
    Array,
    Cell,
    Dct,
    Dim,
    Lst,
    Scalar,
    Static,
    Tup,
    Type,
    join,
    plain,
)
from diffcompile.autodiff.derived import structure_of
from diffcompile.calling import failures, pairs, reversals
from diffcompile.errors import DiffCompileError
from diffcompile.export.checks import annotation
from diffcompile.export.inline import ExportError, Needs
from diffcompile.export.pieces import Piece
from diffcompile.ir.core import Const, Operand, walk
from diffcompile.pipeline import Compiled, Request, compile_gradient
from diffcompile.signature import Same

MOST = 60
"""So many pairs are written out: a recursion over a type that grows has no end."""
WIDTH = 110


@dataclass(eq=False)
class Pair:
    """A function that is called for its result and its pullback, or for its result alone."""

    name: str
    """What it is called, unless something else is."""
    params: list[str]
    types: list[Type]
    body: Callable[[Writer], list[str]]
    """Returns its lines."""
    what: str
    """Its docstring."""
    piece: Piece | None = None
    """The generated function that it calls."""
    forward: str = ""
    """What that is called here."""
    result: str = "tuple[Any, Any]"


class Functions:
    """The pairs that a gradient calls, and those that these call."""

    def __init__(self) -> None:
        self.known: dict[Hashable, Pair] = {}
        self.calls: dict[int, dict[str, Pair]] = {}
        """Of each compiled function, the pairs that it calls by the names that these have there."""
        self._pending: list[Compiled] = []

    def follow(self, compiled: Compiled) -> None:
        """Find the pairs that a compiled function calls, and all further ones.

        Raises:
            ExportError: it calls what has to be compiled when it is called.
        """
        self._pending = [compiled]
        while self._pending:
            one = self._pending.pop()
            self.calls[id(one)] = self._called(one)

    @property
    def pieces(self) -> list[Piece]:
        """The generated functions that the pairs call."""
        return [pair.piece for pair in self.known.values() if pair.piece is not None]

    def _called(self, compiled: Compiled) -> dict[str, Pair]:
        found: dict[str, Pair] = {}
        objects = compiled.loaded[1]
        for name, value in objects.items():
            if not isinstance(value, calling.Forward | calling.Callee):
                continue
            callee, wrt = (value.callee, value.wrt) if isinstance(value, calling.Forward) else (value, None)
            types = _types_at(compiled, value)
            if types is None or type(callee) not in _MAKERS or callee.changing:
                continue  # refused where it is bound
            found[name] = _MAKERS[type(callee)](self, callee, wrt, types)
        return found

    # -- what is called

    def _plain(self, callee: Any, wrt: tuple[int, ...] | None, types: list[Type]) -> Pair:
        """A recursive function, or one that is called again and again."""
        if wrt is None:
            return self._value_of(callee, types)
        key = ("pair", id(callee.code), callee.written, wrt, *map(_key, types))
        return self._made(key, lambda: self._compiled_pair(callee, wrt, types))

    def _value_of(self, callee: Any, types: list[Type]) -> Pair:
        """The function itself, without derivatives."""
        inner = self._plain(callee, (), types)
        key = ("value", id(callee.code), callee.written, *map(_key, types))
        return self._made(key, lambda: _caller(
            callee.__name__, inner.params, types, f"Return what {callee.__name__} returns.",
            lambda writer: [f"return {writer.call(inner)}[0]"], result="Any",
        ))  # fmt: skip

    def _compiled_pair(self, callee: Any, wrt: tuple[int, ...], types: list[Type]) -> Pair:
        code = callee.code
        request = Request(code, list(types), list(wrt), pair=True, inner=True, out=callee.written)
        try:
            compiled = compile_gradient(request)
        except DiffCompileError as error:
            what = f"{callee.__name__}, which is called as a pair, cannot be exported: {error.what}"
            advice = error.advice or "annotate the arguments, so that their types are known"
            raise ExportError(what, span=error.span, why=error.why, advice=advice) from None
        if not set(compiled.written) <= set(callee.written):
            raise ExportError(
                f"{callee.__name__} calls itself, and may write to its argument",
                why="the types of its calls do not tell that it does not",
                advice="return a new array instead",
            )
        return self._of_compiled(compiled, callee.__name__, types, wrt, callee.written)

    def _of_compiled(
        self, compiled: Compiled, name: str, types: list[Type], wrt: tuple[int, ...], written: Sequence[int]
    ) -> Pair:
        piece = Piece(compiled)
        self._pending.append(compiled)
        params = [name for name in piece.names if name not in piece.live]
        structure = structure_of(compiled.structure)
        open_ones = [number for number in wrt if _may_be_count(types[number])]

        def body(writer: Writer) -> list[str]:
            given = _tuple(params)
            lines = []
            if written:
                lines.append(f"{writer.helper('check_all_alone', pairs)}({name!r}, {given}, {tuple(written)!r})")
            call = f"{writer.helper('paired', pairs)}({writer.names[piece]}, {structure!r}, {given})"
            if open_ones:
                call = f"{writer.helper('without_counts', pairs)}({call}, {wrt!r}, {given})"
            return [*lines, f"return {call}"]

        what = f"Return what {name} returns, and its pullback."
        return Pair(f"{name}_pair", params, types, body, what, piece, f"{name}_forward")

    def _recomputed(self, callee: Any, wrt: tuple[int, ...] | None, types: list[Type]) -> Pair:
        """A function of which a call keeps the arguments alone."""
        function = calling.callee_of(callee.code)
        if wrt is None:
            return self._value_of(function, types)
        primal, inner = self._value_of(function, types), self._plain(function, wrt, types)
        return self._made(("recomputed", id(callee.code), wrt, *map(_key, types)), lambda: _caller(
            f"{callee.__name__}_again", inner.params, types,
            f"Return what {callee.__name__} returns, and a pullback that computes it again.",
            lambda writer: [
                f"function = {writer.function(primal, inner, wrt)}",
                f"return {writer.helper('recomputed', reversals)}(function, {wrt!r}, {_tuple(inner.params)})",
            ],
        ))  # fmt: skip

    def _loop(self, callee: Any, wrt: tuple[int, ...] | None, types: list[Type]) -> Pair:
        """A checkpointed loop."""
        function = calling.callee_of(callee.code, callee.written)
        given, place = types[:-2], callee.place
        primal = self._value_of(function, given)
        key = ("loop", id(callee.code), callee.written, wrt, *map(_key, types))
        params = [*primal.params, "snapshots", "budget"]
        if wrt is None:
            return self._made(key, lambda: _caller(
                "checkpointed_loop", params, types, "Return what a loop carries at its end.",
                lambda writer: [
                    f"return {writer.helper('loop_value', reversals)}"
                    f"({writer.names[primal]}, {callee.written!r}, {_tuple(params)})"
                ],
                result="Any",
            ))  # fmt: skip
        state = [*callee.written, *range(place + 1, len(given))]
        read = [number for number in wrt if number < place and number not in callee.written]
        moving = (*read, *(number for number in state if _may_move(given[number])))
        inner = self._plain(function, moving, given)
        return self._made(key, lambda: _caller(
            "checkpointed_loop_pair", params, types, "Return what a loop carries at its end, and its pullback.",
            lambda writer: [
                f"function = {writer.function(primal, inner, moving)}",
                f"return {writer.helper('loop_pair', reversals)}("
                f"function, {place}, {callee.written!r}, {wrt!r}, {_tuple(params)})",
            ],
        ))  # fmt: skip

    def _attempt(self, callee: Any, wrt: tuple[int, ...] | None, types: list[Type]) -> Pair:
        """The block of a ``try``."""
        given = wrt or ()
        made = calling.hooks.compile_program
        inner = self._made(("block", id(callee), given), lambda: self._of_compiled(
            made(callee.program, given, callee.written, False).compiled, callee.__name__, types[:-1], given, ()
        ))  # fmt: skip
        params = [*inner.params, "caught"]
        rest = f"{_tuple(params)}, {given!r}, {callee.count}, {callee.written!r}, {callee.partial}"
        both = "the error that is raised or None, and the results"
        pair = self._made(("attempt", id(callee), given), lambda: _caller(
            "attempted_block", params, types, f"Return {both}, and the pullback.",
            lambda writer: [f"return {writer.helper('attempted', failures)}({writer.names[inner]}, {rest})"],
        ))  # fmt: skip
        if wrt is not None:
            return pair
        return self._made(("attempt alone", id(callee)), lambda: _caller(
            "tried", params, types, f"Return {both}.", lambda writer: [f"return {writer.call(pair)}[0]"], result="Any",
        ))  # fmt: skip

    def _made(self, key: Hashable, make: Callable[[], Pair]) -> Pair:
        if key not in self.known:
            if len(self.known) >= MOST:
                raise ExportError(
                    "the functions that this gradient calls have no end",
                    why="each calls itself with arguments of another type: a list in a list, an array of more axes",
                    advice="write a loop",
                )
            self.known[key] = make()
        return self.known[key]


_MAKERS: dict[type, Callable[..., Pair]] = {
    calling.Callee: Functions._plain,
    calling.Recomputed: Functions._recomputed,
    calling.CheckpointedLoop: Functions._loop,
    calling.Attempt: Functions._attempt,
}


def _caller(
    name: str, params: list[str], types: list[Type], what: str, body: Callable[[Writer], list[str]],
    result: str = "tuple[Any, Any]",
) -> Pair:  # fmt: skip
    return Pair(name, params, types, body, what, result=result)


class Writer:
    """Writes pairs into a module."""

    def __init__(self, needs: Needs, functions: Functions) -> None:
        self.needs = needs
        self.names: dict[Any, str] = {}
        """What pairs, and the generated functions that they call, are called here."""
        for number, pair in enumerate(functions.known.values()):
            self.names[pair] = needs.free(pair.name, f"pair {number}")
            if pair.piece is not None:
                self.names[pair.piece] = needs.free(pair.forward, f"forward {number}")

    def helper(self, name: str, module: Any) -> str:
        """Define a helper in the module, and return its name there."""
        return self.needs.from_module(name, module.__name__)

    def call(self, pair: Pair) -> str:
        """Return a call of a pair with its own parameters."""
        return f"{self.names[pair]}({', '.join(pair.params)})"

    def function(self, primal: Pair, pair: Pair, wrt: tuple[int, ...]) -> str:
        """Return a function with its value and its pair."""
        return f"{self.helper('Written', pairs)}({self.names[primal]}, {self.names[pair]}, {wrt!r})"

    def text(self, pair: Pair, calls: dict[int, dict[str, Pair]]) -> dict[str, str]:
        """Return the definitions of a pair and of what it calls, by name."""
        found = {}
        if pair.piece is not None:
            piece = pair.piece
            piece.settle(self.needs, {name: self.names[one] for name, one in calls[id(piece.compiled)].items()})
            docstring = piece.docstring()
            header = self._header(self.names[piece], pair, "tuple[Any, Any]")
            found[self.names[piece]] = "\n".join([header, docstring, *piece.body()])
        lines = textwrap.indent("\n".join(pair.body(self)), "    ")
        found[self.names[pair]] = f'{self._header(self.names[pair], pair, pair.result)}\n    """{pair.what}"""\n{lines}'
        return found

    def _header(self, name: str, pair: Pair, result: str) -> str:
        given = [f"{param}: {annotation(t)}" for param, t in zip(pair.params, pair.types, strict=True)]
        self.needs.imports["Any"] = "from typing import Any"
        if any("NDArray" in part for part in given):
            self.needs.imports["NDArray"] = "from numpy.typing import NDArray"
            self.needs.imports.setdefault("np", "import numpy as np")
        line = f"def {name}({', '.join(given)}) -> {result}:"
        return line if len(line) <= WIDTH else f"def {name}(\n    {', '.join(given)},\n) -> {result}:"


# -- types


def _types_at(compiled: Compiled, callee: Any) -> list[Type] | None:
    """Return the types of the arguments with which a compiled function calls ``callee``; None if it does not."""
    found: list[Type] | None = None
    for op in walk(compiled.stages["optimised"].body):
        if op.callee is callee and not op.keywords:
            types = [_general(_type(operand, compiled)) for operand in op.operands]
            found = types if found is None else list(map(join, found, types))
    return found


def _type(operand: Operand, compiled: Compiled) -> Type:
    return plain(Static(operand.value)) if isinstance(operand, Const) else compiled.types[operand]


def _general(t: Type) -> Type:
    """Return the type without sizes: what the function may rely on in all calls of this kind.

    Of objects nothing is said: the code then asks when it runs.
    """
    if isinstance(t, Static):
        if isinstance(t.value, np.ndarray | list | dict):
            return ANY
        t = plain(t) if isinstance(t.value, bool | int | float | complex | np.generic) else t
    match t:
        case Scalar():
            return replace(t, symbol=None)
        case Array(dims=None):
            return t
        case Array():
            return Array(t.dtype, tuple(map(_general_dim, t.dims or ())), t.owner)
        case Tup():
            return Tup(tuple(map(_general, t.items)), t.cls)
        case Lst() if t.cell.root().kind is None:
            cell = Cell()
            if t.item is not BOTTOM:
                cell.add(_general(t.item))
            return Lst(cell)
        case Dct() if t.cell.root().kind is None:
            return _general_dict(t.cell.root())
        case Static():
            return t
    return t if t is RANGE or t is NUMBER else ANY


def _general_dim(dim: Dim) -> Dim:
    return Dim(dim.key if dim.key == 1 else None, dim.not_one)


def _general_dict(of: Cell) -> Type:
    if of.fields is None and not of.fixed:
        cell = Cell()
        if of.item is not BOTTOM:
            cell.add(_general(of.item))
        return Dct(cell)
    if of.fields is not None and of.fixed:
        return Dct(Cell(fields={key: _general(item) for key, item in of.fields.items()}, fixed=True, given=True))
    return ANY


def _key(t: Type) -> Hashable:
    match t:
        case Static():
            return (Static, type(t.value), Same(t.value) if callable(t.value) else repr(t.value))
        case Array():
            return (Array, str(t.dtype), t.dims, t.owner)
        case Tup():
            return (Tup, t.cls, *map(_key, t.items))
        case Lst():
            return (Lst, _key(t.item))
        case Dct():
            cell = t.cell.root()
            return (Dct, _key(cell.item), *((name, _key(item)) for name, item in (cell.fields or {}).items()))
    return (type(t), repr(t))


def _may_be_count(t: Type) -> bool:
    """Tell whether a value may turn out to be an integer or a truth value."""
    return t in (ANY, NUMBER) or (isinstance(t, Scalar) and t.kind in "bi") or (
        isinstance(t, Scalar) and t.dtype == "?"
    )


def _may_move(t: Type) -> bool:
    """Tell whether what a loop carries may have a derivative: no list or tuple has one there."""
    if isinstance(t, Scalar):
        return t.kind in "fc"
    if isinstance(t, Array):
        return t.dtype is None or t.dtype.kind in "fc"
    return t in (ANY, NUMBER)


def _tuple(names: Sequence[str]) -> str:
    return f"({names[0]},)" if len(names) == 1 else f"({', '.join(names)})"


__all__ = ["Functions", "Pair", "Writer"]
