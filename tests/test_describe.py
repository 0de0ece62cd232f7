"""Types from descriptions and annotations."""

from __future__ import annotations

import typing

import numpy as np
import pytest

from diffcompile.analysis.types import ANY, NUMBER, Array, Dim, Lst, Scalar, Static, Tup, type_of
from diffcompile.describe import annotated_type, annotations_of, described, parse_type


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("float", type_of(1.0)),
        (" int ", type_of(1)),
        ("bool", type_of(True)),
        ("complex", type_of(1j)),
        ("float32", type_of(np.float32(1))),
        ("float64[3, 1]", type_of(np.ones((3, 1)), "x")),
        ("int32[0]", type_of(np.ones(0, dtype=np.int32), "x")),
        ("float64[()]", type_of(np.array(1.0))),
        ("float[:, :]", Array(np.dtype(float), (Dim(), Dim()))),
        ("float32[n, n]", Array(np.dtype(np.float32), (Dim(("size", "n")), Dim(("size", "n"))))),
        ("float64[...]", Array(np.dtype(float), None)),
        ("array", Array(None, None)),
        ("(float, int)", type_of((1.0, 2))),
        ("tuple[float, (int, int)]", type_of((1.0, (2, 3)))),
        ("tuple[float]", type_of((1.0,))),
        ("'fast'", type_of("fast")),
        ("None", type_of(None)),
        ("3", type_of(3)),
        ("-2.5", type_of(-2.5)),
        ("any", ANY),
        ("number", NUMBER),
    ],
)
def test_descriptions(text: str, expected: object) -> None:
    assert parse_type(text, "x") == expected


def test_descriptions_of_containers() -> None:
    items = parse_type("list[float64[3]]")
    assert isinstance(items, Lst)
    assert repr(items.item) == "float64[:]"
    table = parse_type("{'w': float64[2], 'b': float}")
    assert repr(table.cell.fields) == "{'w': float64[:], 'b': float}"  # type: ignore[attr-defined]
    assert isinstance(parse_type("[1.0, 2.0]"), Lst)


@pytest.mark.parametrize(
    "text", ["", "f(3)", "floats", "object[3]", "str[3]", "float64[2.5]", "{**a}", "floating", "x.y"]
)
def test_what_describes_no_type(text: str) -> None:
    with pytest.raises(ValueError, match=r"describes no type|dtype|size of an axis|keys of a dict"):
        parse_type(text)


def test_annotations() -> None:
    assert annotated_type(np.ndarray) == Array(None, None)
    assert annotated_type(np.ndarray[tuple[int, ...], np.dtype[np.float32]]) == Array(
        np.dtype(np.float32), None
    )
    assert annotated_type(np.ndarray[tuple[int, ...], np.dtype[np.floating]]) == Array(None, None)
    assert annotated_type(tuple[float, int]) == Tup((Scalar("f"), Scalar("i")))
    assert annotated_type(tuple[float, ...]) is ANY
    assert annotated_type(float | None) is ANY
    assert repr(annotated_type(list[float])) == "list[float]"


def test_annotations_that_cannot_be_evaluated_are_left_out() -> None:
    def f(x: "Missing", n: "int") -> "AlsoMissing":  # type: ignore[name-defined]  # noqa: F821, UP037
        """Return nothing."""

    assert annotations_of(f) == {"n": int}
    assert not isinstance(annotated_type(annotations_of(f)["n"]), Static)


def test_annotations_in_the_words_of_the_command_line() -> None:
    def f(
        x: "float64[n]",  # type: ignore[name-defined,type-arg]  # noqa: F821, UP037
        y: typing.Annotated[np.ndarray, "float64[n]", "more"],  # type: ignore[type-arg]
        z: "float64[3]",  # type: ignore[name-defined,type-arg]  # noqa: F821, UP037
        u: "float64[4]",  # type: ignore[name-defined,type-arg]  # noqa: F821, UP037
        v: "d",  # type: ignore[name-defined]  # noqa: F821, UP037
        w: "list[Missing]",  # type: ignore[name-defined]  # noqa: F821, UP037
        t: typing.Annotated[float, "metres"],
    ) -> None:
        """Return nothing."""

    hints = annotations_of(f)
    types = {name: annotated_type(hint) for name, hint in hints.items()}
    assert set(types) == {"x", "y", "z", "u", "t", "return"}
    assert types["x"] == types["y"] == parse_type("float64[n]")
    assert repr(types["z"]) == "float64[:]"
    assert types["z"] != types["u"], "one is of length 3, one of length 4"
    assert types["t"] == Scalar("f")
    assert [described(hints[name]) for name in "xyt"] == ["float64[n]", "float64[n]", None]
