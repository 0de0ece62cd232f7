"""NumPy functions inside PyTorch: gradients, structures, a training loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from diffcompile import to_torch

torch = pytest.importorskip("torch")


def energy(x: Any, y: Any, scale: float = 2.0) -> Any:
    x[1:] *= y[:-1]
    return scale * np.sum(np.tanh(x) ** 2)


def energy_of_tensors(x: Any, y: Any) -> Any:
    z = torch.cat([x[:1], x[1:] * y[:-1]])
    return 2.0 * torch.sum(torch.tanh(z) ** 2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradients_are_those_of_torch(dtype: str) -> None:
    kind = getattr(torch, dtype)
    x, y = (torch.linspace(0.1, 1.0, 5, dtype=kind, requires_grad=True) for _ in range(2))
    u, v = (t.detach().clone().requires_grad_() for t in (x, y))
    value = to_torch(energy)(x, y)
    assert value.dtype == kind
    value.backward()
    energy_of_tensors(u, v).backward()
    for ours, theirs in ((x, u), (y, v)):
        assert ours.grad.dtype == kind
        torch.testing.assert_close(ours.grad, theirs.grad)
    torch.testing.assert_close(x.detach(), u.detach())  # the tensor itself is not written


def test_it_is_a_link_of_a_longer_chain() -> None:
    """Torch's own gradcheck, through operations before and after, and an output that is an array."""
    f = to_torch(lambda x, k: np.outer(np.sin(x), x) * k)
    x = torch.randn(4, dtype=torch.float64, requires_grad=True)
    k = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, k: torch.exp(-f(x * x, k)).sum(), (x, k))


def test_nested_arguments_and_results() -> None:
    def net(layers: Any, x: Any) -> Any:
        for layer in layers:
            x = np.tanh(layer["w"] @ x + layer["b"])
        return x, {"norm": np.sum(x * x)}, 3

    layers = [{"w": torch.randn(3, 3, dtype=torch.float64, requires_grad=True), "b": torch.zeros(3).double()}]
    x = torch.ones(3, dtype=torch.float64, requires_grad=True)
    out, extra, number = to_torch(net)(layers, x)
    assert number == 3
    (out.sum() + 2.0 * extra["norm"]).backward()
    expected = torch.tanh(layers[0]["w"] @ x)
    gradient = torch.autograd.grad(expected.sum() + 2.0 * (expected * expected).sum(), (layers[0]["w"], x))
    torch.testing.assert_close(layers[0]["w"].grad, gradient[0])
    torch.testing.assert_close(x.grad, gradient[1])
    assert layers[0]["b"].grad is None


def test_a_part_of_a_result_that_nobody_uses() -> None:
    first, _ = to_torch(lambda x: (np.sin(x), np.cos(x)))(x := torch.ones(2, dtype=torch.float64, requires_grad=True))
    first.sum().backward()
    torch.testing.assert_close(x.grad, torch.cos(x).detach())


def total(x: Any) -> Any:
    return np.sum(x)


def test_without_gradients_nothing_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diffcompile.bridges.torch.Pullback", lambda *args: 1 / 0)
    x = torch.ones(2, dtype=torch.float64)
    assert float(to_torch(total)(x)) == 2.0
    with torch.no_grad():
        assert float(to_torch(total)(x.requires_grad_())) == 2.0
    assert to_torch(total)(np.ones(3)) == 3.0


def test_second_derivatives_are_refused() -> None:
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(to_torch(lambda x: np.sum(x**3))(x), x, create_graph=True)
    with pytest.raises(RuntimeError, match=r"once_differentiable|differentiate twice|does not require grad"):
        first.sum().backward()


def test_a_training_loop_learns(caplog: pytest.LogCaptureFixture) -> None:
    """A layer in torch, a simulation in NumPy, and an optimiser over both."""

    def simulate(k: Any, u: Any, steps: int) -> Any:
        for _ in range(steps):
            u[1:-1] += k * (u[2:] - 2.0 * u[1:-1] + u[:-2])
        return u

    caplog.set_level("INFO", "diffcompile")
    torch.manual_seed(0)
    start = np.zeros(9)
    start[4] = 1.0
    target = torch.as_tensor(simulate(0.2, start.copy(), 10))
    raw = torch.tensor(-3.0, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([raw], lr=0.2)
    step = to_torch(simulate)
    for _ in range(150):
        optimiser.zero_grad()
        loss = ((step(0.5 * torch.sigmoid(raw), torch.as_tensor(start.copy()), 10) - target) ** 2).sum()
        loss.backward()
        optimiser.step()
    assert len(caplog.records) == 1  # it is compiled once
    assert float(0.5 * torch.sigmoid(raw.detach())) == pytest.approx(0.2, abs=1e-2)
