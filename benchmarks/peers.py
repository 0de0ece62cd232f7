"""Other systems' gradients of a program; each is an optional extra."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.programs import Program
from benchmarks.programs.program import unwritten

NAMES = ("autograd", "jax", "torch")
__all__ = ["NAMES", "bound_to", "finite_differences", "gradients", "unwritten"]


def gradients(program: Program, args: tuple[Any, ...]) -> dict[str, Callable[[], Any] | str]:
    """Return for each system a call that computes the gradient at ``args``, or why there is none."""
    found: dict[str, Callable[[], Any] | str] = {}
    for name, make in (("autograd", _autograd), ("jax", _jax), ("torch", _torch)):
        try:
            found[name] = make(program, args)
            found[name]()  # type: ignore[operator]
        except ImportError:
            found[name] = "not installed"
        except NotImplementedError:
            found[name] = "it has no writes, and nobody would write this program without"
        except Exception as error:
            found[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:100]
    return found


def bound_to(program: Program, module: Any) -> Callable[..., Any]:
    """Return the program as a function of its arguments that uses ``module`` for NumPy."""
    if program.functional is not None:
        functional = program.functional
        return lambda *args: functional(module, *args)
    fun = program.primal
    return types.FunctionType(fun.__code__, {**fun.__globals__, "np": module}, fun.__name__, fun.__defaults__)  # type: ignore[attr-defined]


def _autograd(program: Program, args: tuple[Any, ...]) -> Callable[[], Any]:
    import autograd  # noqa: PLC0415
    import autograd.numpy  # noqa: PLC0415

    gradient = autograd.grad(bound_to(program, autograd.numpy), program.argnums)
    return lambda: gradient(*args)


def _jax(program: Program, args: tuple[Any, ...]) -> Callable[[], Any]:
    import jax  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)
    fun = bound_to(program, jax.numpy)
    if program.jax is not None:
        written = program.jax
        fun = lambda *args: written(jax, *args)  # noqa: E731
    static = tuple(number for number, arg in enumerate(args) if type(arg) is int)
    gradient = jax.jit(jax.grad(fun, program.argnums), static_argnums=static)
    device = [arg if number in static else jax.tree.map(jax.numpy.asarray, arg) for number, arg in enumerate(args)]
    return lambda: jax.block_until_ready(gradient(*device))


def _torch(program: Program, args: tuple[Any, ...]) -> Callable[[], Any]:
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    wanted = (program.argnums,) if isinstance(program.argnums, int) else program.argnums
    leaves: list[Any] = []

    def tensor(value: Any, active: bool) -> Any:
        if isinstance(value, tuple):
            return tuple(tensor(item, active) for item in value)
        if isinstance(value, int) or (isinstance(value, float) and not active):
            return value
        made = torch.tensor(value, requires_grad=active)
        if active:
            leaves.append(made)
        return made

    tensors = [tensor(arg, number in wanted) for number, arg in enumerate(args)]
    fun = bound_to(program, _TorchNumPy(torch))
    return lambda: torch.autograd.grad(fun(*tensors), leaves)


class _TorchNumPy:
    """PyTorch under the names and keywords of NumPy."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.newaxis = None
        self.linalg = torch.linalg

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch, name)

    def max(self, x: Any, axis: Any = (), keepdims: bool = False) -> Any:
        return self.torch.amax(x, dim=axis, keepdim=keepdims)

    def sqrt(self, x: Any) -> Any:
        return self.torch.sqrt(self.torch.as_tensor(x, dtype=self.torch.float64))

    def std(self, x: Any, axis: int) -> Any:
        return self.torch.std(x, dim=axis, correction=0)

    def tensordot(self, x: Any, y: Any, axes: int) -> Any:
        return self.torch.tensordot(x, y, dims=axes)


def finite_differences(program: Program, args: tuple[Any, ...]) -> int:
    """Return how many calls of the primal a gradient by one-sided differences takes."""
    wanted = (program.argnums,) if isinstance(program.argnums, int) else program.argnums

    def count(value: Any) -> int:
        return sum(map(count, value)) if isinstance(value, tuple) else int(np.size(value))

    return 1 + sum(count(args[number]) for number in wanted)
