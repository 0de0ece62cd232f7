"""Derivative rules, one file a subject. Importing the package fills the tables of :mod:`.registry`."""

from diffcompile.rules import (
    array_methods,
    contractions,
    creation,
    elementwise,
    linalg,
    predicates,
    python_math,
    reductions,
    shaping,
    sorting,
)

__all__ = [
    "array_methods",
    "contractions",
    "creation",
    "elementwise",
    "linalg",
    "predicates",
    "python_math",
    "reductions",
    "shaping",
    "sorting",
]
