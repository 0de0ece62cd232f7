"""Generated code on disk: found again where everything is what it was, and never otherwise."""

from __future__ import annotations

import importlib.util
import json
import linecache
import logging
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import diffcompile
from corpus import CASES
from diffcompile import DiffCompileError, adjoint, grad, hessian, jacobian, jvp, value_and_grad, vjp
from diffcompile.cache import entries
from diffcompile.cache.described import Context, NotDescribedError, fingerprint, literal, place_of, unliteral
from diffcompile.frontend.source import Scope
from diffcompile.rules import registry
from diffcompile.testing.structures import first_change

MODULE = """
    import dataclasses
    import numpy as np

    SCALE = 2.0
    SHAPE = (2, 3)
    WEIGHTS = np.array([1.0, 2.0])

    def helper(x, power=2):
        return x ** power

    def deep(x):
        return helper(x) * SCALE

    def quiet(n):
        return 1.5 if SHAPE[0] == 2 else np.ones(n)

    @dataclasses.dataclass
    class Body:
        mass: float
        factor = 3.0

        def energy(self, v):
            return self.factor * self.mass * v * v

    def f(x):
        return np.sum(WEIGHTS * deep(x)) + x[0] * SHAPE[1] * np.sum(quiet(2))

    def g(body, v):
        return body.energy(v)

    def h(x, fun):
        return np.sum(fun(x))

    def make(k):
        def inner(x):
            return k * x * x
        return inner
"""
X = np.array([1.0, 3.0])


class Told(logging.Handler):
    """Counts what the log says about the cache."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    def count(self, word: str) -> int:
        """Return in how many lines a word is."""
        return sum(word in line for line in self.lines)

    @property
    def loaded(self) -> int:
        """How often code was found."""
        return self.count("from the cache in")


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    monkeypatch.setenv("DIFFCOMPILE_CACHE", str(tmp_path / "cache"))
    known = registry.version()  # other tests may have added rules
    monkeypatch.setattr(entries, "_own_rules", lambda: known)
    logger, handler = logging.getLogger("diffcompile"), Told()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture
def imported(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Return a function that imports the module anew, as another process would, with some of its text changed."""
    path = tmp_path / "kept_module.py"

    def load(*changes: tuple[str, str]) -> Any:
        text = textwrap.dedent(MODULE)
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path.write_text(text)
        linecache.checkcache(str(path))
        linecache.cache.pop(str(path), None)
        spec = importlib.util.spec_from_file_location("kept_module", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules["kept_module"] = module
        exec(compile(text, str(path), "exec"), vars(module))
        return module

    yield load
    sys.modules.pop("kept_module", None)


def by_differences(f: Callable[..., Any], x: Any) -> Any:
    steps = 1e-6 * np.eye(len(x))
    return np.array([(f(x + step) - f(x - step)) / 2e-6 for step in steps])


def test_code_is_found_again(told: Told, imported: Callable[..., Any]) -> None:
    first, second = imported(), imported()
    made, found = grad(first.f), grad(second.f)
    expected = made(X)
    np.testing.assert_allclose(expected, by_differences(first.f, X), rtol=1e-6)
    assert told.loaded == 0
    np.testing.assert_array_equal(found(X), expected)
    assert told.loaded == 1
    assert found.source == made.source
    np.testing.assert_array_equal(found(2.0 * X), made(2.0 * X))
    assert told.loaded == 1, "the same types do not look again"


def test_what_was_found_is_guarded_like_what_was_made(told: Told, imported: Callable[..., Any]) -> None:
    grad(imported().f)(X)
    module = imported()
    gradient = grad(module.f)
    gradient(X)
    assert told.loaded == 1
    for name, value in (("SCALE", 5.0), ("WEIGHTS", np.array([3.0, 4.0])), ("WEIGHTS", 2.0), ("SHAPE", (1, 7))):
        setattr(module, name, value)
        np.testing.assert_allclose(gradient(X), by_differences(module.f, X), rtol=1e-6)
    module.helper = lambda x: x**3
    np.testing.assert_allclose(gradient(X), by_differences(module.f, X), rtol=1e-6)
    module.Body.factor = 1.0
    assert grad(module.g, argnums=1)(module.Body(2.0), 3.0) == 12.0


@pytest.mark.parametrize(
    "change",
    [
        ("SCALE = 2.0", "SCALE = 3.0"),
        ("SHAPE = (2, 3)", "SHAPE = (2, 4)"),
        ("SHAPE = (2, 3)", "SHAPE = (1, 3)"),
        ("WEIGHTS = np.array([1.0, 2.0])", "WEIGHTS = 2.0"),
        ("power=2", "power=3"),
        ("return x ** power", "return x ** power + x"),
        ("return helper(x) * SCALE", "return np.sin(helper(x)) * SCALE"),
        ("return 1.5 if SHAPE[0] == 2", "return 2.5 if SHAPE[0] == 2"),
        ("x[0] * SHAPE[1]", "x[1] * SHAPE[1]"),
        ("import dataclasses\n", "import dataclasses\n\n"),
    ],
)
def test_a_change_of_anything_that_matters_compiles_anew(
    told: Told, imported: Callable[..., Any], change: tuple[str, str]
) -> None:
    grad(imported().f)(X)
    module = imported(change)
    gradient = grad(module.f)
    np.testing.assert_allclose(gradient(X), by_differences(module.f, X), rtol=1e-6)
    assert told.loaded == 0
    assert f":{module.f.__code__.co_firstlineno})" in gradient.source
    back = imported()  # and the first one is still there
    np.testing.assert_allclose(grad(back.f)(X), by_differences(back.f, X), rtol=1e-6)
    assert told.loaded == 1


def test_other_values_of_an_array_around_do_not_matter(told: Told, imported: Callable[..., Any]) -> None:
    grad(imported().f)(X)
    module = imported(("[1.0, 2.0]", "[6.0, 7.0]"))
    np.testing.assert_allclose(grad(module.f)(X), by_differences(module.f, X), rtol=1e-6)
    assert told.loaded == 1


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("factor = 3.0", "factor = 4.0"), 48.0),
        (("self.factor * self.mass * v * v", "self.mass * v * v"), 12.0),
        (("        mass: float\n", "        mass: float\n        name: str = 'x'\n"), 36.0),
        (("class Body:", "class Body(Exception):"), 36.0),
    ],
)
def test_classes(told: Told, imported: Callable[..., Any], change: tuple[str, str], expected: float) -> None:
    module = imported()
    assert grad(module.g, argnums=1)(module.Body(2.0), 3.0) == 36.0
    module = imported()
    assert grad(module.g, argnums=1)(module.Body(2.0), 3.0) == 36.0
    assert told.loaded == 1
    module = imported((textwrap.dedent(change[0]), textwrap.dedent(change[1])) if change[0][0] != " " else (
        change[0][4:], change[1].replace("\n        ", "\n    ")[4:]
    ))  # fmt: skip
    assert grad(module.g, argnums=1)(module.Body(2.0), 3.0) == expected
    assert told.loaded == 1


def test_functions_as_arguments(told: Told, imported: Callable[..., Any]) -> None:
    module = imported()
    np.testing.assert_allclose(grad(module.h)(X, module.helper), 2.0 * X)
    np.testing.assert_allclose(grad(module.h)(X, np.sin), np.cos(X))
    module = imported()
    np.testing.assert_allclose(grad(module.h)(X, module.helper), 2.0 * X)
    np.testing.assert_allclose(grad(module.h)(X, np.sin), np.cos(X))
    assert told.loaded == 2
    np.testing.assert_allclose(grad(module.h)(X, np.cos), -np.sin(X))
    module = imported(("return x ** power", "return x ** power * 5.0"))
    np.testing.assert_allclose(grad(module.h)(X, module.helper), 10.0 * X)
    assert told.loaded == 2


def test_captured_variables(told: Told, imported: Callable[..., Any]) -> None:
    assert grad(imported().make(2.0))(3.0) == 12.0
    assert grad(imported().make(2.0))(3.0) == 12.0
    assert told.loaded == 1
    assert grad(imported().make(5.0))(3.0) == 30.0
    assert told.loaded == 1
    module = imported()
    inner = module.make(2.0)
    module.caller = lambda x: inner(x) + x
    np.testing.assert_allclose(grad(module.caller)(3.0), 13.0)


def test_every_way_to_differentiate(told: Told, imported: Callable[..., Any]) -> None:
    def all_of_them() -> list[Any]:
        f = imported().deep
        total = imported().f
        return [
            value_and_grad(total)(X)[0], vjp(f, X)[1](X)[0], jvp(f, (X,), (X,))[1], jacobian(f)(X), hessian(total)(X),
        ]  # fmt: skip

    made = all_of_them()
    assert told.loaded <= 1, "the pullback of vjp is that of jacobian"
    compiled = told.count("compiled ")
    found = all_of_them()
    assert told.loaded >= 4
    assert told.count("compiled ") - compiled <= 1
    for one, other in zip(made, found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_rules_of_the_user_turn_it_off(told: Told, imported: Callable[..., Any]) -> None:
    module = imported()
    grad(module.deep)(2.0)

    @adjoint(module.helper)
    def helper_(ct: Any, y: Any, x: Any, power: int = 2) -> Any:
        return (100.0 * ct,)

    assert grad(module.deep)(2.0) == 200.0
    assert told.loaded == 0
    del registry.ADJOINT[module.helper]
    registry.CHANGES[0] -= 1
    module = imported()
    assert grad(module.deep)(2.0) == 8.0
    assert told.loaded == 1


def test_versions(told: Told, imported: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    grad(imported().f)(X)
    with monkeypatch.context() as patch:
        patch.setattr(entries, "_versions", lambda: {"scipy": "0.1"})
        grad(imported().f)(X)
    with monkeypatch.context() as patch:
        patch.setattr(entries, "_version", lambda: ["another compiler"])
        grad(imported().f)(X)
    assert told.loaded == 0
    grad(imported().f)(X)
    assert told.loaded == 1


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache").rglob("*.json"))


def test_damaged_files(told: Told, imported: Callable[..., Any], tmp_path: Path) -> None:
    expected = grad(imported().f)(X)
    (path,) = files(tmp_path)
    whole = path.read_text()
    entry = json.loads(whole)
    changes: list[dict[str, Any]] = [
        {"guards": entry["guards"][:-1]}, {"objects": {"np": ["name", "no", "x"]}}, {"versions": {}}, {"live": []},
        {"texts": [["/nowhere.py", 1, 2, "0"]]}, {"source": entry["source"].replace("return ", "return 2.0 * ")},
    ]  # fmt: skip
    broken = ["", "{}", "[]", "\xff", whole[: len(whole) // 2]]
    broken += [json.dumps({**entry, **change}) for change in changes]
    for number, text in enumerate(broken):
        path.write_text(text, encoding="latin-1")
        np.testing.assert_array_equal(grad(imported().f)(X), expected)
        assert told.loaded == 0, number
        for other in files(tmp_path):
            other.unlink()
        path.parent.mkdir(exist_ok=True, parents=True)


def test_a_folder_that_cannot_be_written(
    told: Told, imported: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("DIFFCOMPILE_CACHE", str(tmp_path / "file"))
    np.testing.assert_allclose(grad(imported().deep)(2.0), 8.0)
    assert told.count("the cache cannot be written") == 1


def test_there_are_not_more_and_more_files(told: Told, imported: Callable[..., Any], tmp_path: Path) -> None:
    for number in range(entries.MOST_VARIANTS + 4):
        module = imported(("SCALE = 2.0", f"SCALE = {number}.0"))
        assert grad(module.deep)(1.0) == 2.0 * number
    assert len(files(tmp_path)) == entries.MOST_VARIANTS
    assert told.loaded == 0
    assert grad(imported(("SCALE = 2.0", "SCALE = 9.0")).deep)(1.0) == 18.0
    assert told.loaded == 1


def test_without_the_variable_nothing_is_written(
    imported: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIFFCOMPILE_CACHE", raising=False)
    grad(imported().deep)(2.0)
    assert not files(tmp_path)


def test_a_dump_of_the_stages_compiles(
    told: Told, imported: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grad(imported().deep)(2.0)
    monkeypatch.setenv("DIFFCOMPILE_DUMP", str(tmp_path / "dump"))
    grad(imported().deep)(2.0)
    assert told.loaded == 0
    assert list((tmp_path / "dump").rglob("*.txt"))


def test_processes(tmp_path: Path) -> None:
    """The second of two processes does not compile, and says so."""
    (tmp_path / "model.py").write_text(textwrap.dedent(MODULE))
    program = tmp_path / "run.py"
    program.write_text(
        "import logging\nlogging.basicConfig(level='INFO', format='%(message)s')\n"
        "import numpy as np\nfrom diffcompile import grad\nimport model\n\n\n"
        "def main(x):\n    return model.f(x) * 2.0\n\n\nprint(grad(main)(np.array([1.0, 3.0])))\n"
    )
    source = str(Path(diffcompile.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source, "DIFFCOMPILE_CACHE": str(tmp_path / "cache")}
    command = [sys.executable, "-W", "ignore", str(program)]
    runs = [
        subprocess.run(command, capture_output=True, text=True, check=True, env={**environment, "PYTHONHASHSEED": seed})
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout
    assert runs[0].stderr.startswith("compiled main_grad(")
    assert runs[1].stderr.startswith("loaded main_grad from the cache in")
    at_once = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) for _ in range(3)]
    assert {process.communicate(timeout=60)[0] for process in at_once} == {runs[0].stdout}


def test_the_corpus(told: Told) -> None:
    """What is loaded is the text that would be made, and computes the same."""
    found = 0
    for case in CASES[::9]:
        results = []
        for _ in range(2):
            gradient = value_and_grad(case.fun, argnums=case.argnums)
            try:
                results.append((gradient(*case.args()), gradient.source))
            except DiffCompileError:
                break
        else:
            (made, text), (loaded, text_again) = results
            assert text == text_again, case.name
            assert first_change(made, loaded, "the result") is None, case.name
            found += 1
    assert found > 40
    assert told.loaded > 0.7 * found


def test_literals_come_back_as_they_were() -> None:
    values = [
        None, ..., True, False, 0, -(10**30), 0.1, -0.0, float("inf"), 1 - 2j, "a'\n", b"\x00\xff", (1, (2.0, "x"), ()),
        slice(1, None, -1), range(3, 9, 2), np.float32(0.1), np.int64(-3), np.complex128(1 + 2j), np.bool_(True),
        np.dtype("float32"),
    ]  # fmt: skip
    for value in values:
        back = unliteral(json.loads(json.dumps(literal(value))))
        assert type(back) is type(value)
        assert repr(back) == repr(value)
    assert np.isnan(unliteral(literal(float("nan"))))
    for value in ([1], {}, {1}, np.ones(2), (1, [2]), object(), np.dtype("O")):
        with pytest.raises(NotDescribedError):
            literal(value)


def test_places() -> None:
    context = Context(Scope({}, {}), [np.sin, [1.0], len])
    assert place_of(np.sin, context) == ["argument", 0]
    with pytest.raises(NotDescribedError):  # another call has another list
        place_of(context.arguments[1], context)
    assert place_of(Path, context) == ["name", "pathlib", "Path"]
    with pytest.raises(NotDescribedError):
        place_of(lambda: None, context)
    assert fingerprint(0.0) != fingerprint(-0.0)
    assert fingerprint(1) != fingerprint(True)
    assert fingerprint((1,)) != fingerprint((1.0,))
