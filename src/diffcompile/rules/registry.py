"""The table of derivative rules and of what the compiler knows about callees.

Rules hold mathematics only. The driver in :mod:`diffcompile.autodiff` multiplies by the cotangent, sums over
broadcast axes, accumulates and skips inactive operands. The body of a rule is ordinary NumPy code; the compiler
lowers its *source* once and inlines it where it is used, so that it can be optimised, printed and differentiated.

    elementwise(np.sin, lambda y, x: np.cos(x))
    elementwise(np.multiply, lambda z, x, y: y, lambda z, x, y: x)

    @adjoint(np.sum)
    def sum_(ct, y, x, axis=None, keepdims=False):
        if axis is not None and not keepdims:
            ct = np.expand_dims(ct, axis)
        return (np.broadcast_to(ct, np.shape(x)),)
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from types import MethodType
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Sample:
    """Arguments on which a rule is tested."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any] = field(default_factory=dict)


def sample(*args: Any, **kwargs: Any) -> Sample:
    """Return the arguments of one test call of a rule."""
    return Sample(args, kwargs)


Samples = Callable[[], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class Elementwise:
    """``partials[k](result, *operands)`` is the derivative with respect to operand ``k``.

    None stands for a derivative that is zero, :func:`unknown` for one that has no formula here. Where ``fun`` takes
    keywords or has defaults, the parameters of the partials have the names, order and defaults of those of ``fun``.
    """

    fun: Callable[..., Any]
    partials: tuple[Callable[..., Any] | None, ...]
    samples: Samples | None = None
    like: Callable[..., Any] | None = None
    """A function with the parameters of ``fun``, where those of the partials do not tell."""


@dataclass(frozen=True, slots=True)
class Adjoint:
    """``rule(ct, result, *args, **kwargs)`` returns the cotangents of the leading parameters of ``fun``.

    The parameters of ``rule`` after ``ct`` and ``result`` have the names, order and defaults of those of ``fun``, so
    that a call binds to them however it is spelled. Each returned cotangent has the shape of its argument, or is
    None for an argument without derivative. ``linear`` names parameters in which ``fun`` is linear.
    """

    fun: Callable[..., Any]
    rule: Callable[..., Any]
    samples: Samples | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """``meaning`` is ``fun`` in terms of simpler functions: the compiler inlines it instead of a call.

    This is for functions that call a function of the user's, or that write to their arguments, or that mean a loop;
    they need no rule of their own, in no mode. The parameters are those of ``fun`` as far as they are supported.
    """

    fun: Callable[..., Any]
    meaning: Callable[..., Any]
    samples: Samples | None = None
    always: bool = False
    """What the code of ``fun`` makes cannot be read later: it means this even where it is made of constants."""
    shorter: bool = False
    """So it does where all that it is given is known at compile time: its own source takes long to read."""
    form: tuple[str, ...] = ()
    """Only calls that give one of these parameters mean this; for the others ``fun`` has a rule."""
    like: Callable[..., Any] | None = None
    """A function with the parameters of ``fun``, where those of ``meaning`` do not tell: it gets all, in order."""


@dataclass(frozen=True, slots=True)
class Tangent:
    """``rule(result, *args, **kwargs, x_dot=None, ...)`` returns the tangent of the result of ``fun``.

    The parameters of ``rule`` after ``result`` are those of ``fun``; after them stands a keyword ``x_dot`` for each
    parameter ``x`` in which ``fun`` is differentiated, None where its tangent is zero. What the rule returns has the
    shape of the result, or is None for zero.
    """

    fun: Callable[..., Any]
    rule: Callable[..., Any]
    samples: Samples | None = None


@dataclass(frozen=True, slots=True)
class Linear:
    """``fun`` is linear in the parameters ``names``, in all of them together or in each separately (as a product).

    Of the parameters ``form`` it sees the shape, or an order, or which is which: they have no derivative.
    """

    fun: Callable[..., Any]
    names: tuple[str, ...]
    separately: bool = False
    form: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Implicit:
    """``fun`` solves an equation that a function among its arguments states, or integrates it.

    ``kind`` is "root", "fixed point", "integral", "ode(t, y)" or "ode(y, t)"; ``function`` names the parameter that
    takes the function, whose own first parameters are the unknowns. ``answer`` names the attribute of the result that
    holds the solution, "" if it is the result, and ``fields`` others that are constants. ``refused`` are parameters
    that change the result's form.
    """

    fun: Callable[..., Any]
    function: str
    kind: str
    answer: str = ""
    fields: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    scalar: bool = False
    unknowns: int = 1
    """How many of the first arguments of the function the solver varies."""
    constant: tuple[str, ...] = ()
    """Parameters on which the answer depends, and in which it has no derivative here."""
    minimised: str = ""
    """The parameter that takes what is minimised: the answer is where its slope is zero."""
    allowed: tuple[Any, ...] = (None, False, 0)
    """Values of ``refused`` parameters that mean what leaving them out does."""
    like_start: bool = False
    """The answer is a number where ``x0`` is one."""
    beside: tuple[str, ...] = ()
    """Parameters that say, where they are True, that the function returns its slope, or more, beside its value."""
    full: int = 0
    """How many values it returns with ``full_output=True``; 0 if that is refused."""
    stepwise: tuple[str, ...] = ()
    """Values of ``method=`` whose code is Python: it is differentiated itself, step by step."""


ELEMENTWISE: dict[Any, Elementwise] = {}
ADJOINT: dict[Any, Adjoint] = {}
TANGENT: dict[Any, Tangent] = {}
LINEAR: dict[Any, Linear] = {}
IMPLICIT: dict[Any, Implicit] = {}
DEFINITIONS: dict[Any, Definition] = {}
UFUNC_METHODS: dict[str, Callable[..., Any]] = {}
"""What the methods of any ufunc without a rule of their own mean: functions of the ufunc and the arguments."""
NONDIFFERENTIABLE: dict[Any, str] = {}
"""Callees whose result carries no derivative, with the reason in a few words."""
VIEWS: set[Any] = set()
"""Callees whose result may share memory with their first argument."""
METHODS: dict[str, Any] = {}
"""Methods of ``ndarray`` that are the same as a function whose first parameter is the array."""


def elementwise(
    fun: Callable[..., Any],
    *partials: Callable[..., Any] | None,
    samples: Samples | None = None,
    like: Callable[..., Any] | None = None,
) -> None:
    """Register the partial derivatives of an elementwise function (a ufunc, or one that broadcasts like one).

    ``partials[k](result, *operands)`` gives the derivative with respect to operand ``k``.
    """
    load_rules_of(fun)
    CHANGES[0] += 1
    _remember_owner(fun)
    ELEMENTWISE[fun] = Elementwise(fun, partials, samples, like)


def adjoint(
    fun: Callable[..., Any], *, samples: Samples | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the reverse rule of ``fun``; see :class:`Adjoint`."""

    def register(rule: Callable[..., Any]) -> Callable[..., Any]:
        load_rules_of(fun)
        CHANGES[0] += 1
        _remember_owner(fun)
        ADJOINT[fun] = Adjoint(fun, rule, samples)
        return rule

    return register


def definition(
    fun: Callable[..., Any],
    *,
    samples: Samples | None = None,
    always: bool = False,
    shorter: bool = False,
    form: tuple[str, ...] = (),
    like: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the meaning of ``fun``; see :class:`Definition`."""

    def register(meaning: Callable[..., Any]) -> Callable[..., Any]:
        CHANGES[0] += 1
        _remember_owner(fun)
        DEFINITIONS[fun] = Definition(fun, meaning, samples, always or shorter, shorter, form, like)
        return meaning

    return register


def tangent(
    fun: Callable[..., Any], *, samples: Samples | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the forward rule of ``fun``; see :class:`Tangent`.

    Not needed for elementwise functions, whose partial derivatives serve both modes, nor for :func:`linear` ones.

        @tangent(np.linalg.inv)
        def inv_(result, a, *, a_dot=None):
            return -result @ a_dot @ result
    """

    def register(rule: Callable[..., Any]) -> Callable[..., Any]:
        load_rules_of(fun)
        CHANGES[0] += 1
        _remember_owner(fun)
        TANGENT[fun] = Tangent(fun, rule, samples)
        return rule

    return register


def linear(
    *funs: Any, names: str | tuple[str, ...], separately: bool = False, form: str | tuple[str, ...] = ()
) -> None:
    """Declare that each of ``funs`` is linear in the parameters ``names``: its tangent is itself, of their tangents.

    Linear in all of them together, as ``np.concatenate((a, b))``, it is called once, with zeros for those that have no
    tangent. Linear in each ``separately``, as ``np.matmul``, it is called once for each that has a tangent. Parameters
    named by ``form`` matter, but only by their shape or order: they have no derivative.
    """
    CHANGES[0] += 1
    for fun in funs:
        _remember_owner(fun)
        LINEAR[fun] = Linear(fun, _tuple(names), separately, _tuple(form))


def _tuple(names: str | tuple[str, ...]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else names


def implicit(fun: Callable[..., Any], function: str, kind: str, **form: Any) -> None:
    """Declare that ``fun`` is a solver; see :class:`Implicit`."""
    IMPLICIT[fun] = Implicit(fun, function, kind, **form)


def is_solver(fun: Any) -> bool:
    """Tell whether ``fun`` is a solver, whose answer has a derivative that is not that of its iterations."""
    load_rules_of(fun)
    return fun in IMPLICIT


def completed(fun: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return all arguments of an elementwise callee, with the defaults of those that were left out."""
    return (*args, *(parameter.default for parameter in defaulted(fun)[len(args) :]))


def nondifferentiable(*funs: Any, reason: str = "its result is piecewise constant") -> None:
    """Declare that the results of these callees carry no derivative."""
    CHANGES[0] += 1
    for fun in funs:
        NONDIFFERENTIABLE[fun] = reason


def views(*funs: Any) -> None:
    """Declare that the results of these callees may share memory with their first argument."""
    VIEWS.update(funs)


def methods(**names: Any) -> None:
    """Declare that ``x.name(...)`` on an array means ``fun(x, ...)``."""
    METHODS.update(names)


def version() -> int:
    """Return a number that changes when a rule is registered."""
    return CHANGES[0]


CHANGES = [0]
"""Holds the number of :func:`version`, for those who must look often."""


def unknown(*operands: Any) -> Any:
    """Partial derivative with respect to an operand that has one, but none that is known here: it is refused."""
    raise NotImplementedError("there is no derivative rule for this operand")


@cache
def parameters(rule: Callable[..., Any], skipped: int) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of the callee of a rule: those of the rule after the first ``skipped``."""
    return tuple(inspect.signature(rule).parameters.values())[skipped:]


def defaulted(fun: Any) -> tuple[inspect.Parameter, ...]:
    """Return the parameters of an elementwise callee if some have defaults, else none."""
    entry = ELEMENTWISE.get(fun)
    if entry is not None and entry.like is not None:
        return parameters(entry.like, 0)
    rules = [partial for partial in entry.partials if partial not in (None, unknown)] if entry else []
    found = parameters(rules[0], 1) if rules else ()
    return found if any(parameter.default is not parameter.empty for parameter in found) else ()


# --- packages that need not be there ---

SUBJECTS = {
    "scipy": frozenset(
        {"fft", "fftpack", "integrate", "interpolate", "linalg", "ndimage", "optimize", "signal", "sparse", "spatial"}
        | {"special", "stats"}
    ),
}
"""Packages whose rules are imported when the compiler meets a first callee of theirs, by subpackage."""
OBJECTS: dict[int, Any] = {}
"""Objects of these packages, such as ``scipy.stats.norm``, of which bound methods have rules; by identity."""
COPIES: dict[type, Callable[[Any, Any], bool]] = {}
"""Tests whether an object of such a class is a copy of one of them."""
_LOADED: set[str] = set()


def load_rules_of(fun: Any) -> None:
    """Import the rules of the package that ``fun`` comes from, if it is one of :data:`SUBJECTS`."""
    package, _, rest = _home(fun).partition(".")
    if package in SUBJECTS:
        subject = rest.split(".")[0]
        if subject in SUBJECTS[package]:
            load_rules(package, subject)


def load_rules(package: str, subject: str) -> None:
    """Import ``diffcompile.rules.PACKAGE.SUBJECT`` once.

    Code compiled before stays valid: it cannot contain a callee whose rules were not there.
    """
    name = f"diffcompile.rules.{package}.{subject}"
    if name in _LOADED:
        return
    before = version()
    complete = name not in sys.modules
    importlib.import_module(name)
    if complete:  # else its own import, of which this is a part, or another thread's goes on
        _LOADED.add(name)
        CHANGES[0] -= version() - before


def _home(fun: Any) -> str:
    """Return the module in which a callee is defined; ufuncs do not tell theirs."""
    if isinstance(fun, np.ufunc):
        name = fun.__name__
        special = sys.modules.get("scipy.special")
        return "scipy.special" if special is not None and getattr(np, name, None) is not fun else "numpy"
    return str(getattr(fun, "__module__", None) or type(fun).__module__)


def package_of(fun: Any) -> str:
    """Return the name of the package in which a callee is defined."""
    return _home(fun).partition(".")[0]


def _remember_owner(fun: Any) -> None:
    if isinstance(fun, MethodType):
        OBJECTS[id(fun.__self__)] = fun.__self__


def has_methods(value: Any) -> bool:
    """Tell whether ``value`` is an object of which bound methods have rules."""
    load_rules_of(type(value))
    return id(value) in OBJECTS


def known_object(value: Any) -> bool:
    """Tell whether ``value`` is an object of which bound methods have rules, or which has a rule where it is called."""
    if has_methods(value):
        return True
    return package_of(value) in SUBJECTS and callable(value) and (has_rule(value) or _is_defined(value))


def standard(value: Any) -> Any:
    """Return the object of a package of which ``value`` is a copy that means the same, or ``value``.

    ``scipy.stats.norm(0.0, 1.0).dist`` is a copy of ``scipy.stats.norm``, whose methods have rules.
    """
    if package_of(type(value)) not in SUBJECTS or has_methods(value):
        return value
    same = COPIES.get(type(value))
    return value if same is None else next((one for one in OBJECTS.values() if same(one, value)), value)


def _is_defined(value: Any) -> bool:
    return type(value).__hash__ is not None and value in DEFINITIONS


def has_rule(fun: Any) -> bool:
    """Tell whether ``fun`` can be called on active values without looking at its source."""
    try:
        load_rules_of(fun)
        return fun in ELEMENTWISE or fun in ADJOINT or fun in NONDIFFERENTIABLE or fun in TANGENT
    except TypeError:  # unhashable callee
        return False


def arity(fun: Any) -> int | None:
    """Return the number of operands of an elementwise function; None for others."""
    if isinstance(fun, np.ufunc):
        return fun.nin
    try:
        return len(ELEMENTWISE[fun].partials) if fun in ELEMENTWISE else None
    except TypeError:
        return None


def has_forward_rule(fun: Any) -> bool:
    """Tell whether forward mode knows ``fun``: by its reverse rule, if it must."""
    return any(fun in table for table in (TANGENT, ELEMENTWISE, LINEAR, NONDIFFERENTIABLE, ADJOINT))


def has_reverse_rule(fun: Any) -> bool:
    """Tell whether reverse mode knows ``fun``."""
    return any(fun in table for table in (ELEMENTWISE, ADJOINT, NONDIFFERENTIABLE))


UFUNC = np.ufunc
_UFUNC_METHODS: dict[tuple[Any, str], Any] = {}


def ufunc_method(ufunc: np.ufunc, name: str) -> Any:
    """Return ``ufunc.name``, the same object each time, so that it can be a key."""
    return _UFUNC_METHODS.setdefault((ufunc, name), getattr(ufunc, name))
