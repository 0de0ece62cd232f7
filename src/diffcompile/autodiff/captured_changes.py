"""Functions that are called through a variable, and capture arrays, lists or objects that change."""

from __future__ import annotations

from diffcompile.analysis.aliasing import AliasClass, Aliases
from diffcompile.analysis.effects import writes
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Block, Function, Op, Prim, walk


def check_captured(op: Op, primal: Function, aliases: Aliases) -> None:
    """Refuse a call of a function of whose captured arrays, lists or objects one is changed after it was made.

    What the call gives for them is added where the function was made, which later writes do not take back. A
    function that comes out of a container is refused if one of them changes after any of its class was made.
    """
    node = aliases.of(op.operands[0])
    if node is None or not node.deep_written():
        return
    held = _held(node)
    makers: set[Op] = {one for one in walk(primal.body) if op.operands[0] in one.results and one.callee is not Prim.IF}
    if _changes(primal.body, held, aliases, makers, made=False) is None:
        raise UnsupportedError(
            "a function that is called through a variable captures an array, list or object that changes",
            span=op.span,
            why="it is changed after the function was made, which is not known where it is called",
            advice="pass it as an argument, or call the function by its name",
        )


def _changes(block: Block, held: set[AliasClass], aliases: Aliases, makers: set[Op], *, made: bool) -> bool | None:
    """Go through a block in order; return whether a function was made by its end, None if a change follows one."""
    for op in block.ops:
        if op.callee is Prim.IF:
            ends = [_changes(region, held, aliases, makers, made=made) for region in op.regions]
            if None in ends:
                return None
            made = any(ends)
        elif op.regions:  # what one trip makes, the next one may change
            inside = list(walk(Block((), (op,), ())))
            made = made or any(one in makers or _makes(one, held, aliases) for one in inside)
            if made and any(_stores(one, held, aliases) for one in inside):
                return None
        elif made and _stores(op, held, aliases):
            return None
        made = made or op in makers or _makes(op, held, aliases)
    return made


def _makes(op: Op, held: set[AliasClass], aliases: Aliases) -> bool:
    return op.callee is Prim.TUPLE and any(aliases.of(part) in held for part in (op.result, *op.operands))


def _stores(op: Op, held: set[AliasClass], aliases: Aliases) -> bool:
    return writes(op) and aliases.of(op.operands[0]) in held


def _held(node: AliasClass) -> set[AliasClass]:
    """Return a class and what it holds."""
    found: set[AliasClass] = set()
    current: AliasClass | None = node.root()
    while current is not None and current not in found:
        found.add(current)
        current = current.content.root() if current.content is not None else None
    return found


__all__ = ["check_captured"]
