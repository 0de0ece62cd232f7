"""The lattice of types that the compiler infers, from the arguments of a call down to every value.

``BOTTOM`` is the type of what never exists, ``ANY`` of what may be anything. Knowing more only removes work: each
operation is also right on ``ANY``, through a helper of :mod:`diffcompile.runtime`.

Array sizes are symbols (:class:`Dim`): two axes with the same known key have the same length whenever both arrays
exist. A key is only meaningful while the values that it speaks of exist; what is carried round a loop keeps a key
only if it is that of the initial value.
"""

from diffcompile.analysis.types.dims import ONE, UNKNOWN_DIM, Dim, evaluated, length, same_dim
from diffcompile.analysis.types.lattice import (
    ANY,
    BOTTOM,
    NUMBER,
    RANGE,
    SLICE,
    STRING,
    Array,
    Cell,
    Dct,
    Lst,
    Obj,
    OneOf,
    Scalar,
    SliceOf,
    Static,
    Tup,
    Type,
    anchor,
    constant_type,
    forget_sizes,
    join,
    plain,
    same_dtype,
)
from diffcompile.analysis.types.questions import is_number, is_scalar, may_carry_derivative
from diffcompile.analysis.types.values import is_no_row, signature_types, type_of

__all__ = [
    "ANY",
    "BOTTOM",
    "NUMBER",
    "ONE",
    "RANGE",
    "SLICE",
    "STRING",
    "UNKNOWN_DIM",
    "Array",
    "Cell",
    "Dct",
    "Dim",
    "Lst",
    "Obj",
    "OneOf",
    "Scalar",
    "SliceOf",
    "Static",
    "Tup",
    "Type",
    "anchor",
    "constant_type",
    "evaluated",
    "forget_sizes",
    "is_no_row",
    "is_number",
    "is_scalar",
    "join",
    "length",
    "may_carry_derivative",
    "plain",
    "same_dim",
    "same_dtype",
    "signature_types",
    "type_of",
]
