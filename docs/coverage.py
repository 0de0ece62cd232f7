"""Write docs/coverage.md from the tables of rules: which functions of NumPy and of Python have a derivative.

``python docs/coverage.py`` writes the page; ``python docs/coverage.py --measure`` prints what the other packages
have, if they are installed, for ``OTHERS`` below.
"""

from __future__ import annotations

import cmath
import functools
import importlib
import importlib.metadata
import math
import re
import statistics
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import diffcompile.rules  # noqa: F401 - fills the tables
from diffcompile.rules import registry

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from accuracy.expressions import EXPRESSIONS, REFUSED  # noqa: E402 - after the path is known

PAGE = ROOT / "docs" / "coverage.md"
SPACES = (("numpy", np, "np."), ("numpy.linalg", np.linalg, "np.linalg."), ("numpy.fft", np.fft, "np.fft."))
PYTHON = (("math", math), ("cmath", cmath), ("statistics", statistics))

WITHOUT_NUMBERS = {
    "asmatrix", "base_repr", "binary_repr", "bmat", "busday_count", "busday_offset", "common_type",
    "datetime_as_string", "datetime_data", "from_dlpack", "frombuffer", "fromfile", "fromregex", "fromstring",
    "frompyfunc", "genfromtxt", "get_include", "get_printoptions", "getbufsize", "geterr", "geterrcall", "info",
    "is_busday", "isdtype", "isfortran", "load", "loadtxt", "mintypecode", "nested_iters", "printoptions", "save",
    "savetxt", "savez", "savez_compressed", "set_printoptions", "setbufsize", "seterr", "seterrcall",
    "show_config", "show_runtime", "test", "typename", "namedtuple", "mode", "multimode", "bisect_left",
    "bisect_right", "row_stack",
}  # fmt: skip
"""Files, settings, texts, dates and dtypes: what no derivative could be asked of."""

OTHERS: dict[str, dict[str, Any]] = {
    "autograd": {"version": "1.9.1", "numpy": 178, "numpy.linalg": 10, "numpy.fft": 14},
    "jax": {"version": "0.10.2", "numpy": 331, "numpy.linalg": 31, "numpy.fft": 18},
}
"""How many of the names below the other packages have, printed by ``--measure``."""


def names(space: types.ModuleType) -> list[str]:
    """Return the public functions of a module that take or make numbers."""
    return [
        name
        for name in sorted(dir(space))
        if not name.startswith("_")
        and callable(value := getattr(space, name))
        and not isinstance(value, type | types.ModuleType)
        and name not in WITHOUT_NUMBERS
    ]


def kind(function: Callable[..., Any], spelled: str) -> str:
    """Tell where the derivative of a function comes from; "" if it has none."""
    if function in registry.ELEMENTWISE or function in registry.ADJOINT:
        return "rule"
    if function in registry.DEFINITIONS:
        return "written out"
    if function in registry.NONDIFFERENTIABLE:
        return "constant"
    used = re.compile(rf"(?<![\w.]){re.escape(spelled)}\(")
    return "source" if any(used.search(text) for text in EXPRESSIONS if text not in REFUSED) else ""


def table(space: str, module: types.ModuleType, prefix: str) -> dict[str, list[str]]:
    """Return the names of a module by where their derivatives come from."""
    found: dict[str, list[str]] = {"rule": [], "written out": [], "source": [], "constant": [], "": []}
    for name in names(module):
        found[kind(getattr(module, name), prefix + name)].append(name)
    return found


def rows() -> Iterator[str]:
    """Yield the table of counts."""
    yield "| namespace | names | rule | written out | through its source | constant | none | autograd | JAX |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for space, module, prefix in SPACES:
        found = table(space, module, prefix)
        counts = [len(found[key]) for key in ("rule", "written out", "source", "constant", "")]
        others = [OTHERS[package][space] for package in ("autograd", "jax")]
        yield f"| `{space}` | {' | '.join(map(str, [sum(counts), *counts, *others]))} |"
    for space, module in PYTHON:
        found = table(space, module, f"{space}.")
        counts = [len(found[key]) for key in ("rule", "written out", "source", "constant", "")]
        yield f"| `{space}` | {' | '.join(map(str, [sum(counts), *counts]))} | | |"


def page() -> str:
    """Return the text of the page."""
    tested = sum(len(list(entry.samples())) for entry in _entries() if entry.samples is not None)
    lines = [
        "# Coverage",
        "",
        "Written by `docs/coverage.py` from the tables of rules. A *rule* is a reverse rule with sample inputs, on",
        "which the tests compare it with numerical derivatives, alone and through the compiler. What is *written",
        "out* is inlined in terms of simpler functions. *Through its source* means that the compiler reads NumPy's",
        "own text. A *constant* has a derivative of zero: tests, shapes, positions, rounding. *None* is refused, with",
        "the place, if it is asked for a derivative.",
        "",
        f"Names are the public functions of NumPy {np.__version__.rsplit('.', 1)[0]} that take or make numbers; not",
        "counted are files, settings, texts, dates and dtypes. The last columns count the names that autograd",
        f"{OTHERS['autograd']['version']} (with a rule, or without derivative) and JAX {OTHERS['jax']['version']}"
        " (where the name exists) have.",
        "",
        *rows(),
        "",
        f"These rules are tried on more than {tested // 500 * 500} sample inputs. An accuracy test differentiates",
        f"{len(EXPRESSIONS)} expressions, functions with variants of their keywords:"
        f" {len(EXPRESSIONS) - len(REFUSED)} are right and {len(REFUSED)} are refused, with the place; none is wrong.",
        "",
    ]
    lines += [] if complete() else ["## Without derivative", ""]
    for space, module, prefix in SPACES:
        missing = table(space, module, prefix)[""]
        if missing:
            lines.append(f"- `{space}`: {', '.join(f'`{name}`' for name in missing)}")
    for space, module in PYTHON:
        missing = table(space, module, f"{space}.")[""]
        if missing:
            lines.append(f"- `{space}`: {', '.join(f'`{name}`' for name in missing)}")
    lines += ["", "## By namespace", ""]
    for space, module, prefix in SPACES:
        found = table(space, module, prefix)
        lines += [f"### {space}", ""]
        for key in ("rule", "written out", "source", "constant"):
            if found[key]:
                lines += [f"{key}: " + ", ".join(f"`{name}`" for name in found[key]), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def complete() -> bool:
    """Tell whether every name has a derivative."""
    parts = [table(*space)[""] for space in SPACES]
    return not any([*parts, *(table(space, module, f"{space}.")[""] for space, module in PYTHON)])


def _entries() -> Iterator[Any]:
    """Yield the rules of NumPy's and Python's functions; SciPy's are loaded when they are met."""
    for entries in (registry.ELEMENTWISE, registry.ADJOINT, registry.DEFINITIONS):
        for function, entry in entries.items():  # type: ignore[attr-defined]
            owned = str(getattr(function, "__module__", None) or "numpy")
            known = getattr(np, function.__name__, None) is function if isinstance(function, np.ufunc) else True
            if known and not owned.startswith("scipy"):
                yield entry


def measure() -> None:
    """Print how many of the names each of the other packages has, for ``OTHERS``."""
    core, numpy_of_autograd = (importlib.import_module(f"autograd.{name}") for name in ("core", "numpy"))
    numpy_of_jax = importlib.import_module("jax.numpy")
    constants = set(importlib.import_module("autograd.numpy.numpy_vjps").nograd_functions)
    for package in OTHERS:
        print(package, importlib.metadata.version(package))
    for space, module, _ in SPACES:
        places = space.split(".")[1:]
        theirs, of_jax = (functools.reduce(getattr, places, root) for root in (numpy_of_autograd, numpy_of_jax))
        count = 0
        for name in names(module):
            found = getattr(theirs, name, None)
            own = isinstance(found, types.FunctionType) and (found.__module__ or "").startswith("autograd.numpy")
            count += found in core.primitive_vjps or found in constants or own
        print(space, {"autograd": count, "jax": sum(hasattr(of_jax, name) for name in names(module))})


if __name__ == "__main__":
    if "--measure" in sys.argv:
        measure()
    else:
        PAGE.write_text(page())
