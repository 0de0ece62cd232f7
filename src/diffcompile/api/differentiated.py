"""What all functions made from a primal have in common."""

from __future__ import annotations

import functools
import inspect
import linecache
import types
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from diffcompile import watch
from diffcompile.analysis.types import Type, signature_types
from diffcompile.api.arguments import check_backend, check_differentiable, check_sharing, refuse_carried
from diffcompile.api.entries import Entry
from diffcompile.api.fitting import completed, fitted, from_the_front, needs_fitting, usual_call
from diffcompile.errors import DiffCompileError, UnsupportedError
from diffcompile.frontend.source import python_function
from diffcompile.highlight import html_of, python_parts
from diffcompile.pickling import pack, unpack
from diffcompile.pipeline import COMPILING, Compiled
from diffcompile.rules import registry
from diffcompile.signature import Operator, plain_key, sharing, type_keys
from diffcompile.specialise.derivatives import Transform

ArgNums = int | str | Sequence[int | str]
_STAYS_HOME = {
    "_signature", "_defaults", "_compiled", "_latest", "primal", "_fun", "__wrapped__", "__doc__", "__annotations__",
    "__type_params__", "__annotate__", "_by_mode", "_many", "_at_first", "_surroundings", "_entries",
    "_entry",
}  # fmt: skip
"""What a gradient function does not take along when it is pickled."""
_PLAIN = "plain"
"""Begins the keys of arguments that are arrays and numbers alone: they are made quickly."""
_NOTEBOOK_STYLE = (
    ".diffcompile summary{cursor:pointer}.diffcompile pre{line-height:1.4;margin:6px 0 0 12px}"
    ".diffcompile .hl-keyword{color:#a0309a}.diffcompile .hl-builtin{color:#0f7b8a}"
    ".diffcompile .hl-string{color:#2f7d32}.diffcompile .hl-number{color:#9a5b00}"
    ".diffcompile .hl-comment{color:#7a8494;font-style:italic}"
)


class Differentiated(Operator):
    """What the functions made from a primal have in common: binding arguments, finding the code for their types."""

    _may_be_constant = False
    _carries = False
    """Arrays that are not NumPy's are carried."""
    """Whether there may be nothing to differentiate."""
    _batched = False
    """Whether the code takes many directions at once."""

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums, backend: str) -> None:
        if not callable(fun):
            called = isinstance(fun, float | complex | np.ndarray | np.generic)
            hint = ": write grad(f)(x), not grad(f(x))" if called else ""
            raise TypeError(f"a function is needed, not {type(fun).__name__}{hint}")
        if not isinstance(argnums, int | str | Iterable):
            raise TypeError(f"argnums must be an int, a name or a tuple of these, not {argnums!r}")
        check_backend(backend)
        self.primal = fun
        self.backend = backend
        self._argnums = argnums
        self.transform: Any = Transform("none", argnums)
        self._fits: dict[Any, Any] | None = {} if needs_fitting(fun, argnums) else None
        """By the shape of a call, what to call instead; None where the parameters of ``fun`` are known."""
        self._adopt(self._function(fun))
        functools.update_wrapper(self, fun, updated=())  # type: ignore[arg-type]  # the subclasses are callable

    def _adopt(self, function: types.FunctionType) -> None:
        """Make ``function`` what is differentiated."""
        self._fun = function
        self._signature = inspect.signature(function, follow_wrapped=False)
        self._defaults: Any = (function.__defaults__, function.__kwdefaults__)
        self._names = list(self._signature.parameters)
        self._all_positional = _count_if_positional(self._signature, self._prefix)
        self._wrt, self._single = self._resolve(self._argnums)
        self._compiled: dict[Any, Compiled] = {}
        self._entries: dict[Any, Entry] = {}
        """By the types of arguments that are arrays and numbers alone, what a call needs."""
        self._entry: Entry | None = None
        """The one that the latest call needed."""
        self._latest: Compiled | None = None

    def _fitted(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], *, complete: bool = True
    ) -> tuple[Any, Any, Any]:
        """Return what to call where ``_fits`` is not None, and its arguments: if ``complete``, with their defaults."""
        assert self._fits is not None
        if complete:
            args, kwargs = completed(self._differentiated, args, kwargs)
        key = (len(args), tuple(kwargs))
        twin = self._fits.get(key)
        if twin is None:
            twin = object.__new__(type(self))
            for name, value in vars(self).items():  # containers: what was found out about calls of other shapes
                setattr(twin, name, type(value)() if isinstance(value, dict | set) else value)
            twin._fits = None
            twin._argnums = from_the_front(self._argnums, len(args))
            twin._adopt(fitted(self._differentiated, *key))
            self._fits[key] = twin
        self._fits[None] = twin
        return twin, args, kwargs

    @property
    def _differentiated(self) -> Any:
        """What this is a derivative of."""
        return self.primal

    def _function(self, fun: Callable[..., Any]) -> types.FunctionType:
        self._prefix: tuple[Any, ...] = ()
        if self._fits is not None:
            return fitted(fun, *usual_call(fun, self._argnums))
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
            self._signature, self._defaults = inspect.signature(self._fun, follow_wrapped=False), defaults
        bound = self._signature.bind(*self._prefix, *args, **kwargs)
        bound.apply_defaults()
        return list(bound.arguments.values())

    def _call_primal(self, values: list[Any]) -> Any:
        """Call the function itself with a value for each of its parameters."""
        bound = inspect.BoundArguments(self._signature, dict(zip(self._signature.parameters, values, strict=True)))
        return self._fun(*bound.args, **bound.kwargs)

    def _find(self, values: list[Any]) -> Compiled:
        plain = plain_key(values)
        if plain is None:
            return self._look_up(values)
        quick = (_PLAIN, self._fun.__code__, registry.version(), plain)
        compiled = self._compiled.get(quick)
        if compiled is None or not compiled.holds():
            compiled = self._look_up(values)
            if not compiled.live_globals:
                self._compiled[quick] = compiled
            return compiled
        self._latest = compiled
        if compiled.written:
            check_sharing(values, compiled.written)
        return compiled

    def _look_up(self, values: list[Any]) -> Compiled:
        if not self._carries:
            refuse_carried(values)
        shared = sharing(values)
        for _, first, again in shared:
            if first != again and (first in self._wrt or again in self._wrt):
                raise ValueError(
                    f"{self._names[first]} and {self._names[again]} share an object, and one of them is "
                    "differentiated: pass a copy"
                )
        key = (self._fun.__code__, registry.version(), shared, *type_keys(values))
        compiled = self._compiled.get(key)
        if compiled is None or not compiled.holds():
            compiled = self._made(key, values)
        if compiled.live_globals:
            surroundings = sharing([*values, *(read() for read in compiled.live_globals)])
            if surroundings != compiled.sharing:
                if compiled.sharing is not None:  # an argument is, or is no longer, an object of the surroundings
                    self._compiled.pop(key, None)  # another thread may have done so
                    compiled = self._made(key, values)
                compiled.sharing = surroundings
        self._latest = compiled
        if compiled.written:
            check_sharing([*values, *(read() for read in compiled.live_globals)], compiled.written)
        return compiled

    def _made(self, key: Any, values: list[Any]) -> Compiled:
        """Compile code for a key, unless another thread has done so meanwhile."""
        with COMPILING:
            compiled = self._compiled.get(key)
            if compiled is None or not compiled.holds():
                self._check_types(values)
                try:
                    compiled = self._compile(values)
                except DiffCompileError as error:
                    if watch.in_detail():
                        raise
                    raise error.with_traceback(None)  # it says where in the program # noqa: B904
                self._compiled[key] = compiled
                # other threads add theirs, and a dict that grows must not be gone over
                watch.many_signatures(self._display, sum(key[0] is not _PLAIN for key in tuple(self._compiled)))
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
        self._signature = inspect.signature(self._fun, follow_wrapped=False)
        self._defaults = (self._fun.__defaults__, self._fun.__kwdefaults__)
        self._all_positional = _count_if_positional(self._signature, self._prefix)
        self._compiled, self._entries, self._entry, self._latest = {}, {}, None, None
        self._fits = None if self._fits is None else {}
        functools.update_wrapper(self, self.primal, updated=())  # type: ignore[arg-type]  # as in __init__

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the primal's name, and the generated code to unfold."""
        from html import escape  # noqa: PLC0415 - notebooks only

        head = f"<b>{escape(repr(self).strip('<>'))}</b>"
        if self._shown is None:
            return f"<div>{head}: not compiled yet, as no call has shown the types of the arguments</div>"
        code = html_of(python_parts(self._shown.source))
        lines = self._shown.source.count("\n")
        summary = f"<summary>{head}: {lines} lines</summary>"
        style = f"<style>{_NOTEBOOK_STYLE}</style>"
        return f"<div class='diffcompile'>{style}<details>{summary}<pre>{code}</pre></details></div>"

    @property
    def source(self) -> str:
        """The generated text for the latest signature.

        Raises:
            RuntimeError: nothing has been compiled yet, as no call has shown the types of the arguments.
        """
        if self._shown is None:
            raise RuntimeError(
                f"call the gradient of {self._display} once: its code depends on the types of the arguments"
            )
        return self._shown.source

    @property
    def _shown(self) -> Compiled | None:
        fitting = self if self._fits is None else self._fits.get(None, self)
        latest: Compiled | None = fitting._latest
        return latest


def _count_if_positional(signature: inspect.Signature, prefix: tuple[Any, ...]) -> int:
    """Return how many arguments a call has that gives each one by position, -1 if it cannot."""
    kinds = {parameter.kind for parameter in signature.parameters.values()}
    plain = kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    return len(signature.parameters) - len(prefix) if plain else -1


def calling_of(operator: Operator) -> types.FunctionType:
    """Return a Python function, with source, that calls a derivative: what its own derivative is taken of."""
    primal = operator.primal
    while isinstance(primal, Operator):
        primal = primal.primal
    signature = inspect.signature(primal, follow_wrapped=False)
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
