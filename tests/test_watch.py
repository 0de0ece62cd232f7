"""The log, the dump of stages, and what a notebook shows."""

from __future__ import annotations

import html
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcompile import UnsupportedError, grad
from diffcompile.watch import MANY


def loss(x: Any, mode: str = "a") -> Any:
    return np.sum(np.tanh(x) ** 2)


def test_compilations_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "diffcompile")
    gradient = grad(loss)
    gradient(np.ones(3))
    gradient(np.ones(3))
    first, second = (record.getMessage() for record in caplog.records)
    assert re.fullmatch(r"compiled loss_grad\(x: float64\[:\], mode: 'a'\) in \d\.\d{3} s: \d+ lines", first)
    assert re.fullmatch(r"operations of loss_grad: ssa \d+, typed \d+, primal \d+, adjoint \d+, optimised \d+", second)


def test_nothing_is_said_unasked(capsys: pytest.CaptureFixture[str]) -> None:
    grad(loss)(np.ones(3))
    assert capsys.readouterr() == ("", "")


def test_many_signatures_are_worth_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    gradient = grad(loss)
    for number in range(MANY + 2):
        gradient(1.0, str(number))
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert f"loss has been compiled for {MANY} combinations of argument types" in warning.getMessage()


def test_stages_are_dumped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIFFCOMPILE_DUMP", str(tmp_path / "dump"))
    gradient = grad(loss)
    gradient(np.ones(3))
    gradient(1.0)
    folders = sorted((tmp_path / "dump").iterdir())
    assert len(folders) == 2
    assert all(re.fullmatch(r"loss_grad_[0-9a-f]{12}", folder.name) for folder in folders)
    names = ["1_ssa.txt", "2_typed.txt", "3_primal.txt", "4_adjoint.txt", "5_optimised.txt", "6_code.py"]
    assert all(sorted(path.name for path in folder.iterdir()) == names for folder in folders)
    codes = {(folder / "6_code.py").read_text() for folder in folders}
    assert gradient.source in codes
    assert any("%x: float64[:]" in (folder / "2_typed.txt").read_text() for folder in folders)


def test_what_a_notebook_shows() -> None:
    gradient = grad(lambda x: np.sum(x < x**2) * np.sum(x))
    assert "not compiled yet" in gradient._repr_html_()
    gradient(np.ones(3))
    text = gradient._repr_html_()
    assert "<details>" in text
    assert '<span class="hl-keyword">def</span>' in text
    assert "x &lt; x" in text
    shown = re.sub(r"<[^>]*>", "", text[text.index("<pre>") : text.index("</pre>")])
    assert html.unescape(shown) == gradient.source


def test_functions_of_a_notebook_cell() -> None:
    """They are found in their cell, and a refusal names the line in it."""
    shell_class = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    shell = shell_class()
    shell.run_cell("import numpy as np\nfrom diffcompile import grad")
    first = "def f(x):\n    y = np.sin(x)\n    return np.sum(y * y)\n\nfound = grad(f)(np.ones(3))"
    shell.run_cell(first).raise_error()
    np.testing.assert_allclose(shell.user_ns["found"], 2.0 * np.sin(1.0) * np.cos(1.0) * np.ones(3))
    shell.run_cell("def f(x):\n    return np.sum(x)\n\nagain = grad(f)(np.ones(3))").raise_error()
    np.testing.assert_array_equal(shell.user_ns["again"], np.ones(3))
    bad = "def bad(x):\n    y = x\n    z = pow(y, 2, 3)\n    return z\n\ngrad(bad)(1.0)"
    result = shell.run_cell(bad, silent=True)
    error = result.error_in_exec
    assert isinstance(error, UnsupportedError)
    assert error.span is not None
    assert error.span.line == 3


def test_cells_are_named_by_their_number() -> None:
    shell_class = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell
    shell = shell_class.instance()
    try:
        shell.run_cell("from diffcompile import grad", store_history=True)
        cell = "def f(x):\n    return x * x\n\ng = grad(f)\ng(3.0)"
        shell.run_cell(cell, store_history=True, silent=False).raise_error()
        assert "Gradient of f (Cell In[2]:1) with respect to x." in shell.user_ns["g"].source
        bad = "def bad(x):\n    return pow(x, 2, 3)\n\ngrad(bad)(1.0)"
        error = shell.run_cell(bad, store_history=True).error_in_exec
        assert "\n  Cell In[3]:2\n    return pow(x, 2, 3)\n" in str(error)
    finally:
        shell_class.clear_instance()


def test_a_dump_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DIFFCOMPILE_DUMP", str(tmp_path / "file" / "folder"))
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert "the stages of lambda_grad cannot be written" in caplog.text


def test_refusals_end_at_the_call_unless_details_are_wanted(caplog: pytest.LogCaptureFixture) -> None:
    def refused(x: float) -> float:
        return pow(x, 2, 3)

    def files() -> list[str]:
        with pytest.raises(UnsupportedError, match="modulus") as caught:
            grad(refused)(1.0)
        return [str(entry.path) for entry in caught.traceback]

    short = files()
    assert not any("frontend" in path or "specialise" in path or "pipeline" in path for path in short)
    caplog.set_level(logging.DEBUG, logger="diffcompile")
    assert any("pipeline" in path for path in files())
    assert len(files()) > len(short)
