"""``np.vectorize``: what it returns is a loop over the items of its arguments, or over their last axes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile.errors import Span
from diffcompile.ir.core import Const, Prim
from diffcompile.rules import functionals
from diffcompile.specialise.grids import listed_items, made_of
from diffcompile.specialise.inlining import call_python
from diffcompile.specialise.items import BoundItem, Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

_CORE = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Vectorised:
    """What ``np.vectorize(function, ...)`` returned, waiting for its arguments; the function is the first of them."""

    dtypes: tuple[Any, ...] | None = None
    excluded: frozenset[Any] = frozenset()
    signature: str | None = None


def of_instance(spec: Specialiser, fun: np.vectorize) -> tuple[Vectorised, Item]:
    """Return the options and the function of an instance that was made outside, as they are now."""

    def options() -> tuple[Any, ...]:
        given: Any = fun
        return tuple(sorted(map(repr, given.excluded))), given.otypes, given.signature

    given: Any = fun
    spec.surrounding((id(fun), "options"), "options", options(), options)
    function = spec.surrounding((id(fun), "pyfunc"), given.pyfunc.__name__, given.pyfunc, lambda: given.pyfunc)
    dtypes = None if given.otypes is None else tuple(map(np.dtype, given.otypes))
    return Vectorised(dtypes, frozenset(given.excluded), given.signature), function


def make(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None) -> Item:
    """``np.vectorize(function, ...)``: a function that waits for its arguments."""
    named = dict(zip(("pyfunc", "otypes", "doc", "excluded", "cache", "signature"), args, strict=False)) | keywords
    if "pyfunc" not in named:
        raise spec.refuse("np.vectorize without a function is not supported", span, "name the function")
    dtypes, excluded, signature = (_known(spec, named.get(n), span) for n in ("otypes", "excluded", "signature"))
    if dtypes is not None:
        dtypes = tuple(map(np.dtype, dtypes))
    return BoundItem(Vectorised(dtypes, frozenset(excluded or ()), signature), (named["pyfunc"],))


def _known(spec: Specialiser, item: Item | None, span: Span | None) -> Any:
    """Return an option, a list or a set as a tuple.

    Raises:
        UnsupportedError: it is not known at compile time.
    """
    if item is None:
        return None
    if isinstance(item, Const) and not isinstance(item.value, tuple):
        return item.value
    parts = listed_items(spec, item) or made_of(spec, item, Prim.SET)
    if parts is None or not all(isinstance(part, Const) for part in parts):
        raise spec.refuse("an option of np.vectorize is not known here", span, "write it out")
    return tuple(part.value for part in parts if isinstance(part, Const))


def called(
    spec: Specialiser, fun: Vectorised, function: Item, args: list[Item], keywords: dict[str, Item],
    span: Span | None, hint: str,
) -> Item:  # fmt: skip
    """Call what ``np.vectorize(function, ...)`` returned."""
    cores: list[Any] = [0] * (len(args) + len(keywords))
    dtypes = fun.dtypes
    if fun.signature is not None:
        inputs, _, outputs = fun.signature.replace(" ", "").partition("->")
        cores = [len(core.split(",")) if core else 0 for core in _CORE.findall(inputs)]
        if dtypes is not None and len(_CORE.findall(outputs)) > 1:
            raise spec.refuse("output types of several results with a signature are not supported", span)
    places: list[Any] = [*range(len(args)), *keywords]
    left = [place for place in places if place not in fun.excluded]
    if len(left) != len(cores) and fun.signature is not None:
        return spec.failure(TypeError, "wrong number of positional arguments", span)
    if not left:
        raise spec.refuse("np.vectorize with all arguments excluded is not supported", span, "call the function")
    taken = dict(zip(left, cores, strict=False))
    ranks = tuple(taken.get(place) for place in places)
    options = [Const(ranks), Const(tuple(keywords)), Const(dtypes)]
    return call_python(spec, functionals.vectorised, [function, *options, *args, *keywords.values()], {}, span, hint)
