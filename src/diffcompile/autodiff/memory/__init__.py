"""Written memory in reverse: shadows, loads, stores, updates."""

from __future__ import annotations

import operator
from typing import Any

from diffcompile import dynamic
from diffcompile.analysis.effects import ADD_AT
from diffcompile.autodiff.memory.arrangement import find_arranged
from diffcompile.autodiff.memory.containers import (
    is_list_arithmetic,
    reverse_append,
    reverse_delete,
    reverse_fields,
    reverse_list_arithmetic,
    reverse_pop,
    reverse_same,
    settled,
)
from diffcompile.autodiff.memory.flowing import make_forward_shadows, note_arrangements
from diffcompile.autodiff.memory.loads import reverse_attribute, reverse_load
from diffcompile.autodiff.memory.shadows import delayed_prologue, prologue
from diffcompile.autodiff.memory.stores import reverse_store
from diffcompile.autodiff.memory.uncertain import find_mixed, number, part, reverse_view
from diffcompile.autodiff.memory.updates import (
    divides,
    reverse_add_at,
    reverse_add_item,
    reverse_add_items,
    reverse_update,
)
from diffcompile.autodiff.memory.views import is_alias, laid_out, reshaped, reverse_alias, reverse_hand_back
from diffcompile.ir.core import Prim

HANDLERS: dict[Any, Any] = {
    operator.setitem: reverse_store,
    Prim.UPDATE_ITEM: reverse_update,
    Prim.UPDATE: reverse_update,
    ADD_AT: reverse_add_at,
    dynamic.add_item: reverse_add_item,
    dynamic.add_in_place: reverse_add_item,
    dynamic.add_items: reverse_add_items,
    dynamic.add_if_copied: reverse_hand_back,
    list.append: reverse_append,
    list.insert: reverse_append,
    operator.delitem: reverse_delete,
    list.pop: reverse_pop,
    getattr: reverse_attribute,
    tuple: reverse_same,
    list: reverse_same,
    dynamic.as_sequence: reverse_same,
    dynamic.fields: reverse_fields,
    dynamic.narrowed: reverse_fields,
    dynamic.known: reverse_fields,
    dynamic.scalar_output: reverse_same,
}

__all__ = [
    "HANDLERS",
    "delayed_prologue",
    "divides",
    "find_arranged",
    "find_mixed",
    "is_alias",
    "is_list_arithmetic",
    "laid_out",
    "make_forward_shadows",
    "note_arrangements",
    "number",
    "part",
    "prologue",
    "reshaped",
    "reverse_alias",
    "reverse_list_arithmetic",
    "reverse_load",
    "reverse_view",
    "settled",
]
