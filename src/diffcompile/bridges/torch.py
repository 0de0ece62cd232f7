"""NumPy functions inside a PyTorch program: ``to_torch(f)`` takes tensors, and autograd goes through it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile.api import Pullback
from diffcompile.bridges.trees import collect, parts_at, replaced


def to_torch(fun: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``fun`` as a differentiable function of PyTorch tensors.

    Tensors in the arguments, which may be nested tuples, lists and dicts, become arrays of the same shape and dtype;
    arrays and floats in the result become tensors on the device of the first one. The function itself runs in NumPy.

    Args:
        fun: A Python function of arrays, one that :func:`diffcompile.vjp` can differentiate.

    Returns:
        A function to use like any other of PyTorch: in a module, in a training loop, under ``backward``. Second
        derivatives through it are refused by PyTorch.

    Raises:
        ModuleNotFoundError: PyTorch is not installed.
    """
    import torch  # noqa: PLC0415 - optional

    known: dict[Any, Any] = {}

    def is_tensor(part: Any) -> bool:
        return isinstance(part, torch.Tensor)

    class Bridge(torch.autograd.Function):  # type: ignore[misc,unused-ignore]
        """One call of the function; the tensors come flat, the rest of the arguments beside them."""

        @staticmethod
        def forward(ctx: Any, call: _Call, *tensors: Any) -> Any:
            arrays = [tensor.detach().cpu().numpy().copy() for tensor in tensors]
            args = replaced(call.args, is_tensor, list(arrays))
            device = tensors[0].device
            ctx.pullback = Pullback(fun, args, known)
            value = ctx.pullback.value
            ctx.args, ctx.call = args, call
            ctx.like = [(tensor.dtype, tensor.device) for tensor in tensors]
            leaves: list[Any] = []
            collect(value, _is_number, leaves)
            call.result = value
            found = tuple(torch.as_tensor(np.array(leaf)).to(device) for leaf in leaves)
            return found[0] if len(found) == 1 else found

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator,unused-ignore]
        def backward(ctx: Any, *cotangents: Any) -> Any:
            arrays = [None if ct is None else ct.detach().cpu().numpy() for ct in cotangents]
            leaves: list[Any] = []
            collect(ctx.call.result, _is_number, leaves)
            cts = [
                np.zeros_like(leaf) if ct is None else _like(ct, leaf) for ct, leaf in zip(arrays, leaves, strict=True)
            ]
            found: list[Any] = []
            parts_at(ctx.pullback(replaced(ctx.call.result, _is_number, cts)), ctx.args, _is_array, found)
            gradients: list[Any] = []
            for gradient, (dtype, device), needed in zip(found, ctx.like, ctx.needs_input_grad[1:], strict=True):
                made = None
                if gradient is not None and needed:
                    made = torch.as_tensor(np.ascontiguousarray(gradient), dtype=dtype, device=device)
                gradients.append(made)
            return (None, *gradients)

    def without_gradients(args: tuple[Any, ...], tensors: list[Any]) -> Any:
        arrays = [tensor.detach().cpu().numpy().copy() for tensor in tensors]
        value = fun(*replaced(args, is_tensor, arrays))
        leaves: list[Any] = []
        collect(value, _is_number, leaves)
        device = tensors[0].device
        return replaced(value, _is_number, [torch.as_tensor(np.array(leaf)).to(device) for leaf in leaves])

    @functools.wraps(fun)
    def bridged(*args: Any) -> Any:
        tensors: list[Any] = []
        collect(args, is_tensor, tensors)
        if not tensors:
            return fun(*args)
        if not (torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)):
            return without_gradients(args, tensors)
        call = _Call(args)
        out = Bridge.apply(call, *tensors)  # type: ignore[no-untyped-call,unused-ignore]
        return replaced(call.result, _is_number, list(out) if isinstance(out, tuple) else [out])

    return bridged


class _Call:
    """The arguments of a call, and what the function returned."""

    def __init__(self, args: tuple[Any, ...]) -> None:
        self.args = args
        self.result: Any = None


def _is_array(part: Any) -> bool:
    return isinstance(part, np.ndarray)


def _is_number(part: Any) -> bool:
    return isinstance(part, np.ndarray | np.inexact | float)


def _like(ct: Any, leaf: Any) -> Any:
    """Return a cotangent of the type of the result that it belongs to."""
    return np.asarray(ct, dtype=leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(ct)
