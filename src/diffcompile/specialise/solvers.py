"""Calls of solvers: what is called is handed functions, which may close over what is differentiated."""

from __future__ import annotations

import inspect
import operator
import types as pytypes
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.types import ANY, UNKNOWN_DIM, Array, Lst, Obj, Scalar, plain
from diffcompile.errors import Span
from diffcompile.frontend.lower import Code
from diffcompile.implicit import Argument, Integral, Solution, Solver
from diffcompile.ir.core import UNDEFINED, Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import inlining, minima, newton, solved, trying
from diffcompile.specialise.binding import bind, defaults_of
from diffcompile.specialise.displays import expand
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import NONE, BoundItem, ClosureItem, Item, TupleItem
from diffcompile.specialise.opaque import may_vary
from diffcompile.trajectories import Trajectory

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_HANDLE = Scalar("b")
"""The type of what a solver found: something that shares no memory, carries no derivative, and is only handed on."""


def solve(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item:
    """Emit a call of a solver on constants, and the operation that gives its answer a derivative."""
    entry = registry.IMPLICIT[fun]
    stepwise = _stepwise(spec, entry, args, keywords, span)
    if stepwise is not None:
        return stepwise
    try:
        given: dict[str, Item] = dict(inspect.signature(fun).bind(*args, **keywords).arguments)
    except TypeError as problem:
        raise spec.refuse(f"the call of {fun.__name__} raises TypeError: {problem}", span) from None
    for parameter in inspect.signature(fun).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            given.update(given.pop(parameter.name, {}))  # type: ignore[arg-type]
    more = entry.full and _is_true(given.get("full_output"))
    for name in entry.refused:
        if not _is_default(given.get(name, NONE), entry.allowed) and not (more and name == "full_output"):
            raise spec.refuse(
                f"{fun.__name__} with {name}= has no derivative rule", span, "leave the argument out"
            )
    extra = given.get("args", Const(()))
    arguments: list[Item] = expand(spec, extra, span) if isinstance(extra, Const | TupleItem) else [extra]
    if isinstance(extra, Value):
        given["args"] = TupleItem((extra,))
    for name in entry.constant:
        if name in given and _moves(spec, given[name]):
            raise spec.refuse(f"{fun.__name__} has no derivative rule for {name}=, which is active", span)
    functions, operands = _functions(spec, given, arguments, entry.unknowns, span)
    chosen, kind = _equation(spec, entry, functions, given, span)
    names = tuple(name for name in given if name not in {argument.name for argument in functions})
    data = [given[name] for name in names]
    frozen = [_frozen(spec, item, span) for item in (*operands, *data)]
    found = spec.emit(Solver(fun, tuple(functions), names), frozen, span, t=_HANDLE)
    rest: list[Item] = []
    if more:
        found, rest = solved.full_output(spec, entry, found, span)
    value = _solution(spec, entry, kind, chosen, functions, operands, given, found, span)
    return TupleItem((value, *rest)) if more else value


def _equation(
    spec: Specialiser, entry: registry.Implicit, functions: list[Argument], given: dict[str, Item], span: Span | None
) -> tuple[Argument, str]:
    """Return the function that states the equation, and the kind of the equation."""
    chosen = [argument for argument in functions if argument.name == entry.function]
    kind = entry.kind
    if not chosen and entry.minimised:
        chosen = [argument for argument in functions if argument.name == entry.minimised]
        kind = "value and slope" if entry.function and _is_true(given.get(entry.function)) else "minimum"
    elif any(_is_true(given.get(name)) for name in entry.beside):
        kind = minima.FIRST
    if kind == "least squares":
        kind = _loss(spec, given, span)
    if not chosen:
        what = f"{entry.fun.__name__} needs a Python function as {entry.function or entry.minimised}="
        raise spec.refuse(f"{what} to be differentiated", span, "a `def` or a lambda")
    return chosen[0], kind


def _solution(
    spec: Specialiser,
    entry: registry.Implicit,
    kind: str,
    chosen: Argument,
    functions: list[Argument],
    operands: list[Item],
    given: dict[str, Item],
    found: Any,
    span: Span | None,
) -> Item:
    """Return the answer, whose derivative is that of the equation."""
    begin = plain(spec.type(given.get("x0", NONE)))
    kind_of_start = getattr(begin.dtype, "kind", "") if isinstance(begin, Array) else getattr(begin, "kind", "")
    if entry.like_start and kind_of_start == "c":
        if kind == minima.FIRST:
            raise spec.refuse(f"{entry.fun.__name__} of a complex number with its slope has no derivative rule", span)
        meaning = newton.complex_fixed_point if kind == "fixed point" else newton.complex_root
        args = given.get("args", Const(()))
        start = spec.emit(newton.part, [TupleItem((found,)), Const(0)], span, t=begin)
        return inlining.call_python(spec, meaning, [given[chosen.name], start, args], {}, span)
    if spec.derived and not kind.startswith("ode"):
        return _again(spec, entry, kind, chosen, functions, operands, given, found, span)
    if kind in minima.KINDS:
        return _minimum(spec, entry, kind, functions, operands, given, found, span)
    return _answer(spec, entry, kind, chosen, functions, operands, given, found, span)


def _again(
    spec: Specialiser,
    entry: registry.Implicit,
    kind: str,
    argument: Argument,
    functions: list[Argument],
    operands: list[Item],
    given: dict[str, Item],
    found: Any,
    span: Span | None,
) -> Item:
    """Emit the answer where a derivative is taken that may be differentiated once more."""
    own = operands[argument.start : argument.start + argument.count]
    bounds = given.get("bounds", NONE)
    if not _is_default(bounds, (None,)) or (kind in minima.TOTALS and kind != "least squares"):
        raise spec.refuse(
            f"{entry.fun.__name__} with bounds or a loss has no second derivative here", span, "leave them out"
        )
    if kind == "integral":
        frozen = [_frozen(spec, item, span) for item in (*own, given["a"], given["b"])]
        value = newton.integrated(spec, argument, given, frozen, span)
        return TupleItem((value, spec.emit(operator.getitem, [found, Const(1)], span, t=Scalar("f"))))
    x = newton.answer(spec, entry, kind, given[argument.name], given, found, span)
    if kind in minima.KINDS:
        moving = solved.of_minimum(spec, kind, argument, own, given, x, span) if entry.answer else {}
        return solved.result(spec, entry, x, found, moving, span)
    return solved.with_fields(spec, entry, x, functions, operands, found, span)


def _loss(spec: Specialiser, given: dict[str, Item], span: Span | None) -> str:
    """Return the kind of a fit: the name of its loss, or "least squares" for the linear one."""
    loss = given.get("loss", Const("linear"))
    if isinstance(loss, Const) and loss.value == "linear":
        return "least squares"
    if not isinstance(loss, Const) or loss.value not in minima.TOTALS or "f_scale" in given:
        raise spec.refuse(
            "this loss= of least_squares has no derivative rule", span, "scale the residuals, and name one of SciPy's"
        )
    return str(loss.value)


def _is_default(item: Item, allowed: tuple[Any, ...]) -> bool:
    if isinstance(item, TupleItem):
        item = Const(tuple(part.value for part in item.items if isinstance(part, Const)))
    return isinstance(item, Const) and any(type(item.value) is type(value) and item.value == value for value in allowed)


def _minimum(
    spec: Specialiser,
    entry: registry.Implicit,
    kind: str,
    functions: list[Argument],
    operands: list[Item],
    given: dict[str, Item],
    found: Any,
    span: Span | None,
) -> Item:
    """Emit the answer of a minimiser, and the value of what it minimises there."""
    (argument,) = (argument for argument in functions if argument.name == entry.minimised)
    own = operands[argument.start : argument.start + argument.count]
    place = argument.places[0]
    values = [*own[:place], found, *own[place + 1 :]]
    code = minima.slope_code(argument.code, place, kind)
    solution = Solution(code, place, False, entry.answer, symmetric=kind != "value and slope")
    x = spec.emit(solution, values, span, t=Scalar("f") if entry.scalar else Array(np.dtype(float), (UNKNOWN_DIM,)))
    moving = solved.of_minimum(spec, kind, argument, own, given, x, span) if entry.answer else {}
    return solved.result(spec, entry, x, found, moving, span)


def _stepwise(
    spec: Specialiser, entry: registry.Implicit, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item | None:
    """Walk the code of a method that is written in Python; None if there is none, or it is beyond the subset."""
    if not entry.stepwise:
        return None
    names = list(inspect.signature(entry.fun).parameters)
    given = {**dict(zip(names, args, strict=False)), **keywords}
    method = given.get("method", Const(inspect.signature(entry.fun).parameters["method"].default))
    if not isinstance(method, Const) or method.value not in entry.stepwise:
        return None
    options = [given.get(name, NONE) for name in ("t_eval", "dense_output", "events")]
    if not all(isinstance(option, Const) and option.value in (None, False) for option in options):
        return None  # the interpolant of a step may be one of two classes, and hold None
    return trying.attempt(spec, lambda: inlining.call_python(spec, entry.fun, args, keywords, span))


def _answer(
    spec: Specialiser,
    entry: registry.Implicit,
    kind: str,
    argument: Argument,
    functions: list[Argument],
    operands: list[Item],
    given: dict[str, Item],
    found: Any,
    span: Span | None,
) -> Item:
    own = operands[argument.start : argument.start + argument.count]
    if entry.kind == "integral":
        value = spec.emit(
            Integral(argument.code, argument.places[0]),
            [*own, given["a"], given["b"], found],
            span,
            t=Scalar("f"),
        )
        return TupleItem((value, spec.emit(operator.getitem, [found, Const(1)], span, t=Scalar("f"))))
    if entry.kind.startswith("ode"):
        time_first = entry.kind == "ode(t, y)" or _is_true(given.get("tfirst"))
        flow = Trajectory(
            argument.code, argument.places if time_first else argument.places[::-1], entry.answer
        )
        times = given["t"] if "t" in given else given["t_span"]
        value = spec.emit(flow, [*own, given["y0"], times, found], span, t=Array(np.dtype(float), None))
    else:
        place = argument.places[0]
        own[place] = found
        code = minima.slope_code(argument.code, place, kind) if kind == minima.FIRST else argument.code
        solution = Solution(code, place, entry.kind == "fixed point", entry.answer)
        t = spec.type(given["x0"]) if entry.fun is newton.given_root else ANY
        value = spec.emit(solution, own, span, t=Scalar("f") if entry.scalar else t)
    return solved.with_fields(spec, entry, value, functions, operands, found, span)


def _moves(spec: Specialiser, item: Item) -> bool:
    """Tell whether an argument may depend on what is differentiated."""
    if isinstance(item, TupleItem):
        return any(_moves(spec, part) for part in item.items)
    if isinstance(item, Value) and isinstance(spec.types[item], Lst):
        return item in spec.varied
    return may_vary(spec, item)


def _is_true(item: Item | None) -> bool:
    return isinstance(item, Const) and bool(item.value)


def _functions(
    spec: Specialiser, given: dict[str, Item], arguments: list[Item], unknowns: int, span: Span | None
) -> tuple[list[Argument], list[Item]]:
    """Return the functions among the arguments of a solver, and all their operands."""
    functions: list[Argument] = []
    operands: list[Item] = []
    for name, item in given.items():
        found = _code_of(spec, item, arguments, unknowns, span)
        if found is None:
            continue
        code, own, places = found
        functions.append(Argument(name, code, places, len(operands), len(own)))
        operands += own
    return functions, operands


def _code_of(
    spec: Specialiser, item: Item, arguments: list[Item], unknowns: int, span: Span | None
) -> tuple[Code, list[Item], tuple[int, ...]] | None:
    """Return the code of a function, all operands of its call, and the places of unknowns; None if it is none."""
    leading: list[Item] = []
    keywords: dict[str, Item] = {}
    if isinstance(item, BoundItem):
        leading, keywords = list(item.args), dict(item.keywords)
        item = Const(item.function)
    if isinstance(item, ClosureItem):
        code = item.code
        if item.late or code.name in code.captures:
            raise spec.refuse(f"{code.name} captures itself, or a variable that is assigned later", span)
        defaults = dict(zip(code.defaulted, item.defaults, strict=True))
        captured = list(item.captured)
    elif isinstance(item, Const) and isinstance(item.value, pytypes.FunctionType):
        code, captured = function_code(item.value), []
        defaults = defaults_of(spec, item.value, code)
    else:
        return None
    if any(isinstance(part, Const) and part.value is UNDEFINED for part in captured):
        raise spec.refuse(f"{code.name} captures a variable that is not assigned yet", span)
    unknown = [Const(0.0) for _ in range(unknowns)]
    bound = bind(spec, code, code.parameters, [*leading, *unknown, *arguments], keywords, defaults, span)
    own = [*captured, *bound]
    numbers = {id(part): number for number, part in enumerate(own)}
    places = tuple(numbers[id(part)] for part in unknown if id(part) in numbers)
    if len(places) < unknowns:
        raise spec.refuse(f"{code.name} takes its unknown as one of `*args`", span, "name the parameter")
    return code, own, places


def _frozen(spec: Specialiser, item: Item, span: Span | None) -> Item:
    """Return ``item`` as a constant of differentiation."""
    if isinstance(item, TupleItem):
        return TupleItem(tuple(_frozen(spec, part, span) for part in item.items), item.cls)
    if isinstance(item, Value) and may_vary(spec, item):
        t = spec.type(item)
        if isinstance(t, Obj) and t.cls in spec.memory.real:  # it may be written to before and after
            item = spec.emit(dynamic.own, [item], span, t=t)
        return spec.emit(dynamic.stop_gradient, [item], span, t=t)
    return item
