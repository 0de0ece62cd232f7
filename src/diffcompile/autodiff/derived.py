"""What calls of derivatives need of the compiler: programs with types, and their pullbacks and tangents.

See :mod:`diffcompile.calling.derived`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from diffcompile import calling
from diffcompile.analysis.types import Array, plain, type_of
from diffcompile.autodiff.forward import push_forward
from diffcompile.autodiff.gradient import Gradient, copied, differentiate
from diffcompile.autodiff.nested import expand_derivatives
from diffcompile.calling.derived import Typed
from diffcompile.calling.pairs import Structure
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Const, Function, Operand, Value, untitled
from diffcompile.ir.verifier import verify
from diffcompile.passes.refusals import REFUSALS, retried
from diffcompile.specialise import Memory, Program, specialise
from diffcompile.specialise.items import Item, TupleItem


def with_contents(program: Program, out: tuple[int, ...]) -> Program:
    """Return the program with what it leaves in some of its parameters as further results."""
    function = program.function
    body = replace(function.body, results=(*function.body.results, *(function.params[number] for number in out)))
    result = program.structure if isinstance(program.structure, TupleItem) else function.body.results[0]
    if result in function.params:  # the caller has it
        body, result = replace(body, results=(Const(None), *body.results[1:])), Const(None)
    structure = TupleItem((result, *(function.params[number] for number in out)))
    return replace(program, function=replace(function, body=body), structure=structure)


def check_inner(program: Program, name: str) -> None:
    """Refuse a function that stores attributes of its arguments, where these belong to other compiled code."""
    if program.changed:
        raise UnsupportedError(
            f"{name} stores {', '.join(map(repr, program.changed))} of an object that it is given, and is "
            "called recursively or through a variable",
            why="such a call does not hand over what becomes of its arguments",
            advice="return a new object instead",
        )


def _typed(callee: Any, args: tuple[Any, ...], wrt: tuple[int, ...]) -> Typed:
    """Return a callee specialised to the types of its arguments."""
    types = [type_of(arg, number) for number, arg in enumerate(args)]
    active = [number in wrt for number in range(len(args))]
    memory = Memory(hasty=True)

    def program(memory: Memory) -> Program:
        typed = specialise(
            callee.code, types, active=active, examples=args, memory=memory, changing=callee.changing
        )
        made = expand_derivatives(typed)
        check_inner(made, callee.code.name)
        return with_contents(made, callee.written) if callee.written else made

    try:
        found = program(memory)
        if memory.returning:
            found = program(Memory(written_out=True))
    except REFUSALS:
        found = program(Memory())
    function = found.function
    live = {value: read for value, _, read in found.live_globals}
    return Typed(
        replace(found, live_globals=[]),
        found.guards,
        len(function.params),
        [[number] for number in range(len(args))],
        [None] * len(args),
        [(number, live[param]) for number, param in enumerate(function.params) if param in live],
        structure_of(found.structure),
        _arrays(found),
        callee.__name__,
        callee.written,
    )


def structure_of(item: Item | None) -> Structure:
    """Return how the results of a program are nested."""
    if isinstance(item, TupleItem) and item.cls is None:
        return tuple(structure_of(part) for part in item.items)
    return None


def _arrays(program: Program) -> list[bool]:
    return [isinstance(plain(program.types[param]), Array) for param in program.function.params]


def _derive(base: Typed, kind: str, wrt: tuple[int, ...]) -> Typed:
    """Return the pullback or the tangent of a function with types with respect to some of its arguments."""
    places = [place for number in wrt for place in base.places[number]]

    def transformed(function: Function) -> Gradient:
        program = replace(base.program, function=function, types=dict(base.program.types))
        if kind == "tangent":
            return push_forward(program, places, with_value=True, show=_unseen, again=True)
        return differentiate(program, places, with_value=False, pullback=True, show=_unseen, again=True)

    gradient = retried(base.program.function, transformed)
    if not set(gradient.written) <= set(base.written):
        raise UnsupportedError(
            f"{base.name} writes to its argument, and is called recursively or through a variable",
            advice="return a new array instead",
        )
    function, types = _distinct(gradient.function, gradient.types), gradient.types
    program = Program(function, types, structure=TupleItem(function.body.results), names=gradient.hints)
    moved = [base.structures[number] for number in wrt]
    first = base.count
    added = moved if kind == "tangent" else [base.result]
    results: Structure = (base.result, base.result) if kind == "tangent" else tuple(moved)
    new_places = []
    for structure in added:
        count = _count(structure)
        new_places.append(list(range(first, first + count)))
        first += count
    return Typed(
        program,
        base.guards,
        len(function.params),
        [*base.places, *new_places],
        [*base.structures, *added],
        base.live,
        results,
        _arrays(program),
        base.name,
    )


def _count(structure: Structure) -> int:
    return 1 if structure is None else sum(map(_count, structure))


def _distinct(function: Function, types: dict[Value, Any]) -> Function:
    """Return a derivative without sections, each result of which is a value of its own."""
    ops = list(untitled(function.body).ops)
    results: list[Operand] = []
    for result in function.body.results:
        if isinstance(result, Value) and (result in results or result in function.params):
            ops.append(copied(result, types))
            results.append(ops[-1].results[0])
        else:
            results.append(result)
    body = Block(function.body.params, tuple(ops), tuple(results))
    return verify(replace(function, body=body), "a derivative as a function")


def _unseen(stage: str, function: Function) -> None:
    """What a derivative looks like on its way is not kept."""


calling.hooks.typed = _typed
calling.hooks.derive = _derive

__all__ = ["check_inner", "with_contents"]
