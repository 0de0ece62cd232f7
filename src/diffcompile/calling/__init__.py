"""Calls that are not inlined: recursion, and functions that are only known at run time.

Generated code calls a *pair*: ``result, pullback = f_forward(x, y)`` in the forward sweep and ``pullback(result_bar)``
in the reverse sweep. The pair of a function is generated at its first call with arguments of new types.
"""

from diffcompile.calling import hooks
from diffcompile.calling.attempts import Attempt
from diffcompile.calling.callees import Callee, Forward, Tangent, callee_of
from diffcompile.calling.captured import Captured, captured_class, with_keywords
from diffcompile.calling.checkpoints import CheckpointedLoop, Recomputed
from diffcompile.calling.derived import Derived, derived
from diffcompile.calling.found import (
    FOUND,
    DynamicForward,
    DynamicTangent,
    call_checked,
    call_dynamic,
    call_spread,
)
from diffcompile.calling.found_derivatives import DynamicDerived
from diffcompile.calling.hooks import Pullback
from diffcompile.calling.looked_up import attribute, attribute_or
from diffcompile.calling.rules import Current, Transposed

__all__ = [
    "FOUND",
    "Attempt",
    "Callee",
    "Captured",
    "CheckpointedLoop",
    "Current",
    "Derived",
    "DynamicDerived",
    "DynamicForward",
    "DynamicTangent",
    "Forward",
    "Pullback",
    "Recomputed",
    "Tangent",
    "Transposed",
    "attribute",
    "attribute_or",
    "call_checked",
    "call_dynamic",
    "call_spread",
    "callee_of",
    "captured_class",
    "derived",
    "hooks",
    "with_keywords",
]
