"""Functions that travel: to another process by name where it can find them there, else by their source.

A function of an imported module travels as its name. One that is defined in ``__main__``, in a notebook or inside of
another function, and a lambda, travels as text, with the globals and captured variables that it uses; on the other
side it is compiled from that text, which is registered in :mod:`linecache`, so that it can be differentiated there.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib
import linecache
import pickle
import sys
import textwrap
import types
from collections.abc import Callable
from typing import Any

from diffcompile.frontend.source import read_source

Packed = tuple[str, Any]


def pack(fun: Any) -> Packed:
    """Return something that can be pickled and from which :func:`unpack` makes ``fun`` elsewhere.

    Raises:
        pickle.PicklingError: the function uses something that cannot travel.
    """
    return _pack(fun, {})


def _pack(value: Any, busy: dict[int, int]) -> Packed:
    if isinstance(value, types.ModuleType):
        return "module", value.__name__
    if isinstance(value, types.MethodType):
        return "method", (_pack(value.__func__, busy), value.__self__)
    if isinstance(value, types.FunctionType):
        if _found_by_name(value):
            return "name", (value.__module__, value.__qualname__)
        return _packed_source(value, busy)
    return "value", value


def _found_by_name(fun: types.FunctionType) -> bool:
    """Tell whether another process finds ``fun``, or a gradient of it, in a module of that name."""
    if fun.__module__ in ("__main__", "__mp_main__") or "<" in fun.__qualname__:
        return False
    module = sys.modules.get(fun.__module__)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return False
    found: Any = module
    for part in fun.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is fun or getattr(found, "primal", None) is fun


def _packed_source(fun: types.FunctionType, busy: dict[int, int]) -> Packed:
    if id(fun) in busy:
        return "again", busy[id(fun)]
    busy[id(fun)] = number = len(busy)
    source = read_source(fun)
    text = _text_of(source.node, "".join(source.lines))
    code = fun.__code__
    cells = dict(zip(code.co_freevars, fun.__closure__ or (), strict=True))
    captured = {name: _pack(cell.cell_contents, busy) for name, cell in cells.items()}
    names = _global_names(code)
    globals_ = {name: _pack(fun.__globals__[name], busy) for name in sorted(names) if name in fun.__globals__}
    for name, (kind, value) in {**captured, **globals_}.items():
        if kind == "value":
            _require_pickle(fun, name, value)
    return "source", {
        "number": number,
        "name": fun.__name__,
        "qualname": fun.__qualname__,
        "text": text,
        "captured": captured,
        "globals": globals_,
        "defaults": fun.__defaults__,
        "kwdefaults": fun.__kwdefaults__,
        "doc": fun.__doc__,
    }


def _require_pickle(fun: types.FunctionType, name: str, value: Any) -> None:
    try:
        pickle.dumps(value)
    except Exception as error:  # an object may raise anything when it is pickled
        raise pickle.PicklingError(f"{fun.__qualname__} uses {name}, which cannot be pickled: {error}") from error


def _text_of(node: Any, text: str) -> str:
    """Return the text of a definition without decorators; of a lambda as an expression."""
    segment = ast.get_source_segment(text, node, padded=True)
    if segment is None:
        raise pickle.PicklingError("the text of the function cannot be found")
    return textwrap.dedent(segment)


def _global_names(code: types.CodeType) -> set[str]:
    """Return the global names that code, and functions inside of it, may read."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _global_names(constant)
    return {name for name in names if not hasattr(builtins, name)}


def unpack(packed: Packed) -> Any:
    """Return what was packed."""
    return _unpack(packed, {})


def _unpack(packed: Packed, made: dict[int, Any]) -> Any:
    kind, data = packed
    match kind:
        case "value":
            return data
        case "module":
            return importlib.import_module(data)
        case "method":
            return types.MethodType(_unpack(data[0], made), data[1])
        case "again":
            return made[data]
        case "name":
            found: Any = importlib.import_module(data[0])
            for part in data[1].split("."):
                found = getattr(found, part)
            return getattr(found, "primal", found)
    return _made(data, made)


def _made(data: dict[str, Any], made: dict[int, Any]) -> Callable[..., Any]:
    """Compile a function from its text, and give it the globals and captured variables that it had."""
    inner = textwrap.indent(data["text"], "    ").lstrip()
    captured = ", ".join(data["captured"])
    is_lambda = data["name"] == "<lambda>"
    body = f"    return ({inner})" if is_lambda else f"    {inner}\n    return {data['name']}"
    text = f"def _surroundings({captured}):\n{body}\n"
    path = f"<pickled {data['qualname']} {hashlib.sha256(text.encode()).hexdigest()[:12]}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    namespace: dict[str, Any] = {"__name__": "diffcompile.pickled", "__builtins__": builtins}
    exec(compile(text, path, "exec"), namespace)
    code = next(one for one in namespace.pop("_surroundings").__code__.co_consts if isinstance(one, types.CodeType))
    cells = {name: types.CellType() for name in data["captured"]}
    closure = tuple(cells[name] for name in code.co_freevars)
    fun = types.FunctionType(code, namespace, data["name"], data["defaults"], closure)
    fun.__kwdefaults__ = data["kwdefaults"]
    fun.__qualname__, fun.__doc__ = data["qualname"], data["doc"]
    made[data["number"]] = fun
    for name, packed in data["captured"].items():
        cells[name].cell_contents = _unpack(packed, made)
    for name, packed in data["globals"].items():
        namespace[name] = _unpack(packed, made)
    return fun
