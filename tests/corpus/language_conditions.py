"""Loops whose condition does something: it stores to an object, writes to an array or changes a list."""

import numpy as np

from corpus.registry import case


def point():
    return (np.array([0.5, 1.2, -0.7]),)


class Gauge:
    """A state that whoever looks at it changes."""

    def __init__(self, rate):
        self.rate = rate
        self.level = None
        self.looks = 0

    @property
    def cached(self):
        if self.level is None:
            self.level = self.rate * 2
        return self.level

    @property
    def more(self):
        self.looks += 1
        self.rate = self.rate * 1.5
        return self.looks < 4

    def __bool__(self):
        self.rate = self.rate * self.rate
        return bool(self.rate < 30)

    def __lt__(self, other):
        self.rate = self.rate + other
        return self.rate < 3

    def __getitem__(self, key):
        self.rate = self.rate * 1.1
        return self.rate + key

    def __len__(self):
        self.looks += 1
        self.rate = self.rate * 0.9
        return 3 - self.looks


@case(args=point)
def property_changes_in_condition(x):
    gauge = Gauge(x[0])
    while gauge.more:
        pass
    return gauge.rate


@case(args=point)
def property_of_kept_object_in_condition(x):
    """The objects are in a list, so they are real ones, with shadows."""
    gauges = [Gauge(x[0]), Gauge(x[1])]
    while gauges[1].more:
        gauges[0].rate = gauges[0].rate * gauges[1].rate
    return gauges[0].rate


@case(args=point)
def cached_property_in_condition(x):
    gauges = [Gauge(0.3), Gauge(x[1])]
    trips = 0
    while trips < 2 and gauges[trips].cached:
        trips += 1
    return gauges[1].cached * x[0] + gauges[0].cached


@case(args=point)
def truth_changes_in_condition(x):
    gauge = Gauge(1.1 + x[0])
    while gauge:
        gauge.rate = gauge.rate * x[1]
    return gauge.rate


@case(args=point)
def comparison_changes_in_condition(x):
    gauges = {"a": Gauge(x[0])}
    while gauges["a"] < 0.3 + x[1]:
        x = x * 1.1
    return gauges["a"].rate + x[2]


@case(args=point)
def item_changes_in_condition(x):
    gauges = {"a": Gauge(x[0])}
    while gauges["a"][1] < 3:
        x = x * 1.1
    return gauges["a"].rate + x[0]


@case(args=point)
def length_changes_in_condition(x):
    gauge = Gauge(x[0])
    while len(gauge) > 0:
        gauge.rate = gauge.rate + x[1]
    return gauge.rate


@case(args=point)
def condition_with_continue_and_kept_object(x):
    gauges = [Gauge(x[0])]
    n = 0
    while n < 3 and gauges[0].more and not (n == 2 and gauges[0].cached > 100):
        n += 1
        if n == 2:
            continue
        gauges[0].rate = gauges[0].rate + x[1]
    return gauges[0].rate


@case(args=point)
def conditions_in_each_other(x):
    gauges = [Gauge(x[0])]
    i = 0
    while gauges[0].more:
        while gauges[0].cached > 1e9 or i < 2:
            i += 1
            x = x * gauges[0].rate
        i = 0
    return x.sum()


@case(args=point)
def array_written_in_condition(x):
    a = x.copy()
    while np.add(a, a * x, out=a)[1] < 10:
        a[0] = a[0] * a[1]
        if a[0] > 4:
            break
    else:
        a[0] = a[0] * 2
    return a.sum()


@case(args=point)
def list_grows_in_condition(x):
    powers = [x[0]]
    while (powers.append(powers[-1] * x[1]) or len(powers)) < 4:
        pass
    return sum(powers)


@case(args=point)
def list_shrinks_in_condition(x):
    left = list(x)
    total = 0.0
    while left and left.pop() > -0.5:
        total = total + sum(left)
    left = [x[0], x[1], x[2]]
    product = x[0]
    while left.pop() * product < 0.7:
        product = product * sum(left)
    return total + product + len(left)


class Tide:
    """Asking whether it is true, or whether it has something, changes it."""

    def __init__(self, level):
        self.steps = 0
        self.level = level

    def __bool__(self):
        self.steps += 1
        return self.steps % 3 != 0

    def __contains__(self, item):
        self.level = self.level * 1.1
        return self.steps % 2 == 0


@case(args=point)
def objects_are_asked_once(x):
    """``and`` and ``or`` in a condition ask each of their parts at most once, in the forward sweep."""
    tide = Tide(x[0])
    kept = [tide]
    z = x * 1.0
    while 0.2 in tide and kept[0]:
        tide.steps += 1
        z[::2] *= 0.8 * tide.level
    if not (tide or x[0] > 0) or kept[0]:
        z[1] *= tide.level
    return np.sum(z) * tide.steps + (z[0] if tide and x[0] > 0 else z[1]) * tide.level


@case(args=point)
def objects_between_and_and_or(x):
    """How often an object is asked decides what it says next: ``not`` asks what ``and`` gives once more."""
    tide = Tide(x[0])
    z = x * 1.0
    s = 0.0
    for k in range(6):
        chosen = (tide and 0.5) or 0.7
        if isinstance(chosen, float):
            s = s + chosen * z[k % 3]
        z[1] *= 1.0 + 0.1 * (not (tide and k != 1))
        if not (tide and k > 2):
            z[2] += 0.3 * s
    return s * tide.steps + np.sum(z)
