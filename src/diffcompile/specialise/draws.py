"""Random draws: constants; of the common distributions, a standard draw that is shifted and scaled."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.analysis.infer import infer
from diffcompile.analysis.types import ANY, NUMBER, Obj, Type
from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim, Value
from diffcompile.specialise.items import NONE, BoundItem, Item
from diffcompile.specialise.opaque import may_vary

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_SOURCES = (np.random.RandomState, np.random.Generator)
_STANDARD = {"normal": "standard_normal", "uniform": "random", "exponential": "standard_exponential"}
"""Distributions that NumPy itself draws as a shifted and scaled standard one, with the names of that."""
_DEFAULTS = {"normal": (0.0, 1.0), "uniform": (0.0, 1.0), "exponential": (1.0,)}
_PARAMETERS = {"normal": ("loc", "scale"), "uniform": ("low", "high"), "exponential": ("scale",)}
_OF_SIZE = {"random", "standard_normal", "standard_exponential", "random_sample", "standard_cauchy"}

_NO_NUMBERS = {"bytes", "shuffle", "seed", "get_state", "set_state", "spawn"}


class Draw:
    """A method of a random generator, waiting for its arguments: the generator is the first of them."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def method_of_generator(base: Value, t: Type, name: str) -> Item | None:
    """Return ``rng.name`` if ``rng`` is a random generator that has such a method."""
    if isinstance(t, Obj) and issubclass(t.cls, _SOURCES) and callable(getattr(t.cls, name, None)):
        return BoundItem(Draw(name), (base,))
    return None


def is_draw(fun: Any) -> bool:
    """Tell whether ``fun`` is a method of a random generator, such as the functions of ``np.random``."""
    return isinstance(getattr(fun, "__self__", None), _SOURCES)


def draw(
    spec: Specialiser, fun: Any, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str
) -> Item:
    """Draw numbers; ``fun`` is a bound method, or a :class:`Draw` whose generator is the first of ``args``."""
    name = fun.name if isinstance(fun, Draw) else fun.__name__
    source, args = (args[0], args[1:]) if isinstance(fun, Draw) else (None, args)
    if not any(may_vary(spec, item) for item in (*args, *keywords.values())):
        return _plain_draw(spec, fun, source, args, keywords, span, hint)
    if name not in _STANDARD:
        raise spec.refuse(
            f"a random draw ({name}) whose parameters depend on what is differentiated is not supported",
            span,
            "draw from a standard distribution, and transform the draw",
        )
    return _transformed(spec, fun, source, name, args, keywords, span)


def _plain_draw(
    spec: Specialiser,
    fun: Any,
    source: Item | None,
    args: list[Item],
    keywords: dict[str, Item],
    span: Span | None,
    hint: str,
) -> Item:
    name = fun.name if isinstance(fun, Draw) else fun.__name__
    t = _type(spec, name, args, keywords)
    if source is None:
        return spec.emit(fun, args, span, keywords=keywords, name=hint, t=t)
    method = spec.emit(getattr, [source, Const(name)], span, t=ANY)
    return spec.emit(Prim.CALL, [method, *args], span, keywords=keywords, name=hint, t=t)


def _type(spec: Specialiser, name: str, args: list[Item], keywords: dict[str, Item]) -> Type:
    place = 0 if name in _OF_SIZE else len(_PARAMETERS[name]) if name in _PARAMETERS else None
    if name in _NO_NUMBERS:
        return ANY
    if place is None or set(keywords) - {"size", *_PARAMETERS.get(name, ())}:
        return NUMBER
    size = keywords.get("size", args[place] if len(args) > place else None)
    return infer(np.zeros, [spec.type(size)], {}) if size is not None and size is not NONE else NUMBER


def _transformed(
    spec: Specialiser,
    fun: Any,
    source: Item | None,
    name: str,
    args: list[Item],
    keywords: dict[str, Item],
    span: Span | None,
) -> Item:
    """Emit ``first + second * standard`` or the like: the same numbers, with a derivative in the parameters."""
    from diffcompile.specialise.ruled import rule_call  # noqa: PLC0415

    names = _PARAMETERS[name]
    given = dict(zip((*names, "size"), args, strict=False)) | keywords
    parameters = [given.get(key, Const(value)) for key, value in zip(names, _DEFAULTS[name], strict=True)]
    size = given.get("size")
    if size is None or size is NONE:
        shapes = [spec.emit(np.shape, [item], span) for item in parameters]
        size = shapes[0] if len(shapes) == 1 else rule_call(spec, np.broadcast_shapes, list(shapes), {}, span, "")
    standard_name = _STANDARD[name]
    if source is None:
        owner = np.random if fun.__self__ is np.random.mtrand._rand else fun.__self__
        t = infer(np.zeros, [spec.type(size)], {})
        standard = spec.emit(getattr(owner, standard_name), [size], span, t=t)
    else:
        standard = _plain_draw(spec, Draw(standard_name), source, [size], {}, span, "")  # type: ignore[assignment]
    if name == "exponential":
        return spec.emit(operator.mul, [parameters[0], standard], span)
    low, second = parameters
    scale = spec.emit(operator.sub, [second, low], span) if name == "uniform" else second
    return spec.emit(operator.add, [low, spec.emit(operator.mul, [scale, standard], span)], span)


