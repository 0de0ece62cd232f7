"""``with`` blocks whose manager is a generator: what it does before the block, and what it puts right behind it."""

from contextlib import ExitStack, closing, contextmanager, nullcontext

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


class Doubled:
    """It doubles what a record holds, and adds to it when the block is left."""

    def __init__(self, record, more=1.0):
        self.record, self.more = record, more

    def __enter__(self):
        self.record["value"] = self.record["value"] * 2.0
        return self.record

    def __exit__(self, *error):
        self.record["value"] = self.record["value"] + self.more
        return False

    def close(self):
        self.record["value"] = self.record["value"] * self.more


class Tripled(Doubled):
    def __enter__(self):
        self.record["value"] = self.record["value"] ** 3
        return self.record


@case(args=two, argnums=(0, 1))
def managers_on_a_stack(x, s):
    """Managers of a loop, one under a condition, a call at the end, and one that is nothing to the values."""
    record = {"value": s}

    def scale(k):
        record["value"] = record["value"] * k

    with ExitStack() as stack:
        stack.enter_context(np.errstate(all="ignore"))
        for k in range(3):
            stack.enter_context(Doubled(record, x[k]))
        stack.callback(scale, x[4])
        if s > 0.0:
            now = stack.enter_context(Tripled(record, s))
        y = x[5] * now["value"]
    return y * record["value"]


@case(args=two, argnums=(0, 1))
def stack_that_is_closed(x, s):
    record = {"value": s}
    stack = ExitStack()
    stack.enter_context(Doubled(record, x[0]))
    later = stack.pop_all()
    stack.close()
    before = record["value"] * x[1]
    later.close()
    return before * record["value"]


@case(args=two, argnums=(0, 1))
def one_manager_or_none(x, s):
    record = {"value": s}
    total = 0.0
    for k in range(3):
        with Doubled(record, x[k]) if k != 1 else nullcontext():
            total = total + x[k] * record["value"]
    with closing(Doubled(record, s)) as last, nullcontext(x[3]) as third:
        total = total + last.record["value"] * third
    return total * record["value"]


@case(args=two, argnums=(0, 1))
def managers_in_a_list(x, s):
    """Which of them is entered, the trip decides; they share an array."""
    record = {"value": s}
    total = 0.0
    for manager in [Doubled(record, x[0]), Tripled(record, x[1]), Doubled(record)]:
        with manager:
            total = total + x[2] * record["value"]
    return total * record["value"]
