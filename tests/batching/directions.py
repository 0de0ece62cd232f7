"""Random directions in the structure of arguments and results, one after another and stacked."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.dynamic import attributes, has_attributes


def over(x: Any, leaf: Callable[..., Any], *others: Any) -> Any:
    """Return the structure of ``x`` with ``leaf(part, *parts of others)`` for its numbers and arrays, else None."""
    if isinstance(x, np.ndarray | float | complex | np.inexact):
        return leaf(x, *others)
    if isinstance(x, int | str | np.generic) or x is None:
        return None
    if isinstance(x, list | tuple):
        parts = [over(item, leaf, *(other[k] for other in others)) for k, item in enumerate(x)]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    if isinstance(x, dict):
        return {key: over(item, leaf, *(other[key] for other in others)) for key, item in x.items()}
    if has_attributes(x):
        twin = copy.copy(x)
        for name, value in attributes(x).items():
            object.__setattr__(twin, name, over(value, leaf, *(getattr(other, name) for other in others)))
        return twin
    return None


def random_directions(x: Any, n: int, rng: np.random.Generator) -> Any:
    """Return ``n`` random directions of ``x``."""

    def leaf(part: Any) -> Any:
        shape = (n, *np.shape(part))
        dtype = np.result_type(part)
        real = rng.normal(size=shape)
        if dtype.kind == "c":
            return (real + 1j * rng.normal(size=shape)).astype(dtype)
        return real.astype(dtype if dtype.kind == "f" else float)

    return over(x, leaf)


def one(x: Any, many: Any, k: int) -> Any:
    """Return direction ``k``, as one passes it for ``x``."""
    return over(x, lambda part, rows: rows[k] if isinstance(part, np.ndarray) else type(part)(rows[k]), many)


def assert_close(
    many: Any, ones: list[Any], path: str = "", *, rtol: float | None = None, any_dtype: bool = False
) -> None:
    """Assert that the rows of ``many`` are ``ones``, to rounding or ``rtol``.

    With ``any_dtype`` they may be real where ``ones`` are complex: so are some derivatives of real arguments.
    """
    options: dict[str, Any] = {"rtol": rtol, "any_dtype": any_dtype}
    first = ones[0]
    if first is None:
        assert many is None, path
    elif isinstance(first, np.ndarray | float | complex | np.generic):
        assert isinstance(many, np.ndarray), path
        wanted = np.array(ones)
        if any_dtype and not np.iscomplexobj(many):
            wanted = np.real(wanted)
        assert many.shape == wanted.shape, f"{path}: {many.shape}, not {wanted.shape}"
        if isinstance(first, np.ndarray) and not any_dtype:
            assert many.dtype == wanted.dtype, f"{path}: {many.dtype}, not {wanted.dtype}"
        fine = np.finfo(wanted.dtype).eps < 1e-10 if wanted.dtype.kind in "fc" else True
        tolerance = rtol or (1e-12 if fine else 1e-5)
        scale = np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted))
        np.testing.assert_allclose(many, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=path)
    elif isinstance(first, list | tuple):
        assert len(many) == len(first), path
        for k, part in enumerate(many):
            assert_close(part, [each[k] for each in ones], f"{path}[{k}]", **options)
    elif isinstance(first, dict):
        for key, part in many.items():
            assert_close(part, [each[key] for each in ones], f"{path}[{key!r}]", **options)
    elif has_attributes(first):
        for name, part in attributes(many).items():
            assert_close(part, [getattr(each, name) for each in ones], f"{path}.{name}", **options)
