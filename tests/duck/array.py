"""The array itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from duck.names import LACKING, LACKING_KEYWORDS, LACKING_METHODS

_NUMBERS = (bool, int, float, complex, np.generic)
_ANSWERS = (
    "shape", "ndim", "dtype", "size", "itemsize", "nbytes", "strides", "flags",
)  # fmt: skip
_METHODS = [
    "all", "any", "argmax", "argmin", "argsort", "astype", "choose", "clip", "compress", "conj", "conjugate",
    "copy", "cumprod", "cumsum", "diagonal", "dot", "fill", "flatten", "max", "mean", "min", "nonzero",
    "partition", "prod", "put", "ravel", "repeat", "reshape", "round", "searchsorted", "sort", "squeeze", "std",
    "sum", "swapaxes", "take", "trace", "transpose", "var", "view",
]  # fmt: skip


_ASKED = ("shape", "ndim", "size", "result_type", "iscomplexobj", "isrealobj", "may_share_memory", "can_cast")
"""Functions that answer with numbers of Python's, dtypes and tuples."""


class _Base:
    __slots__ = ("_items",)


del _Base.__slots__  # like a class written in C, it does not say what it holds


class Duck(_Base, np.lib.mixins.NDArrayOperatorsMixin):
    """``cupy.ndarray``, as far as NumPy and generated code see it."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, items: Any) -> None:
        assert isinstance(items, np.ndarray)
        self._items = items

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        raise NotImplementedError("there is no device")

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()` instead.")

    def get(self) -> Any:
        """Return a NumPy array with the same items."""
        return self._items.copy()

    # --- NumPy's protocols ---

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if ufunc.__name__ in LACKING:
            return NotImplemented
        for one in (*inputs, *kwargs.get("out", ())):
            if not isinstance(one, (Duck, np.ndarray, *_NUMBERS)) and not (method == "at" and one is inputs[1]):
                return NotImplemented
        if method not in ("__call__", "at"):
            raise AssertionError(f"np.{ufunc.__name__}.{method} was not looked at")
        if set(kwargs) - {"out", "dtype", "casting"}:
            raise TypeError(f"Wrong arguments {sorted(kwargs)}")
        return _called(getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = ".".join([*func.__module__.split(".")[1:], func.__name__])
        if name in LACKING:
            return NotImplemented
        if not all(issubclass(t, Duck | np.ndarray) for t in types):
            return NotImplemented
        if name == "full":
            raise TypeError("full() got an unexpected keyword argument 'device'")
        for keyword in kwargs:
            if keyword in LACKING_KEYWORDS.get(name, ()):
                raise TypeError(f"{name}() got an unexpected keyword argument {keyword!r}")
        if name in _ASKED:
            return func(*map(_own_items, args), **kwargs)
        if name in ("zeros", "ones", "empty", "array", "asarray"):  # called with like=
            return Duck(func(*args, **kwargs))
        return _called(func, args, kwargs)

    # --- items ---

    def __getitem__(self, index: Any) -> Any:
        return _wrapped_view(self._items, _index(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(value, Duck):
            value = value._items
        elif not isinstance(value, _NUMBERS):
            raise ValueError(f"non-scalar {type(value).__name__} cannot be used for fill")
        self._items[_index(index)] = value

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Any:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[number] for number in range(len(self)))

    # --- one number ---

    def __bool__(self) -> bool:
        return bool(self._items)

    def __int__(self) -> int:
        return int(self._items[()])

    def __float__(self) -> float:
        return float(self._items[()])

    def __complex__(self) -> complex:
        return complex(self._items[()])

    def item(self, *index: int) -> Any:
        """Return one item as a number of Python's."""
        return self._items.item(*index)

    def tolist(self) -> Any:
        """Return nested lists of numbers of Python's."""
        return self._items.tolist()

    # --- attributes ---

    def __getattr__(self, name: str) -> Any:
        if name in _ANSWERS:
            return getattr(self._items, name)
        if name in ("T", "mT", "real", "imag", "base"):
            found = getattr(self._items, name)
            return Duck(found) if isinstance(found, np.ndarray) else found
        if name in _METHODS and name not in LACKING_METHODS:
            method = getattr(self._items, name)
            return lambda *args, **kwargs: _called(method, args, kwargs)
        raise AttributeError(f"'ndarray' object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_items":
            object.__setattr__(self, name, value)
        elif name in ("shape", "real", "imag"):
            setattr(self._items, name, _own_items(value))
        else:
            raise AttributeError(f"'ndarray' object has no attribute {name!r}")

    def __repr__(self) -> str:
        return repr(self._items)

    def __format__(self, spec: str) -> str:
        return format(self._items if self.ndim else self._items[()], spec)

    def __imatmul__(self, other: Any) -> Any:
        raise TypeError("unsupported operand type(s) for @=")

    def __reduce__(self) -> Any:
        return Duck, (self._items,)


def _own_items(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(value, Duck):
        return value._items
    if isinstance(value, list | tuple):
        return type(value)(map(_own_items, value))
    return value


def _index(index: Any) -> Any:
    """Return an index as NumPy takes it: CuPy sends arrays of indices to the device itself."""
    if isinstance(index, Duck):
        return index._items if index.ndim or index.dtype == bool else index._items.reshape(())
    return tuple(map(_index, index)) if isinstance(index, tuple) else index


def _wrapped_view(items: Any, index: Any) -> Any:
    parts = index if isinstance(index, tuple) else (index,)
    if all(isinstance(part, int | np.integer) for part in parts) and len(parts) == items.ndim:
        index = (*parts, Ellipsis)  # a number is a view without axes
    return Duck(np.asarray(items[index]))


def _called(function: Any, args: Any, kwargs: Any) -> Any:
    """Call a function of NumPy on the items; a result is an array, with or without axes."""
    if function is np.stack or function is np.concatenate:
        for part in args[0]:
            if not isinstance(part, Duck):
                raise TypeError(f"Argument 'a' has incorrect type (expected cupy.ndarray, got {type(part).__name__})")
    given = {name: _own_items(value) for name, value in kwargs.items()}
    if "out" in kwargs:
        outs = kwargs["out"] if isinstance(kwargs["out"], tuple) else (kwargs["out"],)
        function(*map(_own_items, args), **given)
        return outs[0]
    return _wrapped(function(*map(_own_items, args), **given))


def _wrapped(result: Any) -> Any:
    if isinstance(result, np.ndarray | np.generic):
        return Duck(np.asarray(result))
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*map(_wrapped, result))
    return type(result)(map(_wrapped, result)) if isinstance(result, list | tuple) else result


Duck.__name__ = Duck.__qualname__ = "ndarray"
Duck.__module__ = "cupy"
