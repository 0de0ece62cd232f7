"""Run the programs of the comparison in every system that is installed: ``python docs/compare.py [--write]``.

Each program of ``docs/code/compared.py`` is taken as it stands; for another system the names ``np``, ``linalg`` and
``special`` stand for its own modules. Where that fails, ``docs/code/rewritten.py`` may have a version for it. A
gradient is right if it agrees with finite differences. ``--write`` puts the tables into ``docs/comparison.md``.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import re
import sys
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "comparison.md"
SYSTEMS = ("diffcompile", "autograd", "jax", "torch")
X = np.array([0.5, 1.2, 0.8, 0.3])
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "diffuse": (np.array([0.0, 1.0, 3.0, 2.0, 0.5]), 0.1),
    "overlapping": (X,),
    "filled": (X,),
    "helped": (X,),
    "binned": (np.array([0.3, 0.2, 0.5, 0.7, 0.1]),),
    "converge": (1.3,),
    "logged": (X,),
    "bouncing": (1.0,),
    "checked": (X,),
    "guarded": (np.array([0.5, -1.2, 2.0]),),
    "library": (X[:3],),
    "dispatched": (X,),
    "unwritten": (X,),
    "recursive": (X,),
    "counting": (X,),
}
"""The first argument is differentiated."""
LONGEST = 96


def programs(name: str) -> types.ModuleType:
    """Return a file of ``docs/code`` as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "code" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # data classes look themselves up
    spec.loader.exec_module(module)
    return module


def swapped(module: types.ModuleType, names: dict[str, Any]) -> dict[str, Any]:
    """Return the functions and classes of a module, in a copy of it in which ``names`` stand for something else."""
    space = {**vars(module), **names}
    for name, value in vars(module).items():
        if isinstance(value, types.FunctionType):
            space[name] = types.FunctionType(value.__code__, space, name, value.__defaults__)
    return space


def copied(value: Any) -> Any:
    """Return an argument that the program may write to."""
    return value.copy() if isinstance(value, np.ndarray) else value


def with_diffcompile(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return the gradient of a program with respect to its first argument."""
    return importlib.import_module("diffcompile").grad(function)(*args)


def with_autograd(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return the gradient by HIPS autograd."""
    return importlib.import_module("autograd").grad(function)(*args)


def with_jax(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return the gradient by JAX, without `jit`, which takes fewer programs."""
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    gradient = jax.grad(function)(*(jax.numpy.asarray(arg) for arg in args))
    return np.asarray(gradient)


def with_torch(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return the gradient by PyTorch; the program gets a copy of the leaf, for it may write to it."""
    torch = importlib.import_module("torch")
    torch.set_default_dtype(torch.float64)
    leaf = torch.tensor(args[0], requires_grad=True)
    function(leaf.clone(), *args[1:]).backward()
    return np.asarray(leaf.grad)


RUNS = {"diffcompile": with_diffcompile, "autograd": with_autograd, "jax": with_jax, "torch": with_torch}


def names_for(system: str) -> dict[str, Any]:
    """Return what the names of modules stand for in a program that is given to a system."""
    if system == "diffcompile":
        return {}
    modules = {
        "autograd": ("autograd.numpy", "autograd.numpy.linalg", "autograd.scipy.special"),
        "jax": ("jax.numpy", "jax.scipy.linalg", "jax.scipy.special"),
        "torch": ("torch", "torch.linalg", "torch.special"),
    }[system]
    return dict(zip(("np", "linalg", "special"), map(importlib.import_module, modules), strict=True))


def numerical(function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """Return the derivative with respect to the first argument by central differences."""
    first, *rest = args
    flat = np.atleast_1d(np.asarray(first, dtype=float))
    found = np.empty_like(flat)
    for k in range(flat.size):
        ends = []
        for sign in (1.0, -1.0):
            moved = flat.copy()
            moved[k] += sign * 1e-6
            ends.append(function(moved if isinstance(first, np.ndarray) else float(moved[0]), *map(copied, rest)))
        found[k] = (ends[0] - ends[1]) / 2e-6
    return found.reshape(np.shape(first))


def outcome(system: str, function: Callable[..., Any], args: tuple[Any, ...], expected: Any) -> str:
    """Return ``right``, ``wrong``, or the message with which a system stopped."""
    try:
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            found = RUNS[system](function, tuple(map(copied, args)))
    except Exception as error:
        text = str(error).partition("\n")[0].strip()
        return f"{type(error).__name__}: {text if len(text) < LONGEST else text[:LONGEST].rsplit(' ', 1)[0] + ' ...'}"
    agrees = found is not None and np.shape(found) == np.shape(expected)
    if agrees and np.allclose(found, expected, rtol=1e-5, atol=1e-7):
        return "right"
    shown = np.array2string(np.asarray(found), precision=3)
    told = f", and warns: {str(warned[-1].message).partition('.')[0]}" if warned else ", and says nothing"
    return f"WRONG: it returns {shown} instead of {np.array2string(expected, precision=3)}{told}"


def results(system: str) -> dict[str, str]:
    """Return the outcome of each program in a system; where it stops, that of the version written for it as well."""
    module = programs("compared")
    space = swapped(module, names_for(system)) if system != "diffcompile" else vars(module)
    rewritten = programs("rewritten")
    found = {}
    for name, args in ARGUMENTS.items():
        expected = numerical(getattr(module, name), args)
        found[name] = outcome(system, space[name], args, expected)
        other = getattr(rewritten, f"{name}_{system}", None)
        if found[name] != "right" and other is not None:
            again = outcome(system, other, args, expected)
            if again != "right":
                raise AssertionError(f"{system}: the rewritten {name}: {again}")
            found[name] += " | rewritten"
    return found


def tables(columns: dict[str, dict[str, str]]) -> str:
    """Return the outcomes as tables: one of signs, and what was said where a system stopped."""
    module = programs("compared")
    lines = [f"| program | what it does | {' | '.join(columns)} |", f"|---|---|{'---|' * len(columns)}"]
    for name in ARGUMENTS:
        what = (getattr(module, name).__doc__ or "").strip().rstrip(".")
        signs = [sign(column[name]) for column in columns.values()]
        lines.append(f"| `{name}` | {what} | {' | '.join(signs)} |")
    lines += ["", "What they say where they stop:", ""]
    for system, column in columns.items():
        for name, text in column.items():
            said = text.removesuffix(" | rewritten")
            if said != "right":
                lines.append(f"- {system}, `{name}`: `{said.replace('`', chr(39))}`")
    return "\n".join(lines)


def sign(text: str) -> str:
    """Return a cell of the table."""
    if text == "right" or text.startswith("WRONG"):
        return "right" if text == "right" else "**wrong**"
    return "rewritten" if text.endswith("| rewritten") else "no"


def versions() -> str:
    """Return a line that names what was run."""
    found = [f"{name} {importlib.import_module(name).__version__}" for name in ("numpy", "jax", "torch")]
    python = ".".join(map(str, sys.version_info[:2]))
    metadata = importlib.import_module("importlib.metadata")
    return f"Python {python}, {', '.join([*found, 'autograd ' + metadata.version('autograd')])}"


MARKS = re.compile(r"(<!-- compared -->\n).*?(\n<!-- end -->)", re.DOTALL)


def main() -> int:
    """Run everything; print the tables or write them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/comparison.md")
    text = f"{tables({system: results(system) for system in SYSTEMS})}\n\n{versions()}."
    if parser.parse_args().write:
        PAGE.write_text(MARKS.sub(lambda match: f"{match[1]}{text}{match[2]}", PAGE.read_text()))
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
