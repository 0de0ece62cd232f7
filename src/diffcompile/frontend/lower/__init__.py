"""From a syntax tree to structured SSA: variables disappear, regions and effects stay in order.

The result is untyped and keeps Python's meaning exactly: operators are functions of :mod:`operator`, calls are
``CALL`` of whatever the callee turns out to be. :mod:`diffcompile.specialise` decides what they are.
"""

from diffcompile.frontend.lower.code import Code, Parameter, code_of
from diffcompile.frontend.lower.names import assigned
from diffcompile.frontend.lower.operators import INPLACE

__all__ = ["INPLACE", "Code", "Parameter", "assigned", "code_of"]
