"""From a specialised program to its gradient function in SSA: forward sweep, reverse sweep, results."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import numpy as np

from diffcompile import dynamic, runtime
from diffcompile.analysis.activity import find_activity
from diffcompile.analysis.aliasing import AliasClass, Aliases, find_aliases
from diffcompile.analysis.effects import depends_on_layout, is_pure, writes
from diffcompile.analysis.reaching import may_write_to
from diffcompile.analysis.types import Array, Obj, Scalar, Static, Type, is_number, plain
from diffcompile.autodiff.carried import made_like
from diffcompile.autodiff.helpers import inline_helpers
from diffcompile.autodiff.hooks import mark_hooks, without_hooks
from diffcompile.autodiff.reverse import Reverse
from diffcompile.autodiff.staging import cotangent_type
from diffcompile.autodiff.storage import Storage
from diffcompile.autodiff.swept import swept
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.ir.verifier import verify
from diffcompile.passes.clean import clean
from diffcompile.passes.common import share
from diffcompile.passes.contractions import contract
from diffcompile.passes.dead_code import eliminate_dead_code
from diffcompile.passes.deforestation import deforest
from diffcompile.passes.early_updates import update_early
from diffcompile.passes.exports import drop_exports
from diffcompile.passes.factors import factor
from diffcompile.passes.first_assignment import assign_first, drop_idle_copies
from diffcompile.passes.first_touch import store_first
from diffcompile.passes.forwarding import forward_stores
from diffcompile.passes.functionalise import functionalise
from diffcompile.passes.fusion import fuse
from diffcompile.passes.gathered import gather
from diffcompile.passes.hoisting import hoist
from diffcompile.passes.increments import add_in_place
from diffcompile.passes.invariants import drop_invariants
from diffcompile.passes.joined_updates import join_updates
from diffcompile.passes.known_products import use_products
from diffcompile.passes.overlapping_views import read_views_anew
from diffcompile.passes.refusals import NoResultError
from diffcompile.passes.shapes import ask_first
from diffcompile.passes.shifts import mark_shifts
from diffcompile.passes.spare_copies import spare_copies
from diffcompile.recording import Recorder
from diffcompile.rules import registry
from diffcompile.specialise.items import Item
from diffcompile.specialise.program import Program

Show = Callable[[str, Function], None]
_KEPT = (Prim.SECTION, dynamic.scalar_output)


@dataclass(slots=True)
class Prepared:
    """A primal ready to be differentiated."""

    function: Function
    types: dict[Value, Type]
    wrt: list[Value]
    written: list[int] = field(default_factory=list)
    """Positions of parameters that the function writes to."""
    owned: dict[Value, Value] = field(default_factory=dict)
    """From a parameter to the copy that the function works on."""


@dataclass(slots=True)
class Gradient:
    """A gradient function in SSA, and what its emission needs."""

    function: Function
    types: dict[Value, Type]
    hints: dict[Value, str]
    written: list[int]
    seeds: int = 0
    """How many of the last parameters are cotangents of the results."""
    notes: dict[Value, tuple[str, Value]] = field(default_factory=dict)
    """For people who ask: what a list holds (``saved``), a value repeats (``recomputed``), a copy keeps of which array
    (``overwritten``)."""


def prepare(program: Program, wrt: list[int], show: Show, known: Callable[[Any], bool]) -> Prepared:
    """Simplify the primal: pure updates, nothing twice, no dead code; copy arguments that it writes to.

    ``known`` tells whether a callee has a rule; helpers of generated code that have none are inlined.
    """
    types = program.types
    still = _still_objects(program, {program.function.params[number] for number in wrt})
    touched = [n for n in _written_parameters(program.function, types) if program.function.params[n] not in still]
    function = verify(read_views_anew(program.function, types), "views without a shadow")
    function = verify(functionalise(function, types), "functionalise")
    function = verify(drop_invariants(function), "drop invariants")
    function = verify(hoist(function, types), "what is the same in all trips")
    function = verify(share(function, types), "common subexpressions")
    function = verify(deforest(function, types), "lists that are read as they are made")
    function = verify(forward_stores(function, types), "stores that are loaded again")
    function = verify(clean(function, types), "dead code")
    function = verify(add_in_place(function, types), "sums that are added in place")
    function = mark_shifts(function, types)
    prepared = _own_written(function, types, [function.params[number] for number in wrt], program, still)
    verify(prepared.function, "copies of arguments")
    inputs = {*prepared.wrt, *(prepared.owned.get(param, param) for param in prepared.wrt)}
    prepared.function = inline_helpers(prepared.function, types, inputs, known)
    prepared.written = sorted({*prepared.written, *touched})
    show("primal", prepared.function)
    return prepared


def _written_parameters(function: Function, types: dict[Value, Type]) -> list[int]:
    """Return the positions of parameters whose memory the user's program writes to."""
    aliases = find_aliases(function, types)
    return [
        number
        for number, param in enumerate(function.params)
        if (node := aliases.of(param)) and node.deep_written()
    ]


def _still_objects(program: Program, wrt: set[Value]) -> set[Value]:
    """Return the global objects of which nothing is known, and to which nothing is written that depends on ``wrt``.

    To the analysis all that nothing is known of is one, so that it would seem to be written to.
    """
    types = program.types
    found = {
        value for value, _, _ in program.live_globals if isinstance(t := types[value], Obj) and t.cell is None
    }
    if not found:
        return found
    activity = find_activity(program.function, types, find_aliases(program.function, types), wrt, set())
    return {value for value in found if not activity.is_varied(value)}


def _own_written(
    function: Function, types: dict[Value, Type], wrt: list[Value], program: Program, still: set[Value]
) -> Prepared:
    """Copy each argument that the function writes to, and work on the copy; those that are ``still`` stay."""
    aliases = find_aliases(function, types)
    globals_ = {value for value, _, _ in program.live_globals}
    copies: list[Op] = []
    renamed: dict[Value, Operand] = {}
    written: list[int] = []
    copier: Any = dynamic.copy_in_layout if depends_on_layout(function) else np.ndarray.copy
    for number, param in enumerate(function.params):
        node = aliases.of(param)
        if node is None or not node.deep_written() or param in still:
            continue
        if param in globals_ and not may_write_to(function, types, param):
            continue
        if param in globals_:
            raise UnsupportedError(
                f"the function writes to {param.name}, which belongs to its surroundings",
                span=next((op.span for op in walk(function.body) if writes(op) and _is_in(op, node, aliases)), None),
                advice=f"pass {param.name} as an argument",
            )
        copy = Value(param.name)
        types[copy] = types[param]
        callee: Any = copier if isinstance(types[param], Array) else dynamic.own
        copies.append(Op(callee, (param,), (copy,)))
        renamed[param] = copy
        written.append(number)
    if not copies:
        return Prepared(function, types, wrt)
    body = Block(function.params, (*copies, *_renamed(function.body, renamed).ops), ())
    results = tuple(renamed.get(r, r) if isinstance(r, Value) else r for r in function.body.results)
    new = replace(function, body=replace(body, results=results))
    owned = {param: copy for param, copy in renamed.items() if isinstance(copy, Value)}
    return Prepared(new, types, wrt, written, owned)


def _is_in(op: Op, node: AliasClass, aliases: Aliases) -> bool:
    """Tell whether ``op`` writes to the memory of an alias class, or to what that holds."""
    written = aliases.of(op.operands[0])
    held: AliasClass | None = node.root()
    seen: set[AliasClass] = set()
    while held is not None and held not in seen:
        if written is held:
            return True
        seen.add(held)
        held = held.content.root() if held.content is not None else None
    return False


def _renamed(block: Block, names: dict[Value, Operand]) -> Block:
    def now(operand: Operand) -> Operand:
        return names.get(operand, operand) if isinstance(operand, Value) else operand

    ops = []
    for op in block.ops:
        regions = tuple(_renamed(region, names) for region in op.regions)
        ops.append(Op(op.callee, tuple(map(now, op.operands)), op.results, op.attrs, regions, op.span))
    return Block(block.params, tuple(ops), tuple(map(now, block.results)))


def check_output(t: Type, span_of: Function) -> bool:
    """Check that a gradient can be taken of an output of type ``t``; tell whether that is known now."""
    t = plain(t)
    if isinstance(t, Scalar):
        if t.kind == "f":
            return True
        if t.kind == "c" and t.dtype == "?":
            return False
        names = {"b": "a bool", "i": "an int", "c": "a complex number"}
        raise TypeError(
            f"grad needs a function that returns one real number, but {span_of.name} returned {names[t.kind]}"
        )
    if isinstance(t, Array) and t.owner is not None and t.dims == () and t.dtype is not None and t.dtype.kind == "f":
        return True
    if isinstance(t, Array) and t.dims:
        raise TypeError(
            f"grad needs a function that returns one real number, but {span_of.name} returned an array of type {t!r}; "
            "use vjp, or reduce the result"
        )
    if isinstance(t, Static) and t.value is None and any(op.callee is Prim.RAISE for op in span_of.body.ops):
        return False  # the program raises its own error before it is there
    if isinstance(t, Static):
        raise TypeError(f"grad needs a function that returns one real number, but {span_of.name} returned {t.value!r}")
    if not is_number(t) and not isinstance(t, Array) and repr(t) != "any":
        raise TypeError(f"grad needs a function that returns one real number, but {span_of.name} returned {t!r}")
    return False


def differentiate(
    program: Program,
    wrt: list[int],
    *,
    with_value: bool,
    pullback: bool,
    show: Show,
    recorder: Recorder | None = None,
    last: bool = False,
    again: bool = False,
) -> Gradient:
    """Return the function that computes gradients of the first result (and, ``with_value``, all results).

    A ``pullback`` has a parameter for the cotangent of each result instead. A ``recorder`` is shown every adjoint.
    The gradient is the ``last`` transformation if nothing follows: any function will do in it. A derivative will be
    taken of it ``again`` otherwise, so that calls must be calls of functions that have one.
    """
    prepared = prepare(program, wrt, show, registry.has_reverse_rule)
    prepared.function = verify(mark_hooks(prepared.function), "marks of hooks")
    function, types = prepared.function, prepared.types
    seeds, params, checks = _pullback_seeds(function, types) if pullback else _gradient_seed(function, types)
    inputs = [prepared.owned.get(param, param) for param in prepared.wrt]
    rev, ops, cotangents = swept(function, types, seeds, inputs, (program, recorder, again))
    function = prepared.function = rev.primal
    cotangents, ops = _finished(rev, prepared, cotangents, ops)
    ops = use_products(ops, function, types, rev.aliases)
    ops = ask_first(ops, function, types)
    storage = Storage(rev)
    ops, results = storage.provide(ops, cotangents)
    forward = rev.rewrites.apply(function.body)
    values: tuple[Operand, ...] = ()
    if with_value:
        values, more = _values(function, types, rev.aliases.written)
        checks += more
    sweeps = (_section("forward sweep"), *forward.ops, *checks, _section("reverse sweep"), *ops)
    body = Block((*forward.params, *params), sweeps, (*values, *results))
    combined = verify(Function(function.name, body, function.path, function.line), "reverse mode")
    combined = verify(without_hooks(combined), "hooks")
    show("adjoint", combined)
    combined = verify(share(combined, types, inside=True), "common subexpressions of the sweeps")
    combined = verify(drop_exports(combined, rev.exports), "exports")
    combined = clean(combined, types, frozenset({dynamic.scalar_output}))
    if not pullback:
        combined = _in_one_loop(combined, types, rev.notes, storage.read_back)
    combined = _arranged(combined, types, rev.stage.names)
    combined = verify(_without_empty_sections(combined), "sections")
    if last:
        combined = verify(contract(combined, types), "contractions")
        combined = verify(gather(combined, types, rev.stage.names), "sums of outer products")
    combined = verify(made_like(combined, types), "arrays of another owner")
    show("optimised", combined)
    return Gradient(combined, types, rev.stage.names, prepared.written, len(params), rev.notes)


def _in_one_loop(
    function: Function, types: dict[Value, Type], notes: dict[Value, tuple[str, Value]], read_back: set[Value]
) -> Function:
    """Return a gradient whose loops are swept trip by trip where their trips do not depend on each other."""
    fused = verify(fuse(function, types, notes, read_back), "loops swept trip by trip")
    if fused is function:
        return function
    fused = verify(forward_stores(fused, types), "stores of a trip that it loads again")
    fused = verify(share(fused, types, inside=True), "common subexpressions of a trip")
    return clean(fused, types, frozenset({dynamic.scalar_output}))


def _arranged(function: Function, types: dict[Value, Type], names: dict[Value, str]) -> Function:
    """Return a gradient as an expert would write it: products arranged anew, contributions joined, no idle copies."""
    arranged = verify(factor(function, types, names), "factors")
    arranged = verify(share(arranged, types, inside=True), "common subexpressions of factors")
    arranged = clean(arranged, types, frozenset(_KEPT))
    spared = verify(spare_copies(arranged, types), "copies to read from")
    joined = verify(join_updates(spared, types), "joined updates")
    if joined is not spared:
        joined = verify(factor(joined, types, names), "factors of joined updates")
    stored = verify(store_first(joined, types, names), "first touches")
    assigned = verify(assign_first(drop_idle_copies(stored), types), "first assignments")
    assigned = verify(update_early(assigned, types), "updates where they are made")
    return eliminate_dead_code(assigned, lambda op: is_pure(op) and op.callee not in _KEPT)


_Seeds = tuple[list[tuple[Value, Item]], list[Value], list[Op]]
"""Cotangents of results, the parameters among them, and what is checked before."""


def _gradient_seed(function: Function, types: dict[Value, Type]) -> _Seeds:
    """Return the cotangent 1.0 of the first result, and a check that it is a number where that is not known yet."""
    target = function.body.results[0]
    if isinstance(target, Const):
        if target.value is UNDEFINED:
            raise NoResultError(f"{function.name} never comes to a result")
        check_output(Scalar("f") if isinstance(target.value, float) else Static(target.value), function)
        return [], [], []
    known = check_output(types[target], function)
    checks: list[Op] = []
    if not known:
        checked = Value()
        types[checked] = types[target]
        checks.append(Op(dynamic.scalar_output, (target,), (checked,)))
    return [(target, Const(1.0))], [], checks


def _pullback_seeds(function: Function, types: dict[Value, Type]) -> _Seeds:
    """Return a new parameter for the cotangent of each result; what is returned twice has two."""
    seeds: list[tuple[Value, Item]] = []
    params: list[Value] = []
    for result in function.body.results:
        name = result.name if isinstance(result, Value) and result.name else "result"
        taken = {other.name for other in params}
        param = Value(next(n for k in count() if (n := f"{name}_bar" + (f"_{k}" if k else "")) not in taken))
        params.append(param)
        types[param] = cotangent_type(types[result]) if isinstance(result, Value) else Static(None)
        if isinstance(result, Value):
            seeds.append((result, param))
    return seeds, params, []


def _section(title: str) -> Op:
    return Op(Prim.SECTION, (), (), {"title": title})


def _without_empty_sections(function: Function) -> Function:
    ops = list(function.body.ops)
    kept = [
        op
        for number, op in enumerate(ops)
        if op.callee is not Prim.SECTION or (number + 1 < len(ops) and ops[number + 1].callee is not Prim.SECTION)
    ]
    return replace(function, body=replace(function.body, ops=tuple(kept)))


def copied(value: Value, types: dict[Value, Type]) -> Op:
    """Return the operation that makes a copy of what a result of the program holds."""
    copy = Value(value.name)
    types[copy] = types[value]
    return Op(dynamic.own, (value,), (copy,))


def _values(function: Function, types: dict[Value, Type], written: Callable[[Operand], bool]) -> Any:
    """Return the primal's results; what refers to memory that the reverse sweep restores is copied."""
    values: list[Operand] = []
    copies: list[Op] = []
    for result in function.body.results:
        if written(result) and isinstance(result, Value):
            copies.append(copied(result, types))
            values.append(copies[-1].results[0])
        else:
            values.append(result)
    return tuple(values), copies


def _finished(
    rev: Reverse, prepared: Prepared, cotangents: list[Operand], ops: list[Op]
) -> tuple[list[Operand], list[Op]]:
    """Give each gradient the structure, shape and dtype of its argument, in memory of its own."""
    stage = rev.stage
    stage.ops = list(ops)
    stage.override = None
    finished: list[Operand] = []
    for param, ct in zip(prepared.wrt, cotangents, strict=True):
        t = plain(rev.types[param])
        done = _finish(rev, param, t, ct, finished)
        if isinstance(done, Value) and not done.name:
            stage.names[done] = f"{param.name}_bar"
        finished.append(done)
    return finished, stage.ops


def _finish(rev: Reverse, param: Value, t: Type, ct: Operand, others: list[Operand]) -> Operand:
    stage = rev.stage
    missing = isinstance(ct, Const) and ct.value is None
    if isinstance(t, Scalar):
        if t.kind in "bi":  # the caller's numbers were looked at; this is one of a call that was not inlined
            return Const(0.0)
        if missing and t.kind == "f" and t.dtype in (None, "?", "float64"):
            return Const(0.0)
        if missing:
            return stage.emit(dynamic.gradient, [Const(0.0), param], t=t)
        if t.dtype is None and t.kind == "f":
            have = plain(stage.type(ct))
            if isinstance(ct, Const) or (isinstance(have, Scalar) and have.dtype is None and have.kind == "f"):
                return ct
            if (isinstance(have, Scalar) and have.kind == "f") or (isinstance(have, Array) and have.owner):
                return stage.emit(float, [ct], t=Scalar("f"))
    if isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc":
        if missing:
            return stage.emit(np.zeros_like, [param], t=t)
        spread = stage.simplifier.made_by(ct, np.broadcast_to)
        if spread and isinstance(plain(stage.type(spread[0])), Scalar):
            return stage.emit(np.full_like, [param, spread[0]], t=t)
        have = plain(stage.type(ct))
        if isinstance(have, Scalar) and t.owner is not None:
            return stage.emit(np.full_like, [param, ct], t=t)
        if isinstance(have, Array) and have.dtype == t.dtype and (t.dims or t.owner is not None):
            if _is_fresh(rev, ct) and ct not in others:
                return ct
            return stage.emit(np.ndarray.copy, [ct], t=cotangent_type(t))
    return stage.emit(dynamic.gradient, [_own_parts(rev, ct, set()), param], t=cotangent_type(t))


def _own_parts(rev: Reverse, ct: Operand, seen: set[Operand]) -> Operand:
    """Return a display of cotangents with a copy of each array in it that something else refers to."""
    stage = rev.stage
    made = next((op for op in reversed(stage.ops) if ct in op.results), None)
    if made is None or made.callee not in (Prim.TUPLE, Prim.LIST):
        have = plain(stage.type(ct)) if isinstance(ct, Value) else None
        if not isinstance(have, Array):
            return ct
        if _is_fresh(rev, ct) and ct not in seen:
            seen.add(ct)
            return ct
        copier: Any = np.ndarray.copy if have.dims else dynamic.own  # without axes it may be a number
        return stage.emit(copier, [ct], t=stage.type(ct))
    parts = [_own_parts(rev, part, seen) for part in made.operands]
    if all(part is old for part, old in zip(parts, made.operands, strict=True)):
        return ct
    return stage.emit(made.callee, parts, t=stage.type(ct))


def _is_fresh(rev: Reverse, ct: Operand) -> bool:
    """Tell whether ``ct`` is an array that nothing else refers to."""
    if ct in rev.own_shadows:
        return True
    op = rev.stage.op_of(ct)
    if op is None or op.regions or not isinstance(ct, Value):
        return False
    if op.callee in (getattr, dynamic.match, dynamic.zeros_in_layout) or op.callee in registry.VIEWS:
        return False
    if str(getattr(op.callee, "__module__", "")).startswith(runtime.__name__):
        return False
    return op.callee not in (operator.getitem, Prim.UNPACK, list.pop)
