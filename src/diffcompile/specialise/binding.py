"""Arguments to parameters, as Python binds them."""

from __future__ import annotations

import functools
import types as pytypes
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import Cell, Dct, plain
from diffcompile.errors import Span, UnsupportedError
from diffcompile.frontend.lower import Code, Parameter
from diffcompile.ir.core import Const, Prim
from diffcompile.specialise.items import Item, TupleItem

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


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
            bound.append(keyword_dict(spec, named, span))
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


def defaults_of(spec: Specialiser, fun: pytypes.FunctionType, code: Code) -> dict[str, Item]:
    """Return the defaults of ``fun``, each guarded: a default that changes gives new code."""
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


def keyword_dict(spec: Specialiser, named: dict[str, Item], span: Span | None) -> Item:
    """Return the dict that ``**kwargs`` holds."""
    fields = {key: plain(spec.type(value)) for key, value in named.items()}
    parts: list[Item] = [part for key, value in named.items() for part in (Const(key), value)]
    return spec.emit(Prim.DICT, parts, span, name="kwargs", t=Dct(Cell(fields=fields, fixed=True)))


class CallError(UnsupportedError):
    """A call whose arguments do not fit the parameters: it raises TypeError when it is made."""


def _call_error(code: Code, problem: str, span: Span | None) -> CallError:
    return CallError(f"{code.name}() {problem}", span=span)
