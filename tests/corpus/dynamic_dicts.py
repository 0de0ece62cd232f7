"""Dicts that are built, updated, emptied and walked over."""

from __future__ import annotations

import numpy as np

from corpus.registry import case


@case(lambda: (1.7,))
def keys_move(x):
    d = {}
    for k in range(5):
        d[k] = x * k
        if k > 1:
            d[k - 2] = d.pop(k - 1) * d[k]
    s = 0.0
    for i, (k, v) in enumerate(d.items()):
        s += v * (i + 1) * k
    return s


@case(lambda: (1.7,))
def order_of_keys_after_a_pop(x):
    d = {"a": x, "b": 2 * x, "c": 3 * x}
    s = 0.0
    for _ in range(3):
        for i, k in enumerate(list(d)):
            s += d[k] ** 2 * (i + 1)
        v = d.pop("a")
        d["a"] = v * s * 0.01
        d["b"] = d["b"] * 1.1
    del d["b"]
    return s + sum(d.values())


@case(lambda: (1.7,))
def copied_dict_shares_its_lists(x):
    d = {"a": [x], "b": [2 * x]}
    d["a"].append(d["b"][0] * x)
    e = d.copy()
    e["a"][0] = 5 * x * x
    e["b"] = [1.0]
    return d["a"][0] * d["a"][1] + d["b"][0] + e["b"][0]


@case(lambda: (1.7,))
def dicts_of_pairs_and_displays(x):
    d = dict([("a", x), ("b", x * x)])
    e = dict(d, c=2.0)
    e["a"] = e["a"] * 3
    f = {**d, "a": x**3}
    return d["a"] + e["a"] * e["c"] + f["a"] * f["b"]


@case(lambda: (1.7,))
def dict_updated(x):
    d = {"a": x}
    d["b"] = d["a"] * 2
    d.update(a=x * x)
    return d["a"] * d["b"] + sum(d.values())


@case(lambda: (1.7,))
def pop_with_default(x):
    d = {"a": x, "b": 2 * x}
    v = d.pop("a")
    w = d.pop("zz", 7.0 * x)
    return v * d["b"] * w + len(d)


@case(lambda: (1.7,))
def set_default(x):
    d = {}
    d.setdefault("a", x)
    d.setdefault("a", 2 * x)
    d.setdefault("items", []).append(x)
    return d["a"] * 3 + d["items"][0]


@case(lambda: (1.7,))
def delete_and_walk(x):
    d = {"a": x, "b": 1.0}
    del d["b"]
    s = 0.0
    for k in d:
        s += d[k]
    for k, v in d.items():
        s += v * v
    return s + d.get("c", x) + d.get("a")


@case(lambda: (1.7,))
def dict_of_dicts_spread(x):
    d = {"a": x}
    e = {**d, "b": 2 * x, **{"a": x * x}}
    return e["a"] * e["b"] + sum(e.values())


@case(lambda: (1.7,))
def dict_grows_while_it_is_walked(x):
    d = dict(a=x)
    s = 0.0
    for i in range(3):
        for k, v in d.items():
            s += v * (i + 1)
        d["b" + str(i)] = x * x
    return s


@case(lambda: (1.7,))
def new_key_in_a_loop(x):
    d = dict(a=x)
    s = 0.0
    for i in range(3):
        for k, v in d.items():
            s += v * (i + 1)
        d["b"] = x * x * (i + 1)
    return s


@case(lambda: (1.7,))
def get_before_it_is_there(x):
    d = {"a": x}
    s = 0.0
    for i in range(3):
        s += d.get("b", 5.0 * x)
        d["b"] = x * x * (i + 1)
    return s


@case(lambda: (1.7,))
def two_names_of_a_dict(x):
    d = dict(a=x)
    e = d
    e["b"] = x * x
    return sum(d.values()) + len(d)


@case(lambda: (1.7,))
def pop_in_a_loop(x):
    d = dict(a=x, b=x)
    s = 0.0
    for i in range(2):
        s += d.get("a", 5.0 * x)
        d.pop("a", 0.0)
    return s


@case(lambda: (1.7,))
def helper_adds_a_key(x):

    def add(k):
        k["n"] = x * x

    d = dict(a=x)
    s = 0.0
    for _ in range(2):
        s += sum(d.values())
        add(d)
    return s


def warned(n):
    """Say something of what is odd, and return another array."""
    if n[0].real > 5.0:
        print("odd", n)
    return n.real * 2.0


@case(args=lambda: (0.3, 0.4), argnums=0)
def constants_and_results_in_one_dict(x, angle):
    """Arrays that are known beside those that are computed; one of them is asked for at once."""
    index = np.array([1.0, 2.2 + 0.1j, 1.5])
    angles = np.emath.arcsin(np.sin(angle) / index)
    scales = warned(index)
    scales[0] = 3.0
    phases = np.array([1.0, x, 2.0]) * index * np.cos(angles)
    for i in range(1, 3):
        if phases[i].imag < 35.0:
            phases[i] = phases[i].real * x + 2j
    found = {"index": index, "scales": scales, "phases": phases, "total": np.sum(np.cos(phases)).real}
    return found["total"] * found["scales"][0] + kept_and_changed(x)


def kept_and_changed(x):
    """A dict that is changed between, by another name and by its own."""
    y = np.array([x, 1.0])
    found = {"y": y, "z": y * x}
    other = found
    found["y"] = y * 3.0
    first = found["y"]
    other["z"] = first * x
    first[0] = 7.0 * x
    return found["z"][0] * y[0] + other["y"][0] + found["y"][1]


class Term:
    """Has parameters of its own, and is told those of all."""

    def __init__(self, own):
        self.own = own
        self.all = None


class Profile:
    """Collects the parameters of its terms."""

    def __init__(self, terms, a):
        self.all = {"a": a, "b": 2.0}
        for term in terms:
            self.all.update(term.own)
        for number in range(len(terms)):
            terms[number].all = self.all

    def total(self):
        return self.all["a"] ** 2 * self.all["b"] + sum(self.all.values())


@case(lambda: (1.7, [{"b": 3.0}, [("a", 2.0), ("c", 1.5)], {}]))
def updated_by_mappings_and_pairs_of_a_list(x, parts):
    """What comes out of the list is only known at run time; there are no terms, and what is stored to them is moot."""
    found = {"a": x, "d": x * x}
    for part in parts:
        found.update(part)
    return found["b"] * sum(found.values()) + Profile([], x).total()


@case(lambda: (0.7, "me"))
def dict_that_holds_itself(x, key):
    """A store by way of the dict itself, whose place is not known."""
    found = {"a": x, "b": x * 2}
    found["me"] = found
    found[key]["a"] = x**3
    return found["a"] * found["b"]
