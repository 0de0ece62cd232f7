"""Rules that are staged leave what they are given as it is: cotangents and values belong to others, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from diffcompile import calling
from diffcompile.analysis.aliasing import Aliases, constrain
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.ir.core import Block, Op, Value, blocks, walk
from diffcompile.ir.printer import callee_name
from diffcompile.specialise.inlining import inline
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.staging import Staging


class WritingRuleError(UnsupportedError):
    """A rule writes to what it is given: no other way to use it is right either."""


def staged(
    stage: Staging, rule: Callable[..., Any], callee: Any, code: Code, bound: list[Item], span: Span | None
) -> Item:
    """Write out the body of ``rule``, which belongs to ``callee``, for its parameters ``bound``.

    Raises:
        WritingRuleError: the rule writes to what it is given.
    """
    before = len(stage.ops)
    result = inline(stage, code, bound, span, library=True)
    if (getattr(rule, "__module__", None) or "").partition(".")[0] != "diffcompile":
        _check(stage, before, code, callee, bound, result)
    return result


def _check(stage: Staging, before: int, code: Code, callee: Any, bound: Sequence[Item], result: Item) -> None:
    body = Block((), tuple(stage.ops[before:]), tuple(_values(result)))
    acting = list(_acting(body))
    if not acting:
        return
    aliases = Aliases(stage.types)
    for op in walk(body):
        constrain(aliases, op)
    touched = {aliases.of(operand) for op in acting for operand in (op.operands if not writes(op) else op.operands[:1])}
    for number, item in enumerate(bound):
        if any(aliases.written(value) or aliases.of(value) in touched - {None} for value in _values(item)):
            place = number - len(code.captures)
            name = code.parameters[min(place, len(code.parameters) - 1)].name if place >= 0 else code.captures[number]
            raise WritingRuleError(
                f"the rule of {callee_name(callee)} writes to its argument {name!r}",
                span=acting[0].span,
                why="others read the same array: the rule must leave what it is given as it is",
                advice=f"make a new array, as in `{name} = 2.0 * {name}`",
            )


def _acting(body: Block) -> Iterator[Op]:
    """Yield the operations that write to what they are given, and calls of functions for what they do."""
    used = {operand for block in blocks(body) for op in block.ops for operand in op.operands}
    used.update(result for block in blocks(body) for result in block.results)
    for op in walk(body):
        for_effect = not op.regions and not is_pure(op) and used.isdisjoint(op.results) and not _only_looks(op.callee)
        if for_effect or writes(op) or op.attrs.get("may_write"):
            yield op


def _only_looks(callee: Any) -> bool:
    """Tell whether a function that is called for what it does leaves arrays as they are: it prints or checks them."""
    own = (getattr(callee, "__module__", None) or "").startswith("diffcompile.") and callee is not calling.call_dynamic
    return callee is print or own


def _values(item: Item) -> Iterator[Value]:
    if isinstance(item, Value):
        yield item
    elif isinstance(item, TupleItem):
        for part in item.items:
            yield from _values(part)
