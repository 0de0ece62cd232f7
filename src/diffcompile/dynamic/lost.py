"""The value of a variable that a failed ``try`` block had assigned."""

from __future__ import annotations

from typing import Any

from diffcompile.errors import UnsupportedError


class _Lost:
    """A variable whose value is not known, as a ``try`` block failed after it had assigned it."""

    def _refuse(self, *args: Any) -> Any:
        raise UnsupportedError(
            "a variable is used that a failed `try` block had assigned",
            why="how far the block came is not known when the derivative is computed",
            advice="assign it after the block, or in each handler",
        )

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = _refuse
    __rpow__ = __neg__ = __bool__ = __float__ = __int__ = __len__ = __iter__ = __getitem__ = __call__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __array__ = __abs__ = __matmul__ = __rmatmul__ = __mod__ = __rmod__ = _refuse
    __eq__ = __ne__ = __index__ = __complex__ = __contains__ = _refuse
    __hash__ = object.__hash__
    append = extend = insert = pop = remove = update = setdefault = get = copy = sort = reverse = add = _refuse
    keys = values = items = count = index = clear = _refuse


LOST = _Lost()


def known(x: Any) -> Any:
    """Return ``x``, whose class or attributes are asked for.

    Raises:
        UnsupportedError: a failed ``try`` block had assigned it.
    """
    return x._refuse() if x is LOST else x


class Failure(tuple[Any, ...]):
    """What a block that failed returns: the error, and None in the place of each result."""
