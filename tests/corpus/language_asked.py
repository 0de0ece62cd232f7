"""Methods that Python calls by itself and that store something: in texts, comparisons, searches and as indices."""

import math

import numpy as np

from corpus.registry import case


def point():
    return (np.array([0.5, 1.2, -0.7]),)


class Meter:
    """A number that whoever asks for it changes."""

    def __init__(self, level):
        self.level = level
        self.used = 0.0

    def __str__(self):
        self.used = self.used + self.level * self.level
        self.level = self.level * 2.0
        return "meter"

    def __repr__(self):
        self.used = self.used + 3.0 * self.level
        return "Meter()"

    def __format__(self, spec):
        self.used = self.used + self.level**3
        return f"meter{spec}"

    def __eq__(self, other):
        self.used = self.used + self.level * other.level
        self.level = self.level * 1.5
        return False

    def __hash__(self):
        self.used = self.used + math.sin(self.level)
        return 3

    def __lt__(self, other):
        self.used = self.used + self.level * other.level
        return float(self.level) < float(other.level)

    def __bool__(self):
        self.used = self.used + self.level
        return True

    def __index__(self):
        self.used = self.used + self.level * self.level
        return 1

    def __float__(self):
        self.used = self.used + self.level * self.level
        return float(self.level) * 3.0

    def __delattr__(self, name):
        self.used = self.used + self.level


class Diary:
    """Something that writes down in a list who asked."""

    def __init__(self, level, log):
        self.level = level
        self.log = log

    def __str__(self):
        self.log.append(self.level * self.level)
        return "diary"

    def __eq__(self, other):
        self.log.append(self.level * other.level)
        return self is other

    __hash__ = None


class Quiet:
    """Its text is made in a list of its own, and nothing is left."""

    def __init__(self, level):
        self.level = level

    def __repr__(self):
        parts = ["quiet"]
        parts.append(f"{self.level:.2f}")
        return ",".join(parts)


class Drawer:
    """A row without ``__contains__``."""

    def __init__(self, level):
        self.level = level
        self.used = 0.0

    def __iter__(self):
        self.used = self.used + self.level
        return iter([self.level, 2.0 * self.level])


@case(args=point)
def f_string_with_conversions(x):
    meter = Meter(x[0])
    text = f"a{meter}b{meter!s}c{meter!r:>9}d{meter:>4}"
    return meter.used * meter.level + x[1] * len(text)


@case(args=point)
def texts_by_functions(x):
    meter = Meter(x[0])
    texts = [str(meter), repr(meter), format(meter, "3"), "{!r} {!s}".format(meter, meter)]  # noqa: UP032
    return meter.used * meter.level + x[1] * len(texts)


@case(args=point)
def text_by_percent(x):
    meter = Meter(x[0])
    text = "%s and %r%%" % (meter, meter) + "%s" % meter  # noqa: UP031
    return meter.used * meter.level + len(text) * x[2]


@case(args=point)
def texts_in_a_loop(x):
    log = []
    diary = Diary(x[0], log)
    for k in range(4):
        if k != 1:
            f"{diary}"
            diary.level = diary.level * x[1]
        else:
            diary.level = diary.level + 1.0
    return sum(log) * x[2]


@case(args=point)
def texts_of_items(x):
    log = []
    for diary in [Diary(x[k], log) for k in range(3)]:
        f"{diary}"
        str(diary)
        diary.level = 5.0
    return sum(log) * x[2]


@case(args=point)
def text_of_one_of_two(x):
    log = []
    thing = Diary(x[0], log) if x[1] > 0 else Quiet(x[2])
    other = Diary(x[1], log) if x[2] > 0 else None
    text = f"{thing}{other}"
    return sum(log) * x[1] + len(text)


@case(args=point)
def text_that_stores_nothing(x):
    quiet = [Quiet(v) for v in x]
    return len(f"{quiet[0]!r} {quiet}") * x[0] + quiet[1].level


@case(args=point)
def item_in_list_that_compares(x):
    meters = [Meter(x[0]), Meter(x[1])]
    wanted = Meter(x[2])
    found = wanted in meters
    missing = wanted not in tuple(meters)
    return wanted.level * wanted.used + sum(m.used * m.level for m in meters) + found + missing


@case(args=point)
def item_counted_and_removed(x):
    log = []
    diaries = [Diary(x[0], log), Diary(x[1], log), Diary(x[2], log)]
    last = diaries[2]
    count = diaries.count(last)
    place = diaries.index(last)
    diaries.remove(last)
    return sum(log) * x[0] + count + place + len(diaries)


@case(args=point)
def lists_that_are_compared(x):
    log = []
    first, second = Diary(x[0], log), Diary(x[1], log)
    same = [first, second] == [first, first]
    other = (first, 2) != (second, 2)
    return sum(log) * x[2] + same + other


@case(args=point)
def smallest_of_objects_that_compare(x):
    meters = [Meter(v) for v in x]
    least = min(meters)
    most = max(meters[0], meters[1])
    return least.level * most.level + sum(m.used for m in meters)


@case(args=point)
def truth_of_items(x):
    meter = Meter(x[0])
    both = all([meter, meter]) and any((meter,))
    return meter.used * x[1] + both


@case(args=point)
def hash_that_stores(x):
    meter = Meter(x[0])
    return hash(meter) * x[1] + meter.used * meter.level


@case(args=point)
def index_that_stores(x):
    meter = Meter(x[0])
    values = [x[0], x[1] * x[1], x[2]]
    total = values[meter] * x[meter]
    values[meter] = meter.used
    for _ in range(meter):
        total = total + values[meter]
    return total * meter.used


@case(args=point)
def number_that_stores(x):
    meter = Meter(x[0])
    kept = np.zeros(3)
    kept[1] = meter
    meter.level = x[2] * x[1]
    kept[2] = meter
    return np.sum(kept * x) * meter.used


@case(args=point)
def deleted_attribute_that_stores(x):
    meter = Meter(x[0])
    del meter.level
    return meter.level * meter.used


@case(args=point)
def looked_for_in_what_iterates(x):
    drawer = Drawer(x[0])
    found = x[0] in drawer
    return drawer.used * x[1] + found
