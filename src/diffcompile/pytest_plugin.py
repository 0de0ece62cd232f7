"""The pytest plugin: a fixture, a marker and a collector that check gradients.

The fixture checks a function at arguments::

    def test_loss(gradcheck):
        gradcheck(loss, np.ones(3), 2.0, argnums="w")

The marker checks the function that the test returns, or one that it names; several markers may be set::

    @pytest.mark.gradcheck(args=(np.ones(3), 2.0), rtol=1e-8)
    def test_loss():
        return loss

    @pytest.mark.gradcheck(fun=loss, args=lambda: (np.ones(3), 2.0))
    def test_loss(): ...

    @pytest.mark.gradcheck(loss, np.ones(3), 2.0)
    def test_loss(): ...

A test may also return a function and the tuple of its arguments, made from fixtures for instance.

With ``--gradcheck`` functions that are decorated with ``@grad`` or ``@gradcheckable(example=(...))`` become tests by
themselves: those in the collected paths, and those of the packages that ``--gradcheck-packages`` names.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import pytest

# neither the compiler nor NumPy is imported here: pytest loads this module in every run of every project
from diffcompile.testing.settings import SETTINGS, settings

PACKAGES = pytest.StashKey[list[Path]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options and the ini keys."""
    group = parser.getgroup("gradcheck", "checks of gradients (diffcompile)")
    group.addoption(
        "--gradcheck", action="store_true", help="also check functions decorated with @grad or @gradcheckable"
    )
    group.addoption(
        "--gradcheck-packages", action="append", default=[], metavar="NAMES",
        help="packages or modules to collect such functions from, separated by commas; implies --gradcheck",
    )  # fmt: skip
    parser.addini("gradcheck_packages", "packages to collect from with --gradcheck", type="args", default=[])
    for name, (_, meaning) in SETTINGS.items():
        group.addoption(f"--gradcheck-{name}", default=None, metavar=name.upper(), help=meaning)
        parser.addini(f"gradcheck_{name}", meaning, default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and add the packages to what is collected."""
    config.addinivalue_line(
        "markers",
        "gradcheck(fun=None, args=(), argnums=None, rtol=None, atol=None, ...): check the gradient of `fun`, or "
        "of the function that the test returns, at `args` (a tuple, or a function that makes it)",
    )
    settings(config)  # so that a mistake in one is told once, at the start
    config.stash[PACKAGES] = _packages(config)
    for path in config.stash[PACKAGES]:
        if str(path) not in config.args:
            config.args.append(str(path))


def _wanted(config: pytest.Config) -> bool:
    return bool(config.getoption("gradcheck") or config.getoption("gradcheck_packages"))


def _packages(config: pytest.Config) -> list[Path]:
    """Return the folders and files of the packages to collect from."""
    if not _wanted(config):
        return []
    import importlib.util  # noqa: PLC0415 - only where it is asked for

    named = [part for text in config.getoption("gradcheck_packages") for part in text.split(",")]
    found = []
    for name in named or config.getini("gradcheck_packages"):
        try:
            spec = importlib.util.find_spec(name)
        except ImportError as error:
            raise pytest.UsageError(f"gradcheck: {error}") from None
        if spec is None or spec.origin is None:
            raise pytest.UsageError(f"gradcheck: there is no package {name!r} with source")
        path = Path(spec.origin)
        found.append(path.parent if path.name == "__init__.py" else path)
    return found


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect marked functions of a Python file, whatever its name."""
    config = parent.config
    if file_path.suffix != ".py" or not _wanted(config):
        return None
    packages = config.stash[PACKAGES]
    if packages and not any(file_path.is_relative_to(package) for package in packages):
        return None
    if "grad" not in file_path.read_text(errors="replace"):
        return None
    from diffcompile.testing.collecting import GradModule  # noqa: PLC0415 - only where it is asked for

    module: pytest.Collector = GradModule.from_parent(parent, path=file_path)
    return module


@pytest.fixture(scope="session")
def gradcheck(pytestconfig: pytest.Config) -> Callable[..., None]:
    """Check the gradient of a function: ``gradcheck(fun, *args, argnums=None, rtol=None, atol=None, ...)``.

    By default every argument that holds floats is differentiated. A failure shows the entries that are wrong, with
    the expected and the found number, and the generated lines. Further options: ``order``, ``modes``, ``seed``,
    ``directions``, ``backend``.
    """

    def check(fun: Callable[..., Any], *args: Any, **options: Any) -> None:
        __tracebackhide__ = True
        _check(pytestconfig, fun, args, options)

    return check


def _check(config: pytest.Config, fun: Callable[..., Any], args: Sequence[Any], options: dict[str, Any]) -> None:
    __tracebackhide__ = True
    from diffcompile.testing.battery import examine  # noqa: PLC0415

    examine(fun, args, **settings(config, options)).raise_for_failure()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Check what a marked test returns, as a part of the test itself."""
    markers = list(pyfuncitem.iter_markers("gradcheck"))
    if markers:
        pyfuncitem.obj = _checked(pyfuncitem.obj, markers, pyfuncitem.config)
    return (yield)


def _checked(test: Callable[..., Any], markers: list[pytest.Mark], config: pytest.Config) -> Callable[..., None]:
    @functools.wraps(test)
    def checked(**fixtures: Any) -> None:
        __tracebackhide__ = True
        returned = test(**fixtures)
        for marker in markers:
            fun, args, options = _request(marker, returned)
            _check(config, fun, args, options)

    return checked


def _request(
    marker: pytest.Mark, returned: Any
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return the function, the arguments and the options that a marker and the result of its test ask for."""
    __tracebackhide__ = True
    options = dict(marker.kwargs)
    named = marker.args[0] if marker.args else None
    fun, args = options.pop("fun", named), options.pop("args", marker.args[1:])
    if callable(returned):
        fun = returned
    elif isinstance(returned, tuple) and returned and callable(returned[0]):
        fun, args = returned if len(returned) == 2 else (None, ())  # noqa: PLR2004 - a pair
    elif returned is not None:
        fun = None
    if not callable(fun):
        pytest.fail(
            "a test marked with gradcheck must return a function, or a function and the tuple of its "
            f"arguments, unless the marker names one by fun=...; this one returned {returned!r}",
            pytrace=False,
        )
    made = args() if callable(args) else args
    if not isinstance(made, tuple | list):
        pytest.fail(f"gradcheck: args must be a tuple of arguments, not {made!r}", pytrace=False)
    return fun, tuple(made), options


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failed check how it is run again, alone."""
    report = yield
    others = getattr(item, "commands", ())
    undecided = ("GradientMismatch", "InconclusiveCheck")
    if call.excinfo is not None and (others or type(call.excinfo.value).__name__ in undecided):
        option = "--gradcheck " if others else ""  # such an item is only there if it is asked for
        commands = [f'pytest {option}"{item.nodeid}"', *others]
        report.sections.append(("gradcheck: reproduce with", "\n".join(commands)))
    return report
