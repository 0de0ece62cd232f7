"""How primal values reach the reverse sweep: at hand, exported from a branch, recomputed, or saved trip by trip.

The reverse sweep names primal values freely. A value of the outermost block is simply still there. A value of a branch
leaves it as one more result. A value of a loop's body is recomputed where that is cheap (indices, views, arithmetic on
what is there anyway), else it goes to a list: ``saved_y.append(y)`` in the forward sweep, ``y = saved_y.pop()`` in the
reverse sweep, just before it is used. Where both the value of a carried variable at the start of a trip and the one at
its end are needed, only the first is saved: the second is the first of the trip that was reversed before.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.references import describes
from diffcompile.analysis.types import STRING, Array, Cell, Lst, Scalar, Static, Tup, Type, plain
from diffcompile.autodiff import memory
from diffcompile.autodiff.choice import Choice, inputs
from diffcompile.autodiff.reverse import Reverse
from diffcompile.autodiff.rewrite import Carried
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Operand, Prim, Value, blocks

CONDITIONS: set[Any] = {
    operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne, operator.not_, operator.is_,
    operator.is_not,
}  # fmt: skip


class Storage:
    """Makes the primal values that a reverse sweep uses available to it."""

    def __init__(self, rev: Reverse) -> None:
        self.rev = rev
        self.rewrites = rev.rewrites
        self.home: dict[Value, Block] = {}
        """The primal block in which a value is defined."""
        self.maker: dict[Value, Op] = {}
        self.order: dict[Value, int] = {}
        self.parent: dict[Block, tuple[Op, Block]] = {}
        self.loop: dict[Block, Block | None] = {}
        """The innermost loop body around a block, itself included."""
        self.outermost: dict[Block, Op] = {}
        self.exported: dict[Value, Value] = {}
        self.lists: dict[Value, Value] = {}
        self.plans: dict[Block, tuple[set[Value], list[Value], list[tuple[Value, Value, Value]]]] = {}
        self.extra: dict[Block, set[Value]] = {}
        """Values of outer loops that recomputation in inner ones needs."""
        self.index_params = set(rev.indices.values())
        self.choice = Choice(rev, self.home, self.parent, self.maker, self.index_params)
        self.reshaped = memory.reshaped(rev)
        self.read_back: set[Value] = set()
        """What the reverse sweep reads from where the same trip of the forward sweep has stored it."""
        self._scan(rev.primal.body, None)

    # -- the primal -----------------------------------------------------------------------------------------------

    def _define(self, value: Value, block: Block, op: Op | None) -> None:
        self.home[value] = block
        self.order[value] = len(self.order)
        if op is not None:
            self.maker[value] = op

    def _scan(self, block: Block, loop: Block | None) -> None:
        self.loop[block] = loop
        for param in block.params:
            self._define(param, block, None)
        for op in self.rewrites.at_start.get(block, ()):
            self._define_all(op, block)
        for op in block.ops:
            for inserted in self.rewrites.before.get(op, ()):
                self._define_all(inserted, block)
            for number, region in enumerate(op.regions):
                self.parent[region] = (op, block)
                for carried in self.rewrites.carried.get(op, ()):
                    self._define(carried.params[number], region, None)
                self._scan(region, loop if op.callee is Prim.IF else region)
            for made in self.rewrites.replaced.get(op, (op,)):
                self._define_all(made, block)
            for result, _, _ in self.rewrites.exports.get(op, ()):
                self._define(result, block, op)
            for carried in self.rewrites.carried.get(op, ()):
                self._define(carried.result, block, op)
            for inserted in self.rewrites.after.get(op, ()):
                self._define_all(inserted, block)
        for op in self.rewrites.at_end.get(block, ()):
            self._define_all(op, block)

    def _define_all(self, op: Op, block: Block) -> None:
        for result in op.results:
            self._define(result, block, op)

    # -- the reverse sweep ----------------------------------------------------------------------------------------

    def provide(self, ops: list[Op], results: list[Operand]) -> tuple[list[Op], list[Operand]]:
        """Return the reverse sweep with each primal value that it uses replaced by one that is there."""
        top = Block((), tuple(map(self._by_shape, ops)), tuple(results))
        top = self._without_content(top)
        self._plan(top, self.rev.primal.body, None)
        block = self._resolved(top, {}, {})
        return list(block.ops), list(block.results)

    def _by_shape(self, op: Op) -> Op:
        """Look at the shape of an argument rather than at that of a value that would have to be saved for it."""
        if op.regions:
            regions = tuple(replace(region, ops=tuple(map(self._by_shape, region.ops))) for region in op.regions)
            return replace(op, regions=regions)
        base = op.operands[0] if op.operands else None
        home = self.home.get(base) if isinstance(base, Value) else None
        if home is None or self.loop[home] is None or not describes(op) or op.callee is dynamic.last_writes:
            return op
        assert isinstance(base, Value)
        if self._reshaped(op):
            return op
        t = self.rev.types[base]
        for other in self.rev.primal.params:
            like = self.rev.types[other]
            if isinstance(t, Array) and isinstance(like, Array) and t.dtype == like.dtype and same_shape(t, like):
                return replace(op, operands=(other, *op.operands[1:]))
        return op

    def _without_content(self, top: Block) -> Block:
        """Use another value, or the shape alone, of what is looked at for its shape and nothing else."""
        looked: dict[Value, None] = {}
        read: dict[Value, None] = {}
        for block in blocks(top):
            for op in block.ops:
                first = [op.operands[0]] if op.operands and self._only_shape(op) else []
                looked.update((operand, None) for operand in first if isinstance(operand, Value))
                read.update((o, None) for o in op.operands[len(first) :] if isinstance(o, Value))
            read.update((result, None) for result in block.results if isinstance(result, Value))
        instead: dict[Value, Value] = {}
        shapes: dict[Value, Value] = {}
        for value in looked:
            home = self.home.get(value)
            if value in read or home is None or self.loop[home] is None or self.choice.is_free(value):
                continue
            t = self.rev.types[value]
            assert isinstance(t, Array)
            alike = (v for v in read if self.home.get(v) is home and _alike(t, self.rev.types[v]))
            other = next((v for v in alike if self._is_there(v)), None)
            if other is not None:
                instead[value] = other
            elif self._is_there(value):
                shapes[value] = self._shape_of(value)
        return self._elsewhere(top, instead, shapes, {}) if instead or shapes else top

    def _is_there(self, value: Value) -> bool:
        """Tell whether ``value`` surely is an array: what only some paths assign is None on the others."""
        maker = self.maker.get(value)
        if maker is None:
            return value in self.rev.primal.params
        return not maker.regions and maker.callee is not Prim.UNPACK

    def _only_shape(self, op: Op) -> bool:
        """Tell whether an operation asks for the shape of an array, or makes zeros of that shape."""
        t = self.rev.types.get(op.operands[0]) if isinstance(op.operands[0], Value) else None
        if not isinstance(t, Array) or t.dtype is None:
            return False
        if op.callee is getattr:
            return isinstance(op.operands[1], Const) and op.operands[1].value == "shape"
        return op.callee in (np.shape, np.zeros_like) and len(op.operands) == 1 and not self._reshaped(op)

    def _reshaped(self, op: Op) -> bool:
        """Tell whether ``op`` makes an array that must lie in memory as another one does: there are views of both."""
        if op.callee in (getattr, np.shape, np.ndim, np.size):
            return False
        return self.rev.aliases.of(op.operands[0]) in self.reshaped

    def _shape_of(self, value: Value) -> Value:
        """Make the forward sweep look up the shape of a value."""
        stage = self.rev.stage
        outer, stage.ops = stage.ops, []
        shape = stage.emit(getattr, [value, Const("shape")], self.maker[value].span)
        ops, stage.ops = stage.ops, outer
        assert isinstance(shape, Value)
        stage.names[shape] = f"{stage.names.get(value, value.name) or 'value'}_shape"
        self._insert_after(self.maker[value], ops[0])
        self._define(shape, self.home[value], ops[0])
        return shape

    def _elsewhere(
        self, block: Block, instead: dict[Value, Value], shapes: dict[Value, Value], names: dict[Value, Operand]
    ) -> Block:
        """Return ``block`` looking at other values, or at shapes that are known."""
        ops = []
        for op in block.ops:
            base = op.operands[0] if op.operands else None
            if isinstance(base, Value) and base in shapes and op.callee is not np.zeros_like:
                names[op.result] = shapes[base]
                continue
            operands = tuple(names.get(o, o) if isinstance(o, Value) else o for o in op.operands)
            if isinstance(base, Value) and base in instead:
                operands = (instead[base], *operands[1:])
            elif isinstance(base, Value) and base in shapes:
                t = self.rev.types[base]
                assert isinstance(t, Array)
                dtype = () if t.dtype == np.dtype(float) else (Const(t.dtype),)
                op = Op(np.zeros, (shapes[base], *dtype), op.results, {}, (), op.span)  # noqa: PLW2901
                operands = op.operands
            regions = tuple(self._elsewhere(region, instead, shapes, names) for region in op.regions)
            ops.append(replace(op, operands=operands, regions=regions))
        results = tuple(names.get(result, result) if isinstance(result, Value) else result for result in block.results)
        return replace(block, ops=tuple(ops), results=results)

    def _mirror(self, op: Op, number: int, enclosing: Block) -> Block:
        """Return the primal block that a region of a reverse operation reverses."""
        primal: Op | None = op.attrs.get("mirror")
        if primal is None:
            return enclosing
        return primal.regions[number] if primal.callee is Prim.IF else primal.regions[-1]

    def _plan(self, block: Block, mirror: Block, op: Op | None) -> None:
        """Decide, inner blocks first, what each block of the reverse sweep recomputes, pops and carries."""
        for inner in block.ops:
            for number, region in enumerate(inner.regions):
                self._plan(region, self._mirror(inner, number, mirror), inner)
        if op is None or "mirror" not in op.attrs:
            return
        needed = self._needed(block, mirror)
        if self.loop[mirror] is None:  # what is not asked again is handed out of the branch
            self.plans[block] = ({value for value in needed if self._may_be_asked_again(value)}, [], [])
            return
        both = self._carried(op.attrs["mirror"], mirror, needed) if op.callee is Prim.FOR else []
        recomputed, saved = self.choice.divide(needed, mirror, {end: start for end, start, _ in both})
        carried = [ends for ends in both if ends[0] in recomputed and ends[0] in self.choice.carried]
        recomputed.difference_update(end for end, _, _ in carried)
        self.plans[block] = (recomputed, sorted(saved, key=self.order.__getitem__), carried)
        for value in recomputed:
            for operand in inputs(self.choice.remaking(value)):
                self._need_outside(operand, mirror)
        for _, _, result in carried:
            self._need_outside(result, mirror)

    def _may_be_asked_again(self, value: Value) -> bool:
        """Tell whether a value is a condition on what is there in the reverse sweep."""
        op = self.maker.get(value)
        return op is not None and op.callee in CONDITIONS and all(map(self._is_at_hand, op.operands))

    def _is_at_hand(self, operand: Operand) -> bool:
        if not isinstance(operand, Value):
            return True
        home, t = self.home.get(operand), self.rev.types[operand]
        return home in (None, self.rev.primal.body) and (isinstance(t, Scalar) or t is STRING)

    def _need_outside(self, operand: Operand, mirror: Block) -> None:
        home = self.home.get(operand) if isinstance(operand, Value) else None
        if home is not None and home is not mirror and self.loop[home] is not None:
            assert isinstance(operand, Value)
            self.extra.setdefault(home, set()).add(operand)

    def _carried(self, primal: Op, mirror: Block, needed: set[Value]) -> list[tuple[Value, Value, Value]]:
        """Return (end, start, result) of carried variables that need both ends of a trip."""
        lead = 1 if primal.callee is Prim.FOR else 0
        stops = int(primal.may_stop)
        found: list[tuple[Value, Value, Value]] = []
        for number, result in enumerate(primal.results):
            start, end = mirror.params[number + lead], mirror.results[number + stops]
            if not isinstance(end, Value) or end is start or self.home[end] is not mirror or end in mirror.params:
                continue
            if start in needed and end in needed and all(end is not other for other, _, _ in found):
                found.append((end, start, result))
        return found

    def _copy_of(self, value: Value) -> Value:
        fresh = Value(value.name)
        self.rev.types[fresh] = self.rev.types[value]
        if value in self.rev.stage.names:
            self.rev.stage.names[fresh] = self.rev.stage.names[value]
        return fresh

    def _uses(self, block: Block) -> Iterable[Value]:
        for inner in blocks(block):
            for op in inner.ops:
                yield from (operand for operand in op.operands if isinstance(operand, Value))
            yield from (result for result in inner.results if isinstance(result, Value))

    def _needed(self, block: Block, mirror: Block) -> set[Value]:
        used = {v for v in self._uses(block) if self.home.get(v) is mirror and v not in self.index_params}
        return used | {v for v in self.extra.get(mirror, ()) if v not in self.index_params}

    # -- rewriting ------------------------------------------------------------------------------------------------

    def _resolved(
        self, block: Block, known: dict[Value, Operand], makers: dict[Value, list[Op]]
    ) -> Block:
        """Return ``block`` with names replaced, and each maker put just before the first use of what it makes."""
        ops: list[Op] = []
        made: set[Value] = set()

        def make(value: Value) -> None:
            if value in made or value not in makers:
                return
            made.add(value)
            for op in makers[value]:
                for operand in inputs(op):
                    make(operand)
                ops.append(self._repeated(op, known))

        for op in block.ops:
            for value in self._op_uses(op):
                make(value)
            ops.append(self._op(op, known))
        for result in block.results:
            if isinstance(result, Value):
                make(result)
        results = tuple(self._operand(result, known) for result in block.results)
        return Block(block.params, tuple(ops), results)

    def _repeated(self, op: Op, known: dict[Value, Operand]) -> Op:
        """Return an operation of the primal to be run again, with regions of its own."""
        regions = []
        for region in op.regions:
            names = dict(known)
            ops = []
            for inner in region.ops:
                operands = tuple(self._operand(operand, names) for operand in inner.operands)
                fresh = tuple(map(self._copy_of, inner.results))
                ops.append(replace(inner, operands=operands, results=fresh))
                names.update(zip(inner.results, fresh, strict=True))
            regions.append(Block((), tuple(ops), tuple(self._operand(result, names) for result in region.results)))
        operands = tuple(self._operand(operand, known) for operand in op.operands)
        return replace(op, operands=operands, regions=tuple(regions))

    def _op_uses(self, op: Op) -> list[Value]:
        found: list[Operand] = list(op.operands)
        for region in op.regions:
            found += self._uses(region)
            for block in blocks(region):
                recomputed, _, carried = self.plans.get(block, ((), (), ()))
                for value in sorted(recomputed, key=self.order.__getitem__):
                    found += inputs(self.choice.remaking(value))
                found += [result for _, _, result in carried]
        return [operand for operand in found if isinstance(operand, Value)]

    def _op(self, op: Op, known: dict[Value, Operand]) -> Op:
        operands = tuple(self._operand(operand, known) for operand in op.operands)
        if not op.regions:
            return replace(op, operands=operands)
        attrs = {key: value for key, value in op.attrs.items() if key != "mirror"}
        results = op.results
        regions = []
        for region in op.regions:
            inner = dict(known)
            index = self.rev.indices.get(region.params[0]) if region.params else None
            if index is not None:
                inner[index] = region.params[0]
            recomputed, saved, carried = self.plans.get(region, (set(), [], []))
            for end, start, result in carried:
                inner[end] = param = self._copy_of(end)
                operands = (*operands, self._operand(result, known))
                region = Block((*region.params, param), region.ops, (*region.results, start))  # noqa: PLW2901
                results = (*results, self._copy_of(start))
            regions.append(self._provided(region, inner, recomputed, saved))
        return Op(op.callee, operands, results, attrs, tuple(regions), op.span)

    def _provided(self, block: Block, known: dict[Value, Operand], recomputed: set[Value], saved: list[Value]) -> Block:
        """Resolve a block after having arranged how its mirror's values get there."""
        makers: dict[Value, list[Op]] = {}
        names = dict(known)
        for value in saved:
            fresh = self._copy_of(value)
            names[value] = fresh
            makers[value] = [Op(list.pop, (self._list_for(value),), (fresh,))]
        for value in sorted(recomputed, key=self.order.__getitem__):
            fresh = self._copy_of(value)
            self.rev.notes[fresh] = ("recomputed", value)
            if value in self.choice.again:
                self.read_back.add(fresh)
            makers[value] = [replace(self.choice.remaking(value), results=(fresh,))]
            names[value] = fresh
        return self._resolved(block, names, makers)

    def _operand(self, operand: Operand, known: dict[Value, Operand]) -> Operand:
        if not isinstance(operand, Value):
            return operand
        if operand in known:
            return known[operand]
        home = self.home.get(operand)
        if home is None or home is self.rev.primal.body:
            return operand
        if self.loop[home] is None:
            return self._export(operand)
        return operand

    def _export(self, value: Value) -> Value:
        """Hand a value of a branch out of it, up to the outermost block."""
        if value not in self.exported:
            current = value
            block = self.home[value]
            while block is not self.rev.primal.body:
                op, parent = self.parent[block]
                outer = self._yielded(current, block, op)
                if outer is None:
                    outer = self._copy_of(value)
                    self.rev.exports.add(outer)
                    undefined = Const(UNDEFINED)
                    pair = (current, undefined) if block is op.regions[0] else (undefined, current)
                    self.rewrites.exports.setdefault(op, []).append((outer, *pair))
                current, block = outer, parent
            self.exported[value] = current
        return self.exported[value]

    def _yielded(self, value: Value, block: Block, op: Op) -> Value | None:
        """Return the result of a branch that is ``value`` behind ``block``, if there is one."""
        for result, yielded in zip(op.results, block.results, strict=True):
            if yielded is value and self.rev.types[result] == self.rev.types[value]:
                return result
        return None

    def _list_for(self, value: Value) -> Value:
        """Return the list that ``value`` is saved in, trip by trip."""
        if value in self.lists:
            return self.lists[value]
        stage = self.rev.stage
        name = stage.names.get(value, value.name) or self._described(value)
        saved = Value(name if name.startswith("saved_") else f"saved_{name}")
        self.rev.types[saved] = Lst(Cell(item=self.rev.types[value]))
        self.lists[value] = saved
        self.rev.notes[saved] = ("saved", value)
        create = Op(Prim.LIST, (), (saved,))
        home = self.home[value]
        top = home
        loop_op: Op | None = None
        while top is not self.rev.primal.body:
            op, parent = self.parent[top]
            loop_op, top = op, parent
        assert loop_op is not None
        self.rewrites.before.setdefault(loop_op, []).append(create)
        push = Op(list.append, (saved, value), ())
        maker = self.maker.get(value)
        if maker is None:
            self.rewrites.at_start.setdefault(home, []).insert(0, push)
        else:
            self._insert_after(maker, push)
        return saved

    def _described(self, value: Value) -> str:
        """Return a word for a temporary: what it was read from, the function that made it, or what it is for."""
        op = self.maker.get(value)
        if op is None or op.regions:
            return "value"
        if op.callee in (operator.getitem, getattr, np.ndarray.copy):
            base = op.operands[0]
            if not isinstance(base, Value):
                return "item"
            name = self.rev.stage.names.get(base) or base.name
            return name or (self._described(base) if base in self.maker else "item")
        t = plain(self.rev.types[value])
        if isinstance(t, Scalar) and t.kind == "b":
            return "test"
        words = {
            "truediv": "ratio", "mul": "product", "matmul": "product", "add": "sum", "sub": "difference",
            "pow": "power", "neg": "negative",
        }  # fmt: skip
        name = getattr(op.callee, "__name__", "value")
        return words.get(name, name) if name.isidentifier() else "value"

    def _insert_after(self, maker: Op, op: Op) -> None:
        """Put ``op`` behind another, which may itself be an inserted one."""
        for table in (
            self.rewrites.replaced,
            self.rewrites.before,
            self.rewrites.after,
            self.rewrites.at_start,
            self.rewrites.at_end,
        ):
            for inserted in table.values():
                if maker in inserted:
                    inserted.insert(inserted.index(maker) + 1, op)
                    return
        self.rewrites.after.setdefault(maker, []).insert(0, op)


def _alike(left: Type, right: Type) -> bool:
    """Tell whether two values are arrays of the same dtype and shape."""
    both = isinstance(left, Array) and isinstance(right, Array) and left.dtype == right.dtype
    return both and same_shape(left, right)


__all__ = ["Carried", "Static", "Storage", "Tup"]
