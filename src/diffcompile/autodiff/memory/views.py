"""Views: other references to the memory of an operand, whose shadows are views too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from diffcompile import dynamic
from diffcompile.analysis.aliasing import AliasClass, is_reference
from diffcompile.autodiff.modes import Mode
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
_ORDER_AT: dict[Any, int] = {np.ravel: 1, np.reshape: 2}


def is_alias(rev: Reverse, op: Op) -> bool:
    """Tell whether the result of ``op`` is another reference to the written memory of its first operand."""
    if len(op.results) != 1 or rev.modes.of(op.result) is not Mode.MEMORY:
        return False
    return is_reference(op, rev.types) and rev.modes.of(op.operands[0]) is Mode.MEMORY


def reverse_alias(rev: Reverse, op: Op) -> None:
    """A view needs nothing in reverse; what may have been a copy hands its cotangent back."""
    if op.callee not in MAYBE_COPIES or surely_contiguous(rev, op.operands[0]):
        return
    base = op.operands[0]
    assert isinstance(base, Value)
    split = len(op.operands) - len(op.keywords)
    keywords = dict(zip(op.keywords, op.operands[split:], strict=True))
    order = keywords.get("order", Const("C"))
    place = _ORDER_AT.get(op.callee, split)
    if place < split:
        order = op.operands[place]
    rev.effect(dynamic.add_if_copied, rev.shadows[base], rev.shadows[op.result], base, order)


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
        if op.callee in MAYBE_COPIES and is_alias(rev, op) and not surely_contiguous(rev, op.operands[0])
    )
    return {node for node in found if node is not None}


def surely_contiguous(rev: Reverse, operand: Operand) -> bool:
    """Tell whether ``operand`` is laid out so that ``reshape`` and ``ravel`` of it are views."""
    if not isinstance(operand, Value):
        return False
    op = rev.primal_definitions.get(operand)
    if op is None:
        return False
    plain_order = "order" not in op.keywords and len(op.operands) < 3  # noqa: PLR2004 - the third may be the order
    return op.callee in (np.zeros, np.ones, np.empty, np.full) and plain_order
