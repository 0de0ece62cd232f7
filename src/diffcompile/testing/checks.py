"""The public check of gradients."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from diffcompile.api.arguments import refuse_carried
from diffcompile.testing.compare import GradientMismatch, check_against_differences
from diffcompile.testing.reals import holds_complex, over_reals
from diffcompile.testing.second_order import check_forward, check_second
from diffcompile.testing.structures import Leaf, copy_tree, first_change, is_leaf, leaves, numbers, parts_like
from diffcompile.testing.variations import random_like, title_of, weighted

__tracebackhide__ = True  # pytest shows the code of its user

Argnums = int | str | Sequence[int | str] | None


def check_grads(
    fun: Callable[..., Any],
    args: Sequence[Any],
    *,
    order: int = 1,
    modes: Sequence[str] = ("rev", "fwd"),
    argnums: Argnums = None,
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
) -> None:
    """Check the gradient of ``fun`` at ``args``; return nothing if it is right.

    ``args`` may be nested structures; by default every argument that holds floats is differentiated. An
    output that is not a scalar is checked through :func:`diffcompile.vjp` with a random cotangent. Complex arguments
    and results are checked as pairs of real ones. With ``"fwd"`` among the ``modes`` forward mode must agree with
    reverse mode: ``<v, J u> = <J^T v, u>``; leave it out where a rule has an adjoint and no tangent. With ``order=2``
    the product of the Hessian with a random vector is compared with differences of the gradient, by forward over
    reverse (``"fwd"``) and reverse over reverse (``"rev"``); of an output that is not a scalar, that of the sum of its
    numbers, times random ones. Beside
    the numbers it is checked that the value is that of ``fun``, that the gradient has the structure, shapes
    and dtypes of its argument, and that the arguments are left alone.

    Raises :class:`GradientMismatch` where the gradient is wrong, :class:`InconclusiveCheck` where the
    function is too rough around ``args`` to tell; both are assertion errors.
    """
    require_known(order, modes)
    if not isinstance(args, tuple | list):
        raise TypeError(f"args: a tuple of arguments is needed, as in `(x,)`, not {type(args).__name__}")
    args = tuple(args)
    refuse_carried(args)
    chosen = resolve_argnums(fun, args, argnums, numbers)
    expected_value = fun(*copy_tree(args))
    if any(holds_complex(args[k]) for k in chosen) or holds_complex(expected_value):
        fun, args, chosen = over_reals(fun, args, chosen, argument_names(fun, args), expected_value)
        expected_value = fun(*copy_tree(args))
    kept = copy_tree(args)
    weights = None
    if is_leaf(expected_value) and np.ndim(expected_value) == 0:
        value, gradients, source = _by_value_and_grad(fun, args, chosen)
    else:
        weights = random_like(expected_value, np.random.default_rng(seed + 1), title_of(fun))
        value, gradients, source = _by_vjp(fun, args, chosen, weights)
    _require_untouched(fun, kept, args)
    _require_same_value(fun, expected_value, value)
    check_against_differences(
        fun if weights is None else weighted(fun, weights),
        kept,
        dict(zip(chosen, gradients, strict=True)),
        names=argument_names(fun, args),
        title=title_of(fun),
        source=source,
        rtol=rtol,
        atol=atol,
        seed=seed,
    )
    if "fwd" in modes:
        found = check_forward(fun, args, chosen, gradients, weights, title_of(fun), seed, rtol, atol)
        _require_untouched(fun, kept, args)
        _require_same_value(fun, expected_value, found)
    if order > 1:
        names = argument_names(fun, args)
        tolerances = {"rtol": rtol, "atol": atol, "seed": seed}
        check_second(fun, kept, chosen, weights, tuple(modes), names, title_of(fun), **tolerances)


def resolve_argnums(
    fun: Callable[..., Any],
    args: tuple[Any, ...],
    argnums: Argnums,
    parts: Callable[[Any], list[Leaf]] = leaves,
) -> tuple[int, ...]:
    """Return positions for ``argnums``, which may be names; None means every argument that has any such ``parts``."""
    if argnums is None:
        chosen = tuple(k for k, arg in enumerate(args) if parts(arg))
        if not chosen:
            raise TypeError(f"no argument of {title_of(fun)} holds a float or an array of floats")
        return chosen
    names = argument_names(fun, args)
    wanted: Iterable[int | str] = (argnums,) if isinstance(argnums, int | str) else argnums
    return tuple(_position(fun, names, one) for one in wanted)


def _position(fun: Callable[..., Any], names: Sequence[str], wanted: int | str) -> int:
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted)
    if isinstance(wanted, int) and -len(names) <= wanted < len(names):
        return wanted % len(names)
    given = f"its arguments are {', '.join(names)}" if names else "it is given none"
    raise ValueError(f"{title_of(fun)} is called without argument {wanted!r}; {given}")


def argument_names(fun: Callable[..., Any], args: tuple[Any, ...]) -> list[str]:
    """Return what to call each of the positional arguments."""
    try:
        parameters = list(inspect.signature(fun).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names: list[str] = []
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            names += [f"{parameter.name}[{k}]" for k in range(len(args) - len(names))]
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
    names += [f"argument {k}" for k in range(len(names), len(args))]
    return names[: len(args)]


def require_known(order: int, modes: Sequence[str]) -> None:
    """Check that an order and modes make sense.

    Raises:
        ValueError: they do not.
    """
    unknown = set(modes) - {"rev", "fwd"}
    if unknown or not modes:
        raise ValueError(f"modes are 'rev' and 'fwd', not {modes!r}")
    if order not in (1, 2):
        raise ValueError(f"order is 1 or 2, not {order!r}")


def _by_value_and_grad(
    fun: Callable[..., Any], args: tuple[Any, ...], chosen: tuple[int, ...]
) -> tuple[Any, tuple[Any, ...], str]:
    from diffcompile import api  # noqa: PLC0415 - the compiler is loaded only by a check

    both = api.value_and_grad(fun, argnums=chosen)
    value, gradients = both(*args)
    return value, tuple(gradients), both.source or ""


def _by_vjp(
    fun: Callable[..., Any], args: tuple[Any, ...], chosen: tuple[int, ...], weights: Any
) -> tuple[Any, tuple[Any, ...], str]:
    from diffcompile.api.pullbacks import Pullback  # noqa: PLC0415

    pullback = Pullback(fun, args, wrt=chosen)
    cotangents = pullback(copy_tree(weights))
    return pullback.value, tuple(cotangents[k] for k in chosen), getattr(pullback, "source", None) or ""


def _require_untouched(fun: Callable[..., Any], kept: tuple[Any, ...], args: tuple[Any, ...]) -> None:
    for name, before, after in zip(argument_names(fun, args), kept, args, strict=True):
        where = first_change(before, after, name)
        if where:
            raise GradientMismatch(
                f"the gradient call of {title_of(fun)} modified its argument {where}", argument=where
            )


def _require_same_value(fun: Callable[..., Any], expected: Any, found: Any) -> None:
    problem = None
    try:
        pairs = zip(leaves(expected), parts_like(found, expected), strict=True)
        for leaf, number in pairs:
            narrow = np.asarray(leaf.value).dtype.itemsize < 8  # noqa: PLR2004 - bytes of a float64
            if not np.allclose(leaf.value, number, rtol=1e-5 if narrow else 1e-12, atol=0.0, equal_nan=True):
                problem = f"{number!r}, not {leaf.value!r}"
    except (TypeError, ValueError, LookupError, AttributeError):
        problem = f"{found!r}, not {expected!r}"
    if problem:
        raise GradientMismatch(
            f"the value that comes with the gradient of {title_of(fun)} is wrong: {problem}",
            expected=expected,
            found=found,
        )
