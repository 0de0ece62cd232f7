"""NumPy functions inside a JAX program: ``to_jax(f)`` works under ``jit``, ``grad`` and ``vmap``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.api import Pullback
from diffcompile.bridges.trees import collect, parts_at, replaced


def to_jax(fun: Callable[..., Any], *, out: Any = None) -> Callable[..., Any]:
    """Return ``fun`` as a differentiable function of JAX arrays, which calls back to NumPy.

    Args:
        fun: A Python function of arrays, one that :func:`diffcompile.vjp` can differentiate.
        out: The shapes and dtypes of the result, a (nested) ``jax.ShapeDtypeStruct``, or a function that returns them
            for the structs of the arguments. Without it ``fun`` is called once, on arrays of ones, to find out.

    Returns:
        A function to be used under ``jax.jit``, ``jax.grad``, ``jax.vjp`` and ``jax.vmap`` (one call after another).
        Python numbers, strings and None among the arguments are constants.

    Raises:
        ModuleNotFoundError: JAX is not installed.
    """
    import jax  # noqa: PLC0415 - optional

    known: dict[Any, Any] = {}

    def is_array(part: Any) -> bool:
        return isinstance(part, jax.Array | np.ndarray)

    def struct(part: Any) -> Any:
        dtype = jax.dtypes.canonicalize_dtype(part.dtype if hasattr(part, "dtype") else np.result_type(part))
        return jax.ShapeDtypeStruct(np.shape(part), dtype)

    def shapes(args: tuple[Any, ...], arrays: list[Any]) -> Any:
        structs = [struct(array) for array in arrays]
        if callable(out):
            return out(*replaced(args, is_array, structs))
        if out is not None:
            return out
        ones = [np.ones(one.shape, one.dtype) for one in structs]
        try:
            value = fun(*replaced(args, is_array, ones))
        except Exception as error:
            raise TypeError(
                f"to_jax: {fun} fails on arrays of ones ({error}), so the shape of its result is not known; give out="
            ) from error
        return replaced(value, _is_number, [struct(leaf) for leaf in _leaves(value)])

    @functools.wraps(fun)
    def bridged(*args: Any) -> Any:
        given: list[Any] = []
        collect(args, is_array, given)
        result = shapes(args, given)

        def forward(*arrays: Any) -> Any:
            value = fun(*replaced(args, is_array, [np.array(array) for array in arrays]))
            leaves = zip(_leaves(value), _parts(result, value), strict=True)
            return replaced(value, _is_number, [np.asarray(leaf, one.dtype) for leaf, one in leaves])

        def backward(arrays: Any, ct: Any) -> Any:
            primals = replaced(args, is_array, [np.array(array) for array in arrays])
            pullback = Pullback(fun, primals, known)
            value = pullback.value
            leaves = zip(_leaves(value), _parts(ct, value), strict=True)
            cts = [_like(np.asarray(part), leaf) for leaf, part in leaves]
            found: list[Any] = []
            parts_at(pullback(replaced(value, _is_number, cts)), primals, _is_array, found)
            pairs = zip(found, arrays, strict=True)
            return tuple(np.asarray(part, array.dtype) for part, array in pairs if _floating(array))

        @jax.custom_vjp  # type: ignore[untyped-decorator,unused-ignore]
        def call(*arrays: Any) -> Any:
            return jax.pure_callback(forward, result, *arrays, vmap_method="sequential")

        def reverse(arrays: Any, ct: Any) -> Any:
            wanted = tuple(struct(array) for array in arrays if _floating(array))
            gradients = list(jax.pure_callback(backward, wanted, arrays, ct, vmap_method="sequential"))
            zero = jax.dtypes.float0
            return tuple(
                gradients.pop(0) if _floating(array) else np.zeros(np.shape(array), zero) for array in arrays
            )

        call.defvjp(lambda *arrays: (call(*arrays), arrays), reverse)
        return call(*given)

    return bridged


def _floating(array: Any) -> bool:
    return np.dtype(array.dtype).kind in "fc"


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray)


def _is_number(part: Any) -> bool:
    return isinstance(part, np.ndarray | np.number | np.bool_ | float | int | complex)


def _leaves(value: Any) -> list[Any]:
    found: list[Any] = []
    collect(value, _is_number, found)
    return found


def _parts(tree: Any, value: Any) -> list[Any]:
    """Return the parts of ``tree`` where ``value`` has numbers; JAX may have put the keys of dicts in another order."""
    found: list[Any] = []
    parts_at(tree, value, _is_number, found)
    return found


def _like(ct: Any, leaf: Any) -> Any:
    if isinstance(leaf, np.ndarray):
        return np.asarray(ct, dtype=leaf.dtype if leaf.dtype.kind in "fc" else float)
    return type(leaf)(ct) if isinstance(leaf, float | np.inexact) else ct
