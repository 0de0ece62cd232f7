"""Tangents by rule: partial derivatives, functions that are linear, and rules of their own."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import dtype_of, same_shape
from diffcompile.analysis.types import ANY, NUMBER, Array, Dct, Lst, Scalar, Tup, Type, plain
from diffcompile.autodiff.guards import SMOOTH, is_zero
from diffcompile.autodiff.hooks import refuse_derivative
from diffcompile.autodiff.missing import missing_rule, refused_keywords
from diffcompile.autodiff.rule_application import CONDITIONS
from diffcompile.autodiff.staging import matched_type
from diffcompile.autodiff.transposed import transposed
from diffcompile.autodiff.untouched import WritingRuleError, staged
from diffcompile.calling import Transposed
from diffcompile.errors import DiffCompileError, MissingRuleError, Span, UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Prim, Value
from diffcompile.ir.printer import callee_name
from diffcompile.rules import registry
from diffcompile.specialise.binding import bind, defaults_of
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.autodiff.forward import Forward

DIVISIONS = (operator.truediv, np.divide)


def tangent_of(fwd: Forward, op: Op) -> Item | None:
    """Return the tangent of the only result of ``op``, at least one of whose operands has one; None if it is zero."""
    found = _by_rule(fwd, op)
    if isinstance(found, Value) and _dtype_is_late(op):  # it may be one of whole numbers
        return fwd.emit(dynamic.tangent, found, op.result, t=matched_type(fwd.types[op.result]))
    return found


def _dtype_is_late(op: Op) -> bool:
    """Tell whether ``op`` converts to a dtype that is only known at run time."""
    split = len(op.operands) - len(op.keywords)
    names = [*[""] * split, *op.keywords]
    if op.callee in registry.ADJOINT:
        known = parameters_of(op.callee)[0][:split]
        names[: len(known)] = known
    return any(name == "dtype" and isinstance(operand, Value) for name, operand in zip(names, op.operands, strict=True))


def _by_rule(fwd: Forward, op: Op) -> Item | None:
    callee: Any = op.callee
    if callee in registry.NONDIFFERENTIABLE or _selects(fwd, op):
        return None
    if callee in registry.TANGENT:
        return or_by_reverse_rule(fwd, op, own_rule)
    if callee in registry.ELEMENTWISE:
        if any(name != "dtype" for name in op.keywords):
            raise refused_keywords(op)
        operands = op.operands[: len(op.operands) - len(op.keywords)]
        if op in fwd.edges:
            term = scaled(fwd, fwd.needed(operands[0]), fwd.edges[op], op.result, operands)
            return fitted(fwd, term, op.result, operands[:1], [fwd.dot(operands[0])])
        return by_partials(fwd, callee, op.result, operands)
    if callee in registry.LINEAR:
        return or_by_reverse_rule(fwd, op, by_linearity)
    refuse_derivative(op)
    if callee in registry.ADJOINT:
        return by_transposition(fwd, op)
    raise missing_rule(op, "tangent")


def _selects(fwd: Forward, op: Op) -> bool:
    """Tell whether ``op`` takes items of a constant at places that depend on active values: these are integers."""
    if op.callee is not operator.getitem:
        return False
    base = op.operands[0]
    return isinstance(fwd.stage.type(base), Array | Lst | Tup) and fwd.dot(base) is None


def or_by_reverse_rule(fwd: Forward, op: Op, rule: Callable[[Forward, Op], Item | None]) -> Item | None:
    """Return the tangent by a rule for forward mode, or, where that leaves an argument out, by the reverse rule."""
    try:
        return rule(fwd, op)
    except WritingRuleError:
        raise
    except (MissingRuleError, UnsupportedError):
        if op.callee not in registry.ADJOINT:
            raise
        return by_transposition(fwd, op)


def by_transposition(fwd: Forward, op: Op) -> Item | None:
    """Return the tangent of a function with a reverse rule alone."""
    try:
        found = transposed(fwd, op)
    except WritingRuleError:
        raise
    except (MissingRuleError, UnsupportedError):
        found = item_by_item(fwd, op)
    except DiffCompileError as problem:
        raise missing_rule(op, "tangent") from problem
    return None if found is None else shaped(fwd, found, op)


def item_by_item(fwd: Forward, op: Op) -> Item:
    """Return the tangent of a function whose reverse rule can only be called."""
    _check_form(op)
    moving = tuple(place for place, operand in enumerate(op.operands) if fwd.dot(operand) is not None)
    dots = [fwd.needed(op.operands[place]) for place in moving]
    callee = Transposed(op.callee, moving, op.keywords)
    tangent = fwd.emit(callee, op.result, *op.operands, *dots, t=fwd.types[op.result])
    if not isinstance(t := fwd.types[op.result], Tup):
        return tangent
    return TupleItem(tuple(fwd.emit(operator.getitem, tangent, Const(k)) for k in range(len(t.items))))


def _check_form(op: Op) -> None:
    """Refuse arguments that the reverse rule does not take."""
    known = function_code(registry.ADJOINT[op.callee].rule).parameters[2:]  # type: ignore[arg-type]
    kinds = [parameter.kind for parameter in known]
    if "kwargs" not in kinds and not {parameter.name for parameter in known}.issuperset(op.keywords):
        raise refused_keywords(op)
    given = len(op.operands) - len(op.keywords)
    if "args" not in kinds and given > sum(kind in ("any", "positional") for kind in kinds):
        raise UnsupportedError(
            f"this form of {callee_name(op.callee)} has no derivative rule",
            span=op.span,
            why=f"its rule takes fewer than {given} arguments by position",
            advice="leave the argument out, or register a rule with `@diffcompile.tangent`",
        )


# -- partial derivatives --------------------------------------------------------------------------------------------


def by_partials(fwd: Forward, callee: Any, z: Operand, operands: Sequence[Operand]) -> Item | None:
    """Return the tangent of ``z = callee(*operands)``, an elementwise function: the sum of partials times tangents."""
    partials = registry.ELEMENTWISE[callee].partials
    dots = [
        fwd.dot(operand) if number < len(partials) and partials[number] is not None else None
        for number, operand in enumerate(operands)
    ]
    if callee in DIVISIONS and dots[0] is not None and dots[1] is not None:
        moved = fwd.emit(operator.mul, z, dots[1])
        quotient = fwd.emit(operator.truediv, fwd.emit(operator.sub, dots[0], moved), operands[1])
        return fitted(fwd, quotient, z, operands, dots)
    total: Operand | None = None
    for number, dot in enumerate(dots):
        if dot is None:
            continue
        if partials[number] is registry.unknown:
            raise missing_argument(callee, f"number {number + 1}", fwd.span)
        term = scaled(fwd, fwd.operand(dot), partials[number], z, operands)
        if callee not in SMOOTH:
            term = chosen(fwd, fwd.operand(dot), term)
        total = term if total is None else fwd.emit(operator.add, total, term)
    if total is None:
        return None
    if callee in _REAL and _may_be_complex(fwd.stage.type(operands[0])):
        return fwd.emit(dynamic.tangent, total, z, t=matched_type(fwd.stage.type(z)))
    return fitted(fwd, total, z, operands, dots)


def chosen(fwd: Forward, dot: Operand, term: Operand) -> Operand:
    """Return a tangent times a slope: zero where a choice made the tangent zero, whatever the slope is there."""
    made = fwd.stage.simplifier.made_by(dot, np.where) if isinstance(dot, Value) and term is not dot else None
    if not made:
        return term
    condition, one, other = made
    if is_zero(other):
        return fwd.emit(np.where, condition, term, Const(0.0))
    return fwd.emit(np.where, condition, Const(0.0), term) if is_zero(one) else term


_REAL = (np.absolute, operator.abs, abs)
"""What is real of complex numbers: so is its tangent."""


def _may_be_complex(t: Type) -> bool:
    """Tell whether it is only known when the program runs if values of type ``t`` are complex."""
    t = plain(t)
    return (isinstance(t, Array) and t.dtype is None) or (isinstance(t, Scalar) and t.kind == "c" and t.dtype == "?")


def scaled(fwd: Forward, dot: Operand, partial: Any, z: Operand, operands: Sequence[Operand]) -> Operand:
    """Return a tangent times a partial derivative."""
    slope = staged(fwd.stage, partial, partial, function_code(partial), [z, *operands], fwd.span)
    if isinstance(slope, Const) and slope.value in (1.0, -1.0) and not isinstance(slope.value, complex):
        return dot if slope.value > 0 else fwd.emit(operator.neg, dot)
    if isinstance(slope, Value) and not isinstance(plain(fwd.types[slope]), Scalar | Array):
        refine(fwd, slope, fwd.stage.type(z))
    return fwd.emit(operator.mul, dot, fwd.operand(slope))


def refine(fwd: Forward, item: Operand, t: Type) -> None:
    """Record that ``item`` broadcasts with a value of type ``t``, where nothing is known of it."""
    t = plain(t)
    if isinstance(item, Value) and isinstance(t, Scalar):
        made = fwd.stage.op_of(item)
        kinds = [] if made is None else [plain(fwd.stage.type(operand)) for operand in made.operands]
        if made is not None and all(isinstance(kind, Scalar) for kind in kinds):
            fwd.types[item] = Scalar("c" if any(map(is_complex, kinds)) else t.kind, "?")
    elif isinstance(item, Value) and isinstance(t, Array) and fwd.types[item] is ANY:
        fwd.types[item] = NUMBER


def fitted(
    fwd: Forward, tangent: Operand, z: Operand, operands: Sequence[Operand], dots: Sequence[Item | None]
) -> Operand:
    """Return a tangent of ``z``, which may be a number where ``z`` is an array, with the shape and dtype of ``z``."""
    t, have = plain(fwd.stage.type(z)), plain(fwd.stage.type(tangent))
    real = dtype_of(t) is not None and not is_complex(t)
    kinds = [plain(fwd.stage.type(operand)) for operand in operands]
    if real and any(is_complex(kind) or dtype_of(kind) is None for kind in kinds):
        if is_complex(have):
            tangent = fwd.emit(np.real, tangent)
            have = plain(fwd.stage.type(tangent))
        elif dtype_of(have) is None and any_complex(fwd):
            return fwd.emit(dynamic.tangent, tangent, z, t=matched_type(t))
    moving = [fwd.stage.type(o) for o, dot in zip(operands, dots, strict=True) if dot is not None]
    unsure = isinstance(t, Array) and dtype_of(t) is not None and dtype_of(have) is None
    if not castable(t, have) or (unsure and dtype_of(t) not in map(dtype_of, moving)):
        return fwd.emit(dynamic.tangent, tangent, z, t=matched_type(t))
    if isinstance(t, Scalar):
        return tangent
    whole = all(
        dot is not None or isinstance(plain(fwd.stage.type(o)), Scalar)
        for o, dot in zip(operands, dots, strict=True)
    ) and not isinstance(have, Scalar)
    if isinstance(t, Array) and (whole or same_shape(t, have)):
        return known_shape(fwd, tangent, t)
    if isinstance(t, Array) and t.dtype is not None and isinstance(have, Scalar) and isinstance(z, Value):
        return fwd.emit(np.full_like, z, tangent, t=t)
    if isinstance(t, Array) and t.rank is not None and isinstance(have, Array):
        spread = fwd.emit(np.broadcast_to, tangent, fwd.emit(np.shape, z))
        return known_shape(fwd, spread, t)
    return fwd.emit(dynamic.tangent, tangent, z, t=t)


def is_complex(t: Type) -> bool:
    """Tell whether values of type ``t`` are complex for certain."""
    if isinstance(t, Scalar):
        return t.kind == "c" and t.dtype != "?"
    return isinstance(t, Array) and t.dtype is not None and t.dtype.kind == "c"


def any_complex(fwd: Forward) -> bool:
    """Tell whether a complex number occurs in the program."""
    return any(is_complex(t) for t in map(plain, fwd.types.values()))


def castable(t: Type, have: Type) -> bool:
    """Tell whether a tangent of type ``have`` may stand for one of ``t`` without a cast."""
    mine, theirs = dtype_of(t), dtype_of(have)
    if mine is None or theirs is None or isinstance(mine, type) or isinstance(theirs, type):
        return True
    return bool(mine == theirs)


def known_shape(fwd: Forward, tangent: Operand, t: Array) -> Operand:
    """Record that ``tangent`` has the shape of a value of type ``t``."""
    if isinstance(tangent, Value) and t.dims:
        have = plain(fwd.types[tangent])
        if not isinstance(have, Array):
            fwd.types[tangent] = Array(None, t.dims)
        elif have.dims != t.dims and not same_shape(have, t):
            fwd.types[tangent] = Array(have.dtype, t.dims)
    return tangent


# -- binding --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Slot:
    """An argument of a call: which parameter it binds to, and which operand it is."""

    name: str
    place: int
    starred: bool = False


def slots_of(op: Op) -> list[Slot]:
    """Return which parameter each operand of ``op`` binds to, in the order of the operands."""
    split = len(op.operands) - len(op.keywords)
    positional, starred = parameters_of(op.callee)
    slots = []
    for place in range(split):
        if place < len(positional):
            slots.append(Slot(positional[place], place))
        elif starred is not None:
            slots.append(Slot(starred, place, True))
        else:
            raise missing_rule(op, "tangent")
    return slots + [Slot(name, split + k) for k, name in enumerate(op.keywords)]


def parameters_of(callee: Any) -> tuple[list[str], str | None]:
    """Return the names of the positional parameters of a callee, and that of its starred one."""
    if callee in registry.ADJOINT:
        parameters = list(inspect.signature(registry.ADJOINT[callee].rule).parameters.values())[2:]
    else:
        try:
            parameters = list(inspect.signature(callee).parameters.values())
        except (TypeError, ValueError):
            return [], "args"
    starred = [p.name for p in parameters if p.kind is p.VAR_POSITIONAL]
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return names, starred[0] if starred else None


def again(fwd: Forward, op: Op, replaced: dict[int, Operand]) -> Operand:
    """Emit ``op`` once more with other operands."""
    operands = [replaced.get(place, operand) for place, operand in enumerate(op.operands)]
    split = len(operands) - len(op.keywords)
    keywords: dict[str, Item] = dict(zip(op.keywords, operands[split:], strict=True))
    t = fwd.types[op.result] if not isinstance(plain(fwd.types[op.result]), Scalar | Array) else None
    if isinstance(t, Tup | Lst | Dct):
        return fwd.stage.emit(op.callee, operands[:split], fwd.span, keywords=keywords, t=t)
    result = fwd.stage.emit(op.callee, operands[:split], fwd.span, keywords=keywords)
    return of_type(fwd, result, op.result)


def of_type(fwd: Forward, tangent: Operand, result: Value) -> Operand:
    """Record what is known of ``tangent``, which was computed as ``result`` was."""
    t = plain(fwd.types[result])
    if isinstance(t, Array):
        return known_shape(fwd, tangent, t)
    if isinstance(tangent, Value) and isinstance(t, Scalar) and not isinstance(plain(fwd.types[tangent]), Scalar):
        fwd.types[tangent] = Scalar("c" if t.kind == "c" else "f", "?")
    return tangent


# -- linear functions -----------------------------------------------------------------------------------------------


def by_linearity(fwd: Forward, op: Op) -> Item | None:
    """Return the tangent of a function that is linear in some parameters: the function itself of their tangents."""
    rule = registry.LINEAR[op.callee]
    slots = slots_of(op)
    moving = [slot for slot in slots if fwd.dot(op.operands[slot.place]) is not None]
    for slot in moving:
        if slot.name not in (*rule.names, *rule.form) and op.callee not in CONDITIONS:
            raise missing_argument(op.callee, repr(slot.name), op.span)
    moving = [slot for slot in moving if slot.name in rule.names]
    if not moving:
        return None
    if not rule.separately:
        replaced = {}
        for slot in slots:
            if slot.name in rule.names and not is_none(op.operands[slot.place]):
                replaced[slot.place] = fwd.needed(op.operands[slot.place])
        if op.callee in LAYOUTS and by_layout(op, slots):
            replaced[0] = fwd.emit(dynamic.shadow, replaced[0], op.operands[0], t=fwd.stage.type(replaced[0]))
        if getattr(op.callee, "__objclass__", None) is np.ndarray:
            replaced[0] = as_of_numpy(fwd, op, replaced[0])
        return cast(fwd, again(fwd, op, replaced), op)
    total: Operand | None = None
    for slot in moving:
        term = again(fwd, op, {slot.place: fwd.needed(op.operands[slot.place])})
        total = term if total is None else fwd.emit(operator.add, total, term)
    assert total is not None
    return cast(fwd, of_type(fwd, total, op.result), op)


PYTHON_HAS = ("real", "imag")


def as_of_numpy(fwd: Forward, op: Op, tangent: Operand) -> Operand:
    """Return a tangent that has what ``op`` asks of a number of NumPy: of such a number it may be one of Python."""
    base = plain(fwd.types[op.operands[0]]) if isinstance(op.operands[0], Value) else None
    name = op.operands[1] if op.callee is getattr else None
    of_python = isinstance(name, Const) and name.value in PYTHON_HAS
    return fwd.emit(np.positive, tangent) if isinstance(base, Scalar) and not of_python else tangent


LAYOUTS = (np.reshape, np.ndarray.reshape, np.ravel, np.ndarray.flatten)


def by_layout(op: Op, slots: list[Slot]) -> bool:
    """Tell whether a change of shape may take the items in the order in which they lie in memory."""
    orders = [op.operands[slot.place] for slot in slots if slot.name == "order"]
    return any(not isinstance(order, Const) or order.value not in ("C", "F", None) for order in orders)


def cast(fwd: Forward, tangent: Operand, op: Op) -> Operand:
    """Return a tangent with the dtype of the result of ``op``."""
    t = plain(fwd.types[op.result])
    if isinstance(t, Array | Scalar) and not castable(t, plain(fwd.stage.type(tangent))):
        return fwd.emit(dynamic.tangent, tangent, op.result, t=matched_type(t))
    return tangent


def is_none(operand: Operand) -> bool:
    """Tell whether an argument is the constant None."""
    return isinstance(operand, Const) and operand.value is None


def missing_argument(callee: Any, name: str, span: Span | None) -> MissingRuleError:
    """Return the error for an argument in which a rule does not differentiate."""
    return MissingRuleError(
        f"{callee_name(callee)} has no rule for forward mode with respect to its argument {name}",
        span=span,
        why="it depends on what is differentiated",
        advice="use stop_gradient on the argument if it is to be a constant",
    )


# -- rules of their own ---------------------------------------------------------------------------------------------


def own_rule(fwd: Forward, op: Op) -> Item | None:
    """Stage ``rule(result, *args, **kwargs, x_dot=...)``."""
    rule = registry.TANGENT[op.callee].rule
    code = function_code(rule)  # type: ignore[arg-type]
    known = [p.name for p in code.parameters]
    positional_names = [p.name for p in code.parameters[1:] if p.kind in ("any", "positional")]
    starred = next((p.name for p in code.parameters if p.kind == "args"), None)
    split = len(op.operands) - len(op.keywords)
    keywords: dict[str, Item] = dict(zip(op.keywords, op.operands[split:], strict=True))
    names: list[str | None] = [
        positional_names[place] if place < len(positional_names) else starred for place in range(split)
    ]
    gathered: list[Item] = []
    some = False
    for name, operand in zip([*names, *op.keywords], op.operands, strict=True):
        dot = fwd.dot(operand)
        if name == starred and name is not None:
            gathered.append(fwd.needed(operand))
            some = some or dot is not None
        elif dot is not None:
            if f"{name}_dot" not in known:
                raise missing_argument(op.callee, repr(name), op.span)
            keywords[f"{name}_dot"] = dot
    if some:
        if f"{starred}_dot" not in known:
            raise missing_argument(op.callee, repr(starred), op.span)
        keywords[f"{starred}_dot"] = TupleItem(tuple(gathered))
    defaults = defaults_of(fwd.stage, rule, code)  # type: ignore[arg-type]
    try:
        bound = bind(
            fwd.stage, code, code.parameters, [op.result, *op.operands[:split]], keywords, defaults, fwd.span
        )
    except UnsupportedError as problem:
        raise UnsupportedError(
            f"this form of {callee_name(op.callee)} has no derivative rule",
            span=op.span,
            why=problem.what,
            advice="leave the argument out, or register a rule with `@diffcompile.tangent`",
        ) from None
    found = staged(fwd.stage, rule, op.callee, code, bound, fwd.span)
    if isinstance(found, Const) and found.value is None:
        return None
    return shaped(fwd, found, op)


def shaped(fwd: Forward, found: Item, op: Op) -> Item:
    """Return what a rule found with the shape and dtype of the result of ``op``."""
    if isinstance(found, TupleItem):
        return found
    t, have = plain(fwd.types[op.result]), plain(fwd.stage.type(found))
    found = fwd.operand(found)
    if isinstance(t, Array) and isinstance(have, Array) and t.rank == have.rank and castable(t, have):
        return known_shape(fwd, found, t)
    if isinstance(t, Scalar) and (isinstance(have, Scalar) or have in (ANY, NUMBER)):
        return of_type(fwd, found, op.result)
    if isinstance(t, Array) and have in (ANY, NUMBER) and t.dims:
        return known_shape(fwd, found, t)
    if isinstance(t, Array | Scalar):
        return fwd.emit(dynamic.tangent, found, op.result, t=matched_type(t))
    return found


__all__ = ["Prim", "tangent_of"]
