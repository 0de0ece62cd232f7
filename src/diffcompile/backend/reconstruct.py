"""From SSA back to Python: fold temporaries into expressions, turn block results into assignments."""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import gast

from diffcompile.analysis.aliasing import Aliases
from diffcompile.analysis.types import Scalar, Type, plain
from diffcompile.backend.copies import Copies
from diffcompile.backend.expressions import LOAD, STORE, negated, node_of
from diffcompile.backend.releases import with_releases
from diffcompile.backend.render import COMMENT, comment
from diffcompile.backend.spelling import OPERATORS, Spelling
from diffcompile.backend.weights import weight
from diffcompile.errors import Span
from diffcompile.frontend.nodes import nodes_under
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value


@dataclass(slots=True)
class Text:
    """Generated code before it is printed."""

    statements: list[Any]
    params: list[str]
    spelling: Spelling
    names: dict[Value, str]
    """What values are called."""


def reconstruct(
    function: Function,
    types: dict[Value, Type],
    aliases: Aliases,
    hints: dict[Value, str],
    reserved: set[str],
    pair: tuple[int, int] | None = None,
    *,
    part: bool = False,
) -> Text:
    """Return the statements of the body of ``function`` and what they need from outside.

    ``pair`` asks for a function that returns its values and its pullback: how many values and cotangent parameters.
    The results of a ``part`` of a function may be undefined.
    """
    work = _Reconstruction(function, types, aliases, hints, reserved, split=pair is not None, part=part)
    return work.run() if pair is None else work.run_pair(*pair)


class _Reconstruction(Copies):
    """Writes the statements of a function."""

    title: Any = None
    """The last title of a section."""

    @cached_property
    def nobody(self) -> str:
        """The name of what nobody reads: the program may have a variable ``_`` that somebody does."""
        read = any(name == "_" and (self.uses.get(value) or value in self.kept) for value, name in self.names.items())
        return self.spelling.free("unused") if read else "_"

    def run(self) -> Text:
        params = [self.names[param] for param in self.function.params]
        statements = self.block(self.function.body)
        results = [self.expr(result) for result in self.function.body.results]
        value = results[0] if len(results) == 1 else gast.Tuple(results, LOAD)
        statements.append(gast.Return(value))
        return Text(with_releases(statements), params, self.spelling, self.names)

    def run_pair(self, values: int, cotangents: int) -> Text:
        """Write the forward sweep, the reverse sweep as a nested function, and return both."""
        ops = self.function.body.ops
        cut = next(
            (
                k
                for k, op in enumerate(ops)
                if op.callee is Prim.SECTION and op.attrs["title"].startswith("reverse")
            ),
            len(ops),
        )
        results = self.function.body.results
        split = len(self.function.params) - cotangents
        forward = self.block(Block((), ops[:cut], ()))
        reverse = self.block(Block((), ops[cut:], ()))
        reverse.append(gast.Return(gast.Tuple([self.expr(result) for result in results[values:]], LOAD)))
        names = [self.names[param] for param in self.function.params]
        args = [gast.Name(name, gast.Param(), None, None) for name in names[split:]]
        captured = _augmented_from_outside(reverse, set(names[split:]))
        if captured:
            reverse.insert(0, gast.Nonlocal(captured))
        pullback = self.spelling.free("pullback")
        definition = gast.FunctionDef(
            pullback, gast.arguments(args, [], None, [], [], None, []), reverse, [], None, None, []
        )
        value = gast.Tuple([self.expr(result) for result in results[:values]], LOAD)
        returned = gast.Return(gast.Tuple([value, gast.Name(pullback, LOAD, None, None)], LOAD))
        return Text([*forward, definition, returned], names[:split], self.spelling, self.names)

    def block(self, block: Block) -> list[Any]:
        statements: list[Any] = []
        written = [op for op in block.ops if op not in self.inlined]
        for op, belongs in zip(written, _doers(written), strict=True):
            self.remarks(op, belongs, statements)
            before = len(statements)
            self.statement(op, statements)
            for made in statements[before:]:
                made.origin = op.span
                if isinstance(made, gast.Assign) or not op.regions:
                    made.weight = weight(self, op)
        return statements

    def remarks(self, op: Op, belongs: Op, statements: list[Any]) -> None:
        """Name the primal statement that reverse code belongs to; what is loaded ``belongs`` to what it is for."""
        if op.callee is Prim.SECTION:
            self.section = op.attrs["title"]
            self.remark = None
            return
        if not self.section.startswith("reverse") or op.span is None or not op.span.statement:
            return
        if op.callee in (Prim.FOR, Prim.WHILE, Prim.IF):
            return
        if self.remark is not None and belongs.span is not None and _remark(belongs.span) == self.remark:
            return
        remark = _remark(op.span)
        if remark != self.remark:
            self.remark = remark
            statements.append(comment(_shortened(op.span.statement)))

    def statement(self, op: Op, out: list[Any]) -> None:
        match op.callee:
            case Prim.SECTION:
                if out and out[-1] is self.title:  # all of that section was folded into expressions
                    out.pop()
                if out or not op.attrs.get("trip") or not self.section.startswith("reverse"):
                    self.title = comment(op.attrs["title"])
                    out.append(self.title)
            case Prim.IF:
                self.branch(op, out)
            case Prim.FOR | Prim.WHILE:
                self.loop(op, out)
            case Prim.UPDATE:
                out.append(
                    gast.AugAssign(
                        self.target(op.operands[0]),
                        node_of(OPERATORS[op.attrs["op"]]),
                        self.expr(op.operands[1]),
                    )
                )
            case Prim.UPDATE_ITEM:
                target = self.subscript(op.operands[0], op.operands[1], STORE)
                out.append(gast.AugAssign(target, node_of(OPERATORS[op.attrs["op"]]), self.expr(op.operands[2])))
            case operator.setitem:
                target = self.subscript(op.operands[0], op.operands[1], STORE)
                out.append(gast.Assign([target], self.expr(op.operands[2]), None))
            case callee if callee is setattr:
                base, name, value = op.operands
                assert isinstance(name, Const)
                target = gast.Attribute(self.expr(base), name.value, STORE)
                out.append(gast.Assign([target], self.expr(value), None))
            case operator.delitem:
                out.append(gast.Delete([self.subscript(op.operands[0], op.operands[1], gast.Del())]))
            case Prim.ASSERT:
                out.append(gast.Assert(self.expr(op.operands[0]), None))
            case Prim.RAISE:
                parts = [self.expr(operand) for operand in op.operands]
                out.append(gast.Raise(parts[0] if parts else None, parts[1] if len(parts) > 1 else None))
            case Prim.UNPACK:
                out.append(gast.Assign([self.targets(op)], self.expr(op.operands[0]), None))
            case _:
                self.assign(op, out)

    def assign(self, op: Op, out: list[Any]) -> None:
        value = self.expression(op)
        if not op.results or not self.uses.get(op.result):
            out.append(gast.Expr(value))
            return
        name = self.names[op.result]
        out.append(self.assignment(name, value, op))

    def assignment(self, name: str, value: Any, op: Op) -> Any:
        first = op.operands[0] if op.operands else None
        adds = op.callee in (operator.add, operator.sub, operator.mul) and isinstance(
            plain(self.types[op.result]), Scalar
        )
        if (
            adds
            and isinstance(first, Value)
            and isinstance(plain(self.types[first]), Scalar)  # an array without axes would be written to
            and self.names.get(first) == name
            and self.makers.get(first) not in self.inlined
        ):
            return gast.AugAssign(gast.Name(name, STORE, None, None), value.op, value.right)
        return gast.Assign([gast.Name(name, STORE, None, None)], value, None)

    def target(self, operand: Operand) -> Any:
        node = self.expr(operand)
        if isinstance(node, gast.Name):
            return gast.Name(node.id, STORE, None, None)
        if isinstance(node, gast.Subscript):
            node.ctx = STORE
            return node
        return gast.Subscript(node, gast.Constant(Ellipsis, None), STORE)

    def targets(self, op: Op) -> Any:
        """Return the variables that the parts of something are assigned to."""
        targets = [
            gast.Name(self.names[r] if r in self.names and self.uses.get(r) else self.nobody, STORE, None, None)
            for r in op.results
        ]
        return gast.Tuple(targets, STORE)

    def takes_apart(self, op: Op, item: Value) -> bool:
        """Tell whether all that is done to the item of a loop is to take it apart."""
        return op.callee is Prim.UNPACK and op.operands[0] is item and self.uses.get(item) == 1

    def branch(self, op: Op, out: list[Any]) -> None:
        if (
            op.callee is Prim.IF
            and len(op.results) == 1
            and self.is_conditional_expression(op)
            and self.uses.get(op.result)
        ):
            name = self.names[op.result]
            out.append(gast.Assign([gast.Name(name, STORE, None, None)], self.expression(op), None))
            return
        test = self.expr(op.operands[0])
        remark = self.remark
        bodies = []
        for region in op.regions:
            self.remark = remark
            body = self.block(region)
            self.copies(list(zip(op.results, region.results, strict=True)), body)
            bodies.append(body)
        then, other = bodies
        if _empty(then) and _empty(other):
            if self.takes(op):
                out.append(gast.Expr(test))
            return
        if _empty(then):
            test, then, other = negated(test), other, []
        out.append(gast.If(test, then or [gast.Pass()], [] if _empty(other) else other))

    def loop(self, op: Op, out: list[Any]) -> None:
        lead = 1 if op.callee is Prim.FOR else 0
        stops = int(op.may_stop)
        body = op.regions[-1]
        first = op.regions[0].params[lead:]
        self.copies(list(zip(first, op.operands[lead:], strict=True)), out)
        remark = self.remark
        self.remark = None
        if op.callee is Prim.FOR:
            iterable = self.expr(op.operands[0])
            item = body.params[0]
            apart = body.ops[0] if body.ops and self.takes_apart(body.ops[0], item) else None
            inside = self.block(body if apart is None else replace(body, ops=body.ops[1:]))
            self.finish_trip(op, body, first, stops, inside)
            used = self.uses.get(item)
            target = gast.Name(self.names[item] if used else self.nobody, STORE, None, None)
            if apart is not None:
                target = self.targets(apart)
            out.append(gast.For(target, iterable, inside or [gast.Pass()], [], None))
        else:
            condition = op.regions[0]
            if all(inner in self.inlined for inner in condition.ops):
                test = self.expr(condition.results[0])
                inside = self.block(body)
            else:
                test = gast.Constant(True, None)
                inside = self.block(condition)
                inside.append(gast.If(negated(self.expr(condition.results[0])), [gast.Break()], []))
                inside += self.block(body)
            self.finish_trip(op, body, first, stops, inside)
            out.append(gast.While(test, inside or [gast.Pass()], []))
        self.remark = remark

    def finish_trip(self, op: Op, body: Block, first: tuple[Value, ...], stops: int, inside: list[Any]) -> None:
        go_on = self.expr(body.results[0]) if stops else None
        copies: list[Any] = []
        self.copies(list(zip(first, body.results[stops:], strict=True)), copies)
        if go_on is not None and any(not _names(go_on, LOAD).isdisjoint(_names(copy, STORE)) for copy in copies):
            name = self.spelling.free("go_on")
            self.spelling.taken.add(name)
            inside.append(gast.Assign([gast.Name(name, STORE, None, None)], go_on, None))  # before what it asks is set
            go_on = gast.Name(name, LOAD, None, None)
        inside += copies
        if go_on is not None and not (isinstance(go_on, gast.Constant) and go_on.value is True):
            inside.append(gast.If(negated(go_on), [gast.Break()], []))


def _names(node: Any, context: Any) -> set[str]:
    """Return the variables that a piece of code reads, or those that it sets."""
    return {n.id for n in nodes_under(node) if isinstance(n, gast.Name) and isinstance(n.ctx, type(context))}


def _empty(body: list[Any]) -> bool:
    return all(
        isinstance(node, gast.Expr)
        and isinstance(node.value, gast.Constant)
        and str(node.value.value).startswith(COMMENT)
        for node in body
    )


def _doers(ops: list[Op]) -> list[Op]:
    """Return for each operation the first one from it on that does more than load an item or take it from a list."""
    found: list[Op] = []
    for op in reversed(ops):
        loads = op.callee is operator.getitem or op.callee is list.pop
        found.append(found[-1] if loads and found and not found[-1].regions else op)
    return found[::-1]


def _remark(span: Span) -> tuple[str, int, str]:
    """Return what tells the primal statement of a place in it from others."""
    return span.path, span.statement_line, span.statement


def _shortened(text: str, width: int = 88) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


__all__ = ["Text", "reconstruct"]


def _augmented_from_outside(statements: list[Any], params: set[str]) -> list[str]:
    """Return the variables that nested statements change in place with ``+=`` and do not make themselves."""
    augmented, own = set(), set(params)
    for statement in statements:
        for node in nodes_under(statement):
            if isinstance(node, gast.AugAssign) and isinstance(node.target, gast.Name):
                augmented.add(node.target.id)
            targets = node.targets if isinstance(node, gast.Assign) else [getattr(node, "target", None)]
            if isinstance(node, gast.Assign | gast.For):
                own |= {name.id for target in targets for name in nodes_under(target) if _is_stored(name)}
    return sorted(augmented - own)


def _is_stored(node: Any) -> bool:
    return isinstance(node, gast.Name) and isinstance(node.ctx, gast.Store)
