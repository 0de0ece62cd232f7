"""Whether the text of a function stores into something that it was given."""

# ruff: noqa: F841 - the statements are what is tested

from __future__ import annotations

from typing import Any

import pytest

from diffcompile.frontend.stores import may_store, own_containers


def fills_its_own(self: Any) -> str:
    parts = []
    parts.append(1)
    parts += [2]
    table = {}
    table["x"] = 1
    text = ""
    text += "b"
    return text


def takes_another(self: Any) -> None:
    parts = []
    parts = self.x
    parts.append(1)


def writes_to_what_it_is_given(self: Any, parts: Any) -> None:
    parts += [1]


def goes_over_others(self: Any) -> None:
    for parts in self.x:
        parts.append(2)
    parts = []


def writes_to_an_item(self: Any) -> None:
    parts = [self.x]
    parts[0][1] = 3


def unpacks(self: Any) -> None:
    (p, q) = ([], self.z)
    q.append(1)


def has_an_inner_one(self: Any) -> None:
    x = []

    def inner(x: Any) -> None:
        x.append(1)

    inner(self.y)


def binds_in_a_condition(self: Any) -> None:
    if x := self.y:
        x.append(1)
    x = []


@pytest.mark.parametrize(
    "fun",
    [
        takes_another, writes_to_what_it_is_given, goes_over_others, writes_to_an_item, unpacks, has_an_inner_one,
        binds_in_a_condition,
    ],
)  # fmt: skip
def test_what_may_be_others_counts(fun: Any) -> None:
    assert may_store(fun, own_containers(fun))


def test_own_containers_do_not_count() -> None:
    assert may_store(fills_its_own)
    assert own_containers(fills_its_own) == {"parts", "table", "text"}
    assert not may_store(fills_its_own, own_containers(fills_its_own))
