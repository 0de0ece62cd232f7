"""Gradients over shards: on threads, processes and Dask, with workers that are lost."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from diffcompile import map_gradients, nondifferentiable, value_and_grad

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*os.fork.* was called.*:RuntimeWarning"),  # another test has loaded JAX
]
RNG = np.random.default_rng(0)
DATA, SEEN = RNG.normal(size=(40, 3)), RNG.normal(size=40)
W = np.array([0.3, -0.2, 0.5])


def loss(w: Any, x: Any, y: Any) -> Any:
    return np.sum((np.tanh(x @ w) - y) ** 2)


def shards(count: int) -> list[tuple[Any, ...]]:
    return [(W, x, y) for x, y in zip(np.array_split(DATA, count), np.array_split(SEEN, count), strict=True)]


EXPECTED = value_and_grad(loss)(W, DATA, SEEN)


def check(found: tuple[Any, Any]) -> None:
    assert found[0] == pytest.approx(EXPECTED[0], rel=1e-12)
    np.testing.assert_allclose(found[1], EXPECTED[1], rtol=1e-12)


def test_threads() -> None:
    with ThreadPoolExecutor(4) as pool:
        check(map_gradients(loss, shards(7), pool))
        one = map_gradients(loss, shards(7), pool)
        other = map_gradients(loss, shards(7), pool)
    assert one[1].tolist() == other[1].tolist()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        check(map_gradients(loss, shards(3), pool))


def test_structures_and_several_arguments() -> None:
    def net(layers: Any, b: float, x: Any) -> Any:
        return np.sum(np.tanh(x @ layers[0]["w"] + b) ** 2)

    layers = [{"w": W}]
    both = value_and_grad(net, argnums=("layers", "b"))
    value, (layers_bar, b_bar) = both(layers, 0.1, DATA)
    with ThreadPoolExecutor(2) as pool:
        total, (found, found_b) = map_gradients(both, [(layers, 0.1, x) for x in np.array_split(DATA, 4)], pool)
    assert total == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(found[0]["w"], layers_bar[0]["w"], rtol=1e-12)
    assert found_b == pytest.approx(b_bar, rel=1e-12)


def die_once(flag: str) -> float:
    """End the whole process at the first call."""
    path = Path(flag)
    if not path.exists():
        path.write_text("x")
        os._exit(1)
    return 1.0


nondifferentiable(die_once)


def fragile(w: Any, x: Any, y: Any, flag: str) -> Any:
    return die_once(flag) * np.sum((np.tanh(x @ w) - y) ** 2)


def flagged(count: int, folder: Path) -> list[tuple[Any, ...]]:
    """Return shards of which the second loses its worker."""
    (folder / "other").write_text("x")
    return [(*shard, str(folder / ("first" if number == 1 else "other"))) for number, shard in enumerate(shards(count))]


def test_a_lost_worker_costs_nothing_but_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    check(map_gradients(fragile, flagged(5, tmp_path), lambda: ProcessPoolExecutor(2, mp_context=context)))
    assert (tmp_path / "first").exists()


def test_a_broken_pool_is_told(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as pool:
        with pytest.raises(BrokenExecutor) as caught:
            map_gradients(fragile, flagged(5, tmp_path), pool)
        assert any("give a function that makes the executor" in note for note in caught.value.__notes__)


class Losing(Executor):
    """An executor that loses one of its first results after it was computed."""

    def __init__(self) -> None:
        self.submitted: list[Any] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.submitted.append(args)
        if len(self.submitted) == 2:
            future.set_exception(type("KilledWorker", (Exception,), {})("lost"))
        else:
            future.set_result(fn(*args, **kwargs))
        return future


def test_nothing_is_counted_twice() -> None:
    """Only the shard that was lost is computed again."""
    executor = Losing()
    check(map_gradients(loss, shards(4), executor))
    assert len(executor.submitted) == 5


def test_failures() -> None:
    with ThreadPoolExecutor(1) as pool:
        with pytest.raises(ValueError, match="at least one shard"):
            map_gradients(loss, [], pool)
        with pytest.raises(ValueError, match="matmul"):
            map_gradients(loss, [(W, DATA[:, :2], SEEN)], pool)


def test_dask(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50,
        local_directory=str(tmp_path / "dask"),
    )  # fmt: skip
    with cluster, distributed.Client(cluster) as client:
        client.run(sys.path.insert, 0, str(Path(__file__).parents[1]))
        check(map_gradients(loss, shards(4), client.get_executor()))
        check(map_gradients(fragile, flagged(4, tmp_path), client.get_executor(pure=False)))
    assert (tmp_path / "first").exists()


def test_joblib() -> None:
    joblib = pytest.importorskip("joblib")
    both = value_and_grad(loss)
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(both)(*shard) for shard in shards(3))
    check((sum(value for value, _ in found), sum(gradient for _, gradient in found)))
    from joblib.externals.loky import get_reusable_executor  # noqa: PLC0415

    check(map_gradients(loss, shards(3), lambda: get_reusable_executor(2)))


@pytest.fixture
def ray() -> Iterator[Any]:
    found = pytest.importorskip("ray")
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    found.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="critical",
        runtime_env={"env_vars": {"PYTHONPATH": paths}},
    )  # fmt: skip
    yield found
    found.shutdown()


def test_ray(ray: Any, tmp_path: Path) -> None:
    """Tasks as an executor: a worker that dies is replaced by Ray, or else by ``map_gradients``."""

    class Tasks(Executor):
        def __init__(self, **options: Any) -> None:
            self.call = ray.remote(lambda fun, *args: fun(*args)).options(**options)

        def submit(self, fun: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
            future: Future[Any] = self.call.remote(fun, *args).future()
            return future

    check(map_gradients(loss, shards(4), Tasks()))
    (tmp_path / "once").mkdir()
    check(map_gradients(fragile, flagged(4, tmp_path), Tasks()))
    check(map_gradients(fragile, flagged(4, tmp_path / "once"), Tasks(max_retries=0)))
    assert (tmp_path / "first").exists() and (tmp_path / "once" / "first").exists()
    with pytest.raises(ValueError, match="matmul"):
        map_gradients(loss, [(W, DATA[:, :2], SEEN)], Tasks())


def test_one_gradient_is_compiled_and_called_from_many_threads() -> None:
    """All threads start together, each with several types of arguments."""
    both = value_and_grad(lambda x, n: np.sum(np.sin(x) ** n))
    barrier = threading.Barrier(8)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            barrier.wait()
            for k in range(6):
                x = np.linspace(0.1, 1.0, 2 + (number + k) % 4).astype([np.float64, np.float32][k % 2])
                value, gradient = both(x, 2)
                np.testing.assert_allclose(gradient, 2.0 * np.sin(x) * np.cos(x), rtol=1e-5)
                assert gradient.dtype == x.dtype
                assert value == pytest.approx(np.sum(np.sin(x) ** 2), rel=1e-5)
        except BaseException as error:
            failures.append(error)

    limit = sys.getrecursionlimit()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sys.getrecursionlimit() == limit
    assert len(set(map(id, both._compiled.values()))) == 8


def test_a_child_may_be_born_while_another_thread_compiles() -> None:
    from diffcompile.pipeline import COMPILING  # noqa: PLC0415

    def compile_for_long() -> None:
        with COMPILING:
            time.sleep(0.3)

    thread = threading.Thread(target=compile_for_long)
    thread.start()
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        found = pool.submit(value_and_grad(loss), *shards(1)[0]).result(timeout=20)
    thread.join()
    check(found)
