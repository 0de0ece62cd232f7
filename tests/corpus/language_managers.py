"""``with`` blocks whose manager is a generator: what it does before the block, and what it puts right behind it."""

from contextlib import contextmanager

import numpy as np

from corpus.registry import case, normal


def two():
    return (normal(1, 6), 0.7)


@contextmanager
def replaced(store, key, value):
    old = store[key]
    store[key] = value
    try:
        yield store
    finally:
        store[key] = old + value


@contextmanager
def transaction(record):
    saved = dict(record)
    try:
        yield record
    except ValueError:
        record.update(saved)
        raise
    else:
        record["square"] = record["value"] ** 2
    finally:
        record["left"] = record["value"] * 3.0


@case(args=two, argnums=(0, 1))
def item_is_put_back(x, s):
    """What the manager stores into an array in a loop, and stores again when the block is left."""
    total = 0.0
    for k in range(3):
        with replaced(x, k, s * x[k + 1]) as now:
            total += np.sum(now**2)
            now[k + 2] += 0.5 * now[0] * s
    return total * np.sum(x)


@case(args=two, argnums=(0, 1))
def blocks_in_each_other(x, s):
    record = {"value": x[0]}
    with transaction(record) as outer:
        outer["value"] = outer["value"] * s
        with transaction({"value": x[2]}) as inner:
            inner["value"] *= outer["value"]
            w = inner["value"]
    return record["square"] * record["left"] + inner["square"] * w


@case(args=two, argnums=(0, 1))
def loop_leaves_the_block(x, s):
    """``break`` and ``continue`` in the block: what stands behind ``yield`` runs."""
    total, record = 0.0, {"value": s}
    for k in range(6):
        with transaction(record):
            record["value"] = record["value"] * (1.0 + 0.2 * x[k] ** 2)
            if record["value"] > 1.4:
                break
            if k == 1:
                continue
            total += record["value"]
        total += record["square"]
    return total + record["left"]


@case(args=two, argnums=(0, 1))
def variable_of_the_function_is_put_back(x, s):
    """A manager defined inside assigns a variable of the function; one is open while the other is."""
    level, heights = s, []

    @contextmanager
    def lifted(by):
        nonlocal level
        level += by
        yield level * by
        level -= 0.5 * by

    with lifted(x[0]) as h:
        with lifted(x[1] * h) as k:
            heights.append(k * level)
        heights.append(level)
    return sum(heights) * level
