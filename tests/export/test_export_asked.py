"""What an exported gradient asks of its arguments: functions, classes, objects; and names of the program."""

from __future__ import annotations

import importlib.util
import inspect
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from diffcompile import grad
from diffcompile.cli import main

PRIMAL = '''\
import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


def square(t):
    return t * t


def by_function(x: float, f, *, k: float = 2.0):
    return f(x) * k


def by_default(x: float, f=math.exp):
    return f(x) * 3.0


def by_lambda(x: float, f=lambda t: t * t):
    return f(x) * 3.0


def by_module(x: float, m=math):
    return m.sin(x)


def by_dtype(x: "float64[3]", dtype=np.dtype("f4")):
    return float(np.sum(x.astype(dtype) ** 2))


@dataclass
class Settings:
    kind: str = "fast"
    act: object = math.sin
    scale: np.ndarray = field(default_factory=lambda: np.ones(3))
    inner: object = None

    def applied(self, x):
        return 2.0 * x


class Slower(Settings):
    def applied(self, x):
        return 3.0 * x


cube = lambda t: t**3


def by_method(x: "float64[3]", c: Settings):
    return np.sum(c.applied(x))


def by_attribute(x: "float64[3]", c: Settings):
    return c.act(x[0]) + np.sum(x * c.scale) + (1.0 if c.inner is None else c.inner.applied(x[1]))


class Layer:
    def __init__(self, w):
        self.w = w

    def __call__(self, x: "float64[3]"):
        return np.sum(np.tanh(self.w @ x))

    def twice(self, x: "float64[3]"):
        return 2.0 * self.once(x)

    def once(self, x):
        return np.sum(np.tanh(self.w @ x))


layer = Layer(np.arange(6.0).reshape(2, 3))


large = Layer(np.ones((600, 3)))


class Counting(Layer):
    calls = 0
    scale = 2.0

    def once(self, x: "float64[3]"):
        self.calls += 1
        return self.calls * super().once(x)

    def through(self, x: "float64[3]"):
        return self.scale * np.sum(self.w @ x) ** 2


counting = Counting(np.ones((2, 3)))


def into_object(c: Settings, x: "float64[3]"):
    c.scale[0] = x[1] * x[2]
    return c.scale[0] * x[0]


def into_list(parts: "list[float64[3]]", x: "float64[3]"):
    parts[0][0] = x[1] * x[2]
    return parts[0][0] * x[0]


class Pair(NamedTuple):
    a: float
    b: float

    def both(self):
        return self.a * self.b


def by_tuple(p):
    return p.both() ** 2


def named_so(x, match, gradient=2.0):
    kinds = x * match
    class_name = kinds * gradient
    return np.sum(class_name * class_name)


def kind_of(x: float, kinds: Layer, kind: float = 2.0):
    class_name = kinds.w[0, 1] * kind
    return class_name * x ** 2


match = 3.0


def outside(x):
    return np.sum(x * match)
'''


@pytest.fixture
def primal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Write the module, import it, and go to its folder."""
    (tmp_path / "asked_primal.py").write_text(PRIMAL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    spec = importlib.util.spec_from_file_location("asked_primal", tmp_path / "asked_primal.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "asked_primal", module)
    spec.loader.exec_module(module)
    yield module


def run(*words: str) -> Any:
    result = CliRunner().invoke(main, ["export", *words])
    assert result.exit_code == 0, result.output
    scope: dict[str, Any] = {}
    exec(compile(result.stdout, "<exported>", "exec"), scope)
    return scope[scope["__all__"][0]]


def refusal(*words: str) -> str:
    result = CliRunner().invoke(main, ["export", *words])
    assert result.exit_code == 2, result.output
    return result.output


def test_another_function_is_not_taken_for_the_one_that_the_code_was_made_for(primal: Any) -> None:
    sine = run("asked_primal:by_function", "--set", "f=math.sin")
    assert sine(0.3, math.sin) == grad(primal.by_function)(0.3, math.sin)
    for other in (math.cos, np.sin, primal.square, None):
        with pytest.raises(TypeError, match="f must be sin"):
            sine(0.3, other)
    squared = run("asked_primal:by_function", "--set", "f=square")
    assert squared(0.3, primal.square, k=3.0) == pytest.approx(1.8)
    with pytest.raises(TypeError, match="f must be square"):
        squared(0.3, math.sin)


def test_defaults_that_are_functions_stay_defaults(primal: Any) -> None:
    exported = run("asked_primal:by_default")
    assert exported(0.3) == grad(primal.by_default)(0.3)
    with pytest.raises(TypeError, match="f must be exp"):
        exported(0.3, math.sin)
    module = run("asked_primal:by_module")
    assert module(0.3) == math.cos(0.3)
    with pytest.raises(TypeError, match="m must be math"):
        module(0.3, np)
    with pytest.raises(TypeError, match="dtype must be np"):
        run("asked_primal:by_dtype")(np.ones(3), np.dtype("f8"))
    assert "which function f is, or holds, cannot be checked" in refusal("asked_primal:by_lambda")


def test_objects_of_other_classes_are_refused(primal: Any) -> None:
    x = np.array([0.3, 0.4, 0.5])
    exported = run("asked_primal:by_method", "--set", "c=Settings()")
    assert exported(x, primal.Settings()).tolist() == [2.0, 2.0, 2.0]
    for wrong in (primal.Slower(), primal.Settings(scale=np.ones(4)), primal.Settings(kind="slow"), None, 3.0):
        with pytest.raises(TypeError, match="c must be made of what the code was made for"):
            exported(x, wrong)
    assert "try: give one: --set c=Settings(...)" in refusal("asked_primal:by_method")


def test_what_objects_hold_is_checked(primal: Any) -> None:
    x = np.array([0.3, 0.4, 0.5])
    plain = run("asked_primal:by_attribute", "--set", "c=Settings()")
    nested = run("asked_primal:by_attribute", "--set", "c=Settings(inner=Slower())")
    one, other = primal.Settings(scale=np.array([1.0, 2.0, 3.0])), primal.Settings(inner=primal.Slower())
    assert plain(x, one).tolist() == grad(primal.by_attribute)(x, one).tolist()
    assert nested(x, other).tolist() == grad(primal.by_attribute)(x, other).tolist()
    for exported, wrong in (
        (plain, other), (nested, one), (plain, primal.Settings(act=math.cos)),
        (nested, primal.Settings(inner=primal.Settings())), (plain, primal.Settings(scale=np.ones((3, 1)))),
    ):  # fmt: skip
        with pytest.raises(TypeError, match="must be made of"):
            exported(x, wrong)
    assert "cannot be checked" in refusal("asked_primal:by_attribute", "--set", "c=Settings(act=cube)")


def test_methods_of_one_object_and_of_any(primal: Any) -> None:
    x = np.array([0.1, 0.2, 0.3])
    one = run("asked_primal:layer")
    assert one(x).tolist() == grad(primal.layer)(x).tolist()
    assert one.__name__ == "layer_grad"
    given = run("asked_primal:Layer.once", "--set", "self=layer")
    assert given(primal.layer, x).tolist() == grad(primal.layer)(x).tolist()
    with pytest.raises(TypeError, match="self must be made of"):
        given(primal.Layer(np.ones(3)), x)
    anyone = run("asked_primal:Layer.twice")
    for w in (np.ones(3), np.ones((2, 3))):
        layer = primal.Layer(w)
        assert anyone(layer, x).tolist() == pytest.approx(grad(layer.twice)(x).tolist())
    changed = primal.Layer(np.ones(3))
    changed.once = lambda x: x[0]
    for wrong in (changed, primal.Settings(), type("Layer_", (primal.Layer,), {})(np.ones(3))):
        with pytest.raises(TypeError, match="self must be a Layer"):
            anyone(wrong, x)


def test_what_cannot_be_written_down_of_an_object_stays_a_parameter(primal: Any) -> None:
    x = np.array([0.1, 0.2, 0.3])
    for name in ("large.once", "counting.once", "counting.through"):
        exported = run(f"asked_primal:{name}")
        owner, _, method = name.partition(".")
        mine = getattr(primal, owner)
        assert list(inspect.signature(exported).parameters) == (["self", "x"] if owner == "large" else ["x"])
        expected = grad(getattr(mine, method))(x).tolist()
        for _ in range(2):
            assert exported(*([mine] if owner == "large" else []), x).tolist() == expected


def test_memory_that_containers_share_is_seen(primal: Any) -> None:
    x = np.array([0.1, 0.2, 0.3])
    of_object = run("asked_primal:into_object", "--set", "c=Settings()", "--wrt", "x")
    of_list = run("asked_primal:into_list", "--wrt", "x")
    buffer = np.ones(3)
    expected = grad(primal.into_list, argnums="x")([np.ones(3), np.ones(3)], x).tolist()
    assert of_list([np.ones(3), buffer], x).tolist() == of_object(primal.Settings(), x).tolist() == expected
    for exported, filled in ((of_object, primal.Settings(scale=x)), (of_list, [x]), (of_list, [buffer, buffer[::-1]])):
        with pytest.raises(ValueError, match="share memory"):
            exported(filled, x)


def test_arrays_and_tuples_of_other_classes_are_refused(primal: Any) -> None:
    exported = run("asked_primal:Layer.twice")
    with pytest.raises(TypeError, match="x must be float64"):
        exported(primal.Layer(np.ones((2, 3))), np.ma.masked_array(np.ones(3), [0, 1, 0]))
    pair = run("asked_primal:by_tuple", "--set", "p=Pair(2.0, 3.0)")
    assert pair(primal.Pair(2.0, 3.0)) == pytest.approx((36.0, 24.0))
    for wrong in ((2.0, 3.0), type("Other", (primal.Pair,), {})(2.0, 3.0)):
        with pytest.raises(TypeError, match="p must be a Pair of 2"):
            pair(wrong)


def test_names_of_the_program_are_left_to_it(primal: Any) -> None:
    """Helpers that are written beside the function get other names than its variables and what it reads outside."""
    x = np.array([0.3, 0.4])
    assert run("asked_primal:named_so")(x, 2.0).tolist() == grad(primal.named_so)(x, 2.0).tolist()
    assert run("asked_primal:outside")(x).tolist() == [3.0, 3.0]
    exported = run("asked_primal:kind_of", "--set", "kinds=layer")
    assert exported(0.3, primal.layer) == grad(primal.kind_of)(0.3, primal.layer)
