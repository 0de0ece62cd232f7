"""Tests from marked functions: what ``pytest --gradcheck`` collects, and how such a test runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from diffcompile.api import Differentiated
from diffcompile.describe import annotated_type, annotations_of, described
from diffcompile.errors import DiffCompileError
from diffcompile.testing.battery import examine
from diffcompile.testing.compare import GradientMismatch, InconclusiveCheck
from diffcompile.testing.examination import Examination
from diffcompile.testing.examples import CannotMake, Sizes, from_description, from_type
from diffcompile.testing.marks import GradCheck, gradcheck_of
from diffcompile.testing.settings import settings
from diffcompile.testing.variations import short

ATTEMPTS = 5
"""How often made-up arguments are made anew where they hit a kink."""
DRAWS = 20
"""How many examples of a strategy are checked."""
__tracebackhide__ = True  # pytest shows the code of its user


def marked_functions(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the functions of a module, and methods of its classes, that are to be checked, with their names."""
    for name, found in list(vars(module).items()):
        if isinstance(found, type) and found.__module__ == module.__name__:
            for own, method in vars(found).items():
                inner = method.__func__ if isinstance(method, staticmethod | classmethod) else method
                if gradcheck_of(inner) is not None:
                    yield f"{name}.{own}", getattr(found, own) if isinstance(method, classmethod) else inner
        elif getattr(found, "__module__", None) == module.__name__ and (
            gradcheck_of(found) is not None or isinstance(found, Differentiated)
        ):
            yield name, found


class GradModule(pytest.Module):
    """A Python file whose marked functions are tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """Import the file, and yield an item for each marked function."""
        for name, found in marked_functions(self.obj):
            yield GradItem.from_parent(self, name=f"gradcheck[{name}]", subject=found, path_in_module=name)


class GradItem(pytest.Item):
    """The check of one marked function."""

    def __init__(self, *, subject: Any, path_in_module: str, **others: Any) -> None:
        """Keep the function, and how it wants to be checked."""
        super().__init__(**others)
        is_gradient = isinstance(subject, Differentiated)
        self.fun: Callable[..., Any] = subject.primal if is_gradient else subject
        self.mark = gradcheck_of(subject) or gradcheck_of(self.fun) or GradCheck()
        self.argnums = subject.wrt if is_gradient and self.mark.argnums is None else self.mark.argnums
        self.commands = [f"diffcompile check {self.path}:{path_in_module}"]
        self.args: tuple[Any, ...] = ()

    def runtest(self) -> None:
        """Check the function at its example, at draws of its strategy, or at made-up arguments."""
        if self.mark.strategy is not None:
            self._run_strategy()
            return
        args = self.mark.arguments()
        if args is not None:
            self._examine(args).raise_for_failure()
            return
        found = None
        for attempt in range(ATTEMPTS):
            found = self._examine(self._made_up(attempt))
            if not _at_a_kink(found):
                break
        assert found is not None
        found.raise_for_failure()

    def _examine(self, args: tuple[Any, ...]) -> Examination:
        self.args = args
        try:
            inspect.signature(self.fun).bind(*args)
        except TypeError as error:
            pytest.fail(f"gradcheckable: these are no arguments of {self.fun.__name__}: {error}", pytrace=False)
        return examine(self.fun, args, argnums=self.argnums, **settings(self.config, dict(self.mark.options)))

    def _made_up(self, attempt: int) -> tuple[Any, ...]:
        """Return arguments made from annotations; skip the test where these say too little."""
        hints = annotations_of(self.fun)
        seed = settings(self.config, dict(self.mark.options)).get("seed", 0)
        rng = np.random.default_rng(seed + attempt)
        args = []
        sizes: Sizes = {}
        for name, parameter in inspect.signature(self.fun).parameters.items():
            variadic = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
            if parameter.default is not parameter.empty or variadic:
                break
            try:
                if name not in hints:
                    raise CannotMake("it has no annotation")
                text = described(hints[name])
                known = from_type(annotated_type(hints[name]), rng) if text is None else None
                args.append(known if text is None else from_description(text, rng, sizes))
            except CannotMake as error:
                pytest.skip(f"no value for {name}: {error}; try @gradcheckable(example=(...))")
        return tuple(args)

    def _run_strategy(self) -> None:
        try:
            import hypothesis  # noqa: PLC0415 - optional
        except ImportError:
            pytest.fail("gradcheckable: a strategy needs the package hypothesis", pytrace=False)
        decided = 0

        @hypothesis.settings(
            max_examples=DRAWS, deadline=None, database=None, derandomize=True, report_multiple_bugs=False,
            phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(self.mark.strategy)
        def check(args: Any) -> None:
            nonlocal decided
            if not isinstance(args, tuple | list):
                pytest.fail(f"gradcheckable: a strategy draws tuples of arguments, not {args!r}", pytrace=False)
            found = self._examine(tuple(args))
            if _at_a_kink(found):
                hypothesis.reject()
            found.raise_for_failure()
            decided += 1

        try:
            check()
        except hypothesis.errors.Unsatisfiable:
            decided = 0
        if not decided:
            raise InconclusiveCheck(f"no draw of the strategy can be checked: all are at kinks of {self.fun.__name__}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report of a failure: what is wrong, not where in the checker it was noticed."""
        error = excinfo.value
        if isinstance(error, GradientMismatch | InconclusiveCheck | DiffCompileError):
            where = f"at {', '.join(short(arg) for arg in self.args)}"
            return f"{type(error).__name__}: {error}\n{where}"
        own = excinfo.traceback.cut(path=__file__).filter(excinfo)
        if not own and not isinstance(error, pytest.fail.Exception):  # the question was wrong, not the function
            return f"{type(error).__name__}: {error}"
        if own and not self.config.option.fulltrace:
            excinfo.traceback = own
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return where the function is."""
        code = getattr(self.fun, "__code__", None)
        return self.path, code.co_firstlineno - 1 if code else None, self.name


def _at_a_kink(found: Examination) -> bool:
    """Tell whether nothing is wrong but that the point is unlucky."""
    return not found.of("failed") and any("a kink" in answer.text for answer in found.of("inconclusive"))
