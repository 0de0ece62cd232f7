"""Hooks in the program: ``hooked(x, ...)`` stands where user code is to look at the adjoint of ``x``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from diffcompile.analysis.types import ANY, NUMBER, Array, Scalar, plain
from diffcompile.errors import Span
from diffcompile.frontend.hooks import mark
from diffcompile.hooks import hooked, insert_grad_of
from diffcompile.ir.core import Const
from diffcompile.specialise.handlers.handler import Handler, refused
from diffcompile.specialise.items import Item
from diffcompile.specialise.opaque import may_vary

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser


def _mark(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
    hook, x, *captured = args
    if not may_vary(spec, x):
        return x
    t = spec.type(x)
    if not isinstance(plain(t), Array | Scalar) and t not in (ANY, NUMBER):
        raise spec.refuse(
            "insert_grad_of takes a number or an array", span, "give its parts names, and hook these: `w = params[0]`"
        )
    assert isinstance(hook, Const)
    return spec.emit(hooked, [x, *captured], span, name=hint, t=t, attrs={"hook": hook.value})


HANDLERS: dict[Any, Handler] = {
    mark: _mark,
    insert_grad_of: refused(
        "`insert_grad_of` stands where it is not recognised",
        "import it at the top of the module, and write `with insert_grad_of(x) as x_bar:`",
    ),
}
