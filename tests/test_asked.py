"""Methods that Python calls by itself and that store something are refused where they cannot be written out."""

from __future__ import annotations

import bisect
import functools

import numpy as np
import pytest
from scipy.interpolate import PPoly

from corpus.language_asked import Diary, Drawer, Meter, Quiet
from diffcompile import UnsupportedError, grad, value_and_grad


class Dying:
    def __init__(self, level, log):
        self.level = level
        self.log = log

    def __del__(self):
        self.log.append(self.level)


class Closing:
    def __init__(self, level):
        self.level = level
        self.open = True

    def close(self):
        self.open = False

    def __del__(self):
        self.close()


class Inner:
    def __init__(self, level):
        self.level = level
        self.used = 0.0

    def use(self):
        self.used = self.used + self.level


class Outer:
    """Its comparison stores something two objects further on."""

    def __init__(self, level):
        self.inner = Inner(level)

    def __lt__(self, other):
        self.inner.use()
        return True


class Kept:
    def __init__(self, level):
        self.level = level

    @functools.cached_property
    def area(self):
        return self.level**2

    def __lt__(self, other):
        return self.area < other.area

    def __repr__(self):
        return f"Kept({self.area})"


class Looking:
    def __init__(self, level):
        self.level = level

    def __getattribute__(self, name):
        return object.__getattribute__(self, name)


class Counting(Drawer):
    def __len__(self):
        self.used = self.used + self.level
        return 2


def ordered(x):
    meters = [Meter(x), Meter(x * x)]
    first = sorted(meters)[0]
    return first.level + meters[0].used


def ordered_in_place(x):
    meters = [Meter(x), Meter(x * x)]
    meters.sort()
    return meters[0].level + meters[1].used


def ordered_pairs(x):
    meters = [(Meter(x), 1), (Meter(x * x), 2)]
    return sorted(meters)[0][0].level + meters[0][0].used


def ordered_by_key(x):
    meters = [Meter(x), Meter(x * x)]
    order = sorted(range(2), key=lambda k: meters[k])
    return order[0] + meters[0].used


def bisected(x):
    meters = [Meter(x * x), Meter(x)]
    return bisect.bisect(meters, Meter(0.6)) + meters[0].used


def ordered_at_a_distance(x):
    row = [Outer(x), Outer(x * x)]
    return len(sorted(row)) * row[0].inner.used


def ordered_by_what_is_kept(x):
    row = [Kept(x), Kept(x * x)]
    first = sorted(row)[0]
    row[0].level = 5.0
    return first.area * x


def text_of_a_list(x):
    meter = Meter(x)
    return len(str([meter])) * x + meter.used


def text_of_what_is_kept(x):
    row = [Kept(x)]
    text = f"{row}"
    row[0].level = 5.0
    return row[0].area * len(text)


def text_and_what_it_changed(x):
    meter = Meter(x)
    text = f"{meter}{meter.used}"
    return meter.used * len(text)


def as_key(x):
    meter = Meter(x)
    return len({meter: 1}) * x + meter.used


def in_a_set(x):
    meter = Meter(x)
    return len({meter}) * x + meter.used


def compared_dicts(x):
    log = []
    same = {"a": Diary(x, log)} == {"a": Diary(2 * x, log)}
    return sum(log) + same


def dies(x):
    log = []
    thing = Dying(x, log)
    y = thing.level
    del thing
    return y + sum(log)


def counted(x):
    drawer = Counting(x)
    return sum(list(drawer)) * drawer.used


def looks(x):
    thing = Looking(x)
    return thing.level * x


def gathered(x):
    drawer = Drawer(x)
    return len(set(drawer)) * drawer.used


REFUSED = [
    ordered, ordered_in_place, ordered_pairs, ordered_by_key, bisected, ordered_at_a_distance, ordered_by_what_is_kept,
    text_of_a_list, text_of_what_is_kept, text_and_what_it_changed, as_key, in_a_set, compared_dicts, dies, counted,
    looks, gathered,
]  # fmt: skip


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: f.__name__)
def test_refused(function):
    with pytest.raises(UnsupportedError) as caught:
        value_and_grad(function)(0.7)
    assert caught.value.span is not None
    assert caught.value.span.path.endswith("test_asked.py")


def test_message():
    with pytest.raises(UnsupportedError, match="`__lt__` of Meter stores something") as caught:
        grad(ordered)(0.7)
    assert "sorted(meters)" in str(caught.value)


def test_what_leaves_everything_as_it_is():
    def f(x):
        row = [Quiet(x), Quiet(x * x)]
        closing = Closing(x)
        return len(str(row)) * x * closing.level + row[1].level

    assert grad(f)(0.7) == pytest.approx(2 * 0.7 * (len(str([Quiet(0.7), Quiet(0.49)])) + 1))


def test_found_out_when_it_runs():
    """Of what has no known type, that it is such an object is found out when it is asked."""

    def f(x, which):
        row = [Meter(x), x * x, "a"]
        return sum([x for part in row[:which] if str(part)]) * x

    with pytest.raises(UnsupportedError, match="of Meter stores something"):
        grad(f)(0.7, 3)
    assert grad(f)(0.7, 0) == 0.0


def test_known_number_beside_objects():
    def f(x):
        row = [Meter(x[0]), x[1], None]
        return (row[1] if row[1] < 3.0 else x[2]) * x[0]

    assert np.allclose(grad(f)(np.array([0.5, 1.2, 2.0])), [1.2, 0.5, 0.0])


class Field:
    """Whoever calls it, or asks for its truth, changes it."""

    def __init__(self, scale):
        self.scale = scale
        self.curved = False
        self.last = 0.0
        self.asked = 0.0

    def __call__(self, x):
        self.last = x * x
        return self.scale * x

    def __bool__(self):
        self.asked = self.asked + 1.0
        return True


FIELD = Field(2.0)


def is_curved(field):
    """Say something about a field, which is neither called nor asked for its truth unless it is in a list."""
    if isinstance(field, list):
        return not np.prod([is_curved(part) for part in field])
    try:
        return field.curved
    except AttributeError:
        raise ValueError from None


def weight(field):
    return 2.0 if field else 1.0


def test_functions_that_are_called_as_they_stand_were_followed():
    def f(x):
        y = x if is_curved(FIELD) else FIELD(x)
        return y * x + FIELD.last

    assert value_and_grad(f)(1.5) == pytest.approx((6.75, 9.0))


def test_what_such_a_function_asks_for_counts():
    def f(x):
        w = weight(FIELD)
        return w * x * (FIELD.asked + 1.0)

    FIELD.asked = 0.0
    assert value_and_grad(f)(1.5) == pytest.approx((6.0, 4.0))
    assert FIELD.asked == 0.0


def test_the_power_of_an_object_with_a_modulus_is_refused():
    with pytest.raises(UnsupportedError, match="pow"):
        grad(lambda x: pow(Field(x), 2, 3))(1.5)


class Curve(PPoly):
    def __repr__(self):
        shape = list(self.c.shape)
        shape.insert(0, self.axis)
        return str(shape)


CURVE = Curve(np.array([[1.0, 2.0], [0.5, 0.3]]), np.array([0.0, 1.0, 2.0]))


def test_methods_of_scipy_in_a_class_derived_from_its():
    assert grad(lambda x: CURVE(x, nu=0) * x)(1.5) == pytest.approx(2.0 * 1.5 + 1.3)
