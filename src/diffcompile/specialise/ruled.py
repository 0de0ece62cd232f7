"""Calls of functions with a rule: ``out=`` and ``where=`` become stores, ``copy=`` is resolved."""

from __future__ import annotations

import functools
import inspect
import types as pytypes
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.infer import list_items
from diffcompile.analysis.types import ANY, Array, Cell, Lst, Scalar, Static, Tup, plain
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Value
from diffcompile.rules import registry
from diffcompile.specialise import array_likes, containers, handed_through, objects, operators, sequences
from diffcompile.specialise.collected import COLLECTING, written_out
from diffcompile.specialise.inlining import call_python, listed
from diffcompile.specialise.items import NONE, GeneratorItem, Item, IteratorItem, ObjectItem, TupleItem
from diffcompile.specialise.opaque import may_vary
from diffcompile.specialise.operands import as_arrays

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def rule_call(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Emit a call of a function with a rule; ``out=`` becomes a store."""
    args, keywords = handed_through.with_named_copy(fun, args, keywords)
    if (same := handed_through.handed_through(spec, fun, args, keywords)) is not None:
        return same
    if "copy" in keywords and fun in _COPYING:
        same = _without_copy(spec, args, keywords, span)
        if same is not None:
            return same
    package = registry.package_of(fun)
    if package in ("numpy", "scipy"):  # what may be overwritten need not be
        args, keywords = _without_overwriting(fun, args, keywords)
    if package == "scipy":
        args, keywords = _with_output(spec, fun, args, keywords)
    args, out = _out_of(spec, fun, args, keywords, span)
    args = [_without_flat(spec, fun, arg, span) for arg in args]
    args = [sequences.sequence(spec, arg) if isinstance(arg, IteratorItem | GeneratorItem) else arg for arg in args]
    args = [listed(spec, arg, span) if isinstance(arg, IteratorItem) else arg for arg in args]
    if (made := array_likes.of_array_like(spec, fun, args, keywords, out, span)) is not None:
        return made
    of_arrays = package in ("numpy", "_operator", "math")
    for arg in (*args, *keywords.values()):  # other rules may take objects: SciPy's own, the user's
        if of_arrays and (cls := objects.class_of(spec, arg)) not in (None, slice):
            name = getattr(fun, "__name__", str(fun))
            raise spec.refuse(f"`{name}` of a {cls.__name__} is not supported", span, "pass its attributes, or a list")
    if fun in registry.ELEMENTWISE:
        operators.check_beside(spec, fun, args, span)
    if any(may_vary(spec, arg) for arg in (*args, *keywords.values())):
        args, keywords = as_arrays(spec, fun, args, keywords, span)
        dtype = keywords.get("dtype")
        if isinstance(dtype, Value) and spec.types[dtype] is ANY and may_vary(spec, dtype):  # out of a list of anything
            keywords["dtype"] = spec.emit(dynamic.given_dtype, [dtype], span, t=ANY)
    if fun in COLLECTING:
        args = written_out(spec, args)
    if registry.defaulted(fun):
        args, keywords = _in_order(spec, fun, args, keywords, span), {}
    where = keywords.pop("where", None) if out is not None and isinstance(fun, np.ufunc) else None
    if out is None and isinstance(fun, np.ufunc) and "where" in keywords and _is_partial(spec, args, keywords):
        chosen = keywords.pop("where")  # the other items are what the memory happens to hold
        result = spec.emit(fun, args, span, keywords=keywords)
        return spec.emit(np.where, [chosen, result, Const(0.0)], span, name=hint)
    result = spec.emit(fun, args, span, keywords=keywords, name="" if out is not None else hint)
    if out is None:
        _note_items(spec, fun, result, args, keywords, span)
        return result
    if where is not None:
        result = spec.emit(np.where, [where, result, out], span)
    containers.store_item(spec, out, Const(Ellipsis, "..."), result, span=span)
    return out


def _out_of(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> tuple[list[Item], Item | None]:
    """Return the other arguments, and where the result is to be stored; that is taken out of the keywords."""
    out = keywords.pop("out", None) if "out" in keywords else None
    if isinstance(fun, np.ufunc) and len(args) > fun.nin:
        out = args[fun.nin]
        args = args[: fun.nin]
    elif out is None:
        args, out = _positional_out(fun, args)
    if isinstance(fun, np.ufunc) and fun.nout > 1 and not (out is None or _is_none(out)):
        raise spec.refuse(f"`out=` of {fun.__name__}, which has several results, is not supported", span, "assign them")
    if isinstance(out, TupleItem):
        out = out.items[0]
    return args, None if isinstance(out, Const) and out.value is None else out


def _is_partial(spec: Specialiser, args: list[Item], keywords: dict[str, Item]) -> bool:
    """Tell whether a call of a ufunc computes some items alone, and may be differentiated."""
    where = keywords["where"]
    whole = isinstance(where, Const) and where.value is True
    return not whole and any(may_vary(spec, arg) for arg in args)


def _without_flat(spec: Specialiser, fun: Any, item: Item, span: Span | None) -> Item:
    """Read ``x.flat`` into an array, unless the result of ``fun`` may then be a view of ``x``."""
    if item in spec.flats and (fun in registry.VIEWS or fun in _AS_THEY_ARE):
        what = f"`{fun.__name__}` of a flat iterator is not supported"
        raise spec.refuse(what, span, "use np.ravel(x) or x.flatten()", "the array may be a view")
    return containers.read_flat(spec, item, span)


_AS_THEY_ARE = (
    np.array, np.copy, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.asarray_chkfinite
)  # fmt: skip
"""Conversions, which of a flat iterator make views as NumPy stands, copies as it is documented."""
_OUT_OF_METHODS = {"reduce": 3, "accumulate": 3, "reduceat": 4}
"""Where the methods of ufuncs have ``out``, counted from the array."""
_OUT_IN_C: dict[Any, int] = {np.ndarray.compress: 3}


def _positional_out(fun: Any, args: list[Item]) -> tuple[list[Item], Item | None]:
    """Return the arguments without one that is ``out`` by its place, and that one."""
    if isinstance(getattr(fun, "__self__", None), np.ufunc):
        place = _OUT_OF_METHODS.get(fun.__name__, len(args))
    elif fun in _OUT_IN_C:
        place = _OUT_IN_C[fun]
    else:
        of_module = isinstance(getattr(fun, "__self__", None), pytypes.ModuleType)
        found = (_place_of_out if of_module else _place_of_out.__wrapped__)(fun)  # no object is kept alive
        place = len(args) if found is None else found
    if place >= len(args):
        return args, None
    rest = args[place + 1 :]
    return [*args[:place], *([NONE, *rest] if rest else [])], args[place]


@functools.lru_cache(maxsize=1024)
def _place_of_out(fun: Any) -> int | None:
    try:
        parameters = inspect.signature(fun).parameters.values()
    except (TypeError, ValueError):  # without a signature
        return None
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return names.index("out") if "out" in names else None


def _is_none(item: Item) -> bool:
    return isinstance(item, Const) and item.value is None


def _note_items(
    spec: Specialiser, fun: Any, result: Item, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> None:
    """Say what the items of a list are that a function such as ``np.split`` makes."""
    if not isinstance(result, Value) or spec.types[result] is not ANY:
        return
    part = list_items(fun, list(map(spec.type, args)), {name: spec.type(item) for name, item in keywords.items()})
    if part is not None:
        cell = spec.memory.cells.setdefault((spec.path, span, fun), Cell())
        cell.add(part)
        spec.types[result] = Lst(cell)


def _without_overwriting(
    fun: Any, args: list[Item], keywords: dict[str, Item]
) -> tuple[list[Item], dict[str, Item]]:
    """Withdraw the permission to overwrite arguments, which costs a copy and changes no result."""
    kept = {name: value for name, value in keywords.items() if not name.startswith("overwrite_")}
    if fun in registry.ADJOINT:
        names = [parameter.name for parameter in registry.parameters(registry.ADJOINT[fun].rule, 2)]
        names += [""] * len(args)
        pairs = zip(names, args, strict=False)
        args = [Const(False) if name.startswith("overwrite_") else arg for name, arg in pairs]
    return args, kept


def _with_output(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item]
) -> tuple[list[Item], dict[str, Item]]:
    """Call ``out`` what functions of ``scipy.ndimage`` call ``output``, if it is an array and not a dtype."""
    if fun not in registry.ADJOINT:
        return args, keywords
    names = [parameter.name for parameter in registry.parameters(registry.ADJOINT[fun].rule, 2)]
    return with_output(spec, names, args, keywords)


def with_output(
    spec: Specialiser, names: list[str], args: list[Item], keywords: dict[str, Item]
) -> tuple[list[Item], dict[str, Item]]:
    """Call ``out`` what stands for the parameter ``output`` among ``names``, if it is an array and not a dtype."""
    place = names.index("output") if "output" in names else len(args)
    output = args[place] if place < len(args) else keywords.get("output")
    if output is None or isinstance(output, Const) or isinstance(plain(spec.type(output)), Static):
        return args, keywords
    if place < len(args):
        args = [*args[:place], NONE, *args[place + 1 :]]
    return args, {"out": output, **{name: item for name, item in keywords.items() if name != "output"}}


def _in_order(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None
) -> list[Item]:
    """Return all arguments of an elementwise callee by position, those left out as the defaults that they have."""
    ordered = list(args)
    named = dict(keywords)
    for parameter in registry.defaulted(fun)[len(args) :]:
        default = NONE if parameter.default is parameter.empty else Const(parameter.default)
        ordered.append(named.pop(parameter.name, default))
    if named:
        raise spec.refuse(
            f"{fun.__name__} with {', '.join(named)}= has no derivative rule", span, "leave the keyword out"
        )
    return ordered


_CopyMode: Any = np._CopyMode
_COPYING = (np.array, np.asarray, np.ndarray.astype, np.astype)


def _without_copy(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item | None:
    """Resolve ``copy=``: the argument itself if nothing has to be converted, or None if it is copied anyway."""
    copy = _mode(spec, keywords.pop("copy"))
    if isinstance(copy, Const) and _asks_for_copy(copy.value):
        return None
    t = plain(spec.type(args[0]))
    if isinstance(t, Scalar | Tup | Lst):
        return None
    dtype = args[1] if len(args) > 1 else keywords.get("dtype", NONE)
    if isinstance(t, Array) and isinstance(dtype, Const) and (t.dtype is not None or dtype.value is None):
        if dtype.value is not None and np.dtype(dtype.value) != t.dtype:
            return None
        order = keywords.pop("order", Const("K"))
        kept = isinstance(order, Const) and order.value in (None, "K", "A")
        if not isinstance(copy, Const):
            if not kept or keywords.keys() - {"dtype"}:
                raise spec.refuse("a computed `copy=` is supported alone only", span, "choose with `if`")
            return call_python(spec, _copied_if, [args[0], copy], {}, span)
        same = args[0] if kept else rule_call(spec, np.asarray, [args[0]], {"order": order}, span, "")
        return _with_axes(spec, same, t, keywords.pop("ndmin", Const(0)), span)
    if isinstance(copy, Const) and not keywords.keys() - {"dtype", "order"}:
        converted = {"dtype": dtype, "order": keywords.get("order", Const("K"))}
        return rule_call(spec, np.asarray, [args[0]], converted, span, "")
    if not isinstance(copy, Const):
        raise spec.refuse("a computed `copy=` needs an array of known dtype", span, "choose with `if`")
    raise spec.refuse("`copy=False` on an array of unknown dtype is not supported", span, "leave `copy` out")


def _mode(spec: Specialiser, copy: Item) -> Item:
    """Return what is passed as ``copy=`` as a constant, if it is one: members of an enumeration stay what they are."""
    if isinstance(copy, ObjectItem) and isinstance(copy.example, _CopyMode):
        reads = [read for param, _, read in spec.live.values() if param is copy.root]
        if reads and getattr(reads[0], "args", ())[:1] == (_CopyMode,):
            return Const(copy.example)
    t = spec.type(copy)
    return Const(t.value) if isinstance(t, Static) else copy


def _copied_if(array: Any, copy: Any) -> Any:
    return array if copy is _CopyMode.IF_NEEDED or not copy else np.array(array)


def _asks_for_copy(copy: Any) -> bool:
    """Tell whether a value of ``copy=`` asks for a copy whatever there is."""
    return copy is not _CopyMode.IF_NEEDED and bool(copy)


def _with_axes(spec: Specialiser, array: Item, t: Array, least: Item, span: Span | None) -> Item:
    """Return a view of an array that has at least the axes that ``ndmin`` asks for."""
    if isinstance(least, Const) and least.value in (0, 1) and t.rank != 0:
        if least.value == 0 or t.rank is not None:
            return array
        return rule_call(spec, np.atleast_1d, [array], {}, span, "")
    if not isinstance(least, Const) or t.rank is None:
        raise spec.refuse("`ndmin` of an array that is not copied is not supported", span, "use np.expand_dims")
    for _ in range(least.value - t.rank):
        array = rule_call(spec, np.expand_dims, [array, Const(0)], {}, span, "")
    return array
