"""Keywords that are taken out of ``**kwargs``, passed on and updated; functions found at run time."""

from __future__ import annotations

import logging
import warnings

import numpy as np

from corpus.registry import case


def h(**k):
    return sum(v * (i + 1) for i, v in enumerate(k.values())) + k.get("c", 5.0)


def g1(**kw):
    a = kw.pop("a")
    return a * h(**kw)


@case(lambda: (1.7,))
def keyword_popped_and_rest_passed_on(x):
    return g1(a=x, b=2 * x)


def g2(x, **kw):
    if x > 1:
        kw["c"] = x * x
    return h(**kw)


@case(lambda: (1.7,))
def keyword_added_by_branch(x):
    return g2(x, b=x)


log = logging.getLogger("corpus")


@case(lambda: (1.7,))
def messages_to_people(x):
    log.debug("x %s", x)
    log.info("value %f", x * 2)
    if x > 100:
        warnings.warn(f"big {x}")
    return x * x


def branchy(v):
    if len(v) > 5:
        w = np.empty(2)
        w[:] = v[:2] * 2
        r = w[0:]
    else:
        r = np.zeros(3)
        r += v[:3] * 3
        r *= v[0]
    part = r[:2]
    return np.linalg.norm(part)


def other(v):
    return np.sum(v)


@case(lambda: (1.7,))
def function_by_number(x):
    fs = [branchy, other]
    return fs[int(x) - 1](np.array([x, x * x, 1.0]))


def g6(**k):
    s = 0.0
    for i in range(3):
        if "q" in k:
            s += k["q"] * (i + 1)
        k["q"] = k["a"] * i
    return s


@case(lambda: (1.7,))
def keyword_added_in_a_loop(x):
    return g6(a=x)


def g8(x, **k):
    c = k.pop("c", 2.0)
    d = k.pop("d", 7.0 * x)
    if k:
        raise TypeError(f"bad {k}")
    return c * d * x


@case(lambda: (1.7,))
def keywords_checked_by_hand(x):
    return g8(x) + g8(x, c=x) + g8(x, d=x * x, c=1.0)


@case(lambda: (1.7,))
def options_updated(x):
    opts = {"a": x}
    opts.update(b=x * x)
    opts.update({"c": 2.0 * x})
    opts.pop("a")
    return h(**opts) + h(**{**opts, "e": x})


@case(lambda: (1.7,))
def options_by_branch(x):
    opts = {"b": x}
    if x > 1:
        opts.pop("b")
        opts["c"] = x * x
    s = opts["c"] if "c" in opts else 3.0 * x
    return s + (1.0 if "b" in opts else 2.0 * x)


@case(lambda: (2.0,))
def options_put_back_as_they_were(x):
    """A call with ``**`` of a dict that only exists at run time is made as it stands, if it sees nothing active."""
    before = np.seterr(all="ignore")
    y = np.log(x) * x
    np.seterr(**before)
    return y


def _filled_in_a_loop(n, **options):
    total = 0.0
    for _ in range(n):
        total = total + options.get("late", 1.0)
        if "late" in options:
            total = total * 1.5
        options["late"] = 3.0 * options["x"]
    return total if options else 0.0


@case(lambda: (2.0,))
def keyword_that_comes_in_the_second_trip(x):
    """That nothing is ever stored into the dict of keywords must hold for all trips."""
    return _filled_in_a_loop(3, x=x)


@case(lambda: (2.0,))
def dispatched_by_keywords(x):
    """A function that calls itself with other keywords, as constructors do, is no recursion."""

    def made(**options):
        if "radius" in options:
            return made(x=options["radius"], y=options.get("y", 1.0))
        if "x" in options and options:
            return options["x"] ** 2 + options["y"]
        return 0.0

    return made(radius=x, y=x) * made(radius=3.0 * x)


@case(lambda: ([1.0, 2.0], 0.5), argnums=(0, 1))
def list_asked_for_what_arrays_have(items, y):
    try:
        rows = items.T
    except AttributeError:
        rows = np.asarray(items)
    return np.sum(rows * rows * y)


def scaled_by(x, *, factor=1.0, power=1):
    return factor * x**power


def moved_by(x, *, offset):
    return x + offset * np.sin(x)


class Route:
    """Steps that were looked up, each with options of its own."""

    def __init__(self, steps, options):
        self.steps = steps
        self.options = options

    def __call__(self, x):
        for step, options in zip(self.steps, self.options, strict=True):
            x = step(x, **options)
        return x

    def turned(self, x, angle=0.0):
        return np.roll(x, 1) * np.cos(angle)


ROUTE = Route(
    [scaled_by, moved_by, scaled_by, Route([], []).turned, Route([moved_by], [{"offset": 0.5}])],
    [{"factor": 2.0}, {"offset": 0.3}, {}, {"angle": 0.4}, {}],
)
ROUTES = {"long": ROUTE, "short": Route([scaled_by], [{"power": 3, "factor": 0.5}])}


@case(lambda: (np.array([0.3, 0.7]),))
def options_of_functions_in_a_list(x):
    """Each function takes other keywords; the table says which."""
    return np.sum(ROUTES["long"](x) * ROUTES["short"](x))
