"""Functions to differentiate: the language, the memory model and realistic kernels.

Every function is plain NumPy as users write it, returns a float, and is smooth at its example point.
A function joins ``CASES`` by the decorator :func:`corpus.registry.case`, which returns it unchanged.
"""

from corpus import (
    dynamic_builtins,
    dynamic_calls,
    dynamic_dicts,
    dynamic_keywords,
    dynamic_lists,
    dynamic_operands,
    dynamic_records,
    kernels_learning,
    kernels_objects,
    kernels_polybench,
    kernels_science,
    language_assignment,
    language_calls,
    language_containers,
    language_control,
    language_flow,
    language_functions,
    language_globals,
    language_instances,
    language_objects,
    language_operators,
    language_presence,
    memory_aliasing,
    memory_exits,
    memory_stores,
)
from corpus.registry import CASES, Case

__all__ = [
    "CASES",
    "Case",
    "dynamic_builtins",
    "dynamic_calls",
    "dynamic_dicts",
    "dynamic_keywords",
    "dynamic_lists",
    "dynamic_operands",
    "dynamic_records",
    "kernels_learning",
    "kernels_objects",
    "kernels_polybench",
    "kernels_science",
    "language_assignment",
    "language_calls",
    "language_containers",
    "language_control",
    "language_flow",
    "language_functions",
    "language_globals",
    "language_instances",
    "language_objects",
    "language_operators",
    "language_presence",
    "memory_aliasing",
    "memory_exits",
    "memory_stores",
]
