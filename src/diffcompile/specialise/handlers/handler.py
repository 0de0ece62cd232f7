"""What a handler is: it says what a call of one function means, where inlining or a rule would not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from diffcompile.errors import Span
from diffcompile.specialise.items import Item

if TYPE_CHECKING:
    from diffcompile.specialise.driver import Specialiser

Handler = Callable[["Specialiser", list[Item], dict[str, Item], Span | None, str], Item]
"""From the specialiser, the arguments, the keywords, the place of the call and a name for the result to the result."""


def refused(what: str, advice: str) -> Handler:
    """Return the handler of what is outside the subset."""

    def handle(spec: Specialiser, args: list[Item], keywords: dict[str, Item], span: Span | None, hint: str) -> Item:
        raise spec.refuse(what, span, advice)

    return handle
