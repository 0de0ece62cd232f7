"""Functions of complex numbers as functions of real ones, which have numerical derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from diffcompile.testing.structures import Leaf, numbers
from diffcompile.testing.variations import title_of, written


def is_complex(value: Any) -> bool:
    """Tell whether ``value`` is a complex number, or an array of them."""
    return isinstance(value, complex) or (isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "c")


def holds_complex(tree: Any) -> bool:
    """Tell whether there is a complex number in a nested structure."""
    return any(is_complex(leaf.value) for leaf in numbers(tree))


def over_reals(
    fun: Callable[..., Any], args: tuple[Any, ...], chosen: tuple[int, ...], names: Sequence[str], value: Any
) -> tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]:
    """Return a function of the the parts of ``chosen`` complex arguments, its arguments, and the chosen ones.

    It returns the real and the imaginary parts of what ``fun``, whose result at ``args`` is ``value``, returns.

    Raises:
        TypeError: a complex number is inside of an argument that is a structure.
    """
    parameters: list[str] = []
    given: list[str] = []
    values: list[Any] = []
    places: list[int] = []
    for k, (name, arg) in enumerate(zip(names, args, strict=True)):
        name = name if name.isidentifier() else f"x{k}"  # noqa: PLW2901
        parts = [arg]
        if k in chosen and is_complex(arg):
            parts = [number_like(arg, np.real(arg)), number_like(arg, np.imag(arg))]
            given.append(f"{name}_real + 1j * {name}_imag")
            parameters += [f"{name}_real", f"{name}_imag"]
        elif k in chosen and holds_complex(arg):
            raise TypeError(f"{name} of {title_of(fun)} holds complex numbers: pass them by themselves")
        else:
            given.append(name)
            parameters.append(name)
        if k in chosen:
            places += range(len(values), len(values) + len(parts))
        values += parts
    results = [text for leaf in numbers(value, "result") for text in _real_texts(leaf)]
    out = results[0] if len(results) == 1 else f"({', '.join(results)})"
    text = f"def program({', '.join(parameters)}):\n    result = fun({', '.join(given)})\n    return {out}\n"
    program = written(text, "program", f"{title_of(fun)} in real numbers", {"np": np, "fun": fun})
    program.__qualname__ = getattr(fun, "__qualname__", type(fun).__name__)
    return program, tuple(values), tuple(places)


def number_like(value: Any, part: Any) -> Any:
    """Return the real or imaginary ``part`` of ``value``: an array of its own, or a number of the same precision."""
    if isinstance(value, np.ndarray):
        return np.array(part)
    return part if isinstance(value, np.generic) else float(part)


def _real_texts(leaf: Leaf) -> list[str]:
    return [f"np.real({leaf.path})", f"np.imag({leaf.path})"] if is_complex(leaf.value) else [leaf.path]


__all__ = ["holds_complex", "is_complex", "over_reals"]
