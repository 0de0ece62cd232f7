"""Rules that evaluate their function only, for callees of which nothing else is known. Nothing is registered here."""

from __future__ import annotations

import inspect
import itertools
import linecache
from collections.abc import Callable, Sequence
from typing import Any

from diffcompile import runtime
from diffcompile.rules import registry

HELPERS = {
    "differences": ("difference_adjoint", "difference_tangent"),
    "complex": ("complex_step_adjoint", "complex_step_tangent"),
}
_NUMBERS = itertools.count(1)


def numerical_rule(
    fun: Callable[..., Any], *, method: str = "differences", parameters: Sequence[str] | None = None
) -> Callable[..., Any]:
    """Differentiate calls of ``fun``, and of it alone, by evaluating it; return ``fun``.

    ``fun`` takes real numbers and arrays, beside others in which it has no derivative, and returns one. It must have no
    effects: it is called often, with copies of its arguments. ``parameters`` names its parameters where its signature
    cannot be read, as of some functions in C. Methods:

    - ``"differences"``: central differences with halved steps, extrapolated, of which those are taken that agree; 21
      calls for each entry of an argument. If none agree to six digits, the gradient raises ``ArithmeticError``.
    - ``"complex"``: ``Im f(x + ih) / h``, exact where ``fun`` accepts complex numbers and uses neither ``abs`` nor
      ``conj``; three calls for each entry, of which two are a check.

    Generated code says ``difference_adjoint(fun, ...)`` or ``complex_step_adjoint(fun, ...)``, in forward mode
    ``..._tangent``. There are no second derivatives.

    Raises:
        ValueError: there is no such method, or the parameters are not known or are gathered by ``*`` or ``**``.
    """
    if method not in HELPERS:
        raise ValueError(f"method: {method!r} is neither 'differences' nor 'complex'")
    names = {name: getattr(runtime, name) for name in HELPERS[method]}
    known = _parameters(fun, parameters)
    adjoint, tangent = HELPERS[method]
    args = ", ".join(parameter.name for parameter in known)
    given = [_declaration(parameter) for parameter in known]
    cotangents = "".join(f"{adjoint}(fun, ct, {k}, {args}), " for k in range(len(known)))
    lines = [f"def reverse(ct, result, {', '.join(given)}):", f"    return ({cotangents})", ""]
    dots = ", ".join(f"{parameter.name}_dot=None" for parameter in known)
    lines += [f"def forward(result, {', '.join(given)}, *, {dots}):", "    total = None"]
    for k, parameter in enumerate(known):
        lines += [
            f"    if {parameter.name}_dot is not None:",
            f"        part = {tangent}(fun, {k}, {parameter.name}_dot, {args})",
            "        total = part if total is None else total + part",
        ]
    source = "\n".join([*lines, "    return total", ""])
    filename = f"<numerical rule {next(_NUMBERS)}>"
    defaults = {f"default_{parameter.name}": parameter.default for parameter in known}
    scope: dict[str, Any] = {"__name__": __name__, "fun": fun, **names, **defaults}
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    exec(compile(source, filename, "exec"), scope)  # the rule has the parameters of the function
    registry.adjoint(fun)(scope["reverse"])
    registry.tangent(fun)(scope["forward"])
    return fun


def _parameters(fun: Any, names: Sequence[str] | None) -> list[inspect.Parameter]:
    if names is not None:
        return [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    try:
        found = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        raise ValueError(f"the parameters of {fun!r} cannot be read: give their names, `parameters=...`") from None
    plain = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    if not found or any(parameter.kind not in plain for parameter in found):
        raise ValueError(f"{fun!r} gathers its parameters, or has keywords only: wrap it in a function with plain ones")
    return [parameter.replace(kind=plain[1]) for parameter in found]


def _declaration(parameter: inspect.Parameter) -> str:
    has_default = parameter.default is not parameter.empty
    return f"{parameter.name}=default_{parameter.name}" if has_default else parameter.name
