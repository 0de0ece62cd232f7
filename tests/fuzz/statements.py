"""All statements together, and functions within functions."""

from __future__ import annotations

from collections.abc import Callable

from .bindings import Bindings
from .containers import Containers
from .extras import Extras
from .flow import Flow
from .iterating import Iterating
from .kinds import SCALAR, Array, Int, Kind, Pair, Routine, Scalar
from .objects import ObjectStatements
from .scope import Draft
from .stores import Stores

Statement = Callable[[], bool]

DEEPEST = 4
"""Blocks in blocks: none of a deeper level is begun."""


class Statements(Bindings, Stores, Containers, ObjectStatements, Extras, Iterating, Flow):
    """Writes statements of every sort, by weight."""

    def __init__(
        self,
        draft: Draft,
        scope: dict[str, Kind],
        result: Kind | None,
        *,
        frozen: frozenset[str] = frozenset(),
        indent: int = 1,
    ) -> None:
        super().__init__(draft, scope, result, frozen=frozen, indent=indent)
        self.simple: list[tuple[float, Statement]] = [
            (2.0, self.new_scalar),
            (2.5, self.rebind_scalar),
            (2.5, self.augment_scalar),
            (0.6, self.annotated),
            (0.7, self.several_targets),
            (0.8, self.swap_scalars),
            (0.8, self.unpack),
            (2.2, self.new_array),
            (1.2, self.rebind_array),
            (0.8, self.empty_then_filled),
            (1.5, self.second_name),
            (3.0, self.new_view),
            (0.9, self.chosen_alias),
            (2.5, self.augment_array),
            (4.0, self.store_item),
            (3.0, self.augment_item),
            (3.5, self.store_slice),
            (3.0, self.augment_slice),
            (1.5, self.overlapping),
            (1.2, self.masked_store),
            (1.2, self.gathered_store),
            (0.9, self.add_at),
            (1.5, self.ufunc_out),
            (1.2, self.fill_or_copyto),
            (1.2, self.swap_items),
            (0.6, self.chained_store),
            (0.5, self.diagonal_store),
            (0.5, self.dynamic_slice_store),
            (0.3, self.zero_dimensional),
            (1.0, self.swap_arrays),
            (1.3, self.new_list),
            (8.0, self.change_list),
            (1.0, self.new_list_of_arrays),
            (8.0, self.change_list_of_arrays),
            (0.6, self.new_table),
            (4.0, self.change_table),
            (0.5, self.new_pair),
            (4.0, self.call_for_effect),
            (3.0, self.call_for_pair),
            (0.9, self.local_lambda),
            (0.9, self.local_function),
            (0.4, self.check),
            (0.8, self.early_return),
            (4.0, self.leave_at_times),
            (0.4, self.int_counter),
            (0.4, self.new_grid),
            (3.0, self.change_grid),
            (2.0, self.list_method),
            (1.5, self.dict_method),
            (0.8, self.made_function),
            (1.5, self.by_generator),
            *((weight * self.draft.objects, writer) for weight, writer in self.about_objects()),
            *((weight * self.draft.extras, writer) for weight, writer in self.rarer()),
        ]
        self.menu: list[tuple[float, Statement]] = [
            *self.simple,
            (3.5, self.branch),
            (4.0, self.counted_loop),
            (2.8, self.loop_over_values),
            (1.5, self.while_loop),
            (1.0, self.double_buffer),
            (1.2, self.guarded),
            (0.5, self.with_block),
            (0.6, self.matched),
        ]

    def about_objects(self) -> list[tuple[float, Statement]]:
        return [
            (3.0, self.new_object),
            (1.5, self.second_object_name),
            (0.8, self.chosen_object),
            (2.0, self.rebind_object),
            (1.2, self.swap_objects),
            (5.0, self.object_statement),
            (1.0, self.late_attribute),
            (0.8, self.new_list_of_objects),
            (3.0, self.change_list_of_objects),
        ]

    def rarer(self) -> list[tuple[float, Statement]]:
        return [
            (2.0, self.split_parts),
            (2.0, self.layouts),
            (1.5, self.reduction_out),
            (2.0, self.scatter),
            (0.0 if self.analytic else 1.5, self.with_complex),
            (0.7, self.collected),
            (1.2, self.table_of_arrays),
            (1.0, self.swapped_at_run_time),
            (1.5, self.entered),
            (1.5, self.caught),
            (1.5, self.shared_generator),
            (1.5, self.rebinding_closure),
            (2.0, self.new_living),
            (2.0, self.gone_over_lazily),
            (1.5, self.gone_over_while_written),
            (4.0, self.evaluated_in_order),
            (2.0, self.placed_by_calls),
            (1.0, self.starred_display),
            (1.0, self.condition_that_writes),
        ]

    def statement(self) -> None:
        menu = self.simple if self.depth >= DEEPEST else self.menu
        weights = [weight for weight, _ in menu]
        while True:
            _, writer = self.rng.choices(menu, weights)[0]
            if writer():
                return

    def call_for_effect(self) -> bool:
        names = self.routines(None)
        if not names:
            return False
        text = self.call(self.pick(names), 1)
        if text is None:
            return False
        self.tag("call: mutates its argument")
        return self.line(text)

    def call_for_pair(self) -> bool:
        routines = [(name, kind) for name, kind in self.scope.items() if isinstance(kind, Routine)]
        routines = [(name, kind) for name, kind in routines if isinstance(kind.result, Pair)]
        if not routines:
            return False
        name, routine = self.pick(routines)
        text = self.call(name, 1)
        if text is None:
            return False
        self.tag("call: returns a tuple")
        pair = routine.result
        assert isinstance(pair, Pair)
        first = self.declare(SCALAR)
        second = self.declare(SCALAR if pair.shape is None else Array(pair.shape))
        return self.line(f"{first}, {second} = {text}")

    def local_lambda(self) -> bool:
        if self.in_loop:
            return False
        self.tag("lambda")
        with self.bound(v=SCALAR):
            body = f"0.6 * v + {self.tame(1)}"
        return self.line(f"{self.declare(Routine((SCALAR,), SCALAR))} = lambda v: {body}")

    def local_function(self) -> bool:
        """A function that reads, and may write, the memory of this one; names bound later are seen by it."""
        if self.nested or self.in_loop or self.depth > 1:
            return False
        self.tag("closure")
        mutates = self.chance(0.35)
        scope = {name: kind for name, kind in self.scope.items() if not isinstance(kind, Int)}
        # A closure may call another one, but chains of calls would make the work grow without bound.
        scope = {
            name: kind for name, kind in scope.items() if not isinstance(kind, Routine) or self.chance(0.3)
        }
        # attributes of what it captures can be stored to, but the names themselves belong to this function
        frozen = frozenset(
            name for name in scope if name in self.frozen or ("." not in name and "[" not in name)
        )
        name = self.fresh(Routine)
        parameter = "amount"
        inner = Statements(self.draft, {**scope, parameter: SCALAR}, None if mutates else SCALAR,
                           frozen=frozen, indent=self.indent + 1)  # fmt: skip
        inner.readonly = set(self.readonly)
        floats = [name for name in self.bindable(Scalar) if name.isidentifier()]
        self.line(f"def {name}({parameter}):")
        if mutates and floats and self.chance(0.3):
            self.tag("closure: nonlocal")
            outer = self.pick(floats)
            self.lines.append("    " * (self.indent + 1) + f"nonlocal {outer}")
            inner.line(inner.augmented(outer, inner.tame()))
        inner.nested = True
        inner.loops = 1  # it may be called in loops
        inner.statements(self.rng.randrange(1, 4))
        if mutates:
            inner.store_item()
            inner.line("return")
        else:
            inner.line(f"return {inner.tame()}")
        self.lines += inner.lines
        self.scope[name] = Routine((SCALAR,), None if mutates else SCALAR)
        return True

    def check(self) -> bool:
        self.tag("assert or raise")
        names = self.names(Scalar)
        if not names:
            return False
        name = self.pick(names)
        if self.chance(0.5):
            return self.line(f"assert {name} < 1e6, 'too large'")
        self.line(f"if {name} > 1e6:")
        with self.block():
            return self.line(f"raise ValueError(f'{name} is {{{name}}}')")
