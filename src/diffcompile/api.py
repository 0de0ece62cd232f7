"""The public functions: gradients, pullbacks, and what a gradient function knows about itself."""

from __future__ import annotations

import functools
import inspect
import linecache
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, ParamSpec, overload

import numpy as np

from diffcompile import watch
from diffcompile.analysis.types import Type, signature_types
from diffcompile.dynamic import distinct, has_attributes, stop_gradient
from diffcompile.errors import UnsupportedError
from diffcompile.frontend.source import python_function
from diffcompile.highlight import html_of, python_parts
from diffcompile.pickling import pack, unpack
from diffcompile.pipeline import COMPILING, Compiled, Request, compile_gradient, flattened, rebuilt
from diffcompile.rules import registry
from diffcompile.signature import Operator, sharing, type_key
from diffcompile.specialise.derivatives import Transform, constructor
from diffcompile.specialise.functions import function_code
from diffcompile.specialise.items import TupleItem

ArgNums = int | str | Sequence[int | str]
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
        fun: A Python function; leave it out to use ``@grad(argnums=...)`` as a decorator.
        argnums: Which arguments to differentiate: a position, a name, or a tuple of these. A tuple makes the
            gradient a tuple.
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


_STAYS_HOME = {
    "_signature", "_defaults", "_compiled", "_latest", "primal", "_fun", "__wrapped__", "__doc__", "__annotations__",
    "__type_params__", "__annotate__", "_by_mode",
}  # fmt: skip
"""What a gradient function does not take along when it is pickled."""
_NOTEBOOK_STYLE = (
    ".diffcompile summary{cursor:pointer}.diffcompile pre{line-height:1.4;margin:6px 0 0 12px}"
    ".diffcompile .hl-keyword{color:#a0309a}.diffcompile .hl-builtin{color:#0f7b8a}"
    ".diffcompile .hl-string{color:#2f7d32}.diffcompile .hl-number{color:#9a5b00}"
    ".diffcompile .hl-comment{color:#7a8494;font-style:italic}"
)


class Differentiated(Operator):
    """What the functions made from a primal have in common: binding arguments, finding the code for their types."""

    _may_be_constant = False
    """Whether there may be nothing to differentiate."""

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums, backend: str) -> None:
        if not callable(fun):
            raise TypeError(f"a function is needed, not {type(fun).__name__}")
        if backend != "numpy":
            raise ValueError(f"unknown backend {backend!r}: only 'numpy' is there yet")
        self.primal = fun
        self.backend = backend
        self._prefix: tuple[Any, ...] = ()
        self.transform: Any = Transform("none", argnums)
        self._fun = self._function(fun)
        self._signature = inspect.signature(self._fun)
        self._defaults: Any = (self._fun.__defaults__, self._fun.__kwdefaults__)
        self._names = list(self._signature.parameters)
        self._all_positional = _count_if_positional(self._signature, self._prefix)
        self._wrt, self._single = self._resolve(argnums)
        self._compiled: dict[Any, Compiled] = {}
        self._latest: Compiled | None = None
        functools.update_wrapper(self, fun, updated=())  # type: ignore[arg-type]  # the subclasses are callable

    def _function(self, fun: Callable[..., Any]) -> types.FunctionType:
        if isinstance(fun, types.MethodType):
            self._prefix = (fun.__self__,)
        if isinstance(fun, Operator):
            return calling_of(fun)
        function = python_function(fun)
        if function is None and not isinstance(fun, type):
            call = getattr(type(fun), "__call__", None)  # noqa: B004 - the method itself is wanted
            if isinstance(call, types.FunctionType):
                self._prefix = (fun,)
                function = call
        if function is None:
            raise UnsupportedError(
                f"{getattr(fun, '__name__', fun)!r} is not a Python function",
                why="there is no source to differentiate",
                advice="wrap it: `def f(x): return ...`",
            )
        return function

    def _resolve(self, argnums: ArgNums) -> tuple[list[int], bool]:
        single = isinstance(argnums, int | str)
        if not single and isinstance(argnums, Sequence) and not argnums and not self._may_be_constant:
            raise ValueError("argnums must name at least one argument")
        wanted: Sequence[int | str] = [argnums] if isinstance(argnums, int | str) else list(argnums)
        skipped = len(self._prefix)
        count = len(self._names) - skipped
        found = []
        for number in wanted:
            if isinstance(number, str):
                if number not in self._names[skipped:]:
                    raise ValueError(
                        f"argnums: {self._display} has no parameter {number!r}; it has {', '.join(self._names)}"
                    )
                found.append(self._names.index(number))
            elif isinstance(number, bool) or not isinstance(number, int):
                raise TypeError(f"argnums must be an int, a name or a tuple of these, not {number!r}")
            elif not -count <= number < count:
                raise ValueError(f"argnums: {self._display} has {count} parameters, so there is no number {number}")
            else:
                found.append(number % count + skipped)
        if len(set(found)) < len(found):
            raise ValueError(f"argnums names a parameter twice: {argnums!r}")
        return found, single

    @property
    def wrt(self) -> tuple[str, ...]:
        """The names of the parameters that are differentiated."""
        return tuple(self._names[number] for number in self._wrt)

    @property
    def _display(self) -> str:
        return getattr(self.primal, "__qualname__", repr(self.primal))

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        if not kwargs and len(args) == self._all_positional:
            return [*self._prefix, *args]
        defaults = (self._fun.__defaults__, self._fun.__kwdefaults__)
        if defaults[0] is not self._defaults[0] or defaults[1] is not self._defaults[1]:
            self._signature, self._defaults = inspect.signature(self._fun), defaults
        bound = self._signature.bind(*self._prefix, *args, **kwargs)
        bound.apply_defaults()
        return list(bound.arguments.values())

    def _find(self, values: list[Any]) -> Compiled:
        shared = sharing(values)
        for _, first, again in shared:
            if first != again and (first in self._wrt or again in self._wrt):
                raise ValueError(
                    f"{self._names[first]} and {self._names[again]} share an object, and one of them is "
                    "differentiated: pass a copy"
                )
        key = (self._fun.__code__, registry.version(), shared, *map(type_key, values))
        compiled = self._compiled.get(key)
        if compiled is None or (compiled.guards and not all(guard.holds(guard.read()) for guard in compiled.guards)):
            compiled = self._made(key, values)
        if compiled.live_globals:
            surroundings = sharing([*values, *(read() for read in compiled.live_globals)])
            if surroundings != compiled.sharing:
                if compiled.sharing is not None:  # an argument is, or is no longer, an object of the surroundings
                    del self._compiled[key]
                    compiled = self._made(key, values)
                compiled.sharing = surroundings
        self._latest = compiled
        if compiled.written:
            _check_sharing([*values, *(read() for read in compiled.live_globals)], compiled.written)
        return compiled

    def _made(self, key: Any, values: list[Any]) -> Compiled:
        """Compile code for a key, unless another thread has done so meanwhile."""
        with COMPILING:
            compiled = self._compiled.get(key)
            if compiled is None or not all(guard.holds(guard.read()) for guard in compiled.guards):
                self._check_types(values)
                compiled = self._compile(values)
                self._compiled[key] = compiled
                watch.many_signatures(self._display, len(self._compiled))
        return compiled

    def _check_types(self, values: list[Any]) -> None:
        for number in self._wrt:
            check_differentiable(values[number], self._names[number])

    def _types(self, values: list[Any]) -> list[Type]:
        return signature_types(values)

    def _compile(self, values: list[Any]) -> Compiled:
        raise NotImplementedError

    def __getstate__(self) -> dict[str, Any]:
        """Return what travels to another process: the primal, by name or by source, and what is asked of it."""
        kept = {name: value for name, value in vars(self).items() if name not in _STAYS_HOME}
        return {**kept, "primal": pack(self.primal), "_fun": pack(self._fun)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Find or make the primal here; code is compiled anew at the first call."""
        vars(self).update(state)
        self.primal = unpack(state["primal"])
        fun: types.FunctionType = unpack(state["_fun"])
        self._fun = self.primal if isinstance(self.primal, types.FunctionType) else fun
        self._signature = inspect.signature(self._fun)
        self._defaults = (self._fun.__defaults__, self._fun.__kwdefaults__)
        self._all_positional = _count_if_positional(self._signature, self._prefix)
        self._compiled, self._latest = {}, None
        functools.update_wrapper(self, self.primal, updated=())  # type: ignore[arg-type]  # as in __init__

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the primal's name, and the generated code to unfold."""
        from html import escape  # noqa: PLC0415 - notebooks only

        head = f"<b>{escape(repr(self).strip('<>'))}</b>"
        if self._latest is None:
            return f"<div>{head}: not compiled yet, as no call has shown the types of the arguments</div>"
        code = html_of(python_parts(self._latest.source))
        lines = self._latest.source.count("\n")
        summary = f"<summary>{head}: {lines} lines</summary>"
        style = f"<style>{_NOTEBOOK_STYLE}</style>"
        return f"<div class='diffcompile'>{style}<details>{summary}<pre>{code}</pre></details></div>"

    @property
    def source(self) -> str:
        """The generated text for the latest signature.

        Raises:
            RuntimeError: nothing has been compiled yet, as no call has shown the types of the arguments.
        """
        if self._latest is None:
            raise RuntimeError(
                f"call the gradient of {self._display} once: its code depends on the types of the arguments"
            )
        return self._latest.source


def _count_if_positional(signature: inspect.Signature, prefix: tuple[Any, ...]) -> int:
    """Return how many arguments a call has that gives each one by position, -1 if it cannot."""
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    plain = kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return len(signature.parameters) - len(prefix) if plain else -1


class GradientFunction(Differentiated, Generic[P]):
    """The gradient of a function; made by :func:`grad` and :func:`value_and_grad`."""

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
        values = self._bind(args, kwargs)
        compiled = self._find(values)
        live = compiled.live_globals
        results = compiled.function(*values, *(read() for read in live)) if live else compiled.function(*values)
        count = len(self._wrt)
        alone = count == 1 and not self._with_value and not self._has_aux
        gradients = (results,) if alone else results[-count:]
        gradient = gradients[0] if self._single else tuple(gradients)
        if not self._with_value and not self._has_aux:
            return gradient
        outputs = rebuilt(compiled.structure, list(results[:-count]))
        if self._with_value:
            return outputs, gradient
        return gradient, outputs[1]

    def _compile(self, values: list[Any]) -> Compiled:
        request = Request(
            function_code(self._fun),
            self._types(values),
            self._wrt,
            self._with_value or self._has_aux,
            self._has_aux,
            values,
        )
        return compile_gradient(request)

    def __repr__(self) -> str:
        kind = "value_and_grad" if self._with_value else "grad"
        return f"<diffcompile {kind} of {self._display}>"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Bind like a function, so that a method can be decorated."""
        return self if instance is None else types.MethodType(self, instance)


class HolomorphicGradient(Differentiated):
    """The complex derivative of a holomorphic function; made by :func:`grad`."""

    suffix = "grad"

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums, backend: str) -> None:
        super().__init__(fun, argnums, backend)
        self.transform = None
        self._trusted: set[str] = set()
        """Code whose results were seen to satisfy the Cauchy-Riemann equations."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the derivative at these arguments."""
        values = self._bind(args, kwargs)
        for number in self._wrt:
            if not np.iscomplexobj(values[number]):
                raise TypeError(f"holomorphic=True, but {self._names[number]} is not a complex number or array")
        compiled = self._find(values)
        surroundings = [read() for read in compiled.live_globals]
        result, *found = compiled.function(*values, *surroundings, 1.0 + 0.0j)
        if np.ndim(result) or not np.iscomplexobj(result):
            kind = f"an array of shape {np.shape(result)}" if np.ndim(result) else type(result).__name__
            raise TypeError(f"holomorphic=True needs a function that returns one complex number, not {kind}")
        if compiled.source not in self._trusted:
            turned = compiled.function(*values, *surroundings, 1.0j)[1:]
            for number, part, other in zip(self._wrt, found, turned, strict=True):
                room = 1e3 * np.finfo(np.result_type(part)).eps * np.max(np.abs(part), initial=0.0)
                if np.any(np.abs(1j * part - other) > room):
                    raise ValueError(
                        f"holomorphic=True, but {self._display} is not holomorphic in {self._names[number]}: "
                        "it depends on its conjugate too; use vjp or jvp, or split it into real and imaginary part"
                    )
            self._trusted.add(compiled.source)
        return found[0] if self._single else tuple(found)

    def _compile(self, values: list[Any]) -> Compiled:
        code = function_code(self._fun)
        compiled = compile_gradient(
            Request(code, self._types(values), self._wrt, with_value=True, examples=values, pullback=True)
        )
        if isinstance(compiled.structure, TupleItem):
            raise TypeError(f"grad needs a function that returns one number, but {self._display} returned a tuple")
        return compiled

    def __repr__(self) -> str:
        return f"<diffcompile holomorphic grad of {self._display}>"


def calling_of(operator: Operator) -> types.FunctionType:
    """Return a Python function, with source, that calls a derivative: what its own derivative is taken of."""
    signature = inspect.signature(operator.primal)
    passed: list[str] = []
    declared: list[str] = []
    for parameter in signature.parameters.values():
        stars = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else stars
        if parameter.kind is parameter.KEYWORD_ONLY:
            if not any(text.startswith("*") for text in declared):
                declared.append("*")
            passed.append(f"{parameter.name}={parameter.name}")
        else:
            passed.append(f"{stars}{parameter.name}")
        default = "" if parameter.default is parameter.empty else "=None"
        declared.append(f"{stars}{parameter.name}{default}")
    name = f"{getattr(operator.primal, '__name__', 'function').replace('<lambda>', 'lambda_')}_{operator.suffix}"
    text = f"def {name}({', '.join(declared)}):\n    return derivative({', '.join(passed)})\n"
    path = f"<{name} {id(operator)}>"
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    scope: dict[str, Any] = {"derivative": operator}
    exec(compile(text, path, "exec"), scope)
    function: types.FunctionType = scope[name]
    parameters = signature.parameters.values()
    plain = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    function.__defaults__ = tuple(p.default for p in plain if p.default is not p.empty) or None
    function.__kwdefaults__ = {
        p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty
    } or None
    return function


def check_differentiable(value: Any, name: str) -> None:
    """Check that an argument is made of real or complex floating-point numbers.

    Raises:
        TypeError: it is an integer, a string or the like.
    """
    if isinstance(value, bool | int | np.integer | np.bool_) or (
        isinstance(value, np.ndarray) and value.dtype.kind in "biu"
    ):
        kind = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"{type(value).__name__} {value!r}"
        raise TypeError(f"cannot differentiate with respect to {name}: it is {kind}; pass floating-point numbers")
    if isinstance(value, np.ndarray) and value.dtype.kind not in "fc":
        raise TypeError(f"cannot differentiate with respect to {name}: it is an array of dtype {value.dtype}")
    if not _has_float(value):
        raise TypeError(f"cannot differentiate with respect to {name}: there is no floating-point number in {value!r}")


def _has_float(value: Any) -> bool:
    if isinstance(value, float | complex | np.inexact):
        return True
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "fc"
    if isinstance(value, tuple | list):
        return any(map(_has_float, value))
    if isinstance(value, dict):
        return any(map(_has_float, value.values()))
    return has_attributes(value) and any(map(_has_float, vars(value).values()))


def _check_sharing(values: list[Any], written: list[int]) -> None:
    parts: list[tuple[int, Any]] = []
    seen: set[int] = set()
    for number, value in enumerate(values):
        _collect_memory(value, number, parts, seen)
    for place, (number, part) in enumerate(parts):
        if number in written:
            for other_place, (_, other) in enumerate(parts):
                if other_place != place:
                    distinct(part, other)


def _collect_memory(value: Any, number: int, found: list[tuple[int, Any]], seen: set[int]) -> None:
    """Find all arrays, lists and dicts in an argument; an object that is reached twice is looked at once."""
    if isinstance(value, np.ndarray):
        found.append((number, value))
        return
    inner: Iterable[Any] = ()
    if isinstance(value, list | dict):
        found.append((number, value))
        inner = value.values() if isinstance(value, dict) else value
    elif isinstance(value, tuple):
        inner = value
    elif has_attributes(value):
        inner = vars(value).values()
    else:
        return
    if id(value) in seen:
        return
    seen.add(id(value))
    for item in inner:
        _collect_memory(item, number, found, seen)


def vjp(fun: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[[Any], tuple[Any, ...]]]:
    """Return ``fun(*primals)`` and its pullback.

    ``pullback(ct)`` takes a cotangent of the structure of the output and returns a tuple with a cotangent for each
    primal (None for one that is not made of floating-point numbers). It may be called any number of times.
    """
    pullback = Pullback(fun, primals)
    return pullback.value, pullback


class Pullback(Differentiated):
    """The pullback of a function at a point."""

    _may_be_constant = True

    def __init__(
        self, fun: Callable[..., Any], primals: tuple[Any, ...], known: dict[Any, Compiled] | None = None
    ) -> None:
        wrt = tuple(number for number, primal in enumerate(primals) if _is_differentiable(primal))
        super().__init__(fun, wrt, "numpy")
        self._primals = [_kept(value) for value in self._bind(primals, {})]
        self._count = len(primals)
        if known is not None:  # code that pullbacks of this function at other points have made
            self._compiled = known
        self.value = fun(*[_kept(primal) for primal in primals])

    def __call__(self, ct: Any) -> tuple[Any, ...]:
        """Return a cotangent for each primal."""
        values = self._primals
        compiled = self._find(values)
        leaves: list[Any] = []
        flattened(compiled.structure, ct, leaves)
        outputs: list[Any] = []
        flattened(compiled.structure, self.value, outputs)
        for leaf, output in zip(leaves, outputs, strict=True):
            plain = isinstance(output, np.ndarray | float | np.generic)
            if plain and leaf is not None and np.shape(leaf) != np.shape(output):
                raise ValueError(f"the cotangent has shape {np.shape(leaf)}, the output {np.shape(output)}")
        results = compiled.function(*values, *(read() for read in compiled.live_globals), *leaves)
        gradients = results if len(self._wrt) != 1 else (results,)
        found: list[Any] = [None] * self._count
        for number, gradient in zip(self._wrt, gradients, strict=True):
            found[number - len(self._prefix)] = gradient
        return tuple(found)

    def _compile(self, values: list[Any]) -> Compiled:
        request = Request(function_code(self._fun), self._types(values), self._wrt, examples=values, pullback=True)
        return compile_gradient(request)


def _is_differentiable(value: Any) -> bool:
    try:
        check_differentiable(value, "")
    except TypeError:
        return False
    return True


def _kept(value: Any) -> Any:
    """Return a copy of the arrays in an argument, so that later changes by the caller do not matter."""
    if isinstance(value, np.ndarray):
        return value.copy()
    if type(value) in (list, tuple):
        return type(value)(map(_kept, value))
    if type(value) is dict:
        return {key: _kept(item) for key, item in value.items()}
    return value


constructor(grad, "gradient")
constructor(value_and_grad, "gradient", with_value=True)

__all__ = ["GradientFunction", "Pullback", "grad", "stop_gradient", "value_and_grad", "vjp"]
