"""Second derivatives and Jacobians beside autograd and JAX, in one run: ``python -m benchmarks.modes [--out FILE]``.

Each problem is given to every system that is installed, in one process with one thread. The systems take turns; a
figure is the median over rounds, and what is compared are ratios within a round. Compilation is not counted. The
results of the systems are compared with each other before anything is timed.
"""

from __future__ import annotations

import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import argparse  # noqa: E402
import importlib.util  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import numpy as np  # noqa: E402

import diffcompile  # noqa: E402

LONG_ENOUGH = 0.05
"""Seconds that the calls of one system in one round last at least."""
Call = Callable[[], Any]


def rosenbrock(np: Any, x: Any) -> Any:
    """The chain of valleys of Rosenbrock."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def network(np: Any, w: Any, x: Any) -> Any:
    """20 steps of a recurrent network: the loss in its weights."""
    for _ in range(20):
        x = np.tanh(w @ x)
    return np.sum(x * x)


def likelihood(np: Any, w: Any, inputs: Any, labels: Any) -> Any:
    """A logistic regression."""
    z = inputs @ w
    return np.mean(np.log(1.0 + np.exp(-labels * z))) + 0.01 * np.sum(w**2)


def layers(np: Any, x: Any, ws: Any) -> Any:
    """Three layers, as a function of their input."""
    for k in range(3):
        x = np.tanh(ws[k] @ x)
    return x


def reaction(np: Any, u: Any) -> Any:
    """The residual of a reaction and diffusion on a line: its Jacobian is tridiagonal."""
    inner = u[:-2] - 2.0 * u[1:-1] + u[2:] + 0.1 * np.exp(u[1:-1])
    return np.concatenate((u[:1], inner, u[-1:]))


def membrane(np: Any, u: Any) -> Any:
    """The energy of a membrane on a square grid: its Hessian has nine diagonals at most."""
    down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
    return np.sum(np.sqrt(1.0 + down**2 + right**2)) + 0.5 * np.sum(u**2)


@dataclass(frozen=True)
class Problem:
    """A derivative that each system computes; ``fun(module, *args)`` is differentiated in its first argument."""

    name: str
    kind: str
    fun: Callable[..., Any]
    args: tuple[Any, ...]
    peers: bool = True
    """The others are to try it as well: a dense matrix of this size is not beyond them."""


def problems() -> list[Problem]:
    """Return the problems; sizes are such that a call takes milliseconds."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=200), 1.2 * rng.normal(size=(300, 300)) / np.sqrt(300)
    inputs, labels = rng.normal(size=(500, 100)), np.sign(rng.normal(size=500))
    data = (rng.normal(size=100), inputs, labels)
    ws = rng.normal(size=(3, 200, 200)) / np.sqrt(200)
    line, sheet = rng.normal(size=1000), rng.normal(size=(30, 30))
    return [
        Problem("Rosenbrock, n = 200", "gradient", rosenbrock, (x,)),
        Problem("Rosenbrock, n = 200", "hvp", rosenbrock, (x,)),
        Problem("Rosenbrock, n = 200", "hessian", rosenbrock, (x,)),
        Problem("network, 300 x 300, 20 steps", "gradient", network, (w, rng.normal(size=300))),
        Problem("network, 300 x 300, 20 steps", "hvp", network, (w, rng.normal(size=300))),
        Problem("logistic regression, 500 x 100", "gradient", likelihood, data),
        Problem("logistic regression, 500 x 100", "hvp", likelihood, data),
        Problem("logistic regression, 500 x 100", "hessian", likelihood, data),
        Problem("three layers of 200", "jacobian", layers, (rng.normal(size=200), ws)),
        Problem("reaction on a line, n = 1000", "sparse jacobian", reaction, (line,)),
        Problem("reaction on a line, n = 100,000", "sparse jacobian", reaction, (rng.normal(size=100_000),), False),
        Problem("membrane, 30 x 30", "sparse hessian", membrane, (sheet,)),
        Problem("membrane, 300 x 300", "sparse hessian", membrane, (rng.normal(size=(300, 300)),), False),
    ]


def bound(fun: Callable[..., Any], module: Any) -> Callable[..., Any]:
    """Return ``fun`` without its first parameter."""

    def call(*args: Any) -> Any:
        return fun(module, *args)

    return call


def ours(problem: Problem, v: Any) -> Call:
    """Return the derivative by diffcompile."""
    source = {
        "rosenbrock": lambda x: rosenbrock(np, x), "network": lambda w, x: network(np, w, x),
        "likelihood": lambda w, inputs, labels: likelihood(np, w, inputs, labels),
        "layers": lambda x, ws: layers(np, x, ws), "reaction": lambda u: reaction(np, u),
        "membrane": lambda u: membrane(np, u),
    }[problem.fun.__name__]  # fmt: skip
    makers: dict[str, Callable[[Any], Any]] = {
        "gradient": diffcompile.grad, "hvp": diffcompile.hvp, "hessian": diffcompile.hessian,
        "jacobian": diffcompile.jacobian, "sparse jacobian": lambda f: diffcompile.jacobian(f, sparse=True),
        "sparse hessian": lambda f: diffcompile.hessian(f, sparse=True),
    }  # fmt: skip
    made = makers[problem.kind](source)
    args = (*problem.args, v) if problem.kind == "hvp" else problem.args
    return lambda: made(*args)


def autograds(problem: Problem, v: Any) -> Call:
    """Return the derivative by autograd, whose matrices are dense."""
    import autograd  # noqa: PLC0415
    import autograd.numpy  # noqa: PLC0415

    fun = bound(problem.fun, autograd.numpy)
    makers = {
        "gradient": autograd.grad, "hvp": autograd.hessian_vector_product, "hessian": autograd.hessian,
        "jacobian": autograd.jacobian, "sparse jacobian": autograd.jacobian, "sparse hessian": autograd.hessian,
    }  # fmt: skip
    made = makers[problem.kind](fun)
    args = (*problem.args, v) if problem.kind == "hvp" else problem.args
    return lambda: made(*args)


def jaxes(problem: Problem, v: Any) -> Call:
    """Return the derivative by JAX, compiled; its matrices are dense."""
    import jax  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)
    fun = bound(problem.fun, jax.numpy)
    makers = {
        "gradient": jax.grad, "hvp": lambda f: lambda x, *rest: jax.jvp(lambda y: jax.grad(f)(y, *rest), (x,), (v,))[1],
        "hessian": jax.hessian, "jacobian": jax.jacfwd, "sparse jacobian": jax.jacfwd, "sparse hessian": jax.hessian,
    }  # fmt: skip
    made = jax.jit(makers[problem.kind](fun))
    args = tuple(map(jax.numpy.asarray, problem.args))
    return lambda: jax.block_until_ready(made(*args))


MAKERS: dict[str, Callable[[Problem, Any], Call]] = {"diffcompile": ours, "autograd": autograds, "jax": jaxes}


@dataclass(frozen=True)
class Timed:
    """What one problem took."""

    problem: Problem
    seconds: dict[str, list[float]]
    """Seconds of one call, for each system and round."""

    def median(self, system: str) -> float:
        """Return the median of the seconds of a call."""
        return float(np.median(self.seconds[system]))

    def ratio(self, system: str) -> float:
        """Return how much longer a system took than diffcompile: the median of the ratios within rounds."""
        pairs = zip(self.seconds[system], self.seconds["diffcompile"], strict=True)
        return float(np.median([theirs / mine for theirs, mine in pairs]))


def dense(result: Any, problem: Problem) -> Any:
    """Return a result as a dense array of two axes at most."""
    if hasattr(result, "toarray"):
        result = result.toarray()
    found = np.asarray(result)
    size = problem.args[0].size
    return found.reshape(-1, size) if problem.kind not in ("gradient", "hvp") else found


def measure(problem: Problem, systems: list[str], rounds: int) -> Timed:
    """Check that the systems agree, and time them in turns.

    Raises:
        AssertionError: two systems differ.
    """
    v = np.random.default_rng(1).normal(size=problem.args[0].shape)
    chosen = [system for system in systems if system == "diffcompile" or problem.peers]
    calls = {system: MAKERS[system](problem, v) for system in chosen}
    results = {system: call() for system, call in calls.items()}
    if len(chosen) > 1:
        expected = dense(results["diffcompile"], problem)
        for system in chosen[1:]:
            np.testing.assert_allclose(dense(results[system], problem), expected, rtol=1e-7, atol=1e-9, err_msg=system)
    counts = {}
    for system, call in calls.items():
        start = time.perf_counter()
        call()
        counts[system] = max(1, int(LONG_ENOUGH / max(time.perf_counter() - start, 1e-7)))
    seconds: dict[str, list[float]] = {system: [] for system in chosen}
    for _ in range(rounds):
        for system, call in calls.items():
            start = time.perf_counter()
            for _ in range(counts[system]):
                call()
            seconds[system].append((time.perf_counter() - start) / counts[system])
    return Timed(problem, seconds)


def shown(seconds: float) -> str:
    """Return a time for people."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def report(timed: list[Timed], systems: list[str]) -> str:
    """Return the tables in Markdown."""
    others = [system for system in systems if system != "diffcompile"]
    lines = [
        "| problem | derivative | diffcompile | " + " | ".join(f"{o}, times as long" for o in others) + " |",
        "|---|---|---|" + "---|" * len(others),
    ]
    for one in timed:
        ratios = [f"{one.ratio(other):.2g}" if other in one.seconds else "" for other in others]
        mine = shown(one.median("diffcompile"))
        lines.append(f"| {one.problem.name} | {one.problem.kind} | {mine} | {' | '.join(ratios)} |")
    known = {(one.problem.name, one.problem.kind): one for one in timed}
    lines += ["", "A product with the Hessian, in gradients:", "", "| problem | " + " | ".join(systems) + " |"]
    lines.append("|---|" + "---|" * len(systems))
    for (name, kind), one in known.items():
        if kind == "hvp":
            gradient = known[name, "gradient"]
            cost = [f"{one.median(s) / gradient.median(s):.2g}" if s in one.seconds else "" for s in systems]
            lines.append(f"| {name} | {' | '.join(cost)} |")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Measure all problems and print or write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", help="problems whose name or kind contains this")
    parser.add_argument("--out", type=Path, help="a Markdown file: what is between its marks `modes` is replaced")
    asked = parser.parse_args(argv)
    systems = [name for name in MAKERS if name == "diffcompile" or importlib.util.find_spec(name) is not None]
    chosen = [p for p in problems() if asked.only is None or asked.only in f"{p.name} {p.kind}"]
    text = report([measure(problem, systems, asked.rounds) for problem in chosen], systems)
    if asked.out is None:
        print(text)
        return
    before, _, rest = asked.out.read_text(encoding="utf-8").partition("<!-- modes -->\n")
    after = rest.partition("<!-- end of modes -->")[2]
    asked.out.write_text(f"{before}<!-- modes -->\n{text}\n<!-- end of modes -->{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
