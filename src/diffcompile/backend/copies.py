"""Parameters and results of blocks as assignments: which of them matter, and in which order they are made."""

from __future__ import annotations

from typing import Any

import gast

from diffcompile.analysis.types import Scalar, plain
from diffcompile.backend.expressions import LOAD, STORE, Expressions
from diffcompile.frontend.nodes import nodes_under
from diffcompile.ir.core import UNDEFINED, Const, Operand, Prim, Value, walk


class Copies(Expressions):
    """Writes what loops carry and branches choose."""

    def copies(self, pairs: list[tuple[Value, Operand]], out: list[Any]) -> None:
        """Emit assignments that happen at once; swaps become one tuple assignment."""
        moves: list[tuple[str, Any, set[str]]] = []
        for target, source in pairs:
            if isinstance(source, Const) and source.value is UNDEFINED and not self.must_be_bound(target):
                continue
            if not self.uses.get(target) and target not in self.kept:
                continue
            name = self.names[target]
            node = self.expr(source)
            if isinstance(node, gast.Name) and node.id == name:
                continue
            moves.append((name, node, {n.id for n in nodes_under(node) if isinstance(n, gast.Name)}))
        while moves:
            ready = next(
                (m for m in moves if not any(m[0] in other[2] for other in moves if other is not m)), None
            )
            if ready is None:
                targets = gast.Tuple([gast.Name(name, STORE, None, None) for name, _, _ in moves], STORE)
                out.append(gast.Assign([targets], gast.Tuple([node for _, node, _ in moves], LOAD), None))
                return
            moves.remove(ready)
            target_node = gast.Name(ready[0], STORE, None, None)
            augmented = (
                isinstance(ready[1], gast.BinOp)
                and isinstance(ready[1].left, gast.Name)
                and ready[1].left.id == ready[0]
                and isinstance(ready[1].op, gast.Add | gast.Sub)
                and self.scalar_named(pairs, ready[0])
            )
            if augmented:
                out.append(gast.AugAssign(target_node, ready[1].op, ready[1].right))
            else:
                out.append(gast.Assign([target_node], ready[1], None))

    def must_be_bound(self, target: Value) -> bool:
        """Tell whether paths that do not define a variable read it, with code that makes nothing of it."""
        if any(self.uses.get(twin) for twin in self.twins.get(target, ())):
            return True
        behind = self.loop_results.get(target)
        if behind in self.handed_on or behind in self.chosen:
            return True
        if target in self.handed_on or self.homes.get(target) in self.use_blocks.get(target, ()):
            return True
        results = [result for result in self.chosen.get(target, ()) if self.uses.get(result) or result in self.kept]
        return any(self.names.get(result) != self.names[target] or self.must_be_bound(result) for result in results)

    def scalar_named(self, pairs: list[tuple[Value, Operand]], name: str) -> bool:
        return any(
            self.names.get(target) == name and isinstance(plain(self.types[target]), Scalar) for target, _ in pairs
        )

    @property
    def kept(self) -> set[Value]:
        """Targets of copies that matter though nothing reads them directly: loop results and parameters."""
        if not hasattr(self, "_kept"):
            kept: set[Value] = set()
            for op in walk(self.function.body):
                if op.callee in (Prim.FOR, Prim.WHILE):
                    lead = 1 if op.callee is Prim.FOR else 0
                    for number, result in enumerate(op.results):
                        params = [region.params[number + lead] for region in op.regions]
                        if any(self.uses.get(v) for v in (result, *params)):
                            kept.update(params)
                            kept.add(result)
            self._kept = kept
        return self._kept
