"""From SSA back to Python: fold temporaries into expressions, turn block results into assignments."""

from __future__ import annotations

import math
import operator
import types as pytypes
from dataclasses import dataclass
from typing import Any

import gast
import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import Aliases, is_reference
from diffcompile.analysis.effects import ADD_AT, is_pure, writes
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.backend.naming import Naming
from diffcompile.backend.render import comment
from diffcompile.backend.spelling import COMPARISONS, METHOD_TYPES, OPERATORS, UNARY, Spelling, dotted
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk

LOAD, STORE = gast.Load(), gast.Store()
DEEPEST = 12
WIDEST = 14
ALWAYS_FOLDED = {slice}


@dataclass(slots=True)
class Text:
    """Generated code before it is printed."""

    statements: list[Any]
    params: list[str]
    spelling: Spelling


def reconstruct(
    function: Function,
    types: dict[Value, Type],
    aliases: Aliases,
    hints: dict[Value, str],
    reserved: set[str],
    pair: tuple[int, int] | None = None,
) -> Text:
    """Return the statements of the body of ``function`` and what they need from outside.

    ``pair`` asks for a function that returns its values and its pullback: how many values and cotangent parameters.
    """
    work = _Reconstruction(function, types, aliases, hints, reserved, split=pair is not None)
    return work.run() if pair is None else work.run_pair(*pair)


class _Reconstruction:
    def __init__(
        self,
        function: Function,
        types: dict[Value, Type],
        aliases: Aliases,
        hints: dict[Value, str],
        reserved: set[str],
        split: bool = False,
    ) -> None:
        self.split = split
        self.function = function
        self.types = types
        self.aliases = aliases
        self.hints = hints
        self.makers: dict[Value, Op] = {r: op for op in walk(function.body) for r in op.results}
        self.uses: dict[Value, int] = {}
        self.twins: dict[Value, list[Value]] = {}
        """From a parameter of a loop's first region to those of all its regions."""
        self.loop_results: dict[Value, Value] = {}
        """From a carried parameter of a loop's first region to the loop's result."""
        self.homes: dict[Value, Block] = {}
        self.use_blocks: dict[Value, set[Block]] = {}
        self.handed_on: set[Value] = set()
        """Values that must be bound even if they are undefined, as loops and branches hand them on."""
        self.users: dict[Value, tuple[Op | None, Block]] = {}
        self.sizes: dict[Op, tuple[int, int]] = {}
        self.count(function.body)
        self.inlined: set[Op] = set()
        self.fold(function.body)
        naming = Naming(function, self.inlined, self.makers, hints, split)
        self.names = naming.names(reserved)
        self.spelling = Spelling(set(self.names.values()) | reserved)
        self.section = ""
        self.remark: tuple[str, int, str] | None = None

    # -- folding --------------------------------------------------------------------------------------------------

    def count(self, block: Block) -> None:
        for op in block.ops:
            for result in op.results:
                self.homes[result] = block
            for operand in op.operands:
                self.used(operand, op, block)
                if isinstance(operand, Value) and (
                    op.callee is list.append or (op.regions and op.callee is not Prim.IF)
                ):
                    self.handed_on.add(operand)
            if op.callee in (Prim.FOR, Prim.WHILE):
                lead = 1 if op.callee is Prim.FOR else 0
                self.loop_results.update(zip(op.regions[0].params[lead:], op.results, strict=True))
            for region in op.regions:
                self.count(region)
                for number, param in enumerate(region.params):
                    self.twins.setdefault(op.regions[0].params[number], []).append(param)
        for operand in block.results:
            self.used(operand, None, block)
            if isinstance(operand, Value) and block is not self.function.body:
                self.handed_on.add(operand)

    def used(self, operand: Operand, op: Op | None, block: Block) -> None:
        if isinstance(operand, Value):
            self.uses[operand] = self.uses.get(operand, 0) + 1
            self.use_blocks.setdefault(operand, set()).add(block)
            self.users[operand] = (op, block)

    def named(self, value: Value) -> bool:
        return bool(self.hints.get(value) or value.name)

    def fold(self, block: Block) -> None:
        """Choose the operations of ``block`` that are written inside the expression that uses them."""
        epochs: dict[Op, int] = {}
        epoch = 0
        sides: dict[Op, bool] = {}
        reverse = False
        for op in block.ops:
            if self.split and op.callee is Prim.SECTION and op.attrs["title"].startswith("reverse"):
                reverse = True
            sides[op] = reverse
            epochs[op] = epoch
            if self.disturbs(op):
                epoch += 1
            for region in op.regions:
                self.fold(region)
        for op in block.ops:
            if self.may_fold(op, block):
                user = self.users[op.result][0]
                target = epochs.get(user, epoch) if user is not None else epoch
                needs_order = self.reads_memory(op) or not is_pure(op)
                own = epochs[op] + (1 if self.disturbs(op) else 0)
                if (
                    user is not None
                    and user.regions
                    and user.callee is not Prim.IF
                    and needs_order
                    and self.disturbs(user)
                    and user.callee is Prim.WHILE
                ):
                    continue
                if needs_order and own != target:
                    continue
                if (
                    self.split
                    and user is not None
                    and sides.get(user, reverse) != sides[op]
                    and op.callee not in ALWAYS_FOLDED
                ):
                    continue
                if self.split and user is None and needs_order:
                    continue
                self.inlined.add(op)

    def may_fold(self, op: Op, block: Block) -> bool:
        if len(op.results) != 1 or op.callee in (list.pop, Prim.FOR, Prim.WHILE, Prim.SECTION) or writes(op):
            return False
        result = op.result
        if op.callee is Prim.IF and not self.is_conditional_expression(op):
            return False
        if self.is_cheap_to_repeat(op):
            return self.uses.get(result, 0) >= 1
        if op.callee in ALWAYS_FOLDED or (op.callee is Prim.TUPLE and self.is_index(op)):
            return self.uses.get(result, 0) >= 1 and (
                (self.uses[result] == 1 and self.users[result][1] is block) or self.stable(op, block)
            )
        if self.uses.get(result, 0) != 1:
            return False
        if self.named(result) and not self.is_pushed(result):
            return False
        user, where = self.users[result]
        if where is not block or (user is not None and result not in user.operands):
            return False
        if user is None and block is not self.function.body and not self.foldable_yield(block):
            return False
        depth, width = self.measure(op)
        return depth <= DEEPEST and width <= WIDEST

    def is_cheap_to_repeat(self, op: Op) -> bool:
        """Tell whether ``op`` is better written out at each use: ranges, shapes and comparisons of plain variables."""
        if self.named(op.result):
            return False
        if op.callee in COMPARISONS:
            return all(
                isinstance(o, Const) or (isinstance(plain(self.types[o]), Scalar) and self.is_plain(o))
                for o in op.operands
            )
        if op.callee is range:
            return all(isinstance(o, Const) or self.is_plain(o) or self.is_simple_size(o) for o in op.operands)
        if op.callee is operator.getitem and self.is_view(op):
            return self.is_plain(op.operands[0]) and self.is_constant_index(op.operands[1])
        return op.callee is getattr and self.is_shape(op)

    def is_view(self, op: Op) -> bool:
        """Tell whether ``op`` only makes another reference to an array, and so may be moved anywhere."""
        base = op.operands[0] if op.operands else None
        known = (
            isinstance(base, Value)
            and isinstance(self.types[base], Array)
            and isinstance(self.types[op.result], Array)
        )
        return known and op.callee not in (np.reshape, np.ravel) and is_reference(op, self.types)

    def is_constant_index(self, operand: Operand) -> bool:
        if isinstance(operand, Const):
            return True
        maker = self.makers.get(operand)
        if maker is None or maker not in self.inlined or maker.callee not in (slice, Prim.TUPLE):
            return False
        return all(map(self.is_constant_index, maker.operands))

    def is_shape(self, op: Op) -> bool:
        name = op.operands[1]
        return isinstance(name, Const) and name.value in ("shape", "ndim", "size") and self.is_plain(op.operands[0])

    def is_plain(self, operand: Operand) -> bool:
        """Tell whether ``operand`` is a constant or a variable, not a folded expression."""
        maker = self.makers.get(operand) if isinstance(operand, Value) else None
        return maker is None or maker not in self.inlined

    def is_simple_size(self, operand: Operand) -> bool:
        """Tell whether ``operand`` is arithmetic on sizes and variables."""
        maker = self.makers.get(operand) if isinstance(operand, Value) else None
        if maker is None or self.uses.get(operand, 0) != 1:  # type: ignore[arg-type]
            return False
        if maker.callee not in (operator.add, operator.sub, operator.getitem, len) or maker not in self.inlined:
            return False
        return all(self.is_plain(o) or self.makers[o].callee is getattr for o in maker.operands)  # type: ignore[index]

    def foldable_yield(self, block: Block) -> bool:
        return True

    def is_pushed(self, value: Value) -> bool:
        """Tell whether ``value`` is only there to be saved."""
        user = self.users[value][0]
        return user is not None and user.callee is list.append and self.hints.get(value, "").startswith("saved")

    def is_index(self, op: Op) -> bool:
        return all(self.is_index_part(operand) for operand in op.operands)

    def is_index_part(self, operand: Operand) -> bool:
        if isinstance(operand, Const):
            return not isinstance(operand.value, float)
        t = plain(self.types[operand])
        maker = self.makers.get(operand)
        return (isinstance(t, Scalar) and t.kind == "i") or (maker is not None and maker.callee is slice)

    def stable(self, op: Op, block: Block) -> bool:
        """Tell whether all parts of an index are there wherever it is used."""
        return all(
            isinstance(operand, Const)
            or self.is_plain(operand)
            or self.is_simple_size(operand)
            or self.makers[operand].callee in (slice, Prim.TUPLE)
            for operand in op.operands
        )

    def measure(self, op: Op) -> tuple[int, int]:
        """Return the depth and the number of leaves of an expression."""
        if op in self.sizes:
            return self.sizes[op]
        depth, width = 1, 0
        operands: list[Operand] = list(op.operands)
        for region in op.regions:
            operands += region.results
        for operand in operands:
            maker = self.makers.get(operand) if isinstance(operand, Value) else None
            if maker is not None and maker in self.inlined:
                inner_depth, inner_width = self.measure(maker)
                depth, width = max(depth, inner_depth + 1), width + inner_width
            else:
                width += 1
        self.sizes[op] = (depth, width)
        return depth, width

    def is_conditional_expression(self, op: Op) -> bool:
        """Tell whether an ``IF`` can be written ``a if c else b``."""
        if len(op.results) != 1:
            return False
        statement = op.span.statement if op.span else ""
        if statement.startswith(("if ", "elif ", "for ", "while ")) and self.named(op.result):
            return False
        if any(isinstance(region.results[0], Const) and region.results[0].value is UNDEFINED for region in op.regions):
            return False
        return all(all(inner in self.inlined for inner in region.ops) for region in op.regions)

    def disturbs(self, op: Op) -> bool:
        """Tell whether moving a read of memory across ``op`` could change it."""
        if op.regions:
            return any(self.disturbs(inner) for region in op.regions for inner in region.ops)
        return writes(op) or not is_pure(op)

    def reads_memory(self, op: Op) -> bool:
        if op.callee in (slice, Prim.TUPLE) and all(isinstance(o, Const) for o in op.operands):
            return False
        for operand in op.operands:
            maker = self.makers.get(operand) if isinstance(operand, Value) else None
            if maker is not None and maker in self.inlined and (self.reads_memory(maker) or not is_pure(maker)):
                return True
            if self.aliases.written(operand) and not (
                len(op.results) == 1 and op.operands and operand is op.operands[0] and self.is_view(op)
            ):
                return True
        return any(self.reads_memory(inner) for region in op.regions for inner in region.ops)

    # -- statements -----------------------------------------------------------------------------------------------

    def run(self) -> Text:
        params = [self.names[param] for param in self.function.params]
        statements = self.block(self.function.body)
        results = [self.expr(result) for result in self.function.body.results]
        value = results[0] if len(results) == 1 else gast.Tuple(results, LOAD)
        statements.append(gast.Return(value))
        return Text(statements, params, self.spelling)

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
        pullback = self.spelling.free("pullback")
        definition = gast.FunctionDef(
            pullback, gast.arguments(args, [], None, [], [], None, []), reverse, [], None, None, []
        )
        value = gast.Tuple([self.expr(result) for result in results[:values]], LOAD)
        returned = gast.Return(gast.Tuple([value, gast.Name(pullback, LOAD, None, None)], LOAD))
        return Text([*forward, definition, returned], names[:split], self.spelling)

    def block(self, block: Block) -> list[Any]:
        statements: list[Any] = []
        for op in block.ops:
            if op in self.inlined:
                continue
            self.remarks(op, statements)
            self.statement(op, statements)
        return statements

    def remarks(self, op: Op, statements: list[Any]) -> None:
        """Name the primal statement that reverse code belongs to."""
        if op.callee is Prim.SECTION:
            self.section = op.attrs["title"]
            self.remark = None
            return
        if not self.section.startswith("reverse") or op.span is None or not op.span.statement:
            return
        if op.callee in (Prim.FOR, Prim.WHILE, Prim.IF):
            return
        remark = (op.span.path, op.span.statement_line, op.span.statement)
        if remark != self.remark:
            self.remark = remark
            statements.append(comment(_shortened(op.span.statement)))

    def statement(self, op: Op, out: list[Any]) -> None:
        match op.callee:
            case Prim.SECTION:
                out.append(comment(op.attrs["title"]))
            case Prim.IF:
                self.branch(op, out)
            case Prim.FOR | Prim.WHILE:
                self.loop(op, out)
            case Prim.UPDATE:
                out.append(
                    gast.AugAssign(
                        self.target(op.operands[0]),
                        _node(OPERATORS[op.attrs["op"]]),
                        self.expr(op.operands[1]),
                    )
                )
            case Prim.UPDATE_ITEM:
                target = self.subscript(op.operands[0], op.operands[1], STORE)
                out.append(gast.AugAssign(target, _node(OPERATORS[op.attrs["op"]]), self.expr(op.operands[2])))
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
                targets = [
                    gast.Name(self.names[r] if r in self.names and self.uses.get(r) else "_", STORE, None, None)
                    for r in op.results
                ]
                target = gast.Tuple(targets, STORE)
                out.append(gast.Assign([target], self.expr(op.operands[0]), None))
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

    def copies(self, pairs: list[tuple[Value, Operand]], out: list[Any]) -> None:
        """Emit assignments that happen at once; swaps become one tuple assignment."""
        moves: list[tuple[str, Any, set[str]]] = []
        for target, source in pairs:
            if isinstance(source, Const) and source.value is UNDEFINED and not self.must_be_bound(target):
                continue
            if not self.uses.get(target) and target not in self.kept:
                continue
            name = self.names[target]
            node = self.expr(source)
            if isinstance(node, gast.Name) and node.id == name:
                continue
            moves.append((name, node, {n.id for n in gast.walk(node) if isinstance(n, gast.Name)}))
        while moves:
            ready = next(
                (m for m in moves if not any(m[0] in other[2] for other in moves if other is not m)), None
            )
            if ready is None:
                targets = gast.Tuple([gast.Name(name, STORE, None, None) for name, _, _ in moves], STORE)
                out.append(gast.Assign([targets], gast.Tuple([node for _, node, _ in moves], LOAD), None))
                return
            moves.remove(ready)
            target_node = gast.Name(ready[0], STORE, None, None)
            augmented = (
                isinstance(ready[1], gast.BinOp)
                and isinstance(ready[1].left, gast.Name)
                and ready[1].left.id == ready[0]
                and isinstance(ready[1].op, gast.Add | gast.Sub)
                and self.scalar_named(pairs, ready[0])
            )
            if augmented:
                out.append(gast.AugAssign(target_node, ready[1].op, ready[1].right))
            else:
                out.append(gast.Assign([target_node], ready[1], None))

    def must_be_bound(self, target: Value) -> bool:
        """Tell whether paths that do not define a variable read it, with code that makes nothing of it."""
        if any(self.uses.get(twin) for twin in self.twins.get(target, ())):
            return True
        if self.loop_results.get(target) in self.handed_on:
            return True
        return target in self.handed_on or self.homes.get(target) in self.use_blocks.get(target, ())

    def scalar_named(self, pairs: list[tuple[Value, Operand]], name: str) -> bool:
        return any(
            self.names.get(target) == name and isinstance(plain(self.types[target]), Scalar) for target, _ in pairs
        )

    @property
    def kept(self) -> set[Value]:
        """Targets of copies that matter though nothing reads them directly: loop results and parameters."""
        if not hasattr(self, "_kept"):
            kept: set[Value] = set()
            for op in walk(self.function.body):
                if op.callee in (Prim.FOR, Prim.WHILE):
                    lead = 1 if op.callee is Prim.FOR else 0
                    for number, result in enumerate(op.results):
                        params = [region.params[number + lead] for region in op.regions]
                        if any(self.uses.get(v) for v in (result, *params)):
                            kept.update(params)
                            kept.add(result)
            self._kept = kept
        return self._kept

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
            return
        if _empty(then):
            test, then, other = _negated(test), other, []
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
            iterable = self.iterable(op.operands[0])
            inside = self.block(body)
            self.finish_trip(op, body, first, stops, inside)
            used = self.uses.get(body.params[0])
            target = gast.Name(self.names[body.params[0]] if used else "_", STORE, None, None)
            out.append(gast.For(target, iterable, inside or [gast.Pass()], [], None))
        else:
            condition = op.regions[0]
            if all(inner in self.inlined for inner in condition.ops):
                test = self.expr(condition.results[0])
                inside = self.block(body)
            else:
                test = gast.Constant(True, None)
                inside = self.block(condition)
                inside.append(gast.If(_negated(self.expr(condition.results[0])), [gast.Break()], []))
                inside += self.block(body)
            self.finish_trip(op, body, first, stops, inside)
            out.append(gast.While(test, inside or [gast.Pass()], []))
        self.remark = remark

    def finish_trip(self, op: Op, body: Block, first: tuple[Value, ...], stops: int, inside: list[Any]) -> None:
        go_on = self.expr(body.results[0]) if stops else None
        self.copies(list(zip(first, body.results[stops:], strict=True)), inside)
        if go_on is not None and not (isinstance(go_on, gast.Constant) and go_on.value is True):
            inside.append(gast.If(_negated(go_on), [gast.Break()], []))

    def iterable(self, operand: Operand) -> Any:
        return self.expr(operand)

    # -- expressions ----------------------------------------------------------------------------------------------

    def expr(self, operand: Operand) -> Any:
        if isinstance(operand, Const):
            return self.constant(operand)
        maker = self.makers.get(operand)
        if maker is not None and maker in self.inlined:
            return self.expression(maker)
        return gast.Name(self.names[operand], LOAD, None, None)

    def constant(self, const: Const) -> Any:
        value = const.value
        if value is UNDEFINED:
            return gast.Constant(None, None)
        if (
            const.name
            and "." in const.name
            and isinstance(value, float)
            and const.name.split(".")[0] in ("np", "numpy", "math")
        ):
            root = const.name.split(".")[0]
            module = "math" if root == "math" else "numpy"
            alias = self.spelling.module(module, "math" if root == "math" else "np")
            return dotted(alias + const.name[len(root) :])
        literal = value is None or value is Ellipsis or type(value) in (bool, int, float, complex, str, bytes)
        if literal and (not const.name or isinstance(value, str | bool) or value is Ellipsis or value is None):
            return self.literal(value)
        if isinstance(value, tuple) and all(not callable(part) for part in value):
            return gast.Tuple([self.constant(Const(part)) for part in value], LOAD)
        if isinstance(value, np.dtype):
            return (
                dotted(f"{self.spelling.module('numpy', 'np')}.{value.name}")
                if value.kind in "fiubc"
                else self.spelling.callee(value, const.name)
            )
        if isinstance(value, slice):
            return gast.Call(
                dotted("slice"),
                [self.literal(value.start), self.literal(value.stop), self.literal(value.step)],
                [],
            )
        if literal:
            return dotted(self.spelling.bound(value, const.name))
        return self.spelling.callee(value, const.name)

    def literal(self, value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            module = self.spelling.module("numpy", "np")
            node = dotted(f"{module}.nan" if math.isnan(value) else f"{module}.inf")
            return gast.UnaryOp(gast.USub(), node) if value == float("-inf") else node
        if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
            return gast.UnaryOp(gast.USub(), gast.Constant(-value, None))
        return gast.Constant(value, None)

    def subscript(self, base: Operand, index: Operand, ctx: Any) -> Any:
        return gast.Subscript(self.expr(base), self.index(index), ctx)

    def index(self, operand: Operand) -> Any:
        maker = self.makers.get(operand) if isinstance(operand, Value) else None
        if maker is not None and maker in self.inlined:
            if maker.callee is slice:
                parts = [None if isinstance(o, Const) and o.value is None else self.expr(o) for o in maker.operands]
                parts += [None] * (3 - len(parts))
                return gast.Slice(*parts)
            if maker.callee is Prim.TUPLE and maker.operands:
                return gast.Tuple([self.index(part) for part in maker.operands], LOAD)
        if isinstance(operand, Const) and isinstance(operand.value, tuple) and operand.value:
            return gast.Tuple([self.constant(Const(part)) for part in operand.value], LOAD)
        return self.expr(operand)

    def expression(self, op: Op) -> Any:
        callee: Any = op.callee
        operands = op.operands
        if callee is Prim.IF:
            return self.conditional(op)
        if isinstance(callee, Prim):
            return self.display(op)
        if callee is operator.getitem:
            return self.subscript(operands[0], operands[1], LOAD)
        if callee is operator.contains:
            return gast.Compare(self.expr(operands[1]), [gast.In()], [self.expr(operands[0])])
        if callee is getattr and len(operands) == 2 and isinstance(operands[1], Const):  # noqa: PLR2004 - no default
            return gast.Attribute(self.expr(operands[0]), operands[1].value, LOAD)
        if _hashable(callee):
            if callee in OPERATORS:
                return gast.BinOp(self.expr(operands[0]), _node(OPERATORS[callee]), self.expr(operands[1]))
            if callee in UNARY:
                if callee is operator.not_:
                    return _negated(self.expr(operands[0]))
                return gast.UnaryOp(_node(UNARY[callee]), self.expr(operands[0]))
            if callee in COMPARISONS:
                return gast.Compare(self.expr(operands[0]), [_node(COMPARISONS[callee])], [self.expr(operands[1])])
        split = len(operands) - len(op.keywords)
        args = [self.expr(operand) for operand in operands[:split]]
        keywords = [
            gast.keyword(name, self.expr(operand)) for name, operand in zip(op.keywords, operands[split:], strict=True)
        ]
        if isinstance(callee, METHOD_TYPES) and args and callee is not ADD_AT:
            return gast.Call(gast.Attribute(args[0], callee.__name__, LOAD), args[1:], keywords)
        return gast.Call(self.spelling.callee(callee), args, keywords)

    def conditional(self, op: Op) -> Any:
        test = self.expr(op.operands[0])
        then, other = op.regions[0].results[0], op.regions[1].results[0]
        condition = op.operands[0]
        if other is condition or (isinstance(other, Const) and other.value is False and self.is_bool(condition)):
            return _bool_op(gast.And(), test, self.expr(then))
        if then is condition or (isinstance(then, Const) and then.value is True and self.is_bool(condition)):
            return _bool_op(gast.Or(), test, self.expr(other))
        return gast.IfExp(test, self.expr(then), self.expr(other))

    def is_bool(self, operand: Operand) -> bool:
        t = plain(self.types[operand]) if isinstance(operand, Value) else None
        return isinstance(t, Scalar) and t.kind == "b"

    def display(self, op: Op) -> Any:
        parts = [self.expr(operand) for operand in op.operands]
        match op.callee:
            case Prim.TUPLE:
                return gast.Tuple(parts, LOAD)
            case Prim.LIST:
                return gast.List(parts, LOAD)
            case Prim.SET:
                return gast.Set(parts) if parts else gast.Call(self.spelling.callee(set), [], [])
            case Prim.DICT:
                return gast.Dict(parts[::2], parts[1::2])
            case Prim.OBJECT:
                cls = op.attrs["cls"]
                names = [gast.keyword(n, v) for n, v in zip(op.attrs["names"], parts, strict=True)]
                kind = self.constant(Const(cls, cls.__name__))
                return gast.Call(self.spelling.callee(dynamic.instance), [kind], names)
            case Prim.CALL:
                split = len(parts) - len(op.keywords)
                keywords = [gast.keyword(n, v) for n, v in zip(op.keywords, parts[split:], strict=True)]
                return gast.Call(parts[0], parts[1:split], keywords)
            case Prim.FORMAT:
                return self.format(op, parts)
        raise AssertionError(f"no Python for {op.callee!r}")

    def format(self, op: Op, parts: list[Any]) -> Any:
        template = ""
        values = []
        for node, spec, operand in zip(parts, op.attrs["specs"], op.operands, strict=True):
            if spec is None and isinstance(operand, Const):
                template += str(operand.value).replace("{", "{{").replace("}", "}}")
            else:
                template += "{" + (spec or "") + "}"
                values.append(node)
        return gast.Call(gast.Attribute(gast.Constant(template, None), "format", LOAD), values, [])


def _bool_op(kind: Any, left: Any, right: Any) -> Any:
    values = [*(left.values if isinstance(left, gast.BoolOp) and type(left.op) is type(kind) else [left]), right]
    return gast.BoolOp(kind, values)


def _node(name: str) -> Any:
    return getattr(gast, name)()


def _hashable(callee: Any) -> bool:
    try:
        hash(callee)
    except TypeError:
        return False
    return True


def _negated(test: Any) -> Any:
    opposite = {"Is": "IsNot", "IsNot": "Is", "In": "NotIn", "NotIn": "In"}
    if isinstance(test, gast.Compare) and len(test.ops) == 1 and type(test.ops[0]).__name__ in opposite:
        return gast.Compare(test.left, [_node(opposite[type(test.ops[0]).__name__])], test.comparators)
    if isinstance(test, gast.UnaryOp) and isinstance(test.op, gast.Not):
        return test.operand
    return gast.UnaryOp(gast.Not(), test)


def _empty(body: list[Any]) -> bool:
    from diffcompile.backend.render import COMMENT  # noqa: PLC0415

    return all(
        isinstance(node, gast.Expr)
        and isinstance(node.value, gast.Constant)
        and str(node.value.value).startswith(COMMENT)
        for node in body
    )


def _shortened(text: str, width: int = 88) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


__all__ = ["Text", "pytypes", "reconstruct"]
