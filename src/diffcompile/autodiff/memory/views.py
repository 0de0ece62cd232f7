"""Views: other references to the memory of an operand, whose shadows are views too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass
from diffcompile.analysis.references import is_reference
from diffcompile.autodiff.modes import Mode
from diffcompile.errors import UnsupportedError
from diffcompile.ir.core import Const, Op, Operand, Value

if TYPE_CHECKING:
    from diffcompile.autodiff.reverse import Reverse


MAYBE_COPIES = {
    np.reshape, np.ravel, np.asarray, np.ascontiguousarray, np.asfortranarray, np.asanyarray, np.asarray_chkfinite
}  # fmt: skip
WRITABLE_VIEWS: dict[Any, Any] = {
    np.diag: dynamic.diag_view,
    np.diagonal: dynamic.diagonal_view,
    np.linalg.diagonal: dynamic.last_diagonal_view,
}
"""What makes the same view of a shadow as NumPy's function does of the array, which cannot be written to."""
_ORDER_AT: dict[Any, int] = {np.ravel: 1, np.reshape: 2, np.asarray: 2, np.asanyarray: 2, np.asarray_chkfinite: 2}


def is_alias(rev: Reverse, op: Op) -> bool:
    """Tell whether the result of ``op`` is another reference to the written memory of its first operand."""
    if len(op.results) != 1 or rev.modes.of(op.result) is not Mode.MEMORY:
        return False
    return is_reference(op, rev.types) and rev.modes.of(op.operands[0]) is Mode.MEMORY


def shares_or_not(op: Op) -> UnsupportedError:
    """Return the refusal of what may be its argument, or a view of it, where one of the two is written to."""
    name = f"{getattr(op.callee, '__module__', 'numpy')}.{getattr(op.callee, '__name__', '')}".replace("numpy.", "np.")
    return UnsupportedError(
        f"what {name} returns may be its argument, or a view of it, and one of the two is written to",
        span=op.span,
        advice="copy the argument or the result first",
    )


def reverse_alias(rev: Reverse, op: Op) -> None:
    """A view needs nothing in reverse; what may have been a copy hands its cotangent back."""
    if op.callee not in MAYBE_COPIES or is_surely_view(rev, op):
        return
    base = op.operands[0]
    assert isinstance(base, Value)
    rev.effect(dynamic.add_if_copied, rev.shadows[base], rev.shadows[op.result], base, _order(op))


def reverse_hand_back(rev: Reverse, op: Op) -> None:
    """``dynamic.add_if_copied(a_bar, v_bar, a, order)``, in the adjoint of a program that reshapes what it wrote."""
    base, copied, _, order = op.operands
    if base in rev.shadows and copied in rev.shadows:
        rev.effect(dynamic.spread_if_copied, rev.shadows[copied], rev.shadows[base], order)
    elif rev.active(base) or rev.active(copied):
        raise rev.missing_rule(op)


def _order(op: Op) -> Operand:
    """Return in which order what may be a copy takes the items."""
    split = len(op.operands) - len(op.keywords)
    place = _ORDER_AT.get(op.callee, split)
    if place < split:
        return op.operands[place]
    return dict(zip(op.keywords, op.operands[split:], strict=True)).get("order", Const("C"))


def reshaped(rev: Reverse) -> set[AliasClass | None]:
    """Return the classes of memory of which there are views that depend on how it lies."""
    return {
        rev.aliases.of(op.operands[0]) for op in rev.primal_definitions.values() if op.callee in MAYBE_COPIES
    } - {None}


def laid_out(rev: Reverse) -> set[AliasClass]:
    """Return the classes of written memory whose shadows must lie in memory as the arrays do, for views of both."""
    found = (
        rev.aliases.of(op.operands[0])
        for op in rev.primal_definitions.values()
        if op.callee in MAYBE_COPIES and is_alias(rev, op) and not is_surely_view(rev, op)
    )
    return {node for node in found if node is not None}


def is_surely_view(rev: Reverse, op: Op) -> bool:
    """Tell whether what may be a copy is none: the items lie in the order in which it takes them."""
    return shows_zeros(op, rev.primal_definitions.get(op.operands[0]))  # type: ignore[arg-type]


def shows_zeros(op: Op, made: Op | None) -> bool:
    """Tell whether ``op`` takes the items of a new array, which ``made`` makes, in the order in which they lie."""
    if made is None or made.callee not in (np.zeros, np.ones, np.empty, np.full):
        return False
    if "order" in made.keywords or len(made.operands) >= 3:  # noqa: PLR2004 - the third may be the order
        return False
    if op.callee not in (np.reshape, np.ravel):
        return op.callee is not np.asfortranarray and len(op.operands) == 1
    order = _order(op)
    return isinstance(order, Const) and order.value == "C"
