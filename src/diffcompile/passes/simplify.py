"""Algebra on one operation at a time, applied while adjoints are built.

    before: y_bar = np.broadcast_to(1.0, y.shape) * y + np.broadcast_to(1.0, y.shape) * y
    after:  y_bar = 2.0 * y
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.analysis.infer import same_shape
from diffcompile.analysis.types import Array, Scalar, Type, plain
from diffcompile.ir.core import Const, Op, Prim, Value
from diffcompile.rules import registry

Emit = Callable[..., Any]
SYNONYMS: dict[Any, Any] = {
    np.multiply: operator.mul, np.add: operator.add, np.subtract: operator.sub, np.negative: operator.neg,
    np.divide: operator.truediv,
}  # fmt: skip


class Simplifier:
    """Knows how values were made, and replaces an operation by a simpler one where the result is the same."""

    def __init__(self, definitions: Mapping[Value, Op], type_of: Callable[[Any], Type], emit: Emit) -> None:
        self.definitions = definitions
        self.type_of = type_of
        self.emit = emit
        self.volatile: Callable[[Any], bool] = lambda item: False
        """Whether ``item`` refers to memory that changes, so that it must be read where the program reads it."""
        self.is_primal: Callable[[Any], bool] = lambda item: False
        """Whether the program itself computes ``item``, so that it is there."""

    def simplify(self, callee: Any, args: Sequence[Any], keywords: Mapping[str, Any]) -> Any:
        """Return what ``callee(*args)`` equals, or None if nothing simpler is known."""
        if callee is np.sum:
            negated = self.made_by(args[0], operator.neg)
            if negated and not self.is_primal(args[0]) and self.floating(args[0]):
                return self.emit(operator.neg, [self.emit(np.sum, [negated[0], *args[1:]], keywords)])
        if keywords:
            return None
        match callee, len(args):
            case operator.mul, 2:
                return self.product(*args)
            case operator.add, 2:
                return self.total(*args)
            case operator.sub, 2:
                return self.difference(*args)
            case operator.neg, 1:
                return self.negative(*args)
            case operator.truediv, 2:
                return self.quotient(*args)
            case np.broadcast_to, 2:
                return self.broadcast(*args)
            case np.transpose, 1:
                made = self.made_by(args[0], np.transpose)
                return made[0] if made and len(made) == 1 else None
            case np.reshape, 2:
                made = self.made_by(args[0], np.reshape)
                return self.emit(np.reshape, [made[0], args[1]]) if made and len(made) == len(args) else None
            case np.sum, 1:
                return args[0] if isinstance(plain(self.type_of(args[0])), Scalar) else None
            case runtime.unbroadcast, 2:
                return self.unbroadcast(*args)
            case runtime.power_slope, 2:
                return self.power_slope(*args)
            case builtin, 1 if builtin is reversed:
                made = self.made_by(args[0], reversed)
                return made[0] if made else None
            case np.size, 1:
                source = self.same_shaped(args[0])
                return self.emit(np.size, [source]) if source is not None else None
            case builtin, 2 if builtin is getattr and isinstance(args[1], Const):
                return self.attribute(*args)
            case np.shape, 1:
                return self.shape(*args)
            case np.expand_dims, 2:
                return self.new_axis(*args)
            case runtime.axis_size, 2:
                return self.axis_size(*args)
            case operator.matmul, 2:
                return self.row_sums(*args)
        return None

    def unbroadcast(self, ct: Any, shape: Any) -> Any:
        """Nothing was broadcast where the shapes agree."""
        read = self.made_by(shape, getattr, np.shape)
        return ct if read and same_shape(self.type_of(ct), self.type_of(read[0])) else None

    def power_slope(self, x: Any, n: Any) -> Any:
        """The derivative of ``x ** n`` for a literal exponent: ``n * x ** (n - 1)``."""
        if not isinstance(n, Const) or isinstance(n.value, bool) or not isinstance(n.value, int | float):
            return None
        value = n.value
        if value == 0 or not self.floating(x):
            return None
        if value == 1:
            return Const(1.0)
        if value == 2:  # noqa: PLR2004
            return self.emit(operator.mul, [Const(2.0), x])
        if value % 1 and isinstance(plain(self.type_of(x)), Scalar):
            return None  # of a negative number it is complex: the helper looks
        return self.emit(operator.mul, [Const(float(value)), self.emit(operator.pow, [x, Const(value - 1)])])

    def made_by(self, item: Any, *callees: Any) -> tuple[Any, ...] | None:
        """Return the operands of the op that made ``item`` if it is a call of one of ``callees``."""
        if not isinstance(item, Value):
            return None
        op = self.definitions.get(item)
        if op is None or op.attrs.get("keywords"):
            return None
        try:
            if op.callee not in callees or self.volatile(item) or any(map(self.volatile, op.operands)):
                return None
            return op.operands
        except TypeError:
            return None

    def floating(self, item: Any) -> bool:
        t = plain(self.type_of(item))
        if isinstance(t, Scalar):
            return t.kind in "fc"
        return isinstance(t, Array) and t.dtype is not None and t.dtype.kind in "fc"

    def product(self, x: Any, y: Any) -> Any:
        for factor, other in ((x, y), (y, x)):
            if (
                isinstance(factor, Const)
                and isinstance(factor.value, int | float)
                and not isinstance(factor.value, bool)
            ):
                if factor.value == 1 and self.floating(other):
                    return other
                if factor.value == -1 and self.floating(other):
                    return self.emit(operator.neg, [other])
                negated = self.made_by(other, operator.neg)
                if negated:
                    return self.emit(operator.mul, [Const(-factor.value), negated[0]])
                scaled = self.made_by(other, operator.mul)
                if (
                    scaled
                    and isinstance(scaled[0], Const)
                    and isinstance(scaled[0].value, int | float)
                    and self.floating(scaled[1])
                ):
                    return self.emit(operator.mul, [Const(factor.value * scaled[0].value), scaled[1]])
                if factor is y and not isinstance(x, Const) and self.floating(x):
                    return self.emit(operator.mul, [y, x])
        for factor, other, first in ((x, y, True), (y, x, False)):
            negated = self.made_by(factor, operator.neg)
            if negated:
                pair = [negated[0], other] if first else [other, negated[0]]
                return self.emit(operator.neg, [self.emit(operator.mul, pair)])
            spread = self.made_by(factor, np.broadcast_to)
            if spread and same_shape(self.type_of(factor), self.type_of(other)):
                source = spread[0]
                return self.emit(operator.mul, [source, other] if first else [other, source])
            inverse = self.made_by(factor, operator.truediv)
            if inverse and not self.is_primal(factor) and isinstance(inverse[0], Const) and inverse[0].value == 1:
                return self.emit(operator.truediv, [other, inverse[1]])
        logistic = self.logistic(x, y)
        if logistic is not None:
            return logistic
        quotient = self.made_by(y, operator.truediv)
        above = quotient[0] if quotient and not self.is_primal(y) else None
        if quotient and isinstance(above, Const) and isinstance(above.value, float):
            return self.emit(operator.truediv, [self.emit(operator.mul, [quotient[0], x]), quotient[1]])
        return None

    def logistic(self, x: Any, e: Any) -> Any:
        """``ct * (y / s) * e`` with ``s = 1 + e`` and ``y = 1 / s``, of which neither s nor e need be kept."""
        made = self.made_by(x, operator.mul)
        slope = self.made_by(made[1], operator.truediv) if made else None
        if not made or not slope or self.made_by(e, np.exp) is None:
            return None
        y, s = slope
        one, total = self.made_by(y, operator.truediv) or (None, None), self.made_by(s, operator.add)
        if one[1] is not s or not _is_one(one[0]) or not total or not self.floating(y):
            return None
        if not any(term is e and _is_one(total[1 - number]) for number, term in enumerate(total)):
            return None
        rest = self.emit(operator.sub, [Const(1.0), y])
        return self.emit(operator.mul, [made[0], self.emit(operator.mul, [y, rest])])

    def total(self, x: Any, y: Any) -> Any:
        for term, other in ((x, y), (y, x)):
            if isinstance(term, Const) and type(term.value) is float and term.value == 0.0 and self.floating(other):
                return other
            spread = self.made_by(term, np.broadcast_to)
            if spread and same_shape(self.type_of(term), self.type_of(other)):
                return self.emit(operator.add, [spread[0], other] if term is x else [other, spread[0]])
        if x is y and isinstance(x, Value) and self.floating(x):
            return self.emit(operator.mul, [Const(2.0), x])
        left, right = self.scaled(x), self.scaled(y)
        if (
            left[1] is right[1]
            and isinstance(left[1], Value)
            and (left[0], right[0]) != (1, 1)
            and self.floating(left[1])
        ):
            return self.emit(operator.mul, [Const(left[0] + right[0]), left[1]])
        left_product, right_product = self.made_by(x, operator.matmul), self.made_by(y, operator.matmul)
        if left_product and right_product and left_product[0] is right_product[0] and not self.is_primal(x):
            inner = [left_product[1], right_product[1]]
            if not self.is_primal(y) and same_shape(*map(self.type_of, inner)):
                return self.emit(operator.matmul, [left_product[0], self.emit(operator.add, inner)])
        if self.same_product(x, y):
            return self.emit(operator.mul, [Const(2.0), x])
        negated, other = self.made_by(y, operator.neg), self.made_by(x, operator.neg)
        if negated and other and (negated[0] is other[0] or self.same_product(negated[0], other[0])):
            return self.emit(operator.neg, [self.emit(operator.add, [other[0], negated[0]])])
        if negated:
            return self.emit(operator.sub, [x, negated[0]])
        if other:
            return self.emit(operator.sub, [y, other[0]])
        spread = self.made_by(y, np.broadcast_to)
        negated = self.made_by(spread[0], operator.neg) if spread else None
        if spread and negated:
            return self.emit(operator.sub, [x, self.emit(np.broadcast_to, [negated[0], spread[1]])])
        return None

    def scaled(self, x: Any) -> tuple[float, Any]:
        made = self.made_by(x, operator.mul)
        if made and isinstance(made[0], Const) and isinstance(made[0].value, int | float):
            return made[0].value, made[1]
        return 1, x

    def same_product(self, x: Any, y: Any) -> bool:
        """Tell whether ``x`` and ``y`` are the same pure product of the same values."""
        left, right = self.made_by(x, operator.mul), self.made_by(y, operator.mul)
        if not left or not right or not self.floating(x):
            return False
        return (left[0] is right[0] and left[1] is right[1]) or (left[0] is right[1] and left[1] is right[0])

    def difference(self, x: Any, y: Any) -> Any:
        negated = self.made_by(y, operator.neg)
        if negated:
            return self.emit(operator.add, [x, negated[0]])
        if isinstance(y, Const) and type(y.value) is float and y.value == 0.0 and self.floating(x):
            return x
        if isinstance(y, Const) and type(y.value) is int and y.value == 0:
            t = plain(self.type_of(x))
            return x if isinstance(t, Scalar) and t.kind in "if" else None
        return None

    def negative(self, x: Any) -> Any:
        made = self.made_by(x, operator.neg)
        if made:
            return made[0]
        made = self.made_by(x, np.broadcast_to)
        if made:
            return self.emit(np.broadcast_to, [self.emit(operator.neg, [made[0]]), made[1]])
        made = self.made_by(x, operator.mul)
        if made and isinstance(made[0], Const) and isinstance(made[0].value, int | float):
            return self.emit(operator.mul, [Const(-made[0].value), made[1]])
        return None

    def quotient(self, x: Any, y: Any) -> Any:
        if isinstance(y, Const) and y.value == 1 and self.floating(x):
            return x
        negated = self.made_by(x, operator.neg)
        if negated:
            return self.emit(operator.neg, [self.emit(operator.truediv, [negated[0], y])])
        spread = self.made_by(x, np.broadcast_to)
        if spread and same_shape(self.type_of(x), self.type_of(y)):
            return self.emit(operator.truediv, [spread[0], y])
        if spread and isinstance(plain(self.type_of(y)), Scalar):
            return self.emit(np.broadcast_to, [self.emit(operator.truediv, [spread[0], y]), spread[1]])
        return None

    def broadcast(self, x: Any, shape: Any) -> Any:
        if isinstance(shape, Const) and shape.value == () and isinstance(plain(self.type_of(x)), Scalar):
            return x
        made = self.made_by(x, np.broadcast_to)
        if made:
            return self.emit(np.broadcast_to, [made[0], shape])
        bare = self.without_new_axis(x)
        return None if bare is None else self.emit(np.broadcast_to, [bare, shape])

    def without_new_axis(self, x: Any) -> Any:
        """Return an array without the leading axis that was put before it, which broadcasting puts there anyway."""
        made = self.made_by(x, operator.getitem)
        if made and isinstance(made[1], Const) and made[1].value is None and not self.is_primal(x):
            return made[0]
        made = self.made_by(x, operator.neg)
        if made:
            bare = self.without_new_axis(made[0])
            return None if bare is None else self.emit(operator.neg, [bare])
        made = self.made_by(x, operator.truediv)
        if made and isinstance(plain(self.type_of(made[1])), Scalar):
            bare = self.without_new_axis(made[0])
            return None if bare is None else self.emit(operator.truediv, [bare, made[1]])
        return None

    def attribute(self, x: Any, name: Const) -> Any:
        if name.value == "T":
            if isinstance(plain(self.type_of(x)), Scalar):
                return x
            made = self.made_by(x, getattr)
            if made:
                return made[0] if isinstance(made[1], Const) and made[1].value == "T" else None
            factors = self.made_by(x, operator.matmul)
            if factors and not self.is_primal(x) and all(self.rank(factor) == 2 for factor in factors):  # noqa: PLR2004
                left, right = (self.emit(getattr, [factor, name]) for factor in reversed(factors))
                return self.emit(operator.matmul, [left, right])
        if name.value in ("shape", "size", "ndim"):
            source = self.same_shaped(x)
            return self.emit(getattr, [source, name]) if source is not None else None
        return None

    def same_shaped(self, x: Any) -> Any:
        """Return an earlier value of the same shape that ``x`` was computed from element by element."""
        found = None
        current = x
        for _ in range(8):
            op = self.definitions.get(current) if isinstance(current, Value) else None
            if op is None or not _is_elementwise(op):
                break
            sources = [o for o in op.operands if isinstance(o, Value) and same_shape(self.type_of(o), self.type_of(x))]
            if not sources or not isinstance(plain(self.type_of(sources[0])), Array):
                break
            found = current = sources[0]
        return found

    def rank(self, x: Any) -> int | None:
        t = plain(self.type_of(x))
        return t.rank if isinstance(t, Array) else None

    def new_axis(self, x: Any, axis: Any) -> Any:
        """``x[:, None]`` costs a fraction of ``np.expand_dims(x, 1)``."""
        rank = self.rank(x)
        if not rank or not isinstance(axis, Const) or type(axis.value) is not int:
            return None
        place = axis.value if axis.value >= 0 else axis.value + rank + 1
        if not 0 <= place <= rank:
            return None
        negated = self.made_by(x, operator.neg)
        if negated and not self.is_primal(x):
            return self.emit(operator.neg, [self.emit(np.expand_dims, [negated[0], axis])])
        if place == 0:
            return self.emit(operator.getitem, [x, Const(None)])
        whole = [self.emit(slice, [Const(None), Const(None)]) for _ in range(place)]
        return self.emit(operator.getitem, [x, self.emit(Prim.TUPLE, [*whole, Const(None)])])

    def axis_size(self, x: Any, axis: Any) -> Any:
        rank = self.rank(x)
        if not rank or not isinstance(axis, Const) or type(axis.value) is not int or not -rank <= axis.value < rank:
            return None
        return self.emit(operator.getitem, [self.emit(getattr, [x, Const("shape")]), axis])

    def row_sums(self, x: Any, y: Any) -> Any:
        """The product with a vector of equal numbers is a sum."""
        spread = self.made_by(y, np.broadcast_to)
        if not spread or (self.rank(x), self.rank(y)) != (2, 1) or not self.floating(x):
            return None
        if not isinstance(plain(self.type_of(spread[0])), Scalar):
            return None
        turned = self.made_by(x, getattr)
        is_turned = turned is not None and isinstance(turned[1], Const) and turned[1].value == "T"
        sums = self.emit(np.sum, [turned[0], Const(0)] if turned and is_turned else [x, Const(1)])
        return self.emit(operator.mul, [spread[0], sums])

    def shape(self, x: Any) -> Any:
        if isinstance(plain(self.type_of(x)), Array):
            return self.emit(getattr, [x, Const("shape")])
        return Const(()) if isinstance(plain(self.type_of(x)), Scalar) else None


def _is_one(item: Any) -> bool:
    return isinstance(item, Const) and isinstance(item.value, int | float) and item.value == 1


def _is_elementwise(op: Op) -> bool:
    try:
        return op.callee in registry.ELEMENTWISE and not op.attrs.get("keywords")
    except TypeError:
        return False


__all__ = ["SYNONYMS", "Prim", "Simplifier"]
