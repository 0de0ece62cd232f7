"""What ends the walk through a block that surely fails."""

from __future__ import annotations


class Ended(Exception):  # noqa: N818 - not an error of the compiler
    """The side of a branch that is walked surely raises an error here: what follows is never reached."""


class Raised(Exception):  # noqa: N818 - not an error of the compiler
    """The block that is walked surely raises an error here, which it makes itself."""


class Failed(Exception):  # noqa: N818 - not an error of the compiler
    """The block that is walked surely raises an error here."""

    def __init__(self, error: type[BaseException], message: str) -> None:
        super().__init__(message)
        self.error = error
