"""Drop loop-carried and branch results that are always the same value.

    before: for i in range(n): u, v = f(u), v       # v is carried and never changes
    after:  for i in range(n): u = f(u)
"""

from __future__ import annotations

from diffcompile.ir.core import Block, Function, Op, Operand, Prim, Value


def drop_invariants(function: Function) -> Function:
    """Return ``function`` with carried values that never change replaced by their initial values."""
    return Function(function.name, _block(function.body, {}), function.path, function.line)


def _block(block: Block, known: dict[Value, Operand]) -> Block:
    def now(operand: Operand) -> Operand:
        while isinstance(operand, Value) and operand in known:
            operand = known[operand]
        return operand

    ops = []
    for op in block.ops:
        operands = tuple(now(operand) for operand in op.operands)
        if not op.regions:
            ops.append(op if operands == op.operands else Op(op.callee, operands, op.results, op.attrs, (), op.span))
        elif op.callee is Prim.IF:
            ops.append(_branch(op, operands, known))
        else:
            ops.append(_loop(op, operands, known))
    return Block(block.params, tuple(ops), tuple(now(result) for result in block.results))


def _branch(op: Op, operands: tuple[Operand, ...], known: dict[Value, Operand]) -> Op:
    then, other = (_block(region, known) for region in op.regions)
    kept = []
    for number, result in enumerate(op.results):
        if then.results[number] is other.results[number]:
            known[result] = then.results[number]
        else:
            kept.append(number)
    regions = tuple(Block((), region.ops, tuple(region.results[k] for k in kept)) for region in (then, other))
    return Op(op.callee, operands, tuple(op.results[k] for k in kept), op.attrs, regions, op.span)


def _loop(op: Op, operands: tuple[Operand, ...], known: dict[Value, Operand]) -> Op:
    lead = 1 if op.callee is Prim.FOR else 0
    stops = int(op.may_stop)
    body = op.regions[-1]
    kept = []
    for number, result in enumerate(op.results):
        init, param, following = operands[number + lead], body.params[number + lead], body.results[number + stops]
        if _never_changes(init, param, following):
            known[result] = init
            for region in op.regions:
                known[region.params[number + lead]] = init
        else:
            kept.append(number)
    regions = []
    for region in op.regions:
        new = _block(region, known)
        results = new.results
        if region is body:
            results = results[:stops] + tuple(results[k + stops] for k in kept)
        params = new.params[:lead] + tuple(new.params[k + lead] for k in kept)
        regions.append(Block(params, new.ops, results))
    inits = operands[:lead] + tuple(operands[k + lead] for k in kept)
    new_op = Op(op.callee, inits, tuple(op.results[k] for k in kept), op.attrs, tuple(regions), op.span)
    handed_on = zip(inits[lead:], regions[-1].params[lead:], regions[-1].results[stops:], strict=True)
    if len(kept) < len(op.results) or any(_never_changes(*carried) for carried in handed_on):
        return _loop(new_op, inits, known)  # dropping one, or what a loop in it carries, may make another invariant
    return new_op


def _never_changes(init: Operand, param: Operand, following: Operand) -> bool:
    return following is param or (following is init and isinstance(init, Value))
