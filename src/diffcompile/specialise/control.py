"""Branches and loops of the specialiser."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile.analysis.infer import INT
from diffcompile.analysis.types import RANGE, anchor
from diffcompile.ir.core import Block, Const, Op, Operand, Prim, Value
from diffcompile.specialise import sequences
from diffcompile.specialise.carried import Carried, fixpoint
from diffcompile.specialise.items import Env, Item, IteratorItem
from diffcompile.specialise.merging import Merge
from diffcompile.specialise.unrolling import known_elements, unroll

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def conditional(spec: Specialiser, op: Op, test: Item, env: Env) -> None:
    """Take the branch that is known to run, or emit both and merge their results."""
    truth = spec.truth(test)
    if truth is not None:
        for result, item in zip(op.results, spec.block(op.regions[0 if truth else 1], env), strict=True):
            env[result] = item
        return
    condition = spec.operand(test)
    runs = [spec.scoped(lambda region=region: spec.block(region, dict(env))) for region in op.regions]  # type: ignore[misc]
    (then_ops, then), (else_ops, other) = runs
    merge = Merge(spec, (then_ops, else_ops))
    rebuilds = [merge.item(a, b, result.name) for a, b, result in zip(then, other, op.results, strict=True)]
    regions = (Block((), tuple(then_ops), tuple(merge.left)), Block((), tuple(else_ops), tuple(merge.right)))
    spec.ops.append(Op(Prim.IF, (condition,), tuple(merge.results), {}, regions, op.span))
    for result, rebuild in zip(op.results, rebuilds, strict=True):
        env[result] = rebuild(merge.results)


def _loop_op(
    spec: Specialiser, op: Op, env: Env, lead: list[Operand], inits: list[Item], item_param: Value | None,
    found: tuple[Carried, list[Value], list[Op], list[Item]], before: Block | None = None,
) -> None:  # fmt: skip
    carried, params, ops, produced = found
    stops = int(op.may_stop)
    outer, spec.ops = spec.ops, ops
    yields = [spec.operand(item) for item in produced[:stops]] + carried.operands(produced[stops:])
    spec.ops = outer
    operands = lead + carried.operands(inits)
    results: list[Value] = []
    items = carried.instantiate(results)
    body = Block((*([item_param] if item_param is not None else []), *params), tuple(ops), tuple(yields))
    regions = (before, body) if before is not None else (body,)
    attrs = {"may_stop": True} if stops else {}
    prim = Prim.FOR if before is None else Prim.WHILE
    spec.ops.append(Op(prim, tuple(operands), tuple(results), attrs, regions, op.span))
    env.update(zip(op.results, items, strict=True))


def for_loop(spec: Specialiser, op: Op, args: list[Item], env: Env) -> None:
    """Emit a loop over a range or an index, or unroll one over a tuple."""
    source, inits = args[0], args[1:]
    body = op.regions[0]
    known = known_elements(spec, source)
    if known is not None:
        unroll(spec, op, known, inits, env)
        return
    iterable, element = _indexed(spec, source, body.params[0].name)
    names = [param.name for param in body.params[1:]]
    index = Value(body.params[0].name if element is None else "i")
    spec.types[index] = anchor(INT, index)

    def run(items: list[Item]) -> list[Item]:
        inner = dict(env)
        inner[body.params[0]] = index if element is None else element(index)
        inner.update(zip(body.params[1:], items, strict=True))
        return spec.block(body, inner)

    found = fixpoint(spec, inits, names, run)
    _loop_op(spec, op, env, [iterable], inits, index, found)


def while_loop(spec: Specialiser, op: Op, args: list[Item], env: Env) -> None:
    """Emit a ``while`` loop."""
    condition, body = op.regions
    names = [param.name for param in body.params]

    def run(items: list[Item]) -> list[Item]:
        return spec.block(body, {**env, **dict(zip(body.params, items, strict=True))})

    found = fixpoint(spec, args, names, run)
    carried = found[0]
    params: list[Value] = []
    items = carried.instantiate(params)
    ops, tested = spec.scoped(lambda: spec.block(condition, {**env, **dict(zip(condition.params, items, strict=True))}))
    outer, spec.ops = spec.ops, ops
    test = spec.operand(tested[0])
    spec.ops = outer
    before = Block(tuple(params), tuple(ops), (test,))
    _loop_op(spec, op, env, [], args, None, found, before)


def _indexed(spec: Specialiser, source: Item, name: str) -> tuple[Operand, Callable[[Value], Item] | None]:
    """Return what a loop runs over, and how the user's item follows from the index (None: it is the index)."""
    if isinstance(source, Value) and spec.types[source] is RANGE:
        return source, None
    if isinstance(source, IteratorItem) and source.kind == "reversed":
        inner = source.sources[0]
        if isinstance(inner, Value) and spec.types[inner] is RANGE:
            backwards = spec.emit(slice, [Const(None), Const(None), Const(-1)], spec.span)
            return spec.emit(operator.getitem, [inner, backwards], spec.span, t=RANGE), None
    source = sequences.sequence(spec, source)
    count = sequences.length(spec, source)
    iterable = spec.emit(range, [count], spec.span, t=RANGE)
    return iterable, lambda index: sequences.element(spec, source, index, count, name)
