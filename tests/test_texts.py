"""A number that is written out and read again is refused; texts for people, keys and comparisons are not."""

from __future__ import annotations

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad

X = np.array([1.0, 2.0, 0.5])
ROUND_TRIPS = {
    "str": lambda x: float(str(x[0])),
    "f-string": lambda x: float(f"{x[0]}") * 2,
    "percent": lambda x: float("%r" % (x[0] * 1.0)),
    "format method": lambda x: float("{}".format(x[0] * 1.0)),  # noqa: UP032
    "format": lambda x: float(f"{x[0] * 1.0:.17g}"),
    "numpy": lambda x: np.float64(str(x[0])) * 2,
    "complex": lambda x: complex(str(x[0])).real,
    "joined": lambda x: np.sum(np.array([float(part) for part in " ".join(map(str, x)).split()])),
    "array of texts": lambda x: np.array([str(v) for v in x]).astype(float).sum(),
    "astype": lambda x: x.astype(str).astype(float).sum(),
    "dtype": lambda x: np.array(x.astype("U32"), dtype=float).sum(),
    "bytes": lambda x: np.sum(np.frombuffer(x.tobytes()) * 2),
    "stripped": lambda x: float((str(x[0]) + " ").strip()),
}


@pytest.mark.parametrize("name", ROUND_TRIPS)
def test_round_trip(name):
    with pytest.raises(UnsupportedError):
        grad(ROUND_TRIPS[name])(X)


def test_as_key():
    def f(x):
        table = {str(v): v * v for v in x}
        return table[str(x[0])] + len(f"{x[1]:.3f}") * x[1]

    assert np.allclose(grad(f)(X), [2.0, 5.0, 0.0])


def test_constants_are_read():
    def f(x, text):
        return float(text) * x[0] + np.sum(np.array(text.split(), dtype=float)) * x[1] + float(str(len(x))) * x[2]

    assert np.allclose(grad(f)(X, "4"), [4.0, 4.0, 3.0])


def test_message_and_comparison():
    def f(x):
        if str(x[0]) == "1.0":
            print(f"{x[0]} is one")
        return x[0] ** 2

    assert np.allclose(grad(f)(X), [2.0, 0, 0])
