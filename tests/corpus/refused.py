"""The cases of the corpus that the compiler refuses today, each with what it says.

``python -m corpus.compiling`` in the folder ``tests`` rewrites the table: a case that leaves or joins it is a
change of the supported subset.
"""

# ruff: noqa: E501 - a line a case

from __future__ import annotations

REFUSED: dict[str, str] = {
    "language_assignment.float_or_array_by_branch": "a ndarray is changed in place, and another name for it is used later (language_assignment.py:166:9)",
    "language_lazy.chosen_function_over_an_array_that_changes": "a function that is called through a variable captures an array, list or object that changes",
    "language_lazy.chosen_function_over_a_variable_that_changes": "a function that is called through a variable captures an array, list or object that changes",
    "memory_overlapping.broadcast_view_is_reshaped": "a broadcast view of an array that is written to is not supported",
    "memory_overlapping.broadcast_view_in_a_list": "a broadcast view of an array that is written to is not supported",
}
