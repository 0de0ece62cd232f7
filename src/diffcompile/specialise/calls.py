"""Calls in the specialiser: what the callee is decides whether it is inlined, emitted with its rule, or simply made."""

from __future__ import annotations

import builtins
import functools
import inspect
import operator
import types as pytypes
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gast
import numpy as np

from diffcompile import calling
from diffcompile.analysis.effects import writes
from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import (
    ANY,
    NUMBER,
    RANGE,
    Array,
    Dct,
    Lst,
    Scalar,
    Static,
    Tup,
    Type,
    is_number,
    plain,
)
from diffcompile.errors import NoSourceError, Span, UnsupportedError
from diffcompile.frontend.lower import Code, Parameter, code_of
from diffcompile.frontend.source import read_source
from diffcompile.ir.core import UNDEFINED, Block, Const, Op, Prim, Value, walk
from diffcompile.passes.dead_code import eliminate_dead_code
from diffcompile.rules import registry
from diffcompile.specialise import containers, library
from diffcompile.specialise.items import (
    NONE,
    BoundItem,
    ClosureItem,
    Item,
    IteratorItem,
    TupleItem,
)

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

Handler = Callable[["Specialiser", list[Item], dict[str, Item], Span | None, str], Item]
_CODES: weakref.WeakKeyDictionary[Any, tuple[Any, Code]] = weakref.WeakKeyDictionary()
DEEPEST = 2000


def function_code(fun: pytypes.FunctionType) -> Code:
    """Return the lowered code of a Python function, read once.

    Raises:
        NoSourceError: its text cannot be found.
        UnsupportedError: it uses constructs outside the subset.
    """
    found = _CODES.get(fun)
    if found is None or found[0] is not fun.__code__:
        code = code_of(read_source(fun))
        code.lowered.append(eliminate_dead_code(code.function(), _surely_pure))
        code.lowered.pop(0)
        found = _CODES[fun] = (fun.__code__, code)
    return found[1]


def _surely_pure(op: Op) -> bool:
    return op.callee in (Prim.TUPLE, Prim.GLOBAL, Prim.CLOSURE, slice)


def call(spec: Specialiser, op: Op, args: list[Item]) -> Item:
    """Dispatch a call."""
    names: tuple[str | None, ...] = op.attrs.get("keywords", ())
    starred = op.attrs.get("starred", ())
    split = len(args) - len(names)
    positional: list[Item] = []
    for number, arg in enumerate(args[1:split], start=1):
        positional += containers.expand(spec, arg, op.span) if number in starred else [arg]
    keywords: dict[str, Item] = {}
    for name, value in zip(names, args[split:], strict=True):
        if name is None:
            keywords.update(_expand_keywords(spec, value, op.span))
        else:
            keywords[name] = value
    hint = op.results[0].name if op.results and spec.override is None else ""
    return dispatch(spec, args[0], positional, keywords, op.span, hint)


def _expand_keywords(spec: Specialiser, item: Item, span: Span | None) -> dict[str, Item]:
    t = spec.type(item)
    if isinstance(t, Dct) and t.cell.root().fields is not None:
        return {key: containers.load_item(spec, item, Const(key), span) for key in t.cell.root().fields or ()}
    raise spec.refuse("`**` needs a dict whose keys are known when the code is compiled", span, "name the arguments")


def dispatch(
    spec: Specialiser, function: Item, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str = ""
) -> Item:
    """Call ``function``, whatever it is."""
    match function:
        case Const():
            return call_static(spec, function.value, args, keywords, span, hint, function.name)
        case BoundItem():
            merged = {**dict(function.keywords), **keywords}
            if isinstance(function.function, containers.ArrayMethod):
                return _array_method(spec, function.function.name, [*function.args, *args], merged, span, hint)
            return call_static(spec, function.function, [*function.args, *args], merged, span, hint)
        case ClosureItem():
            return call_closure(spec, function, args, keywords, span)
        case Value() if function in spec.examples:
            holder = spec.examples[function][0]
            method = getattr(type(holder), "__call__", None)  # noqa: B004 - the method itself is wanted
            if isinstance(method, pytypes.FunctionType):
                return call_python(spec, method, [function, *args], keywords, span)
    if isinstance(function, Value) and isinstance(t := spec.types[function], Static):
        return call_static(spec, t.value, args, keywords, span, hint)
    if isinstance(function, Value) and spec.types[function] is ANY and not keywords:
        return spec.emit(calling.call_dynamic, [function, *args], span, name=hint, t=ANY)
    raise spec.refuse(
        "the function that is called here is not known when the code is compiled",
        span,
        "choose it with `if`, or pass it as an argument of the differentiated function",
    )


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
    handler = _HANDLERS.get(fun) if _hashable(fun) else None
    if handler is not None:
        return handler(spec, args, keywords, span, hint)
    if registry.has_rule(fun):
        return rule_call(spec, fun, args, keywords, span, hint)
    if isinstance(fun, functools.partial):
        bound = [
            spec.surrounding((id(fun), number), f"argument_{number}", arg, lambda arg=arg: arg)  # type: ignore[misc]
            for number, arg in enumerate(fun.args)
        ]
        extra: dict[str, Item] = {
            key: spec.surrounding((id(fun), key), key, value, lambda value=value: value)  # type: ignore[misc]
            for key, value in fun.keywords.items()
        }
        return call_static(spec, fun.func, [*bound, *args], {**extra, **keywords}, span, hint)
    if isinstance(fun, pytypes.MethodType):
        return call_static(spec, fun.__func__, [_bound_self(spec, fun), *args], keywords, span, hint)
    if isinstance(fun, pytypes.FunctionType):
        return call_python(spec, fun, args, keywords, span, hint)
    if isinstance(fun, type):
        fields = getattr(fun, "_fields", None)
        if issubclass(fun, tuple) and fields is not None:
            bound_args = inspect.signature(fun).bind(*args, **keywords).args
            return TupleItem(tuple(bound_args), fun)
    wrapped = getattr(fun, "__wrapped__", None)
    implementation = getattr(fun, "_implementation", None)
    for inner in (wrapped, implementation):
        if isinstance(inner, pytypes.FunctionType) and any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
            return call_python(spec, inner, args, keywords, span, hint)
    return opaque(spec, fun, args, keywords, span, hint)


def _bound_self(spec: Specialiser, method: pytypes.MethodType) -> Item:
    return spec.surrounding((id(method.__self__), "self"), "self", method.__self__, lambda: method.__self__)


def opaque(
    spec: Specialiser,
    fun: Any,
    args: list[Item],
    keywords: dict[str, Item],
    span: Span | None,
    hint: str,
    t: Type = ANY,
) -> Item:
    """Make a call as it stands; it is an error later if an active value turns out to reach it."""
    args = [containers.sequence(spec, arg) if isinstance(arg, IteratorItem) else arg for arg in args]
    arrays = [arg for arg in (*args, *keywords.values()) if isinstance(spec.type(arg), Array)]
    if not arrays or not _may_write(fun):
        return spec.emit(fun, args, span, keywords=keywords, name=hint, t=t)
    copies = {id(arg): spec.emit(np.ndarray.copy, [arg], span) for arg in arrays}
    args = [copies.get(id(arg), arg) for arg in args]
    keywords = {name: copies.get(id(arg), arg) for name, arg in keywords.items()}
    result = spec.emit(fun, args, span, keywords=keywords, name=hint, t=t, attrs={"may_write": True})
    for arg in arrays:
        containers.store_item(spec, arg, Const(Ellipsis, "..."), copies[id(arg)], span=span)
    return result


_PURE_PACKAGES = ("builtins", "math", "cmath", "operator", "_operator", "numpy", "scipy", "diffcompile")
_WRITERS = {"place", "_place", "putmask", "put", "put_along_axis", "fill_diagonal", "copyto", "shuffle", "readinto"}
"""Names of functions of NumPy and of random generators that write to an argument."""


def _may_write(fun: Any) -> bool:
    """Tell whether a function without rule and without source may write to its arguments."""
    if getattr(fun, "__name__", "") in _WRITERS:
        return True
    if isinstance(getattr(fun, "__self__", None), np.ufunc):
        return getattr(fun, "__name__", "") == "at"
    if isinstance(fun, pytypes.FunctionType | type):
        return False  # functions with source were looked at; classes are constructors
    module = str(getattr(fun, "__module__", None) or type(getattr(fun, "__self__", fun)).__module__)
    return module.split(".", maxsplit=1)[0] not in _PURE_PACKAGES


def _hashable(fun: Any) -> bool:
    try:
        hash(fun)
    except TypeError:
        return False
    return True


def may_vary(spec: Specialiser, item: Item) -> bool:
    """Tell whether ``item`` may depend on what is differentiated, now or after later writes."""
    match item:
        case Value():
            return item in spec.varied or isinstance(spec.types[item], Lst | Dct) or item in spec.fresh
        case TupleItem():
            return any(may_vary(spec, part) for part in item.items)
        case ClosureItem():
            return any(may_vary(spec, part) for part in (*item.captured, *item.defaults) if part is not item)
        case BoundItem():
            return any(may_vary(spec, part) for part in (*item.args, *(value for _, value in item.keywords)))
        case IteratorItem():
            return any(may_vary(spec, part) for part in item.sources)
    return False


# -- functions with source ------------------------------------------------------------------------------------------


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
    defaults = iter(closure.defaults)
    given: dict[str, Item] = {p.name: next(defaults) for p in code.parameters if p.has_default and p.kind != "keyword"}
    given.update({p.name: next(defaults) for p in code.parameters if p.has_default and p.kind == "keyword"})
    bound = bind(spec, code, code.parameters, args, keywords, given, span)
    captured = [
        closure if name == code.name and isinstance(item, Const) else item
        for name, item in zip(code.captures, closure.captured, strict=True)
    ]
    return inline(spec, code, [*captured, *bound], span)


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
    if fun.__module__ in _HELPER_MODULES:
        return opaque(spec, fun, args, keywords, span, hint)
    varies = any(may_vary(spec, item) for item in items)
    if not varies and not _is_library(fun) and all(_is_data(item) for item in items):
        t = _result_type(spec, fun, args, keywords, span)
        if t is not None:
            return opaque(spec, fun, args, keywords, span, hint, t)
    code = _code(spec, fun, span)
    bound = bind(spec, code, code.parameters, args, keywords, _defaults(spec, fun, code), span)
    return inline(spec, code, bound, span, library=_is_library(fun))


def _is_library(fun: pytypes.FunctionType) -> bool:
    return fun.__module__ == library.__name__ or fun.__module__.startswith("diffcompile.rules")


_HELPER_MODULES = ("diffcompile.runtime", "diffcompile.dynamic")


def _is_data(item: Item) -> bool:
    if isinstance(item, TupleItem):
        return all(map(_is_data, item.items))
    return isinstance(item, Value | Const)


def _result_type(
    spec: Specialiser, fun: pytypes.FunctionType, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> Type | None:
    """Find out what a call returns by specialising it and throwing the code away; None if it had better be inlined.

    A function that writes to memory is inlined, so that it is known what it writes to.
    """
    from diffcompile.analysis.types import forget_sizes  # noqa: PLC0415

    guards, live, examples = dict(spec.guards), dict(spec.live), dict(spec.examples)
    try:
        code = function_code(fun)
        bound = bind(spec, code, code.parameters, args, keywords, _defaults(spec, fun, code), span)
        ops, results = spec.scoped(lambda: [inline(spec, code, bound, span)])
        made = list(walk(Block((), tuple(ops), ())))
        if any(map(writes, made)) or (any(isinstance(op.callee, calling.Callee) for op in made) and may_store(fun)):
            return None
        t = spec.type(results[0])
        return forget_sizes(t) if is_number(t) else ANY
    except UnsupportedError as problem:
        if any(
            isinstance(spec.type(item), Array | Lst | Dct) for item in (*args, *keywords.values())
        ) and may_store(fun):
            raise spec.refuse(
                f"{fun.__name__} is not differentiated, but it may write to its arguments",
                span,
                f"write it within the supported subset: {problem.what}",
            ) from None
        return ANY
    except (NoSourceError, RecursionError):
        return ANY
    finally:
        spec.guards, spec.live, spec.examples = guards, live, examples


_MUTATORS = {
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "update", "setdefault", "fill", "put",
}  # fmt: skip


def may_store(fun: pytypes.FunctionType) -> bool:
    """Tell whether the text of ``fun`` stores into items or attributes, or calls a mutating method."""
    for node in gast.walk(read_source(fun).node):
        if isinstance(node, gast.Subscript | gast.Attribute) and isinstance(node.ctx, gast.Store | gast.Del):
            return True
        if isinstance(node, gast.AugAssign) or (isinstance(node, gast.keyword) and node.arg == "out"):
            return True
        if isinstance(node, gast.Call) and isinstance(node.func, gast.Attribute) and node.func.attr in _MUTATORS:
            return True
    return False


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


def _defaults(spec: Specialiser, fun: pytypes.FunctionType, code: Code) -> dict[str, Item]:
    positional = [p for p in code.parameters if p.kind in ("positional", "any")]
    values = fun.__defaults__ or ()
    readers: dict[str, Callable[[], Any]] = {}
    for number, parameter in enumerate(positional[len(positional) - len(values) :]):
        readers[parameter.name] = functools.partial(_positional_default, fun, number)
    for name in fun.__kwdefaults__ or {}:
        readers[name] = functools.partial(_keyword_default, fun, name)
    return {
        name: spec.surrounding((id(fun), "default", name), name, read(), read) for name, read in readers.items()
    }


def _positional_default(fun: pytypes.FunctionType, number: int) -> Any:
    defaults = fun.__defaults__ or ()
    return defaults[number] if number < len(defaults) else None


def _keyword_default(fun: pytypes.FunctionType, name: str) -> Any:
    return (fun.__kwdefaults__ or {}).get(name)


def bind(
    spec: Specialiser,
    code: Code,
    parameters: tuple[Parameter, ...],
    args: list[Item],
    keywords: dict[str, Item],
    defaults: dict[str, Item],
    span: Span | None,
) -> list[Item]:
    """Return one item for each parameter, as Python binds arguments."""
    remaining = list(args)
    named = dict(keywords)
    bound: list[Item] = []
    for parameter in parameters:
        name = parameter.name
        if parameter.kind in ("positional", "any") and remaining:
            if name in named and parameter.kind == "any":
                raise _call_error(code, f"got multiple values for argument {name!r}", span)
            bound.append(remaining.pop(0))
        elif parameter.kind == "args":
            bound.append(TupleItem(tuple(remaining)))
            remaining = []
        elif parameter.kind == "kwargs":
            bound.append(_keyword_dict(spec, named, span))
            named = {}
        elif parameter.kind != "positional" and name in named:
            bound.append(named.pop(name))
        elif name in defaults:
            bound.append(defaults[name])
        else:
            raise _call_error(code, f"missing argument {name!r}", span)
    if remaining or named:
        raise _call_error(code, f"got an unexpected argument {next(iter(named), 'by position')!r}", span)
    return bound


def _keyword_dict(spec: Specialiser, named: dict[str, Item], span: Span | None) -> Item:
    from diffcompile.analysis.types import Cell  # noqa: PLC0415

    fields = {key: plain(spec.type(value)) for key, value in named.items()}
    parts: list[Item] = [part for key, value in named.items() for part in (Const(key), value)]
    return spec.emit(Prim.DICT, parts, span, name="kwargs", t=Dct(Cell(fields=fields, fixed=True)))


def _call_error(code: Code, problem: str, span: Span | None) -> UnsupportedError:
    return UnsupportedError(f"the call of {code.name} raises TypeError: {problem}", span=span)


def inline(spec: Specialiser, code: Code, args: list[Item], span: Span | None, library: bool = False) -> Item:
    """Walk the body of ``code`` with its parameters bound."""
    if code in spec.stack:
        return call_pair(spec, code, args, span)
    outer_path, outer_override = spec.path, spec.override
    spec.path = spec.memory.paths.setdefault((outer_path, span, code), len(spec.memory.paths) + 1)
    if library or outer_override is not None:
        spec.override = outer_override or span
    try:
        function = code.function()
        if len(code.lowered) == 1 and not code.source.cache.get("pruned"):
            function = eliminate_dead_code(function, _surely_pure)
            code.lowered[0] = function
            code.source.cache["pruned"] = True
        (result,) = spec.inline_function(code, function, args)
    finally:
        spec.path, spec.override = outer_path, outer_override
    return result


def call_pair(spec: Specialiser, code: Code, args: list[Item], span: Span | None) -> Item:
    """Emit a call of a function that is being inlined already."""
    spec.span = span
    args = list(args)
    if code.name in code.captures:  # a nested function captures itself; the pair knows that
        args[code.captures.index(code.name)] = NONE
    if any(isinstance(arg, Const) and arg.value is UNDEFINED for arg in args):
        raise spec.refuse(
            f"{code.name} calls itself and captures a variable that is not assigned yet", span, "assign it before"
        )
    operands = [containers.sequence(spec, arg) if isinstance(arg, IteratorItem) else arg for arg in args]
    return spec.emit(calling.callee_of(code), operands, span, t=ANY)


# -- functions with rules -------------------------------------------------------------------------------------------


def rule_call(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Emit a call of a function with a rule; ``out=`` becomes a store."""
    if "copy" in keywords and fun in _COPYING:
        same = _without_copy(spec, args, keywords, span)
        if same is not None:
            return same
    out = keywords.pop("out", None) if "out" in keywords else None
    if isinstance(fun, np.ufunc) and len(args) > fun.nin:
        out = args[fun.nin]
        args = args[: fun.nin]
    if isinstance(out, TupleItem):
        out = out.items[0]
    if out is not None and isinstance(out, Const) and out.value is None:
        out = None
    args = [containers.sequence(spec, arg) if isinstance(arg, IteratorItem) else arg for arg in args]
    args = [_listed(spec, arg, span) if isinstance(arg, IteratorItem) else arg for arg in args]
    where = keywords.pop("where", None) if out is not None and isinstance(fun, np.ufunc) else None
    result = spec.emit(fun, args, span, keywords=keywords, name="" if out is not None else hint)
    if out is None:
        return result
    if where is not None:
        result = spec.emit(np.where, [where, result, out], span)
    containers.store_item(spec, out, Const(Ellipsis, "..."), result, span=span)
    return out


_COPYING = (np.array, np.asarray, np.ndarray.astype, np.astype, np.nan_to_num)


def _without_copy(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Resolve ``copy=``: the argument itself if nothing has to be converted, or None if it is copied anyway."""
    copy = keywords.pop("copy")
    if isinstance(copy, Const) and copy.value is True:
        return None
    t = plain(spec.type(args[0]))
    dtype = args[1] if len(args) > 1 else keywords.get("dtype")
    if isinstance(t, Array) and t.dtype is not None and (dtype is None or isinstance(dtype, Const)):
        wanted = t.dtype if dtype is None or dtype.value is None else np.dtype(dtype.value)
        return args[0] if wanted == t.dtype else None
    if isinstance(t, Scalar | Tup | Lst):
        return None
    raise spec.refuse("`copy=False` on an array of unknown dtype is not supported", span, "leave `copy` out")


def _listed(spec: Specialiser, source: Item, span: Span | None) -> Item:
    return call_python(spec, library.listed, [source], {}, span)


def _array_method(
    spec: Specialiser, name: str, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    base, rest = args[0], args[1:]
    match name:
        case "fill":
            containers.store_item(spec, base, Const(Ellipsis, "..."), rest[0], span=span)
            return NONE
        case "sort":
            axis = rest[0] if rest else keywords.get("axis", Const(-1))
            ordered = rule_call(spec, np.sort, [base], {"axis": axis}, span, "")
            containers.store_item(spec, base, Const(Ellipsis, "..."), ordered, span=span)
            return NONE
        case "reshape":
            shape = rest[0] if len(rest) == 1 else TupleItem(tuple(rest))
            return rule_call(spec, np.reshape, [base, shape], keywords, span, hint)
        case "transpose":
            if not rest:
                return rule_call(spec, np.transpose, [base], {}, span, hint)
            axes = (
                rest[0]
                if len(rest) == 1 and not isinstance(plain(spec.type(rest[0])), Scalar)
                else TupleItem(tuple(rest))
            )
            return rule_call(spec, np.transpose, [base, axes], {}, span, hint)
    function = registry.METHODS.get(name)
    if function is not None:
        return call_static(spec, function, args, keywords, span, hint)
    t = spec.type(base)
    if t is ANY and not may_vary(spec, base):
        method = spec.emit(getattr, [base, Const(name)], span, t=ANY)
        return spec.emit(Prim.CALL, [method, *rest], span, keywords=keywords, name=hint, t=ANY)
    raise spec.refuse(f"the method `{name}` of {t!r} is not supported", span, "use the function of the same meaning")


# -- builtins -------------------------------------------------------------------------------------------------------


def _isinstance(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    classes = args[1].value if isinstance(args[1], Const) else None
    if isinstance(args[1], TupleItem):
        classes = tuple(part.value for part in args[1].items)  # type: ignore[union-attr]
    cls = python_class(spec.type(args[0]))
    if isinstance(args[0], TupleItem):
        cls = args[0].cls or tuple
    if isinstance(args[0], ClosureItem):
        cls = pytypes.FunctionType
    if cls is not None and classes is not None:
        try:
            return Const(issubclass(cls, classes))
        except TypeError:
            pass
    operand: Item = args[1]
    if isinstance(args[1], Const):
        operand = Const(args[1].value, args[1].name or getattr(args[1].value, "__name__", ""))
    return spec.emit(isinstance, [args[0], operand], span, name=hint)


def python_class(t: Type) -> type | None:
    """Return the exact class of values of a type, if it is known."""
    match t:
        case Static():
            return type(t.value)
        case Array():
            return np.ndarray
        case Tup():
            return t.cls or tuple
        case Lst():
            return list
        case Dct():
            return dict
        case Scalar():
            if t.dtype is None:
                return {"b": bool, "i": int, "f": float, "c": complex}[t.kind]
            return None if t.dtype == "?" else np.dtype(t.dtype).type
    return getattr(t, "cls", None)


def _len(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if isinstance(args[0], IteratorItem):
        raise spec.refuse("an iterator has no length", span)
    if isinstance(args[0], TupleItem):
        return Const(len(args[0].items))
    return spec.emit(len, args, span, name=hint)


def _iterator(kind: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if kind == "enumerate":
            start = args[1] if len(args) > 1 else keywords.get("start", Const(0))
            return IteratorItem("enumerate", (args[0], start))
        if kind == "zip" and isinstance(strict := keywords.get("strict"), Const) and strict.value and len(args) > 1:
            args = [containers.sequence(spec, arg) for arg in args]
            counts = [containers.length(spec, arg) for arg in args]
            for count in counts[1:]:
                spec.effect(Prim.ASSERT, [spec.emit(operator.eq, [counts[0], count], span)], span)
        return IteratorItem(kind, tuple(args))

    return handle


def _sum(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return call_python(spec, library.sum_items, args, keywords, span)


def _extremum(pair: Any, many: Any, plain_builtin: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if keywords:
            raise spec.refuse(f"`{plain_builtin.__name__}` with keywords is not supported", span, "write the loop")
        items = args
        if len(args) == 1:
            if isinstance(args[0], TupleItem) or isinstance(spec.type(args[0]), Tup):
                items = containers.expand(spec, args[0], span)
            else:
                source = containers.sequence(spec, args[0])
                if isinstance(source, IteratorItem):
                    source = _listed(spec, source, span)
                return call_python(spec, many, [source], {}, span)
        if not any(may_vary(spec, item) for item in items):
            t: Type = spec.type(items[0])
            for item in items[1:]:
                from diffcompile.analysis.types import join  # noqa: PLC0415

                t = join(plain(t), plain(spec.type(item)))
            return spec.emit(plain_builtin, items, span, name=hint, t=t)
        best = items[0]
        for item in items[1:]:
            best = call_python(spec, pair, [best, item], {}, span)
        return best

    return handle


def _range(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return spec.emit(range, args, span, t=RANGE, name=hint)


def _abs(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return spec.emit(abs, args, span, name=hint)


def _float(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if args and isinstance(t := spec.type(args[0]), Scalar) and t.kind == "f" and t.dtype is None:
        return args[0]
    return spec.emit(float, args, span, name=hint, t=Scalar("f"))


def _list(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    constant = args and not may_vary(spec, args[0]) and not isinstance(args[0], IteratorItem | TupleItem)
    if constant and not isinstance(spec.type(args[0]), Array | Lst):
        return spec.emit(list, args, span, name=hint)
    return call_python(spec, library.listed, args or [TupleItem(())], {}, span)


def _tuple(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if not args:
        return TupleItem(())
    if isinstance(args[0], TupleItem) or isinstance(spec.type(args[0]), Tup):
        return TupleItem(tuple(containers.expand(spec, args[0], span)))
    source = containers.sequence(spec, args[0])
    if isinstance(source, IteratorItem):
        source = _listed(spec, source, span)
    return spec.emit(tuple, [source], span, name=hint, t=ANY)


def _dict(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if args:
        raise spec.refuse("`dict(...)` of an iterable is not supported", span, "use a dict display")
    return _keyword_dict(spec, keywords, span)


def _partial(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    function = args[0]
    if isinstance(function, Const):
        return BoundItem(function.value, tuple(args[1:]), tuple(keywords.items()))
    if isinstance(function, BoundItem):
        merged = {**dict(function.keywords), **keywords}
        return BoundItem(function.function, (*function.args, *args[1:]), tuple(merged.items()))
    raise spec.refuse("`partial` of a nested function is not supported", span, "use a lambda")


def _wraps(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return Const(_same)


def _same(function: Any) -> Any:
    """What ``functools.wraps(f)`` does to a function, as far as its values go."""
    return function


def _first(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return args[0]


def _divmod(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    return TupleItem((spec.emit(operator.floordiv, args, span), spec.emit(operator.mod, args, span)))


def _map(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if len(args) == 2:  # noqa: PLR2004
        return call_python(spec, library.mapped, args, {}, span)
    raise spec.refuse("`map` over several sequences is not supported", span, "use a comprehension with `zip`")


def _pow(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if len(args) == 3:  # noqa: PLR2004
        raise spec.refuse("`pow` with a modulus has no derivative", span)
    return spec.emit(operator.pow, args, span, name=hint)


def _getattr(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if len(args) == 2 and isinstance(args[1], Const):  # noqa: PLR2004
        return containers.load_attribute(spec, args[0], args[1], span, hint)
    raise spec.refuse("`getattr` with a computed name or a default is not supported", span, "write the attribute out")


def _copyto(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    if keywords.get("where") is not None:
        chosen = rule_call(spec, np.where, [keywords["where"], args[1], args[0]], {}, span, "")
        containers.store_item(spec, args[0], Const(Ellipsis, "..."), chosen, span=span)
        return NONE
    containers.store_item(spec, args[0], Const(Ellipsis, "..."), args[1], span=span)
    return NONE


def _accumulate_at(sign: int) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        base, index, value = args
        if sign < 0:
            value = spec.emit(operator.neg, [value], span)
        spec.effect(registry.ufunc_method(np.add, "at"), [base, index, value], span)
        if isinstance(base, Value) and may_vary(spec, value):
            spec.varied.add(base)
        return NONE

    return handle


def _instead(fun: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        if fun in (np.sum, np.prod) and len(args) == 1 and "axis" not in keywords:
            keywords = {**keywords, "axis": Const(0)}
        if fun in (np.cumsum, np.cumprod) and len(args) == 1 and "axis" not in keywords:
            keywords = {**keywords, "axis": Const(0)}
        return rule_call(spec, fun, args, keywords, span, hint)

    return handle


def _outer(fun: Any) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        left = spec.type(args[1])
        rank = left.rank if isinstance(left, Array) else 0 if isinstance(plain(left), Scalar) else None
        if rank is None:
            raise spec.refuse("the rank of the second argument of `outer` is not known", span, "index with None")
        index = TupleItem((Const(Ellipsis, "..."), *(NONE,) * rank))
        column = containers.load_item(spec, args[0], index, span) if rank else args[0]
        return rule_call(spec, fun, [column, args[1]], keywords, span, hint)

    return handle


def _method(kind: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        base, rest = args[0], args[1:]
        match kind:
            case "append":
                containers.append(spec, base, rest[0], span)
                return NONE
            case "extend":
                containers.extend(spec, base, rest[0], span)
                return NONE
            case "pop":
                t = spec.type(base)
                assert isinstance(t, Lst)
                return spec.emit(list.pop, args, span, name=hint, t=t.item)
            case "copy":
                return call_python(spec, library.listed, [base], {}, span)
            case "get":
                t = spec.type(base)
                if isinstance(t, Dct) and t.cell.root().fixed and isinstance(rest[0], Const):
                    if rest[0].value in (t.cell.root().fields or ()):
                        return containers.load_item(spec, base, rest[0], span, hint)
                    return rest[1] if len(rest) > 1 else NONE
                return call_python(spec, library.dict_get, args, {}, span)
        return IteratorItem(kind, (base,))

    return handle


def _refused(what: str, advice: str) -> Handler:
    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        raise spec.refuse(what, span, advice)

    return handle


def _type(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    cls = python_class(spec.type(args[0])) if len(args) == 1 else None
    if cls is not None:
        return Const(cls, cls.__name__)
    return opaque(spec, type, args, keywords, span, hint)


_HANDLERS: dict[Any, Handler] = {
    isinstance: _isinstance, len: _len, zip: _iterator("zip"), enumerate: _iterator("enumerate"),
    reversed: _iterator("reversed"), sum: _sum, range: _range, abs: _abs, float: _float, list: _list, tuple: _tuple,
    dict: _dict, divmod: _divmod, map: _map, pow: _pow, getattr: _getattr, type: _type,
    min: _extremum(library.smaller, library.smallest, min), max: _extremum(library.larger, library.largest, max),
    np.copyto: _copyto, functools.partial: _partial, functools.wraps: _wraps, _same: _first,
    registry.ufunc_method(np.add, "at"): _accumulate_at(1),
    registry.ufunc_method(np.subtract, "at"): _accumulate_at(-1),
    registry.ufunc_method(np.add, "reduce"): _instead(np.sum),
    registry.ufunc_method(np.multiply, "reduce"): _instead(np.prod),
    registry.ufunc_method(np.add, "accumulate"): _instead(np.cumsum),
    registry.ufunc_method(np.multiply, "accumulate"): _instead(np.cumprod),
    registry.ufunc_method(np.multiply, "outer"): _outer(np.multiply),
    registry.ufunc_method(np.add, "outer"): _outer(np.add),
    registry.ufunc_method(np.subtract, "outer"): _outer(np.subtract),
    list.append: _method("append"), list.extend: _method("extend"), list.pop: _method("pop"),
    list.copy: _method("copy"),
    dict.items: _method("items"), dict.keys: _method("keys"), dict.values: _method("values"), dict.get: _method("get"),
    iter: _refused("`iter` is not supported", "loop over the sequence"),
    next: _refused("`next` is not supported", "loop over the sequence"),
    filter: _refused("`filter` is not supported", "use a comprehension with `if`"),
    eval: _refused("`eval` is not supported", "write the expression out"),
    exec: _refused("`exec` is not supported", "write the code out"),
    locals: _refused("`locals` is not supported", "name the variables"),
    vars: _refused("`vars` is not supported", "name the variables"),
    setattr: _refused("`setattr` is not supported", "use a local variable"),
}  # fmt: skip
for _name in ("insert", "remove", "reverse", "sort", "clear", "__setitem__"):
    _HANDLERS[getattr(list, _name)] = _refused(f"`list.{_name}` is not supported yet", "build a new list")
for _name in ("pop", "update", "setdefault", "popitem", "clear", "copy"):
    _HANDLERS[getattr(dict, _name)] = _refused(f"`dict.{_name}` is not supported yet", "assign the items one by one")


calling.code_of_function = function_code


__all__ = ["NUMBER", "builtins", "call", "call_python", "call_static", "dispatch", "function_code", "infer"]
