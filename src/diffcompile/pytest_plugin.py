"""The pytest plugin: a fixture and a marker that check gradients.

The fixture checks a function at arguments::

    def test_loss(gradcheck):
        gradcheck(loss, np.ones(3), 2.0, argnums="w")

The marker checks the function that the test returns, or one that it names; several markers may be set::

    @pytest.mark.gradcheck(args=(np.ones(3), 2.0), rtol=1e-8)
    def test_loss():
        return loss

    @pytest.mark.gradcheck(fun=loss, args=lambda: (np.ones(3), 2.0))
    def test_loss(): ...

A test may also return a function and the tuple of its arguments, made from fixtures for instance.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator
from typing import Any

import pytest

# nothing of the compiler is imported here: pytest loads this module in every run of every project


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        "gradcheck(fun=None, args=(), argnums=None, rtol=None, atol=None): check the gradient of `fun`, or "
        "of the function that the test returns, at `args` (a tuple, or a function that makes it)",
    )


@pytest.fixture(scope="session")
def gradcheck() -> Callable[..., None]:
    """Check the gradient of a function: ``gradcheck(fun, *args, argnums=None, rtol=None, atol=None)``.

    By default every argument that holds floats is differentiated. A failure names the argument, the index,
    the expected and the found number, and the generated lines.
    """
    return _check


def _check(fun: Callable[..., Any], *args: Any, **options: Any) -> None:
    __tracebackhide__ = True
    from diffcompile.testing.check_grads import check_grads  # noqa: PLC0415

    check_grads(fun, args, **options)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Check what a marked test returns, as a part of the test itself."""
    markers = list(pyfuncitem.iter_markers("gradcheck"))
    if markers:
        pyfuncitem.obj = _checked(pyfuncitem.obj, markers)
    return (yield)


def _checked(test: Callable[..., Any], markers: list[pytest.Mark]) -> Callable[..., None]:
    @functools.wraps(test)
    def checked(**fixtures: Any) -> None:
        __tracebackhide__ = True
        returned = test(**fixtures)
        for marker in markers:
            fun, args, options = _request(marker, returned)
            _check(fun, *args, **options)

    return checked


def _request(
    marker: pytest.Mark, returned: Any
) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
    """Return the function, the arguments and the options that a marker and the result of its test ask for."""
    __tracebackhide__ = True
    options = dict(marker.kwargs)
    named = marker.args[0] if marker.args else None
    fun, args = options.pop("fun", named), options.pop("args", ())
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
