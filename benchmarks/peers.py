"""Other systems' gradients of a program; each is an optional extra."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.programs import Program
from benchmarks.programs.functional import FUNCTIONAL

NAMES = ("autograd", "jax", "torch")


def bound_to(program: Program, module: Any) -> Callable[..., Any]:
    """Return the program as a function of its arguments, without writes, that uses ``module`` for NumPy."""
    if program.name in FUNCTIONAL:
        functional = FUNCTIONAL[program.name]
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
    from benchmarks.programs import with_jax  # noqa: PLC0415

    fun = getattr(with_jax, program.name, None) or bound_to(program, jax.numpy)
    static = tuple(number for number, arg in enumerate(args) if type(arg) is int)
    gradient = jax.jit(jax.grad(fun, program.argnums), static_argnums=static)
    device = [arg if number in static else jax.tree.map(jax.numpy.asarray, arg) for number, arg in enumerate(args)]
    return lambda: jax.block_until_ready(gradient(*device))


def _torch(program: Program, args: tuple[Any, ...]) -> Callable[[], Any]:
    import torch  # noqa: PLC0415

    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    wanted = _wanted(program)
    leaves: dict[int, list[Any]] = {number: [] for number in wanted}

    def tensor(value: Any, number: int) -> Any:
        if isinstance(value, tuple):
            return tuple(tensor(item, number) for item in value)
        if isinstance(value, int) or (isinstance(value, float) and number not in wanted):
            return value
        made = torch.tensor(value, requires_grad=number in wanted)
        if number in wanted:
            leaves[number].append(made)
        return made

    tensors = [tensor(arg, number) for number, arg in enumerate(args)]
    asked = [leaf for number in wanted for leaf in leaves[number]]
    fun = bound_to(program, _TorchNumPy(torch))
    return lambda: torch.autograd.grad(fun(*tensors), asked)


class _TorchNumPy:
    """PyTorch under the names and keywords of NumPy."""

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.newaxis = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.torch, name)

    def max(self, x: Any, axis: Any = (), keepdims: bool = False) -> Any:
        return self.torch.amax(x, dim=axis, keepdim=keepdims)

    def exp(self, x: Any) -> Any:
        return self.torch.exp(self.torch.as_tensor(x))

    def sqrt(self, x: Any) -> Any:
        return self.torch.sqrt(self.torch.as_tensor(x, dtype=self.torch.float64))

    def std(self, x: Any, axis: int) -> Any:
        return self.torch.std(x, dim=axis, correction=0)

    def tensordot(self, x: Any, y: Any, axes: int) -> Any:
        return self.torch.tensordot(x, y, dims=axes)

    def cross(self, x: Any, y: Any) -> Any:
        return self.torch.linalg.cross(x, y)

    def pad(self, x: Any, width: int, mode: str) -> Any:
        return self.torch.nn.functional.pad(x, (width, width) * x.ndim, mode)


MAKERS: dict[str, Callable[[Program, tuple[Any, ...]], Callable[[], Any]]] = {
    "autograd": _autograd,
    "jax": _jax,
    "torch": _torch,
}
"""For each system, from a program and its arguments to a call that computes the gradient."""


def to_numpy(value: Any) -> Any:
    """Return a system's gradient as tuples of arrays."""
    if isinstance(value, tuple | list):
        return tuple(map(to_numpy, value))
    return np.asarray(value)


def _wanted(program: Program) -> tuple[int, ...]:
    return (program.argnums,) if isinstance(program.argnums, int) else program.argnums


def components(program: Program, args: tuple[Any, ...]) -> int:
    """Return how many numbers the gradient has."""

    def count(value: Any) -> int:
        return sum(map(count, value)) if isinstance(value, tuple) else int(np.size(value))

    return sum(count(args[number]) for number in _wanted(program))


def differences(
    program: Program, primal: Callable[..., Any], args: tuple[Any, ...], number: int
) -> Callable[[], list[float]]:
    """Return a call that computes the first components of the gradient by one-sided differences.

    ``primal`` must leave its arguments as they are.
    """
    step = 1e-7

    def move(value: Any, place: int) -> Any:
        """Return a value with one of its numbers moved."""
        if not isinstance(value, tuple):
            moved = np.array(value, float)
            moved.flat[place] += step
            return moved if isinstance(value, np.ndarray) else float(moved)
        parts = list(value)
        for index, part in enumerate(parts):
            size = sum(np.size(leaf) for leaf in _leaves(part))
            if place < size:
                parts[index] = move(part, place)
                return tuple(parts)
            place -= size
        raise IndexError(place)

    def call() -> list[float]:
        base = primal(*args)
        found: list[float] = []
        for argnum in _wanted(program):
            size = sum(np.size(leaf) for leaf in _leaves(args[argnum]))
            for place in range(min(size, number - len(found))):
                moved = [move(arg, place) if index == argnum else arg for index, arg in enumerate(args)]
                found.append(float((primal(*moved) - base) / step))
        return found

    return call


def _leaves(value: Any) -> list[Any]:
    return [leaf for part in value for leaf in _leaves(part)] if isinstance(value, tuple) else [value]
