"""The cheapest way to have values: against all ways, on random graphs."""

import itertools

import numpy as np
import pytest

from diffcompile.autodiff.cut import ENDLESS, cheapest


def price_of(wanted, save, redo, saved):
    """Return the price of a choice; endless if something is neither saved nor can be computed again."""
    total = 0.0
    there = set()
    pending = list(wanted)
    while pending:
        value = pending.pop()
        if value in there:
            continue
        there.add(value)
        if value in saved:
            total += save[value]
        elif value in redo:
            price, operands = redo[value]
            total += price
            pending += operands
        else:
            return ENDLESS
    return total


def random_graph(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 9))
    save = {k: float(rng.integers(1, 12)) if rng.random() < 0.85 else ENDLESS for k in range(count)}
    redo = {
        k: (float(rng.integers(0, 9)), [int(o) for o in rng.choice(k, min(k, int(rng.integers(0, 3))), replace=False)])
        for k in range(count)
        if rng.random() < 0.8
    }
    wanted = {k for k in range(count) if rng.random() < 0.4}
    for k in wanted:
        if save[k] == ENDLESS:
            save[k] = 5.0
    return wanted, save, redo


@pytest.mark.parametrize("seed", range(300))
def test_it_is_the_cheapest(seed):
    wanted, save, redo = random_graph(seed)
    every = [set(some) for n in range(len(save) + 1) for some in itertools.combinations(save, n)]
    best = min(price_of(wanted, save, redo, some) for some in every)
    assert price_of(wanted, save, redo, cheapest(wanted, save, redo)) == best


def test_nothing_is_saved_that_is_not_wanted():
    assert cheapest([], {1: 1.0, 2: 2.0}, {1: (1.0, [2])}) == set()


def test_a_common_source_is_saved_instead_of_what_is_made_of_it():
    save = {"old": 9.0, "product": 9.0, "difference": 9.0}
    redo = {"product": (4.0, ["old"]), "difference": (4.0, ["old"])}
    assert cheapest(["product", "difference"], save, redo) == {"old"}


def test_a_long_chain_takes_no_recursion():
    count = 3000
    save = dict.fromkeys(range(count), 100.0)
    redo = {k: (0.0, [k - 1]) for k in range(1, count)}
    assert len(cheapest([count - 1], save, redo)) == 1
