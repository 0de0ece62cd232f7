"""The reverse sweep of a primal, restoring what it must: or that of a primal which keeps copies instead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from diffcompile.analysis.activity import find_activity
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.types import Type
from diffcompile.autodiff.carried import check_active
from diffcompile.autodiff.kept_reads import copied, price, reads_to_keep, restored, with_copies
from diffcompile.autodiff.looked_up import look_up_by_calls
from diffcompile.autodiff.read_again import may_be_read_again, read_again
from diffcompile.autodiff.reverse import Reverse
from diffcompile.autodiff.rewrite import UNDO
from diffcompile.autodiff.undo import expand_undo, to_undo
from diffcompile.ir.core import Block, Function, Op, Operand, Value
from diffcompile.ir.verifier import verify
from diffcompile.passes.clean import clean
from diffcompile.recording import Recorder
from diffcompile.specialise.items import Item
from diffcompile.specialise.program import Program

Surroundings = tuple[Program, Recorder | None, bool]
"""Where the primal is from, who looks at its adjoints, and whether a derivative will be taken of the sweep."""


LESS = 0.8
"""What is kept must cost so much less, as a guess, if arrays are read again."""
MORE_WORK = 1.5
"""So much more may be done for it."""


@dataclass(slots=True)
class _Sweep:
    """A reverse sweep in which writes are still to be taken back."""

    rev: Reverse
    ops: list[Op]
    cotangents: list[Operand]
    undone: dict[Op, list[Op]]
    """Which of them, and what reads what they overwrote."""

    def price(self) -> float:
        """Return a guess of what is kept to restore arrays, or in copies."""
        return restored(self.rev, self.undone) + copied(self.rev)


def swept(
    function: Function, types: dict[Value, Type], seeds: list[tuple[Value, Item]], inputs: list[Value],
    surroundings: Surroundings,
) -> tuple[Reverse, list[Op], list[Operand]]:  # fmt: skip
    """Return the reverse sweep of ``function``, and the cotangents of its ``inputs``.

    Its primal is ``function``, or the same with copies of what the sweep reads where these are less than what it would
    have to restore.
    """
    sweep = _sweep(function, types, seeds, inputs, surroundings)
    copies = reads_to_keep(sweep.rev, sweep.undone) if sweep.undone and sweep.rev.recorder is None else {}
    if copies:
        copying = verify(with_copies(sweep.rev.primal, types, copies), "copies of what is read")
        other = _sweep(copying, types, seeds, inputs, surroundings)
        if other.price() < sweep.price():
            sweep = other
    if sweep.rev.recorder is None:
        sweep = _reading_again(sweep)
    ops = expand_undo(sweep.rev, sweep.ops, sweep.undone)
    return sweep.rev, *_cleaned(ops, sweep.cotangents, types, frozenset())


def _reading_again(sweep: _Sweep) -> _Sweep:
    """Return the sweep that computes again what the primal did from arrays, if that keeps less for little work."""
    rev = sweep.rev
    for node in may_be_read_again(rev):
        again = read_again(rev, sweep.ops, node)
        if again is None:
            continue
        undone = to_undo(rev, again.ops)
        saved = sum(price(rev.types[value], depth) for value, depth in again.saved.items())
        more = restored(rev, undone) - restored(rev, sweep.undone)
        if more < LESS * saved and more + again.work < MORE_WORK * saved:
            sweep = replace(sweep, ops=again.ops, undone=undone)
    return sweep


def _sweep(
    function: Function, types: dict[Value, Type], seeds: list[tuple[Value, Item]], inputs: list[Value],
    surroundings: Surroundings,
) -> _Sweep:  # fmt: skip
    program, recorder, again = surroundings
    aliases = find_aliases(function, types)
    activity = find_activity(function, types, aliases, set(inputs), {value for value, _ in seeds})
    check_active(function, types, activity)
    rev = Reverse(look_up_by_calls(function, types, aliases, activity), types, aliases, activity)
    rev.stage.names.update(program.names)
    rev.stage.relied = program.guards
    rev.recorder = recorder
    rev.again = again
    made = rev.run(seeds, inputs)
    ops, cotangents = _cleaned(made.ops, made.cotangents, types, frozenset({UNDO}))
    return _Sweep(rev, ops, cotangents, to_undo(rev, ops))


def _cleaned(
    ops: list[Op], cotangents: list[Operand], types: dict[Value, Type], keep: frozenset[Any]
) -> tuple[list[Op], list[Operand]]:
    """Drop dead code of the reverse sweep alone; values of the primal stand for themselves."""
    function = clean(Function("reverse", Block((), tuple(ops), tuple(cotangents))), types, keep)
    return list(function.body.ops), list(function.body.results)


__all__ = ["swept"]
