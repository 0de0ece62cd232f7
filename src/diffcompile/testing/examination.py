"""The answers that an examination of a gradient gave: what passed, what failed, what could not be decided."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from diffcompile.testing.compare import Comparison, Entry

__tracebackhide__ = True  # pytest shows the code of its user

PASSED, FAILED, UNKNOWN, SKIPPED = "passed", "failed", "inconclusive", "skipped"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question."""

    question: str
    outcome: str
    text: str = ""
    error: AssertionError | None = None


@dataclass(slots=True)
class Examination:
    """The answers for one function at one point."""

    title: str
    answers: list[Answer] = field(default_factory=list)
    comparison: Comparison | None = None
    source: str = ""

    def of(self, outcome: str) -> list[Answer]:
        """Return the answers with this outcome."""
        return [answer for answer in self.answers if answer.outcome == outcome]

    def entries(self, count: int, seed: int = 0) -> list[Entry]:
        """Return so many entries with both derivatives, the one with the largest difference first."""
        if self.comparison is None:
            return []
        return self.comparison.checked_entries(np.random.default_rng(seed), 4 * count)[:count]

    def raise_for_failure(self) -> None:
        """Raise the first failure; else, if something could not be decided, say so.

        Raises:
            GradientMismatch: an answer is wrong.
            InconclusiveCheck: the function is too rough here, or not the same function twice.
        """
        for answer in (*self.of(FAILED), *self.of(UNKNOWN)):
            assert answer.error is not None
            raise answer.error
