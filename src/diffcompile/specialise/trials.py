"""Walks that are thrown away: only what a call returns, and whether it stores, is wanted of them."""

from __future__ import annotations

MOST_STEPS = 20_000


class TooLargeError(Exception):
    """A walk that is thrown away has become longer than what it finds out is worth."""


class Trial:
    """One walk that is thrown away, with all walks in it; it ends after ``MOST_STEPS`` operations.

    Code into which nothing active goes can lead anywhere: a package's machinery for messages, its imports. What is
    not found out about a call costs a check at run time, a walk through all of it minutes.
    """

    def __init__(self) -> None:
        self.steps = 0

    def step(self) -> None:
        """Count an operation.

        Raises:
            TooLargeError: the walk is too long.
        """
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TooLargeError
