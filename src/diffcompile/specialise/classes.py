"""Questions about classes, without running their code."""

from __future__ import annotations

import abc
import keyword
import types as pytypes
from typing import Any, Generic

from diffcompile.signature import slot_names

PLAIN_NEW = (object.__new__, getattr(Generic, "__new__", None))
"""What makes an instance without running code of the class."""
_PLAIN_METACLASSES = (type, abc.ABCMeta)
_HEAP_TYPE = 1 << 9
"""The flag of classes that Python code defines (``Py_TPFLAGS_HEAPTYPE``)."""


def class_member(cls: type, name: str, after: type | None = None) -> Any:
    """Return the member ``name`` of a class, as it is defined, or None; with ``after``, of the classes behind it."""
    order = cls.__mro__
    if after is not None:
        order = order[order.index(after) + 1 :]
    for base in order:
        if name in vars(base):
            return vars(base)[name]
    return None


def is_heap_type(cls: type) -> bool:
    """Tell whether Python code defines a class."""
    return bool(cls.__flags__ & _HEAP_TYPE)


class Nothing:
    """Stands for an attribute of a class that is None, where None means that there is no such attribute."""


NOTHING = Nothing()


def attribute_of(cls: type, name: str, after: type | None = None) -> Any:
    """Return what :func:`class_member` does, NOTHING for an attribute that is None."""
    member = class_member(cls, name, after)
    if member is None and any(name in vars(base) for base in cls.__mro__):
        return NOTHING
    return member


def instance_names(example: Any) -> list[str]:
    """Return the names of the attributes that an instance itself has."""
    names = list(getattr(example, "__dict__", {}))
    slots = [name for base in type(example).__mro__ for name in slot_names(base)]
    return names + [name for name in slots if hasattr(example, name)]


class Dispatching:
    """A method that chooses by the class of its first argument, waiting for its arguments."""

    __slots__ = ("dispatcher",)

    def __init__(self, dispatcher: Any) -> None:
        self.dispatcher = dispatcher

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """Call the method, whose first argument is the object."""
        return self.dispatcher.dispatch(type(args[1]))(*args, **keywords)


def is_slot(member: Any) -> bool:
    """Tell whether a class member only reserves room for an attribute of instances."""
    return isinstance(member, pytypes.MemberDescriptorType)


def is_constructible(cls: type) -> bool:
    """Tell whether instances of a class are made by Python code alone."""
    if cls is pytypes.SimpleNamespace:
        return True
    if type(cls).__call__ is not type.__call__ or cls.__module__ == "builtins":
        return False
    if is_attribute_dict(cls) or base_of(cls) is not None:
        return True
    news = [base.__new__ for base in cls.__mro__]
    if type(cls) not in _PLAIN_METACLASSES and any(maker not in PLAIN_NEW for maker in news):
        return False  # a language of its own, as that of symbols is
    if any(maker not in PLAIN_NEW and not isinstance(maker, pytypes.FunctionType) for maker in news):
        return False
    init: Any = cls.__init__  # type: ignore[misc]
    return init is object.__init__ or isinstance(init, pytypes.FunctionType)


def is_attribute_dict(cls: type) -> bool:
    """Tell whether a class is a dict whose items are its attributes too, as results of SciPy's solvers are."""
    own = [name for base in cls.__mro__[: -len(dict.__mro__)] for name in vars(base)]
    plain = cls.__init__ is dict.__init__ and cls.__new__ is dict.__new__ and "__getitem__" not in own  # type: ignore[misc]
    return issubclass(cls, dict) and plain and "__getattr__" in own and cls.__setattr__ is dict.__setitem__


def base_of(cls: type) -> type | None:
    """Return ``dict`` or ``list`` for a class that the program derives from it in Python code alone, or None."""
    base = next((one for one in (dict, list) if issubclass(cls, one)), None)
    if base is None or cls is base or is_attribute_dict(cls) or type(cls) not in _PLAIN_METACLASSES:
        return None
    behind = (base, object, Generic)
    own = [one for one in cls.__mro__ if one not in behind and one.__module__ != "collections.abc"]
    written = all(one.__flags__ & _HEAP_TYPE and one.__module__ not in ("collections", "typing") for one in own)
    init: Any = cls.__init__  # type: ignore[misc]
    made_plainly = all(getattr(cls, name) is getattr(base, name) for name in ("__new__", "__getattribute__"))
    starts = isinstance(init, pytypes.FunctionType) or init is getattr(base, "__init__")  # noqa: B009
    return base if written and made_plainly and starts else None


def can_be_real(cls: type) -> bool:
    """Tell whether the attributes of instances are the items of their ``__dict__``, and Python code makes them."""
    if not is_constructible(cls) or is_attribute_dict(cls) or issubclass(cls, dict | list | tuple | BaseException):
        return False
    with_dict = bool(getattr(cls, "__dictoffset__", 0))
    with_slots = any(slot_names(base) for base in cls.__mro__)
    return with_dict != with_slots and accesses_plainly(cls, "__getattribute__")


def accesses_plainly(cls: type, access: str) -> bool:
    """Tell whether instances have their attributes as those of ``object`` do; a namespace has, in a way of its own."""
    plain = (getattr(object, access), getattr(BaseException, access))
    return cls is pytypes.SimpleNamespace or getattr(cls, access) in plain


def is_plain_attribute(cls: type, name: str) -> bool:
    """Tell whether ``x.name`` reads and writes ``vars(x)["name"]`` of an instance that has such an item."""
    member = class_member(cls, name)
    plain = accesses_plainly(cls, "__setattr__") and accesses_plainly(cls, "__getattribute__")
    spelled = name.isidentifier() and not keyword.iskeyword(name)
    return plain and spelled and (is_slot(member) or not hasattr(type(member), "__set__"))


def is_copied_plainly(cls: type) -> bool:
    """Tell whether ``copy.copy`` of an instance makes another one with the same attributes, and nothing else."""
    own = [name for name in ("__copy__", "__setstate__") if hasattr(cls, name)]
    same = (getattr(cls, name, None) is getattr(object, name, None) for name in ("__reduce__", "__getstate__"))
    return not own and all(same) and cls.__reduce_ex__ is object.__reduce_ex__  # type: ignore[comparison-overlap]
