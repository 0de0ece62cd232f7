"""``grad`` and ``value_and_grad``."""

from __future__ import annotations

import copy
import functools
import types
from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, overload

import numpy as np

from diffcompile.api.differentiated import ArgNums, Differentiated
from diffcompile.api.entries import Entry
from diffcompile.api.holomorphic import HolomorphicGradient
from diffcompile.pipeline import Compiled, Request, compile_gradient, rebuilt
from diffcompile.signature import plain_key
from diffcompile.specialise.derivatives import Transform, constructor
from diffcompile.specialise.functions import function_code

P = ParamSpec("P")


@overload
def grad(
    fun: Callable[P, Any],
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str = "numpy",
) -> GradientFunction[P]: ...


@overload
def grad(
    fun: None = None,
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str = "numpy",
) -> Callable[[Callable[P, Any]], GradientFunction[P]]: ...


def grad(
    fun: Callable[..., Any] | None = None,
    *,
    argnums: ArgNums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    backend: str = "numpy",
) -> Any:
    """Return a function that computes the gradient of ``fun``, a function of one real result.

    Args:
        fun: A Python function, or anything callable that has a rule or leads to one, such as ``np.linalg.norm`` or
            a ``functools.partial``; leave it out to use ``@grad(argnums=...)`` as a decorator.
        argnums: Which arguments to differentiate: a position, a name, or a tuple of these. A tuple makes the
            gradient a tuple. With ``def fun(*args)`` a position is that of an argument, and the name ``args`` stands
            for all of them.
        has_aux: ``fun`` returns ``(value, auxiliary)``, and the gradient function ``(gradient, auxiliary)``.
        holomorphic: The arguments and the result are complex, and the gradient is the complex derivative. The first
            call checks the Cauchy-Riemann equations.
        backend: ``"numpy"``.

    Returns:
        A function with the signature of ``fun``. A gradient has the structure, shapes and dtypes of its argument.
        ``.source`` is the generated text of the latest signature, ``.primal`` is ``fun``.

    Raises:
        UnsupportedError: at the first call, if ``fun`` is outside the differentiable subset.
        TypeError: ``fun`` does not return one real number, or an argument to differentiate is an integer.
        ValueError: ``argnums`` names no parameter, or ``fun`` is not holomorphic where that is promised.
    """
    if fun is None:
        return functools.partial(grad, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic, backend=backend)
    if holomorphic:
        if has_aux:
            raise ValueError("holomorphic=True and has_aux=True cannot be had together")
        return HolomorphicGradient(fun, argnums, backend)
    return GradientFunction(fun, argnums, has_aux, backend, with_value=False)


@overload
def value_and_grad(
    fun: Callable[P, Any], *, argnums: ArgNums = 0, has_aux: bool = False, backend: str = "numpy"
) -> GradientFunction[P]: ...


@overload
def value_and_grad(
    fun: None = None, *, argnums: ArgNums = 0, has_aux: bool = False, backend: str = "numpy"
) -> Callable[[Callable[P, Any]], GradientFunction[P]]: ...


def value_and_grad(
    fun: Callable[..., Any] | None = None, *, argnums: ArgNums = 0, has_aux: bool = False, backend: str = "numpy"
) -> Any:
    """Return a function that computes ``(value, gradient)`` of ``fun``; arguments and errors are those of :func:`grad`.

    With ``has_aux`` the result is ``((value, auxiliary), gradient)``.
    """
    if fun is None:
        return functools.partial(value_and_grad, argnums=argnums, has_aux=has_aux, backend=backend)
    return GradientFunction(fun, argnums, has_aux, backend, with_value=True)


class GradientFunction(Differentiated, Generic[P]):
    """The gradient of a function; made by :func:`grad` and :func:`value_and_grad`."""

    _carries = True

    def __init__(
        self, fun: Callable[..., Any], argnums: ArgNums, has_aux: bool, backend: str, *, with_value: bool
    ) -> None:
        super().__init__(fun, argnums, backend)
        self._has_aux = has_aux
        self._with_value = with_value
        self.suffix = "value_and_grad" if with_value else "grad"
        self.transform = Transform("gradient", argnums, has_aux, with_value)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        """Return the gradient at these arguments."""
        entry = self._entry
        if entry is None or kwargs or not entry.fits(args):
            entry = None if kwargs else self._entries.get(plain_key(args))
            if entry is None or not entry.holds():
                return self._called(args, kwargs)
            self._entry = entry
        self._latest = entry.compiled
        results = entry.function(*args)
        if not entry.alone:
            return self._arranged(entry.compiled, results, entry.shapes, args, kwargs)
        if isinstance(results, np.ndarray) and results.shape != entry.shapes[0]:
            self._raise_of(args, kwargs)
        return results

    def _called(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the gradient where the code is not known yet, or needs more than the arguments of the call."""
        if self._fits is not None:
            twin, args, kwargs = self._fitted(args, kwargs)
            return twin(*args, **kwargs)
        values = self._bind(args, kwargs)
        compiled = self._find(values)
        live = compiled.live_globals
        shapes = [getattr(values[number], "shape", ()) for number in self._wrt]
        complete = not (kwargs or live or compiled.written) and len(args) == len(values)
        key = plain_key(args) if complete else None
        if key is not None:
            alone = self._single and not self._with_value and not self._has_aux
            self._entries[key] = Entry(self._fun, compiled, args, shapes, alone)
        results = compiled.function(*values, *(read() for read in live)) if live else compiled.function(*values)
        return self._arranged(compiled, results, shapes, args, kwargs)

    def _arranged(
        self, compiled: Compiled, results: Any, shapes: Sequence[Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Return what was asked for, of what the generated function returned; the gradients have these shapes."""
        count = len(self._wrt)
        bare = count == 1 and not self._with_value and not self._has_aux
        gradients = (results,) if bare else results[-count:]
        for shape, found in zip(shapes, gradients, strict=True):
            if isinstance(found, np.ndarray) and found.shape != shape:
                self._raise_of(args, kwargs)
        gradient = gradients[0] if self._single else gradients if type(gradients) is tuple else tuple(gradients)
        if not self._with_value and not self._has_aux:
            return gradient
        outputs = rebuilt(compiled.structure, list(results[:-count]))
        if self._with_value:
            return outputs, gradient
        return gradient, outputs[1]

    def _raise_of(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Raise the error of the program, which the gradient could do without: it has got another shape."""
        self._fun(*copy.deepcopy(args), **copy.deepcopy(kwargs))
        raise ValueError(f"the gradient of {self._display} has another shape than its argument")

    def _compile(self, values: list[Any]) -> Compiled:
        request = Request(
            function_code(self._fun),
            self._types(values),
            self._wrt,
            self._with_value or self._has_aux,
            self._has_aux,
            values,
            cached=True,
        )
        return compile_gradient(request)

    def __repr__(self) -> str:
        kind = "value_and_grad" if self._with_value else "grad"
        return f"<diffcompile {kind} of {self._display}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind like a function, so that a method can be decorated."""
        return self if instance is None else types.MethodType(self, instance)


constructor(grad, "gradient")


constructor(value_and_grad, "gradient", with_value=True)
