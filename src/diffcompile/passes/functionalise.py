"""Turn ``x += y`` on whole arrays into ``x = x + y`` where nobody can tell the difference.

    before: s = np.zeros(n); for v in vs: s += v
    after:  s = np.zeros(n); for v in vs: s = s + v

A pure update needs no shadow and reads best. It is the same as the write in place if no other reference to the array
is read afterwards. Elsewhere the update of an array stays a write, and its result is the array itself; what may be a
number is checked to be one when the program runs.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field

from diffcompile import dynamic
from diffcompile.analysis.aliasing import Aliases, find_aliases
from diffcompile.analysis.effects import INPLACE_OPERATORS, PURE_OF_INPLACE, writes
from diffcompile.analysis.infer import promote, same_shape
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Block, Const, Function, Op, Operand, Prim, Value


def functionalise(function: Function, types: dict[Value, Type]) -> Function:
    """Return ``function`` without in-place operators of :mod:`operator`: pure operators and ``UPDATE`` remain."""
    if not any(op.callee in INPLACE_OPERATORS for op in _all_ops(function.body) if not op.regions):
        return function
    aliases = find_aliases(function, types)
    uses = _Uses()
    uses.scan(function.body, None)
    pure = {op for op in uses.updates if _is_linear(op, uses, types, aliases)}
    return Function(
        function.name, _rewrite(function.body, pure, types, aliases, {}), function.path, function.line
    )


def _all_ops(block: Block) -> list[Op]:
    from diffcompile.ir.core import walk  # noqa: PLC0415

    return list(walk(block))


@dataclass(slots=True)
class _Uses:
    """Where each value is read, in program order."""

    reads: dict[Value, list[tuple[int, Op | None, Block, str]]] = field(default_factory=dict)
    makers: dict[Value, tuple[Op | None, Block]] = field(default_factory=dict)
    updates: list[Op] = field(default_factory=list)
    feeds: dict[Value, list[Value]] = field(default_factory=dict)
    """From a value to those that it flows into unchanged."""
    loops: dict[Block, Block | None] = field(default_factory=dict)
    clock: int = 0

    def scan(self, block: Block, loop: Block | None) -> None:
        """Record everything in ``block``."""
        self.loops[block] = loop
        for param in block.params:
            self.makers[param] = (None, block)
        for op in block.ops:
            self.clock += 1
            lead = 1 if op.callee is Prim.FOR else 0
            for number, operand in enumerate(op.operands):
                if not isinstance(operand, Value):
                    continue
                kind = "read"
                if op.callee in INPLACE_OPERATORS and number == 0:
                    kind = "update"
                elif op.callee in (Prim.FOR, Prim.WHILE) and number >= lead:
                    kind = "flow"
                    self.flow(operand, op.results[number - lead], *(r.params[number] for r in op.regions))
                self.read(operand, op, block, kind)
            if op.callee in INPLACE_OPERATORS:
                self.updates.append(op)
                self.flow(op.operands[0], op.result)
            for region in op.regions:
                self.scan(region, loop if op.callee is Prim.IF else region)
                self.clock += 1
                self.region_results(op, region, lead)
            for result in op.results:
                self.makers[result] = (op, block)
        if loop is None and block.results:
            self.clock += 1

    def region_results(self, op: Op, region: Block, lead: int) -> None:
        is_condition = op.callee is Prim.WHILE and region is op.regions[0]
        stops = int(op.may_stop) if region is op.regions[-1] else 0
        for number, operand in enumerate(region.results):
            if not isinstance(operand, Value):
                continue
            if is_condition or (op.callee is not Prim.IF and number < stops):
                self.read(operand, op, region, "read")
                continue
            self.read(operand, op, region, "flow")
            position = number - (0 if op.callee is Prim.IF else stops)
            self.flow(operand, op.results[position])
            if op.callee is not Prim.IF:
                self.flow(operand, *(r.params[position + lead] for r in op.regions))

    def read(self, value: Value, op: Op | None, block: Block, kind: str) -> None:
        self.reads.setdefault(value, []).append((self.clock, op, block, kind))

    def flow(self, source: Operand, *targets: Value) -> None:
        if isinstance(source, Value):
            self.feeds.setdefault(source, []).extend(targets)


def _is_linear(update: Op, uses: _Uses, types: dict[Value, Type], aliases: Aliases) -> bool:
    """Tell whether ``update`` is the last that is ever seen of the old array."""
    base, value = update.operands[0], update.operands[1]
    if not isinstance(base, Value):
        return True
    t = plain(types[base])
    if isinstance(t, Array) and not _same_type_after(t, types, update, value):
        return False
    node = aliases.of(base)
    if node is None:
        return True
    members = set(node.members)
    web = _web(base, uses)
    for member in members:
        if member not in web or _is_beside_another(member, web, uses, aliases):
            return False
    if isinstance(t, Array) and not t.rank and _is_stored_to(web, uses, types):
        return False  # the sum of arrays without axes is a number
    return all(_consumed_once(member, uses, types) for member in web)


def _is_beside_another(value: Value, web: set[Value], uses: _Uses, aliases: Aliases) -> bool:
    """Tell whether ``value`` is made as a view, and the array that it is a view of is updated by either name later."""
    op, block = uses.makers[value]
    if op is None or op.regions or op.callee in INPLACE_OPERATORS:
        return False
    bases = [operand for operand in op.operands if isinstance(operand, Value) and aliases.same(value, operand)]
    if not bases:
        return False
    made = next(clock for clock, reader, _, _ in uses.reads[bases[0]] if reader is op)
    updates = (clock for member in web for clock, _, _, kind in uses.reads.get(member, []) if kind == "update")
    return uses.loops[block] is not None or any(clock > made for clock in updates)


def _is_stored_to(web: set[Value], uses: _Uses, types: dict[Value, Type]) -> bool:
    """Tell whether something must be an array, as it is written to in another way than by a linear update."""
    for value in web:
        for _, op, _, kind in uses.reads.get(value, []):
            if op is None or op.regions:
                continue
            if kind == "update":
                t = plain(types[value])
                if isinstance(t, Array) and not _same_type_after(t, types, op, op.operands[1]):
                    return True
            elif writes(op) and op.operands[0] is value:
                return True
    return False


def _same_type_after(t: Array, types: dict[Value, Type], update: Op, value: Operand) -> bool:
    pure = PURE_OF_INPLACE[update.callee]
    right = types[value] if isinstance(value, Value) else None
    if right is None:
        return pure is not operator.truediv or (t.dtype is not None and t.dtype.kind in "fc")
    if not isinstance(plain(right), Scalar) and not same_shape(t, right):
        from diffcompile.analysis.infer import infer  # noqa: PLC0415

        if not same_shape(t, infer(pure, [t, right], {})):
            return False
    return (
        t.dtype is not None
        and promote(t, right) == t.dtype
        and (t.dtype.kind in "fc" or pure is not operator.truediv)
    )


def _web(value: Value, uses: _Uses) -> set[Value]:
    """Return all values that hold the array of ``value`` before or after, by flow alone."""
    backwards: dict[Value, list[Value]] = {}
    for source, targets in uses.feeds.items():
        for target in targets:
            backwards.setdefault(target, []).append(source)
    found: set[Value] = set()
    pending = [value]
    while pending:
        current = pending.pop()
        if current in found:
            continue
        found.add(current)
        pending += uses.feeds.get(current, [])
        pending += backwards.get(current, [])
    return found


def _consumed_once(value: Value, uses: _Uses, types: dict[Value, Type]) -> bool:
    """Tell whether ``value`` is handed on at most once on each path, and not read afterwards."""
    reads = uses.reads.get(value, [])
    consuming = [read for read in reads if read[3] in ("update", "flow")]
    updating = [read[1] for read in reads if read[3] == "update"]
    plain_reads = [read for read in reads if read[3] == "read" and read[1] not in updating]  # x += x reads x before
    _, home = uses.makers[value]
    loop = uses.loops[home]
    if any(uses.loops[block] is not loop for _, _, block, _ in consuming):
        return False  # handed on once a trip
    if any(_captures(op, value) for _, op, _, _ in plain_reads):
        return False
    blocks = [block for _, _, block, _ in consuming]
    if len(consuming) > 1 and (len({id(block) for block in blocks}) < len(blocks) or home in blocks):
        return False
    first = min((clock for clock, *_ in consuming), default=None)
    if first is None:
        return True
    if loop is not None and not consuming:
        return True
    return all(clock < first or _exclusive(block, blocks) for clock, _, block, _ in plain_reads)


def _exclusive(block: Block, blocks: list[Block]) -> bool:
    return False


def _captures(op: Op | None, value: Value) -> bool:
    """Tell whether reading ``value`` in ``op`` may create another reference to it."""
    if op is None:
        return False
    keeps = (Prim.TUPLE, Prim.LIST, Prim.DICT, list.append, list.insert, operator.setitem)
    return op.callee in keeps and value in (
        op.operands if op.callee is not operator.setitem else op.operands[2:]
    )


def _rewrite(
    block: Block, pure: set[Op], types: dict[Value, Type], aliases: Aliases, replaced: dict[Value, Operand]
) -> Block:
    def now(operand: Operand) -> Operand:
        while isinstance(operand, Value) and operand in replaced:
            operand = replaced[operand]
        return operand

    ops: list[Op] = []
    for op in block.ops:
        operands = tuple(now(operand) for operand in op.operands)
        if op.callee in INPLACE_OPERATORS:
            callee = PURE_OF_INPLACE[op.callee]
            if op in pure:
                ops.append(Op(callee, operands, op.results, op.attrs, (), op.span))
                continue
            base = op.operands[0]
            if not isinstance(base, Value) or not isinstance(types[base], Array):
                name = Const(op.callee.__name__)
                place = () if op.span is None else (Const(op.span.place()),)
                ops.append(Op(dynamic.check_immutable, (operands[0], name, *place), (), {}, (), op.span))
                ops.append(Op(callee, operands, op.results, op.attrs, (), op.span))
                continue
            ops.append(Op(Prim.UPDATE, operands, (), {"op": callee}, (), op.span))
            replaced[op.result] = operands[0]
            continue
        regions = tuple(_rewrite(region, pure, types, aliases, replaced) for region in op.regions)
        ops.append(Op(op.callee, operands, op.results, op.attrs, regions, op.span))
    return Block(block.params, tuple(ops), tuple(now(result) for result in block.results))
