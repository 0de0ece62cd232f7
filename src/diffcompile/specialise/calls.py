"""Calls in the specialiser: what the callee is decides whether it is inlined, emitted with its rule, or simply made."""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import types as pytypes
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import calling, dynamic, runtime
from diffcompile.analysis.types import ANY, Obj, Scalar, Static, is_no_row, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.rules import registry
from diffcompile.signature import Operator, function_of_jitted
from diffcompile.specialise import (
    array_likes,
    attributes,
    choices,
    containers,
    contexts,
    displays,
    draws,
    errors,
    extended,
    handed_through,
    instances,
    known_texts,
    meanings,
    method_texts,
    objects,
    operators,
    outside,
    solvers,
    spelled,
    trying,
    vectorised,
)
from diffcompile.specialise.binding import Uncounted
from diffcompile.specialise.checkpoints import call_checkpointed
from diffcompile.specialise.classes import class_member, is_constructible
from diffcompile.specialise.derivatives import Transform, WrittenOut, call_operator, call_written_out, derive
from diffcompile.specialise.handlers import HANDLERS
from diffcompile.specialise.inlining import call_closure, call_python, sees_more
from diffcompile.specialise.items import (
    NONE,
    BoundItem,
    ChoiceItem,
    ClosureItem,
    Item,
    ObjectItem,
    StarItem,
    TupleItem,
)  # fmt: skip
from diffcompile.specialise.merging import branches
from diffcompile.specialise.opaque import may_vary, opaque
from diffcompile.specialise.program import constant
from diffcompile.specialise.ruled import rule_call
from diffcompile.specialise.spreading import (
    code_and_captures,
    expand_keywords,
    is_spread_only,
    positional_arguments,
    spread_arguments,
    with_options,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


_TAKING_ITEMS = {
    len, zip, enumerate, map, filter, reversed, iter, next, tuple, functools.reduce, sum, any, all, min, max,
    np.piecewise,
}  # fmt: skip
"""Callees that only take the items of a list, which need not be known to be one."""


def call(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """Dispatch a call."""
    names: tuple[str | None, ...] = op.attrs.get("keywords", ())
    starred = op.attrs.get("starred", ())
    split = len(args) - len(names)
    positional = positional_arguments(spec, args[1:split], [number - 1 for number in starred], op.span)
    keywords: dict[str, Item] = {}
    for name, given in zip(names, args[split:], strict=True):
        value = extended.opened(spec, given) if name is None else given
        if name is None:
            if is_spread_only(spec, args, value):
                return spec.emit(calling.call_spread, [args[0], value, *positional], op.span, t=ANY)
            if (fun := with_options(spec, args[0], [*keywords, *filter(None, names)], value, op.span)) is not None:
                args = [fun, *args[1:]]
                continue
            keywords.update(expand_keywords(spec, args[0], positional, keywords, value, op.span))
        else:
            keywords[name] = value
    hint = op.results[0].name if op.results and spec.override is None else ""
    return dispatch(spec, args[0], positional, keywords, op.span, hint)


def dispatch(
    spec: Specialiser, function: Item, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str = ""
) -> Item:
    """Call ``function``, whatever it is."""
    if args and isinstance(args[-1], StarItem):
        function = code_and_captures(spec, function)
        spread = spread_arguments(spec, function, args, span)
        if not isinstance(spread, list):
            return spread
        args = spread
        if args and isinstance(args[-1], StarItem):
            return _counted(spec, function, args, keywords, span, hint)
    return _dispatch(spec, function, args, keywords, span, hint)


def _counted(
    spec: Specialiser, function: Item, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Call ``function`` with ``*source``; where some parameters have defaults, once for each length."""
    try:
        return _dispatch(spec, function, args, keywords, span, hint)
    except Uncounted as found:
        least, most, found_name = found.least, found.most, found.name
    source = args[-1].source  # type: ignore[union-attr]
    count = spec.emit(len, [source], span)
    spec.effect(dynamic.check_count, [count, Const(least), Const(most), Const(found_name)], span)

    def call(number: int) -> list[Item]:
        items = displays.unpacked(spec, source, number, span)
        return [_dispatch(spec, function, [*args[:-1], *items], keywords, span, hint)]

    def choose(number: int) -> list[Item]:
        if number == most:
            return call(number)
        equal = spec.emit(operator.eq, [count, Const(number)], span, t=Scalar("b"))
        builds = (lambda: call(number), lambda: choose(number + 1))
        return branches(spec, equal, builds, [hint], span)

    return choose(least)[0]


def _dispatch(
    spec: Specialiser, function: Item, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    function = instances.opened(spec, function, span)
    if isinstance(function, ChoiceItem):
        return choices.on_both(
            spec, function, lambda part: dispatch(spec, part, args, keywords, span, hint), span, hint
        )
    match function:
        case Const():
            return call_static(spec, _itself(function.value), args, keywords, span, hint, function.name)
        case BoundItem():
            merged = {**dict(function.keywords), **keywords}
            if isinstance(function.function, attributes.ArrayMethod):
                return _array_method(spec, function.function.name, [*function.args, *args], merged, span, hint)
            return call_static(spec, function.function, [*function.args, *args], merged, span, hint)
        case TupleItem() | Value() if (found := code_and_captures(spec, function)) is not function:
            return dispatch(spec, found, args, keywords, span, hint)
        case ClosureItem():
            return call_closure(spec, function, args, keywords, span)
        case ObjectItem() | Value() if objects.class_of(spec, function) is not None:
            method = attributes.load_attribute(spec, function, Const("__call__"), span)
            return dispatch(spec, method, args, keywords, span, hint)
    if (cls := operators.record_class(spec, function)) is not None and class_member(cls, "__call__") is not None:
        return call_static(spec, class_member(cls, "__call__"), [function, *args], keywords, span, hint)
    if isinstance(function, Value) and isinstance(t := spec.types[function], Static):
        return call_static(spec, t.value, args, keywords, span, hint)
    if isinstance(function, Value) and isinstance(t, Obj):
        instances.demand(spec, t.cls)
    if isinstance(function, Value) and spec.types[function] is ANY:
        outside.check_seen(spec, "a function is called that is only known at run time", span)
        if spec.memory.hasty and spec.memory.returning and any(may_vary(spec, arg) for arg in args):
            raise spec.refuse("the function that is called here is only known at run time", span)
        return spec.emit(calling.call_dynamic, [function, *args], span, keywords=keywords, name=hint, t=ANY)
    raise spec.refuse(
        "the function that is called here is not known when the code is compiled",
        span,
        "choose it with `if`, or pass it as an argument of the differentiated function",
    )


def _itself(fun: Any) -> Any:
    """Return ``np.add`` for ``np.add.__call__``."""
    return fun.__self__ if isinstance(fun, pytypes.MethodWrapperType) and fun.__name__ == "__call__" else fun


def call_static(
    spec: Specialiser,
    fun: Any,
    args: list[Item],
    keywords: dict[str, Item],
    span: Span | None,
    hint: str = "",
    spelled: str = "",
) -> Item:
    """Call a function that is known."""
    if not isinstance(fun, pytypes.FunctionType) and not (_hashable(fun) and fun in _TAKING_ITEMS):
        for arg in args:
            instances.need_list(spec, arg)
    if args and _hashable(fun):
        args = extended.unwrapped(spec, fun, args)
    if args and _hashable(fun) and (found := _of_instance(spec, fun, args, keywords, span)) is not None:
        return found
    for special in (extended.called,) * bool(args) + (errors.called,):
        if (found := special(spec, fun, args, keywords, span)) is not None:
            return found
    if isinstance(fun, pytypes.WrapperDescriptorType | pytypes.MethodDescriptorType):
        if fun.__objclass__ in _BUILT_IN and fun.__name__ in SPELLED_OUT:
            fun = SPELLED_OUT[fun.__name__]
        elif fun.__objclass__ is np.ndarray and not registry.has_rule(fun):
            return _array_method(spec, fun.__name__, args, keywords, span, hint)
    handler = HANDLERS.get(fun) if _hashable(fun) else None
    if handler is not None:
        return handler(spec, args, keywords, span, hint)
    if isinstance(fun, draws.Draw) or draws.is_draw(fun):
        return draws.draw(spec, fun, args, keywords, span, hint)
    if fun is np.select and (found := meanings.select(spec, args, keywords, span)) is not None:
        return found
    if fun is np.einsum and (found := meanings.einsum(spec, args, keywords, span, hint)) is not None:
        return found
    if _hashable(fun) and registry.is_solver(fun):
        return solvers.solve(spec, fun, args, keywords, span)
    if isinstance(fun, Transform):
        return derive(spec, fun, args, keywords, span)
    if isinstance(fun, WrittenOut):
        return call_written_out(spec, fun, args, keywords, span)
    if isinstance(fun, Operator):
        return call_operator(spec, fun, args, keywords, span)
    if registry.has_rule(fun) and not meanings.has_form(spec, fun, args, keywords):
        return rule_call(spec, fun, args, keywords, span, hint)
    found = _written_out(spec, fun, args, keywords, span, hint)
    if found is not None:
        return found
    if isinstance(original := getattr(fun, "__checkpointed__", None), pytypes.FunctionType):
        return call_checkpointed(spec, original, args, keywords, span)
    if isinstance(fun, functools.partial):
        bound = [
            spec.surrounding((id(fun), number), f"argument_{number}", arg, functools.partial(constant, arg))
            for number, arg in enumerate(fun.args)
        ]
        extra: dict[str, Item] = {
            key: spec.surrounding((id(fun), key), key, value, functools.partial(constant, value))
            for key, value in fun.keywords.items()
        }
        return call_static(spec, fun.func, [*bound, *args], {**extra, **keywords}, span, hint)
    if isinstance(class_member(type(fun), "__call__"), pytypes.FunctionType):
        instance = spec.surrounding((id(fun), "itself"), "instance", fun, functools.partial(constant, fun))
        if not isinstance(instance, Const):
            return dispatch(spec, instance, args, keywords, span, hint)
    if isinstance(fun, pytypes.MethodType):
        return call_static(spec, fun.__func__, [_bound_self(spec, fun), *args], keywords, span, hint)
    jitted = function_of_jitted(fun)
    if type(fun).__name__ == "GUFunc" and any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
        advice = "write it as a function of arrays, or register a rule for it"
        raise spec.refuse(f"{fun.__name__}, which `guvectorize` compiled, is not supported", span, advice)
    if jitted is not None and (hasattr(fun, "py_func") or _all_scalars(spec, args)):
        return call_python(spec, jitted, args, keywords, span, hint)
    if isinstance(fun, pytypes.FunctionType) and (fun.__module__ or "").partition(".")[0] in _REPORTING:
        result = opaque(spec, fun, args, keywords, span, hint)
        return NONE if fun.__name__ in _TELLING else result
    if _reads_programs(fun) and not sees_more(spec, [*args, *keywords.values()]):
        return opaque(spec, fun, args, keywords, span, hint)
    if getattr(fun, "__module__", None) == "inspect" and (found := inspected(spec, fun, args, keywords)) is not None:
        return found
    if (generator := contexts.generator_function(fun)) is not None and sees_more(spec, [*args, *keywords.values()]):
        return call_python(spec, generator, args, keywords, span, hint)
    if isinstance(fun, pytypes.FunctionType):
        if objects.initialised(spec, fun, args, keywords, span):
            return NONE
        return call_python(spec, fun, args, keywords, span, hint)
    if isinstance(fun, type):
        fields = getattr(fun, "_fields", None)
        if issubclass(fun, tuple) and fields is not None:
            return _named_tuple(spec, fun, args, keywords, span, hint)
        if is_constructible(fun):
            return _construct(spec, fun, args, keywords, span, hint)
    wrapped = getattr(fun, "__wrapped__", None)
    implementation = getattr(fun, "_implementation", None)
    for inner in (wrapped, implementation):
        if isinstance(inner, pytypes.FunctionType) and any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
            return call_python(spec, inner, args, keywords, span, hint)
    return opaque(spec, fun, args, keywords, span, hint, None)


def _of_instance(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Item | None:
    """Return what a builtin function makes of the methods of instances, or None."""
    if fun is np.poly1d:
        return array_likes.polynomial(spec, args, keywords, span)
    if getattr(fun, "__objclass__", None) is str and (text := known_texts.called(spec, fun, args, keywords, span)):
        return text
    found = spelled.called(spec, fun, args, keywords, span)
    return found if found is not None else operators.of_instance(spec, fun, args, keywords, span)


SPELLED_OUT: dict[str, Any] = {
    f"__{name}__": getattr(operator, name)
    for name in (
        "getitem", "setitem", "delitem", "contains", "add", "sub", "mul", "truediv", "floordiv", "pow", "mod", "matmul",
        "neg", "pos", "abs", "lt", "le", "eq", "ne", "gt", "ge",
    )
} | {"__len__": len, "__float__": float, "__int__": int, "__iter__": iter}  # fmt: skip
"""Methods that have an operator or a builtin function of the same meaning."""
_BUILT_IN = (list, dict, tuple, set, str, int, float, complex, np.ndarray)


def _named_tuple(
    spec: Specialiser, cls: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Make a named tuple, if making one is nothing but putting the fields in a row."""
    owners = [next(base for base in cls.__mro__ if name in vars(base)) for name in ("_fields", "__new__", "__init__")]
    if owners[0] is not owners[1] or owners[2] is not object:
        if any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
            raise spec.refuse(f"the named tuple {cls.__name__} has a `__new__` or `__init__` of its own", span)
        return opaque(spec, cls, args, keywords, span, hint)
    if is_no_row(cls) and any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
        raise spec.refuse(f"the named tuple {cls.__name__} has a way of its own to get at its items", span)
    signature = inspect.signature(cls)
    given = signature.bind(*args, **keywords).arguments
    for name in cls._fields:
        if name not in given:
            default = signature.parameters[name].default
            read = functools.partial(constant, default)
            given[name] = spec.surrounding((cls, name, "default"), name, default, read)
    return TupleItem(tuple(given[name] for name in cls._fields), cls)


def _written_out(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item | None:
    """Call what has a meaning in simpler terms; None for everything else."""
    if isinstance(fun, vectorised.Vectorised):
        return vectorised.called(spec, fun, args[0], args[1:], keywords, span, hint)
    if isinstance(fun, meanings.Getter):
        return meanings.got(spec, fun.kind, args[-1], args[:-1], keywords, span, hint)
    if fun is sorted and (found := meanings.sort(spec, args, keywords, span, hint)) is not None:
        return found
    if fun is np.vectorize:
        return vectorised.make(spec, args, keywords, span)
    if fun in meanings.GETTERS and args:
        return BoundItem(meanings.Getter(fun), tuple(args), tuple(keywords.items()))
    if fun is np.piecewise:
        return meanings.piecewise(spec, args, keywords, span, hint)
    found = meanings.by_meaning(spec, fun, args, keywords, span, hint)
    return found if found is not None else meanings.special_object(spec, fun, args, keywords, span, hint)


def _construct(
    spec: Specialiser, cls: type, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Make an instance; one that sees nothing active and is beyond the subset is made as it stands."""
    def build() -> Item:
        method_texts.check_finaliser(spec, cls, span)
        return objects.construct(spec, cls, args, keywords, span)

    read = cls is np.poly1d or cls in contexts.PLAIN_MANAGERS
    if read or any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
        return build()
    root = cls.__module__.split(".")[0] if cls is not pytypes.SimpleNamespace else ""
    if root in sys.stdlib_module_names or root == "numpy":  # contexts, locks, patterns: nothing to differentiate
        return opaque(spec, cls, args, keywords, span, hint)
    if (made := trying.attempt(spec, build)) is not None:
        return made
    outside.check_seen(spec, f"a {cls.__name__} is made as it stands", span)
    return opaque(spec, cls, args, keywords, span, hint)


def inspected(spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item]) -> Item | None:
    """Ask now what functions that are known look like; None for other questions."""
    items = [*args, *keywords.values()]
    values = [item.value for item in items if isinstance(item, Const)]
    if len(values) < len(items):
        return None
    try:
        found = fun(*values[: len(args)], **dict(zip(keywords, values[len(args) :], strict=True)))
    except (TypeError, ValueError):
        return None
    return spec.surrounding((id(fun), *map(id, values)), fun.__name__, found, lambda: found)


_REPORTING = ("logging", "warnings")
"""Modules whose functions tell people something, and nothing else."""
_TELLING = {"debug", "info", "warning", "warn", "error", "exception", "critical", "fatal", "log", "warn_explicit"}
"""Those that return nothing."""
_READING = {"ast", "dis", "importlib", "jax", "linecache", "re", "tokenize", "torch", "traceback"}
"""Modules that read texts and programs: a long way, and no computation. Arrays of JAX and PyTorch are not carried."""
_FRAMES = {
    "findsource", "getabsfile", "getblock", "getcomments", "getfile", "getframeinfo", "getinnerframes", "getmodule",
    "getouterframes", "getsource", "getsourcefile", "getsourcelines", "stack", "trace",
}  # fmt: skip
"""Those of ``inspect`` that do; others look at one object."""


def _reads_programs(fun: Any) -> bool:
    if not isinstance(fun, pytypes.FunctionType):
        return False
    root = (fun.__module__ or "").partition(".")[0]
    return root in _READING or (root == "inspect" and fun.__name__ in _FRAMES)


def _all_scalars(spec: Specialiser, args: list[Item]) -> bool:
    """Tell whether a function that Numba vectorised is called for one item: then it is the function that was given."""
    return all(isinstance(plain(spec.type(arg)), Scalar) for arg in args)


def _bound_self(spec: Specialiser, method: pytypes.MethodType) -> Item:
    holder = method.__self__
    return spec.surrounding((id(holder), "self"), "self", holder, functools.partial(constant, holder))


def _hashable(fun: Any) -> bool:
    try:
        hash(fun)
    except TypeError:
        return False
    return True


_OF_SETTINGS = {
    "all", "any", "argmax", "argmin", "argsort", "astype", "cumprod", "cumsum", "diagonal", "max", "mean", "min",
    "nonzero", "prod", "ravel", "repeat", "reshape", "round", "squeeze", "std", "sum", "swapaxes", "trace",
    "transpose", "var",
}  # fmt: skip
"""Methods of arrays whose arguments are axes, counts and shapes: nothing that moves."""


def _array_method(
    spec: Specialiser, name: str, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    base, rest = args[0], args[1:]
    if name in SPELLED_OUT:
        return call_static(spec, SPELLED_OUT[name], args, keywords, span, hint)
    if spec.type(base) is ANY:
        if name in _OF_SETTINGS and not may_vary(spec, base) and any(may_vary(spec, arg) for arg in rest):
            found = spec.emit(getattr, [base, Const(name)], span, t=ANY)  # of a module, as in `xp.sum(x)`
            return dispatch(spec, found, rest, keywords, span, hint)
        spec.effect(dynamic.check_array, [base, Const(name)], span)
    match name:
        case "conj" | "conjugate" if handed_through.conjugated(spec, name, base):
            return base
        case "conj" | "conjugate" if handed_through.may_be_conjugated(spec, name, base):
            return rule_call(spec, runtime.conjugated, [base], {}, span, hint)
        case "fill":
            containers.store_item(spec, base, Const(Ellipsis, "..."), rest[0], span=span)
            return NONE
        case "sort":
            axis = rest[0] if rest else keywords.get("axis", Const(-1))
            ordered = rule_call(spec, np.sort, [base], {"axis": axis}, span, "")
            containers.store_item(spec, base, Const(Ellipsis, "..."), ordered, span=span)
            return NONE
        case "partition":
            ordered = call_static(spec, np.partition, args, keywords, span)
            containers.store_item(spec, base, Const(Ellipsis, "..."), ordered, span=span)
            return NONE
        case "put":
            return call_static(spec, np.put, args, keywords, span, hint)
        case "reshape":
            shape = rest[0] if len(rest) == 1 else TupleItem(tuple(rest))
            return rule_call(spec, np.reshape, [base, shape], keywords, span, hint)
        case "transpose":
            if not rest:
                return rule_call(spec, np.transpose, [base], {}, span, hint)
            alone = len(rest) == 1 and not isinstance(plain(spec.type(rest[0])), Scalar)
            axes = rest[0] if alone else TupleItem(tuple(rest))
            return rule_call(spec, np.transpose, [base, axes], {}, span, hint)
    function = registry.METHODS.get(name)
    if function is not None:
        return call_static(spec, function, args, keywords, span, hint)
    t = spec.type(base)
    if t is ANY and not may_vary(spec, base):
        method = spec.emit(getattr, [base, Const(name)], span, t=ANY)
        return spec.emit(Prim.CALL, [method, *rest], span, keywords=keywords, name=hint, t=ANY)
    raise spec.refuse(f"the method `{name}` of {t!r} is not supported", span, "use the function of the same meaning")
