"""Watching the compiler: its log, and a dump of every stage.

The logger ``diffcompile`` tells at INFO what was compiled and how long that took, at DEBUG how large each stage was,
and warns where a function is compiled again and again. ``DIFFCOMPILE_DUMP=folder`` writes all stages of every
compilation there, a folder for each.
"""

from __future__ import annotations

import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

from diffcompile.analysis.types import Type
from diffcompile.ir.core import Function, Value, walk
from diffcompile.ir.printer import print_function

LOGGER = logging.getLogger("diffcompile")
DUMP = "DIFFCOMPILE_DUMP"
MANY = 32
"""So many signatures of one function are worth a warning."""


def compiled(
    name: str, seconds: float, stages: Mapping[str, Function], types: Mapping[Value, Type], source: str
) -> None:
    """Log a compilation, and dump its stages if the environment asks for that."""
    if LOGGER.isEnabledFor(logging.INFO):
        params = stages["typed"].params
        signature = ", ".join(f"{param.name}: {types.get(param)!r}" for param in params)
        lines = source.count("\n")
        LOGGER.info("compiled %s(%s) in %.3f s: %d lines", name, signature, seconds, lines)
    if LOGGER.isEnabledFor(logging.DEBUG):
        sizes = ", ".join(f"{stage} {sum(1 for _ in walk(one.body))}" for stage, one in stages.items())
        LOGGER.debug("operations of %s: %s", name, sizes)
    folder = os.environ.get(DUMP)
    if folder:
        try:
            dump(Path(folder), name, stages, types, source)
        except OSError as error:
            LOGGER.warning("the stages of %s cannot be written: %s", name, error)


def in_detail() -> bool:
    """Tell whether a refusal shows where in the compiler it comes from: at the level ``DEBUG``."""
    return LOGGER.isEnabledFor(logging.DEBUG)


def loaded(name: str, seconds: float) -> None:
    """Log that the code of an earlier process was found in the cache."""
    LOGGER.info("loaded %s from the cache in %.3f s", name, seconds)


def one_by_one(name: str, reason: str) -> None:
    """Log that many directions are taken one after another."""
    LOGGER.info("%s takes one direction after another: %s", name, reason)


def dump(
    folder: Path, name: str, stages: Mapping[str, Function], types: Mapping[Value, Type], source: str
) -> Path:
    """Write each stage to a file of its own; return the folder, which is named after the function and its code."""
    digest = hashlib.sha256(source.encode()).hexdigest()[:12]
    place = folder / f"{''.join(c if c.isalnum() else '_' for c in name)}_{digest}"
    place.mkdir(parents=True, exist_ok=True)
    for number, (stage, function) in enumerate(stages.items(), 1):
        known = types if stage != "ssa" else {}
        text = print_function(function, lambda value, known=known: repr(known[value]) if value in known else "")  # type: ignore[misc]
        (place / f"{number}_{stage}.txt").write_text(text, encoding="utf-8")
    (place / f"{len(stages) + 1}_code.py").write_text(source, encoding="utf-8")
    return place


def many_signatures(name: str, count: int) -> None:
    """Warn where a function has been compiled for very many types of arguments."""
    if count == MANY:
        LOGGER.warning(
            "%s has been compiled for %d combinations of argument types; do strings, functions or lengths of "
            "lists change from call to call?", name, count,
        )  # fmt: skip
