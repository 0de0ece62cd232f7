"""Handlers of calls: functions whose meaning is neither a rule nor their own text."""

from __future__ import annotations

from typing import Any

from diffcompile.specialise import attempts, checkpoints, hooks, outside
from diffcompile.specialise.handlers import (
    arrays,
    dicts,
    functional,
    instances,
    lists,
    operations,
    python,
    records,
    sequences,
    signatures,
    views,
)
from diffcompile.specialise.handlers.handler import Handler

HANDLERS: dict[Any, Handler] = {**attempts.HANDLERS, **checkpoints.HANDLERS, **outside.HANDLERS,
    **hooks.HANDLERS,
    **python.HANDLERS,
    **instances.HANDLERS,
    **sequences.HANDLERS,
    **functional.HANDLERS,
    **lists.HANDLERS,
    **dicts.HANDLERS,
    **records.HANDLERS,
    **arrays.HANDLERS,
    **views.HANDLERS,
    **operations.HANDLERS,
    **signatures.HANDLERS,
}

__all__ = ["HANDLERS"]
