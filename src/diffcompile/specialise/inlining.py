"""Calls of functions with source: inlined, made as they stand where nothing active goes in, or called as a pair."""

from __future__ import annotations

import operator
import types as pytypes
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling, dynamic
from diffcompile.analysis.aliasing import find_aliases
from diffcompile.analysis.effects import is_pure, writes
from diffcompile.analysis.types import (
    ANY,
    STRING,
    Array,
    Dct,
    Lst,
    Obj,
    Static,
    Tup,
    Type,
    forget_sizes,
    is_number,
)
from diffcompile.errors import DiffCompileError, NoSourceError, Span, UnsupportedError
from diffcompile.frontend.lower import Code
from diffcompile.frontend.stores import may_store
from diffcompile.ir.core import UNDEFINED, Block, Const, Function, Op, Operand, Prim, Value, walk
from diffcompile.specialise import (
    containers,
    functions,
    handed_over,
    library,
    library_iterators,
    local_classes,
    outside,
    repeated,
    sequences,
    stacked,
    trying,
)
from diffcompile.specialise.binding import CallError, bind, defaults_of
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import (
    NONE,
    ClosureItem,
    GeneratorItem,
    Item,
    IteratorItem,
    ObjectItem,
    TupleItem,
    is_undefined,
)
from diffcompile.specialise.opaque import may_vary, opaque
from diffcompile.specialise.recursion import is_loop
from diffcompile.specialise.signatures import signature_of
from diffcompile.specialise.trials import TooLargeError, Trial

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def call_closure(
    spec: Specialiser, closure: ClosureItem, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Inline a nested function or lambda."""
    code = closure.code
    if closure.late:
        raise spec.refuse(
            f"{code.name} captures a variable that is assigned after {code.name} is defined",
            span,
            "assign the variable before, or pass it as an argument",
            "which value a call sees is only known at run time here",
        )
    given = dict(zip(code.defaulted, closure.defaults, strict=False))  # literals alone inside itself
    try:
        bound = bind(spec, code, code.parameters, args, keywords, given, span)
    except CallError as problem:
        if len(given) < len(code.defaulted):
            raise spec.refuse(
                f"{code.name} calls itself without arguments that have defaults",
                span,
                "pass them, or define it at module level",
                "what the defaults of a nested function are is not known inside it",
            ) from None
        return spec.failure(TypeError, problem.what, span)
    return inline(spec, code, [*seen_inside(spec, closure), *bound], span)


def seen_inside(spec: Specialiser, closure: ClosureItem) -> list[Item]:
    """Return what a nested function sees of the variables around it: itself, and others that see it or each other.

    What was defined before the others does not hold them, and is given them here.
    """
    from diffcompile.specialise.spreading import code_and_captures  # noqa: PLC0415 - it is built on this module

    code = closure.code
    seen = dict(zip(code.captures, closure.captured, strict=True))
    seen = {name: closure if name == code.name and isinstance(item, Const) else item for name, item in seen.items()}
    seen = {name: code_and_captures(spec, item) for name, item in seen.items()}
    there = {name: item for name, item in (*seen.items(), (code.name, closure)) if isinstance(item, ClosureItem)}

    def tied(item: Item) -> Item:
        if not isinstance(item, ClosureItem) or item.code.source.scope is not code.source.scope:
            return item
        pairs = zip(item.code.captures, item.captured, strict=True)
        own = tuple(there.get(name, part) if _is_missing(name, part, item) else part for name, part in pairs)
        return replace(item, captured=own)

    return [tied(item) for item in seen.values()]


def _is_missing(name: str, part: Item, item: ClosureItem) -> bool:
    """Tell whether a function has no value for another one that it sees: data of a pair has None for it."""
    return name != item.code.name and isinstance(part, Const) and (part.value is None or is_undefined(part))


def call_python(
    spec: Specialiser,
    fun: Any,  # a Python function; what a `def` makes is no `FunctionType` to a type checker
    args: list[Item],
    keywords: dict[str, Item],
    span: Span | None,
    hint: str = "",
) -> Item:
    """Inline a Python function, or simply call it where nothing active goes in."""
    items = [*args, *keywords.values()]
    if (fun.__module__ or "").startswith(_HELPER_MODULES):
        return opaque(spec, fun, args, keywords, span, hint, None)
    followed = fun in spec.memory.followed_anyway or (spec.slots and local_classes.is_open(fun))
    varies = followed or any(may_vary(spec, item) for item in items)
    if not varies and not _is_library(fun) and all(_is_data(spec, item) for item in items):
        if spec.trial:
            return _tried(spec, fun, args, keywords, span)
        t, does_something, followed, fresh = _described(spec, fun, args, keywords, span)
        if isinstance(t, Static) and (does_something if _is_literal(t) else hasattr(t.value, "__name__")):
            if does_something:
                opaque(spec, fun, args, keywords, span, hint, ANY, followed=followed)
            return Const(t.value, "" if _is_literal(t) else t.value.__name__)
        if t is not None:
            return opaque(spec, fun, args, keywords, span, hint, t, followed=followed, fresh=fresh)
    return _inlined(spec, fun, args, keywords, span)


def call_read_off(
    spec: Specialiser, fun: Any, meaning: Any, args: list[Item], keywords: dict[str, Item], span: Span | None,
    hint: str,
) -> Item | None:  # fmt: skip
    """Make a call into which nothing active goes as it stands; what it returns is read off a shorter ``meaning``.

    Return None if something active goes in, or if the call had better be written out.
    """
    if spec.trial or sees_more(spec, [*args, *keywords.values()]):
        return None
    t, _, followed, fresh = _described(spec, meaning, args, keywords, span)
    if t is None or isinstance(t, Static):
        return None
    return opaque(spec, fun, args, keywords, span, hint, t, followed=followed, fresh=fresh)


def _inlined(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Inline a Python function, whatever goes in."""
    code = _code(spec, fun, span)
    try:
        bound = bind(spec, code, code.parameters, args, keywords, defaults_of(spec, fun, code), span)
    except CallError as problem:
        return spec.failure(TypeError, problem.what, span)
    return inline(spec, code, bound, span, library=_is_library(fun))


def sees_more(spec: Specialiser, items: list[Item]) -> bool:
    """Tell whether something active goes into a call, or what only the compiler knows."""
    return any(may_vary(spec, item) for item in items) or not all(_is_data(spec, item) for item in items)


def _is_library(fun: pytypes.FunctionType) -> bool:
    module = fun.__module__ or ""  # a decorator may have set it to None
    return module.startswith((library.__name__, "diffcompile.rules"))


_HELPER_MODULES = ("diffcompile.runtime", "diffcompile.dynamic")


def _is_number(item: Item) -> bool:
    return isinstance(item, Const) and isinstance(item.value, str | bool | int | float | complex | None)


def _is_data(spec: Specialiser, item: Item) -> bool:
    if isinstance(item, TupleItem):
        return all(_is_data(spec, part) for part in item.items)
    if isinstance(item, ObjectItem):
        return item.root is not None and item not in spec.heap.objects
    return isinstance(item, Value | Const)


def _tried(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Inline a call into which nothing active goes, in a walk that is thrown away; or make it as it stands."""
    made = trying.attempt(spec, lambda: _inlined(spec, fun, args, keywords, span))
    if made is not None:
        return made
    outside.check_seen(spec, f"{fun.__name__} is not differentiated", span)
    _check_stores(spec, fun, [*args, *keywords.values()], span, "")
    return opaque(spec, fun, args, keywords, span, "", ANY)


def _check_stores(spec: Specialiser, fun: Any, items: list[Item], span: Span | None, what: str) -> None:
    """Refuse a call that is made as it stands and may write to what it is given."""
    if any(isinstance(spec.type(item), Array | Lst | Dct | Obj) for item in items) and may_store(fun):
        raise spec.refuse(
            f"{fun.__name__} is not differentiated, but it may write to its arguments",
            span,
            f"write it within the supported subset: {what}" if what else "write it within the supported subset",
        ) from None


def _described(
    spec: Specialiser, fun: pytypes.FunctionType, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> tuple[Type | None, bool, bool, bool]:
    """Find out what a call returns by specialising it and throwing the code away; None if it had better be inlined.

    The second result tells whether it does something else as well: prints, raises, calls what is not known. A function
    that writes to memory is inlined, so that it is known what it writes to. The third tells whether all that it does
    was seen, the methods that Python calls by itself included. The fourth tells whether it returns memory of its own.
    """
    guards, live, heap, shared = dict(spec.guards), dict(spec.live), spec.heap.copy(), set(spec.shared)
    consumed = set(spec.consumed)
    known = dict(spec.objects)
    looked, spec.looked_outside = spec.looked_outside, False
    trial, spec.trial = spec.trial, Trial()
    try:
        code = function_code(fun)
        bound = bind(spec, code, code.parameters, args, keywords, defaults_of(spec, fun, code), span)
        ops, results = spec.scoped(lambda: [inline(spec, code, bound, span)])
        made = list(walk(Block((), tuple(ops), ())))
        if spec.looked_outside or spec.heap.changes(heap) or not isinstance(results[0], Value | Const | TupleItem):
            return None, True, False, False
        attempts = any(isinstance(op.callee, calling.Attempt) for op in made)
        own = new_memory(made)
        if attempts and all(map(_is_number, (*args, *keywords.values()))):
            own |= _inner_memory(spec, made)
        if any(writes(op) and not (attempts and op.operands[0] in own) for op in made):
            return None, True, False, False
        if may_store(fun) and any(isinstance(op.callee, calling.Callee) for op in made):
            return None, True, False, False
        t = spec.type(results[0])
        followed = not any(op.callee is dynamic.check_not_asked or op.callee is dynamic.refuse for op in made)
        does_something = not all(op.regions or is_pure(op) for op in made)
        if _is_plain(t):  # this, and a constant even more, rests on all that the callee saw
            guards = dict(spec.guards)
            return forget_sizes(t), does_something, followed, _is_fresh(spec, ops, results[0])
        if _holds_container(t):
            if spec.memory.written_out:
                return None, True, False, False
            spec.memory.returning.add(fun)
        guards.update((key, guard) for key, guard in spec.guards.items() if key not in spec.live)  # it does not write
        return ANY, True, followed, False
    except UnsupportedError as problem:
        spec.heap = heap
        outside.check_seen(spec, f"{fun.__name__} is not differentiated: {problem.what}", span)
        _check_stores(spec, fun, [*args, *keywords.values()], span, problem.what)
        return ANY, True, False, False
    except (NoSourceError, RecursionError, TooLargeError) as problem:
        spec.heap = heap
        if isinstance(problem, TooLargeError):
            _check_stores(spec, fun, [*args, *keywords.values()], span, "")
        outside.check_seen(spec, f"{fun.__name__} is not differentiated", span)
        return ANY, True, False, False
    finally:
        spec.looked_outside, spec.trial = looked, trial
        spec.guards, spec.live, spec.heap, spec.shared, spec.consumed = guards, live, heap, shared, consumed
        spec.objects = known


def _is_fresh(spec: Specialiser, ops: list[Op], result: Item) -> bool:
    """Tell whether ``result`` is memory that ``ops`` make, and not that of what they use."""
    made = {value for op in walk(Block((), tuple(ops), ())) for value in op.results}
    made |= {param for op in walk(Block((), tuple(ops), ())) for region in op.regions for param in region.params}
    used = {one for op in walk(Block((), tuple(ops), ())) for one in op.operands if isinstance(one, Value)}
    if result not in made:
        return False
    assert isinstance(result, Value)
    body = Block(tuple(used - made), tuple(ops), (result,))
    node = find_aliases(Function("", body), spec.types).of(result)
    return node is None or not node.extern


def _is_plain(t: Type) -> bool:
    """Tell whether a type says all about what an opaque call returns: numbers, strings, classes, tuples of these."""
    if isinstance(t, Tup):
        return t.cls is None and all(map(_is_plain, t.items))
    named = isinstance(t, Static) and isinstance(t.value, _NAMED)
    return is_number(t) or named or _is_literal(t) or t is STRING


_NAMED = (
    type, pytypes.FunctionType, pytypes.BuiltinFunctionType, pytypes.ModuleType, np.ufunc, type(np.sum),
)  # fmt: skip
"""What a call may choose that is called, or looked into, later."""


def _is_literal(t: Type) -> bool:
    return isinstance(t, Static) and (t.value is None or isinstance(t.value, str | bool | int | float))


def _holds_container(t: Type) -> bool:
    return isinstance(t, Lst | Dct | Obj) or (isinstance(t, Tup) and any(map(_holds_container, t.items)))


def new_memory(ops: list[Op]) -> set[Any]:
    """Return the new arrays and lists that the operations make."""
    makers = (Prim.LIST, Prim.DICT, np.zeros, np.empty, np.ones, np.full, np.zeros_like, np.empty_like, np.ndarray.copy)
    return {op.result for op in ops if op.callee in makers}


_TAKING = (pytypes.MethodDescriptorType, calling.Attempt)


def _inner_memory(spec: Specialiser, ops: list[Op]) -> set[Any]:
    """Return what a call makes that is given numbers only: all that it does not take out of the surroundings."""
    outer = {param for param, _, _ in spec.live.values()}
    made: set[Any] = set()
    for op in ops:
        taken = any(operand in outer for operand in op.operands)
        outer.update(param for region in op.regions if taken for param in region.params)
        if taken and (op.regions or op.callee in (operator.getitem, getattr) or isinstance(op.callee, _TAKING)):
            outer.update(op.results)
        made.update(op.results)
    return made - outer


def _code(spec: Specialiser, fun: pytypes.FunctionType, span: Span | None) -> Code:
    try:
        return function_code(fun)
    except NoSourceError as error:
        raise NoSourceError(
            error.what,
            span=span,
            why=error.why,
            advice="register its derivative with `@diffcompile.adjoint(fun)` or `diffcompile.elementwise(fun, ...)`",
        ) from None


def inline(spec: Specialiser, code: Code, args: list[Item], span: Span | None, library: bool = False) -> Item:
    """Walk the body of ``code`` with its parameters bound."""
    if code.is_generator and code.name == "<genexpr>":  # it asks for the iterator of its source at once
        return GeneratorItem(code, (*args[:-1], sequences.iterated(spec, args[-1], span)))
    if code.is_generator:
        return GeneratorItem(code, tuple(args))
    if stacked.is_member(spec, code):
        return stacked.called_inside(spec, code, args, span)
    loop = stacked.written(spec, code)
    if loop is not None and loop not in spec.stack:
        if spec.attempted is not None:
            raise stacked.in_a_block(spec, code, span)
        code = loop
    if code in spec.stack and not library and is_loop(spec, code, args):  # those walk down a type, and end
        spec.memory.recursive = True
        return call_pair(spec, code, args, span)
    if not library and spec.override is None and repeated.is_pair(spec, code, args):
        return call_pair(spec, code, args, span)
    before = spec.steps
    outer_path, outer_override = spec.path, spec.override
    spec.path = spec.memory.paths.setdefault((outer_path, span, code), len(spec.memory.paths) + 1)
    if library or outer_override is not None:
        spec.override = outer_override or span
    try:
        function = functions.lowered(spec, code)
        (result,) = spec.inline_function(code, function, _packed(code, args))
    except DiffCompileError as problem:
        problem.pass_through(span)
        raise
    finally:
        spec.path, spec.override = outer_path, outer_override
    repeated.note(spec, code, spec.steps - before)
    return result


def _packed(code: Code, args: list[Item]) -> list[Item]:
    """Return the items of the parameters of a rule that takes its last operands as ``*operands``."""
    count = len(code.captures) + len(code.parameters)
    if len(args) > count and code.parameters and code.parameters[-1].kind == "args":
        return [*args[: count - 1], TupleItem(tuple(args[count - 1 :]))]
    return args


def call_pair(spec: Specialiser, code: Code, args: list[Item], span: Span | None) -> Item:
    """Emit a call of a function that is being inlined already."""
    if outside.stored(spec):
        stacked.to_stack(spec, code, args, span)
    outside.check_seen(spec, f"{code.name} is recursive", span)
    spec.span = span
    args = list(args)
    if code.name in code.captures:  # a nested function captures itself; the pair knows that
        args[code.captures.index(code.name)] = NONE
    if any(isinstance(arg, Const) and arg.value is UNDEFINED for arg in args):
        raise spec.refuse(
            f"{code.name} calls itself and captures a variable that is not assigned yet", span, "assign it before"
        )
    items = [sequences.sequence(spec, arg) if isinstance(arg, IteratorItem) else arg for arg in args]
    if spec.memory.stacking:
        stacked.to_stack(spec, code, items, span)
    objects = handed_over.changing(spec, code, items)
    copies = {number: handed_over.copied(spec, items[number], span) for number, _ in objects}  # type: ignore[arg-type]
    operands = [copies[number] if number in copies else spec.operand(item) for number, item in enumerate(items)]
    for operand in operands:
        if isinstance(t := spec.type(operand), Dct):  # which keys it holds, another call decides
            t.cell.generalise()
            t.cell.unfix()
            spec.note_keys(operand, None)
    types = [spec.type(operand) for operand in operands]
    signature = signature_of(code, types, spec.specialised, True)
    for number, guard in enumerate(signature.guards):
        spec.guards[code, number, id(guard)] = guard
    if not signature.written and stacked.loses_stores(spec, code, items, {number for number, _ in objects}):
        stacked.to_stack(spec, code, items, span)
    if objects:
        callee = calling.callee_of(code, (), False, objects)
        both = spec.emit(callee, operands, span, t=Tup((ANY, *handed_over.types_of(spec, items, objects))))
        t = spec.type(both)
        results = [spec.value("", part, [both]) for part in t.items]  # type: ignore[attr-defined]
        attrs = {"before": len(results), "starred": False, "after": 0}
        spec.ops.append(Op(Prim.UNPACK, (both,), tuple(results), attrs, (), span))
        handed_over.stored(spec, items, objects, results[1:], span)
        return results[0]
    if spec.attempted is not None and (objects or signature.written):  # nothing comes back from a call that fails
        raise stacked.in_a_block(spec, code, span)
    if any(isinstance(types[number], Tup) for number in signature.written):
        stacked.to_stack(spec, code, items, span)
        raise spec.refuse(
            f"{code.name} calls itself and changes what a tuple in its arguments holds",
            span,
            "pass the parts one by one",
        )
    if not signature.written:
        return spec.emit(calling.callee_of(code, (), signature.fresh), operands, span, t=signature.result)
    if signature.returned is not None:
        callee = calling.callee_of(code, signature.written, True)
        copied_in_and_out(spec, callee, operands, Static(None), span, signature.inner)
        return operands[signature.returned]
    callee = calling.callee_of(code, signature.written, signature.fresh)
    return copied_in_and_out(spec, callee, operands, signature.result, span, signature.inner)


def copied_in_and_out(
    spec: Specialiser, callee: calling.Callee, operands: list[Operand], t: Type, span: Span | None,
    inner: tuple[int, ...] = (),
) -> Item:  # fmt: skip
    """Emit a call that returns, after its result, what it leaves in the arrays that it writes to.

    ``inner`` numbers the lists of which it changes what they hold.
    """
    contents = [spec.type(operands[number]) for number in callee.written]
    both = spec.value("", Tup((t, *contents)), operands)
    spec.inner_written += [(both, operands[number], callee.__name__) for number in inner]
    spec.ops.append(Op(callee, tuple(operands), (both,), {}, (), span))
    results = [spec.value("", part, [both]) for part in (t, *contents)]
    attrs = {"before": len(results), "starred": False, "after": 0}
    spec.ops.append(Op(Prim.UNPACK, (both,), tuple(results), attrs, (), span))
    for number, content in zip(callee.written, results[1:], strict=True):
        if isinstance(spec.type(content), Dct):
            call_python(spec, library_iterators.replaced_items, [operands[number], content], {}, span)
            continue
        whole: Item = Const(Ellipsis, "...")
        if isinstance(spec.type(content), Lst):
            whole = spec.emit(slice, [NONE, NONE, NONE], span)
        containers.store_item(spec, operands[number], whole, content, span=span)
    return results[0]


def listed(spec: Specialiser, source: Item, span: Span | None) -> Item:
    """Return a list of the items of an iterator."""
    return call_python(spec, library.listed, [source], {}, span)
