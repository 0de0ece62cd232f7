"""The lines and blocks of a function body, and what all statements need."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Iterator

from .expressions import Expressions
from .kinds import Array, Kind
from .scope import Draft, Shape


class Writing(Expressions):
    """Writes the body of one function as indented lines.

    ``result`` is the kind that ``return`` gives. Names in ``frozen`` may be read, and their memory
    written, but not be bound again: they belong to an enclosing function.
    """

    def __init__(
        self,
        draft: Draft,
        scope: dict[str, Kind],
        result: Kind | None,
        *,
        frozen: frozenset[str] = frozenset(),
        indent: int = 1,
    ) -> None:
        super().__init__(draft, scope)
        self.result = result
        self.frozen = frozen
        self.lines: list[str] = []
        self.indent = indent
        self.loops = 0
        self.in_loop = False
        self.depth = 0
        self.nested = False
        self.walrus_allowed = True

    @abstractmethod
    def statement(self) -> None:
        """Write one statement of any sort."""

    def statements(self, count: int) -> None:
        """Write about ``count`` statements; none after one that leaves the block."""
        for _ in range(count):
            before = len(self.lines)
            self.statement()
            if self.leaves(self.lines[-1]) and len(self.lines) == before + 1:
                return

    def line(self, text: str) -> bool:
        self.lines.append("    " * self.indent + text)
        return True

    @contextlib.contextmanager
    def block(self) -> Iterator[None]:
        """Indent, and forget at the end the names that were bound inside."""
        scope = dict(self.scope)
        self.indent += 1
        self.depth += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.line("pass")
        self.indent -= 1
        self.depth -= 1
        self.scope.clear()
        self.scope.update(scope)

    @staticmethod
    def leaves(line: str) -> bool:
        return line.strip().startswith(("return", "break", "continue"))

    def own(self, name: str) -> bool:
        """Tell whether this function may bind the name, or store the attribute."""
        return name not in self.frozen and name not in self.readonly

    def bindable(self, kind: type) -> list[str]:
        return [name for name in self.names(kind) if self.own(name)]

    def declare(self, kind: Kind) -> str:
        name = self.fresh(type(kind))
        self.enter(name, kind)
        return name

    def augmented(self, target: str, value: str) -> str:
        """Return an augmented assignment that keeps ``target`` of moderate size."""
        return self.pick(
            [
                f"{target} += {value}",
                f"{target} += {value}",
                f"{target} -= {value}",
                f"{target} *= 0.7 + 0.3 * np.sin({value})",
                f"{target} /= 1.4 + 0.3 * np.cos({value})",
                f"{target} *= 0.8",
            ]
        )

    def stored(self, target: str) -> str:
        """Return a store of a float into the target, plain or augmented."""
        return f"{target} = {self.tame()}" if self.chance(0.5) else self.augmented(target, self.tame())

    def target(self, *, fewest: int = 0) -> tuple[str, Array] | None:
        """Return an expression for memory that may be written."""
        arrays = self.arrays(writable=True)
        if not arrays:
            return None
        if fewest == 0 and self.chance(0.7):
            return self.pick(arrays)
        found = self.reference(writable=True, fewest=fewest)
        if found is not None and "(" in found[0]:
            self.tag("store: through an unnamed view")
        return found

    def some_shape(self) -> Shape | None:
        arrays = self.arrays()
        return self.pick(arrays)[1].shape if arrays else None

    def loop_variable(self) -> str:
        return next(name for name in ("i", "j", "k", "l1", "l2", "l3", "l4", "l5") if name not in self.scope)

    @contextlib.contextmanager
    def looping(self) -> Iterator[None]:
        outer = self.in_loop
        self.in_loop = True
        self.loops += 1
        with self.block():
            yield
        self.loops -= 1
        self.in_loop = outer

    def loop_end(self) -> bool:
        """Write, at times, the ``else`` of the loop just written, and tell whether it was."""
        if self.chance(0.85):
            return False
        self.tag("loop: else")
        self.line("else:")
        with self.block():
            self.statements(1)
        return True
