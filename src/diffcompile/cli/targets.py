"""What a TARGET may go on with, for shells that complete it: files and modules are read, never imported."""

from __future__ import annotations

import ast
import importlib.machinery
import pkgutil
import sys
import tokenize
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

FURTHEST = 4
"""So many modules on, a name that a module imports is looked for."""


def complete_target(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[Any]]:
    """Return how ``incomplete`` may go on: a folder, a file, a module, or a function in one of the last two.

    What is not complete yet ends in ``/``, ``.`` or ``:``.
    """
    place, colon, begun = incomplete.rpartition(":")
    found = functions_of(place, begun) if colon else [*_paths(incomplete), *_modules(incomplete)]
    before = place + colon
    return [CompletionItem(before + name) for name in dict.fromkeys(found) if name.startswith(begun if colon else "")]


def functions_of(place: str, begun: str = "") -> list[str]:
    """Return the functions and methods of a file or module that begin so, in the order of their definition.

    Names that begin with an underscore are left out unless ``begun`` does, too.
    """
    path = Path(place) if _is_path(place) else _file_of(place)
    names = _functions(path, 0) if path is not None else {}
    return [
        name
        for name in names
        if name.startswith(begun)
        and (begun.startswith("_") or not name.startswith("_"))
        and ("._" not in name or "._" in begun or name.endswith(".__call__"))
    ]


def _is_path(place: str) -> bool:
    return place.endswith(".py") or "/" in place or "\\" in place


Definition = ast.FunctionDef | ast.Lambda


def definition_of(target: str) -> Definition | None:
    """Return the text of the function that a target names, parsed; None where it is not found."""
    place, _, name = target.rpartition(":")
    path = Path(place) if _is_path(place) else _file_of(place) if place else None
    return _functions(path, 0).get(name) if path is not None else None


def _functions(path: Path, depth: int) -> dict[str, Definition]:
    """Return the functions of a file by name, also those that it imports from its own package."""
    try:
        with tokenize.open(path) as file:
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, Definition] = {}
    for node in _top_level(tree.body):
        match node:
            case ast.FunctionDef(name=name):
                found[name] = node
            case ast.ClassDef(name=name, body=body):
                methods = [part for part in _top_level(body) if isinstance(part, ast.FunctionDef)]
                found |= {f"{name}.{method.name}": method for method in methods if method.name != "__init__"}
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda() as value):
                found[name] = value
            case ast.ImportFrom(level=level, module=module) if level and depth < FURTHEST:
                found |= _imported(node, _beside(path, level, module), depth)
    return found


def _top_level(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module or class, those in branches too."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With):
            yield from _top_level(node.body)
            yield from _top_level(getattr(node, "orelse", []))
            for handler in getattr(node, "handlers", []):
                yield from _top_level(handler.body)


def _beside(path: Path, level: int, module: str | None) -> Path | None:
    """Return the file of a module that ``path`` imports relatively."""
    folder = path.resolve().parents[level - 1] if level <= len(path.resolve().parents) else None
    if folder is None:
        return None
    place = folder.joinpath(*(module or "").split(".")) if module else folder
    return next((one for one in (place.with_suffix(".py"), place / "__init__.py") if one.is_file()), None)


def _imported(node: ast.ImportFrom, path: Path | None, depth: int) -> dict[str, Definition]:
    """Return functions of another file by the names by which they are imported."""
    there = _functions(path, depth + 1) if path is not None else {}
    found: dict[str, Definition] = {}
    for alias in node.names:
        if alias.name == "*":
            found |= {name: one for name, one in there.items() if not name.startswith("_")}
            continue
        own = alias.asname or alias.name
        for name, definition in there.items():
            head, dot, rest = name.partition(".")
            if head == alias.name:
                found[own + dot + rest] = definition
    return found


def _paths(begun: str) -> list[str]:
    """Return the folders and Python files that begin so."""
    folder, slash, start = begun.rpartition("/")
    try:
        entries = sorted(Path(folder or slash or ".").iterdir())
    except OSError:
        return []
    found = []
    for entry in entries:
        if not entry.name.startswith(start) or (entry.name.startswith((".", "__")) and not start.startswith(".")):
            continue
        if entry.is_dir():
            found.append(f"{folder}{slash}{entry.name}/")
        elif entry.suffix == ".py":
            found.append(f"{folder}{slash}{entry.name}:")
    return found


def _modules(begun: str) -> list[str]:
    """Return the modules that begin so; those outside of this folder only if something has been typed."""
    package, dot, start = begun.rpartition(".")
    if _is_path(begun) or (dot and not package):
        return []
    if package:
        spec = _spec(package)
        places = list(spec.submodule_search_locations or ()) if spec is not None else []
    else:
        places = ["", *sys.path] if start else [""]
    found: dict[str, None] = {}
    for module in pkgutil.iter_modules(places):
        if not module.name.startswith(start) or (module.name.startswith("_") and not start.startswith("_")):
            continue
        name = package + dot + module.name
        found[name + ":"] = None
        if module.ispkg:
            found[name + "."] = None
    return list(found)


def _spec(name: str) -> importlib.machinery.ModuleSpec | None:
    """Find a module by name without importing it, nor the packages around it."""
    places: list[str] | None = ["", *sys.path]
    spec = None
    parts = name.split(".")
    for number in range(len(parts)):
        if places is None:
            return None
        try:
            spec = importlib.machinery.PathFinder.find_spec(".".join(parts[: number + 1]), places)
        except (ImportError, ValueError):
            return None
        if spec is None:
            return None
        places = list(spec.submodule_search_locations) if spec.submodule_search_locations is not None else None
    return spec


def _file_of(name: str) -> Path | None:
    spec = _spec(name)
    origin = spec.origin if spec is not None else None
    return Path(origin) if origin is not None and origin.endswith(".py") else None


__all__ = ["complete_target", "definition_of", "functions_of"]
