"""Entries of the cache: a file for each compilation, which is used where everything it relied on is what it was."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.metadata
import json
import linecache
import logging
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import diffcompile
from diffcompile.analysis.types import Type
from diffcompile.cache.described import (
    CHANGING,
    Context,
    Description,
    MissingError,
    NotDescribedError,
    fingerprint,
    found_at,
    place_of,
    reader,
    reading,
    type_fingerprint,
)
from diffcompile.frontend.source import Source
from diffcompile.ir.core import Value
from diffcompile.rules import registry
from diffcompile.signature import sharing, still
from diffcompile.specialise.items import Item, TupleItem
from diffcompile.specialise.program import Guard
from diffcompile.specialise.surroundings import same_object

CACHE = "DIFFCOMPILE_CACHE"
FORM = 1
"""Of the files; another number is another cache."""
MOST_VARIANTS = 8
"""So many compilations of one signature are kept: they differ in what the surroundings were."""
LOGGER = logging.getLogger("diffcompile")
PACKAGE = str(Path(diffcompile.__file__).parent)


@dataclass(slots=True)
class Kept:
    """What a compilation leaves to the next process."""

    source: str
    name: str
    """Of the function that ``source`` defines."""
    objects: dict[str, Any]
    """What the text refers to and does not import."""
    unwinding: bool
    """Whether what the function enters must be left if it fails."""
    written: list[int]
    structure: Item | None
    guards: list[Guard]
    live: list[Callable[[], Any]]

_UNUSABLE = (
    MissingError, NotDescribedError, NameError, AttributeError, LookupError, TypeError, ValueError, OSError,
)  # fmt: skip
"""What may go wrong with a file of another state of the program, or one that somebody has damaged."""


def find(source: Source, values: Sequence[Any], types: Sequence[Type], options: Description) -> Kept | None:
    """Return what an earlier compilation of this function for these arguments made, if it still holds."""
    folder = _folder(source, values, types, options)
    if folder is None or not folder.is_dir():
        return None
    for path in sorted(folder.glob("*.json")):
        try:
            return _revived(json.loads(path.read_text(encoding="utf-8")), Context(source.scope, list(values)))
        except _UNUSABLE as reason:
            LOGGER.debug("%s of the cache does not hold: %r", path.name, reason)
    return None


def keep(
    source: Source,
    values: Sequence[Any],
    types: Sequence[Type],
    options: Description,
    consulted: Iterable[Source],
    kept: Kept,
) -> None:
    """Write what a compilation made, if everything that it relied on can be described."""
    folder = _folder(source, values, types, options)
    if folder is None:
        return
    try:
        text = json.dumps(_sealed(_described(kept, consulted, Context(source.scope, list(values)))))
    except _UNUSABLE as reason:
        LOGGER.debug("%s is not kept in the cache, because of %s", kept.name, reason)
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stale in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[: 1 - MOST_VARIANTS]:
            stale.unlink(missing_ok=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=folder, suffix=".new", delete=False) as file:
            file.write(text)
        Path(file.name).replace(folder / f"{digest}.json")  # who reads sees a whole file or none
    except OSError as error:
        LOGGER.warning("the cache cannot be written: %s", error)


def _folder(source: Source, values: Sequence[Any], types: Sequence[Type], options: Description) -> Path | None:
    """Return the folder of the compilations of a function for arguments of these types; None if there is no cache."""
    place = os.environ.get(CACHE)
    if not place or registry.version() != _own_rules():
        return None
    try:
        described = [type_fingerprint(value) for value in values]
    except NotDescribedError as reason:
        LOGGER.debug("%s is not looked up in the cache, because of %s", source.name, reason)
        return None
    if len(values) != len(types):
        return None
    shared = [list(one) for one in sharing(values)]
    key = [FORM, _version(), _lines(source), source.name, options, described, shared]
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    name = "".join(letter if letter.isalnum() else "_" for letter in source.name)
    return Path(place) / f"{name}-{digest[:32]}"


@functools.cache
def _version() -> list[str]:
    """Return what tells this compiler from others: versions, and the files that it consists of."""
    files = sorted(Path(PACKAGE).rglob("*.py"))
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    own = hashlib.sha256(repr(stats).encode()).hexdigest()
    return [own, sys.version, sys.platform, np.__version__]


@functools.cache
def _own_rules() -> int:
    """Return the number of the table of rules before users add any; first called when this package is imported."""
    return registry.version()


_own_rules()


# --- to a file ---


def _described(kept: Kept, consulted: Iterable[Source], context: Context) -> dict[str, Description]:
    guards: list[Description] = []
    places: dict[int, int] = {}
    for guard in kept.guards:
        is_live = any(guard.read is read for read in kept.live)
        if not is_live and _is_own(guard.read):
            continue
        now = guard.read()
        if not guard.holds(now):
            raise NotDescribedError("a guard that does not hold any more")
        places[id(guard.read)] = len(guards)
        seen = type_fingerprint(now) if is_live else fingerprint(now)
        guards.append([reading(guard.read, context), "type" if is_live else "same", seen])
        context.values.append(CHANGING if is_live else now)
    if not all(id(read) in places for read in kept.live):
        raise NotDescribedError("something that is read without a guard")
    texts = {json.dumps(_lines(source)): None for source in consulted if not source.path.startswith(PACKAGE)}
    return {
        "source": kept.source,
        "name": kept.name,
        "objects": {name: place_of(value, context) for name, value in kept.objects.items()},
        "unwinding": kept.unwinding,
        "written": kept.written,
        "structure": _structure(kept.structure),
        "guards": guards,
        "live": [places[id(read)] for read in kept.live],
        "texts": [json.loads(text) for text in texts],
        "versions": _versions(),
    }


def _sealed(entry: dict[str, Description]) -> dict[str, Description]:
    """Return an entry with a digest of all of it."""
    text = json.dumps({**entry, "digest": ""}, sort_keys=True)
    return {**entry, "digest": hashlib.sha256(text.encode()).hexdigest()}


def _is_own(read: Any) -> bool:
    """Tell whether a guard watches something of this package, which stays as it is while its files do."""
    scope = getattr(getattr(read, "func", None), "__self__", None)
    functions = getattr(read, "args", ())
    spaces = [getattr(scope, "globals", None), *(getattr(one, "__globals__", None) for one in functions)]
    names = (space.get("__name__", "") for space in spaces if type(space) is dict)
    return any(str(name).startswith("diffcompile.") for name in names)


def _structure(item: Item | None) -> Description:
    if isinstance(item, TupleItem):
        if item.cls is not None:
            raise NotDescribedError("a result of a class of tuples")
        return [_structure(part) for part in item.items]
    return None


def _lines(source: Source) -> Description:
    """Return which lines of which file a function is, and a digest of them."""
    node = source.node
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    last = node.end_lineno or first
    return [source.path, first, last, _digest(source.lines[first - 1 : last])]


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:24]


def _versions() -> dict[str, str]:
    """Return the versions of packages whose functions the compiler knows without reading them."""
    found = {}
    for name in ("scipy",):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


# --- and back ---


def _revived(entry: dict[str, Any], context: Context) -> Kept:
    """Return what an entry holds.

    Raises:
        MissingError: something is not what it was.
    """
    if entry["versions"] != _versions():
        raise MissingError("the versions of packages")
    if entry != _sealed(entry):
        raise MissingError("a part of the file")
    for path, first, last, digest in entry["texts"]:
        linecache.checkcache(path)
        if _digest(linecache.getlines(path)[first - 1 : last]) != digest:
            raise MissingError(f"the text of {path}:{first}")
    guards: list[Guard] = []
    for described, kind, seen in entry["guards"]:
        read = reader(described, context)
        now = read()
        if _plain(type_fingerprint(now) if kind == "type" else fingerprint(now)) != seen:
            raise MissingError(f"what was read: {described}")
        guards.append(Guard(read, still(now) if kind == "type" else _same(now)))
        context.values.append(CHANGING if kind == "type" else now)
    return Kept(
        entry["source"],
        entry["name"],
        {name: found_at(place, context) for name, place in entry["objects"].items()},
        entry["unwinding"],
        entry["written"],
        _item(entry["structure"]),
        guards,
        [guards[number].read for number in entry["live"]],
    )


def _plain(description: Description) -> Description:
    """Return a description as it comes out of a file."""
    return json.loads(json.dumps(description))


def _same(value: Any) -> Callable[[Any], bool]:
    if isinstance(value, tuple):
        return lambda now: type(now) is type(value) and bool(now == value)
    return same_object(value)


def _item(structure: Description) -> Item | None:
    return Value("") if structure is None else TupleItem(tuple(_item(part) or Value("") for part in structure))
