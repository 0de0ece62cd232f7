"""Finding the text of a function: by file, line and columns, or an error that says why not."""

from __future__ import annotations

import ast
import functools
import os
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gast
import pytest

from diffcompile import NoSourceError, grad
from diffcompile.frontend import source as reading
from diffcompile.frontend.source import Scope, python_function, read_source, signature_of
from frontend.modules import write_module


def body(fun: Any) -> str:
    """Return the text of the one expression that ``fun`` returns."""
    node = read_source(fun).node
    value = node.body if isinstance(node, gast.Lambda) else node.body[-1].value
    return gast.unparse(value).strip()


def test_a_function(tmp_path: Path) -> None:
    module = write_module(tmp_path, "\n\ndef f(x):\n    return x + 1\n")
    source = read_source(module.f)
    assert (source.name, source.node.lineno, source.path) == ("f", 1, module.__file__)


def test_lambdas_on_one_line(tmp_path: Path) -> None:
    module = write_module(tmp_path, "fs = [lambda x: x + 1, lambda x: x + 2, lambda y: y + 1]\n")
    assert [body(f) for f in module.fs] == ["x + 1", "x + 2", "y + 1"]


def test_lambdas_that_look_alike(tmp_path: Path) -> None:
    module = write_module(tmp_path, "a, b = 2.0, 3.0\nfs = [lambda x, k=a: k * x, lambda x, k=b: k * x]\n")
    columns = [read_source(f).node.col_offset for f in module.fs]
    assert columns == sorted(set(columns))


def test_nested_lambdas(tmp_path: Path) -> None:
    module = write_module(tmp_path, "outer = lambda x: lambda y: x * y\ninner = outer(2.0)\n")
    assert body(module.inner) == "x * y"
    assert body(module.outer).startswith("lambda y")
    assert read_source(module.inner).scope.lookup("x") == 2.0


def test_lambda_over_several_lines(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        f = (
            lambda x: (
                x
                + 1
            )
        )
        """,
    )
    assert body(module.f) == "x + 1"


def test_lambda_of_a_constant_or_a_name(tmp_path: Path) -> None:
    module = write_module(tmp_path, "fs = [lambda x: x, lambda x: 1.0, lambda x: -1.0]\n")
    assert [body(f) for f in module.fs] == ["x", "1.0", "-1.0"]


def test_lambda_after_wide_characters(tmp_path: Path) -> None:
    module = write_module(tmp_path, "fs = ['äöü€', lambda x: x + 1, lambda x: x + 2]\n")
    assert body(module.fs[2]) == "x + 2"


def test_functions_of_one_name(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def f(x):
            return x + 1
        first = f
        def f(x):
            return x + 2
        """,
    )
    assert (body(module.first), body(module.f)) == ("x + 1", "x + 2")


def test_decorated_function(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def same(fun):
            return fun

        @same
        @same
        def f(x):
            return x + 1
        """,
    )
    assert body(module.f) == "x + 1"


def test_a_wrapper_is_read_itself(tmp_path: Path) -> None:
    """What ``functools.wraps`` points to is not what runs."""
    module = write_module(
        tmp_path,
        """
        import functools

        def twice(fun):
            @functools.wraps(fun)
            def wrapper(x):
                return 2 * fun(x)
            return wrapper

        @twice
        def f(x):
            return x + 1
        """,
    )
    assert body(module.f) == "2 * fun(x)"


def test_nested_function_and_its_cells(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def make(k):
            def f(x):
                return k * x
            return f
        f = make(5)
        """,
    )
    source = read_source(module.f)
    assert body(module.f) == "k * x"
    assert source.scope.lookup("k") == 5


def test_method(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        class A:
            def f(self, x):
                return x + 1
        class B:
            def f(self, x):
                return x + 2
        """,
    )
    found = python_function(module.B().f)
    assert found is module.B.f
    assert body(found) == "x + 2"
    assert python_function(len) is None
    assert python_function(functools.partial(found)) is None


def test_no_file() -> None:
    namespace: dict[str, Any] = {}
    exec("def f(x):\n    return x\n", namespace)
    with pytest.raises(NoSourceError, match="no source text for f") as raised:
        read_source(namespace["f"])
    assert "exec" in raised.value.why
    assert "diffcompile.adjoint" in raised.value.advice


def test_file_that_is_gone(tmp_path: Path) -> None:
    module = write_module(tmp_path, "def f(x):\n    return x\n")
    Path(module.f.__code__.co_filename).unlink()
    with pytest.raises(NoSourceError, match="no source text for f"):
        read_source(module.f)


def changed(module: Any, text: str) -> Callable[..., Any]:
    """Write the file of a module anew, later than before."""
    path = Path(module.__file__)
    path.write_text(text)
    later = path.stat().st_mtime + 10
    os.utime(path, (later, later))
    return module.f  # type: ignore[no-any-return]


def test_file_whose_lines_moved(tmp_path: Path) -> None:
    module = write_module(tmp_path, "def f(x):\n    return x\n")
    with pytest.raises(NoSourceError, match="f is not at line 1 of") as raised:
        read_source(changed(module, "# a comment\ndef f(x):\n    return x\n"))
    assert "changed since it was imported" in raised.value.why
    assert raised.value.advice == "restart the program"


def test_file_that_does_not_parse_any_more(tmp_path: Path) -> None:
    module = write_module(tmp_path, "def f(x):\n    return x\n")
    with pytest.raises(NoSourceError, match="does not parse"):
        read_source(changed(module, "def f(x:\n"))


def test_function_whose_body_was_edited(tmp_path: Path) -> None:
    """The line is the same, but the text is no longer what runs: a silent wrong number otherwise."""
    module = write_module(tmp_path, "def f(x):\n    return x * x\n")
    fun = changed(module, "def f(x):\n    return x * 3.0\n")
    with pytest.raises(NoSourceError, match="changed since"):
        grad(fun)(5.0)


def test_function_that_stays_while_its_file_is_edited(tmp_path: Path) -> None:
    """Only what has changed is refused; an assertion may have been rewritten by the test runner."""
    module = write_module(tmp_path, "def f(x):\n    return x * x\ndef g(x):\n    assert x\n    return x\n")
    fun = changed(module, "def f(x):\n    return x * x\ndef g(x):\n    assert x > 0\n    return x\n")
    assert grad(fun)(5.0) == 10.0
    assert grad(module.g)(5.0) == 1.0


def test_lambda_that_was_edited(tmp_path: Path) -> None:
    module = write_module(tmp_path, "f = lambda x: x + 1\n")
    with pytest.raises(NoSourceError, match="changed since"):
        read_source(changed(module, "f = lambda xx: xx + 1\n"))


def test_scope_looks_up_cells_globals_and_builtins() -> None:
    scope = Scope({"a": 1, "len": 2}, {})
    assert (scope.lookup("a"), scope.lookup("len"), scope.lookup("abs")) == (1, 2, abs)
    with pytest.raises(NameError, match="name 'missing' is not defined"):
        scope.lookup("missing")


def test_scope_knows_a_cell_that_is_empty_yet(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def make():
            def f(x):
                return later * x
            if f is None:
                later = 1
            return f
        f = make()
        """,
    )
    with pytest.raises(NameError, match="free variable 'later'"):
        read_source(module.f).scope.lookup("later")


def test_signature_is_that_of_the_function_that_runs() -> None:
    def inner(x: float) -> float:
        return x

    @functools.wraps(inner)
    def outer(a: float, b: float) -> float:
        return a + b

    assert list(signature_of(outer).parameters) == ["a", "b"]


def test_spans_count_characters_not_bytes(tmp_path: Path) -> None:
    module = write_module(tmp_path, "def f(x):\n    return ('äöü', x)[1]\n")
    source = read_source(module.f)
    name = source.node.body[0].value.value.elts[1]
    span = source.span(name)
    assert (span.line, span.text[span.column : span.end_column]) == (2, "x")
    assert span.pointer().splitlines()[-1].index("^") == span.pointer().splitlines()[-2].index("x)")


def test_the_header_of_a_compound_statement(tmp_path: Path) -> None:
    module = write_module(
        tmp_path,
        """
        def f(x):
            for k in range(
                3,  # three
            ):
                x = x * 2.0
            return x
        """,
    )
    source = read_source(module.f)
    loop = source.node.body[0]
    assert source.statement_text(loop) == ("for k in range(3, ):", 2)


CURIOUS = '''
class Holder:
    def named(self, x):
        """A text with
def named(self, x): at the left margin
        in it."""
        if x > 0:
# a comment at the left margin
            y = x + \\
1.0
        else:
            y = (x,
2.0)[1]

        # a comment at the end
        return y

    @staticmethod
    @staticmethod
    def decorated(x,
                  y=(lambda x: x)(2.0)):
        return x * y
    def private(self): return self.__x
    __x = 1.0

def one_line(x): return x * 2.0; y = 1
def outer(x):
    def inner(y):
        return y * 2.0
    """A string that is no instruction, at the end,
that goes on at the left margin."""
def only_text():
    """Nothing but a text
at the left margin."""
'''


def test_function_alone(tmp_path: Path) -> None:
    """The text of a function alone gives the tree that its file gives, with the same places in the text."""
    path = tmp_path / "curious.py"
    path.write_text(CURIOUS)
    os.utime(path, (1.0, 1.0))  # before this process began, so that it cannot have been edited since
    lines = CURIOUS.splitlines(keepends=True)
    pending, alone = [compile(CURIOUS, str(path), "exec")], set()
    while pending:
        code = pending.pop()
        pending += [part for part in code.co_consts if isinstance(part, types.CodeType)]
        node = reading._alone(str(path), lines, code)
        if node is not None:
            whole = reading._find(reading._parse(str(path), CURIOUS), code)
            assert ast.dump(node, include_attributes=True) == ast.dump(whole, include_attributes=True)
            alone.add(code.co_name)
    assert alone == {"named", "decorated", "one_line", "inner"}
