"""Value and gradient summed over shards of data, on any executor; what a lost worker had is computed again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future
from typing import Any

from diffcompile import dynamic
from diffcompile.api import ArgNums, GradientFunction, value_and_grad

RETRIES = 2


def map_gradients(
    fun: Callable[..., Any],
    shards: Iterable[Sequence[Any]],
    executor: Executor | Callable[[], Executor],
    *,
    argnums: ArgNums = 0,
    retries: int = RETRIES,
) -> tuple[Any, Any]:
    """Return the sums of the values and of the gradients of ``fun(*shard)`` over all shards.

    Args:
        fun: A function of one real result, or what ``value_and_grad`` made of one.
        shards: Tuples of arguments: the parameters that are differentiated, and a part of the data.
        executor: Any executor of :mod:`concurrent.futures`, ``client.get_executor()`` of Dask and one around tasks of
            Ray included; or a function that makes one, which is called again where a process pool broke.
        argnums: Which arguments to differentiate.
        retries: How often a shard whose worker was lost is tried again.

    Returns:
        ``(value, gradient)``; they are added in the order of the shards, so that the result does not depend on which
        worker was faster. Each shard counts once, however often it was tried.

    Raises:
        BrokenExecutor: the executor lost its workers, and cannot be made anew or broke too often.
        Exception: whatever ``fun`` raises.
    """
    both = fun if isinstance(fun, GradientFunction) else value_and_grad(fun, argnums=argnums)
    arguments = [tuple(shard) for shard in shards]
    if not arguments:
        raise ValueError("map_gradients needs at least one shard")
    results: dict[int, tuple[Any, Any]] = {}
    tries = 0
    while len(results) < len(arguments):
        missing = [number for number in range(len(arguments)) if number not in results]
        if isinstance(executor, Executor):
            lost = _round(both, arguments, missing, executor, results)
        else:
            with executor() as made:
                lost = _round(both, arguments, missing, made, results)
        if lost is not None:
            tries += 1
            if tries > retries:
                raise lost
            if isinstance(executor, Executor) and isinstance(lost, BrokenExecutor):
                lost.add_note("give a function that makes the executor, and map_gradients makes a new one")
                raise lost
    value, gradient = results[0]
    for number in range(1, len(arguments)):
        value = value + results[number][0]
        gradient = dynamic.add(gradient, results[number][1])
    return value, gradient


def _round(
    both: Callable[..., Any],
    arguments: list[tuple[Any, ...]],
    missing: list[int],
    executor: Executor,
    results: dict[int, tuple[Any, Any]],
) -> Exception | None:
    """Compute the missing shards; return the error of a lost worker, if there was one."""
    lost: Exception | None = None
    futures: dict[int, Future[Any]] = {}
    try:
        for number in missing:
            futures[number] = executor.submit(both, *arguments[number])
    except BrokenExecutor as error:  # it broke while shards were handed out
        lost = error
    for number, future in futures.items():
        try:
            results[number] = future.result()
        except Exception as error:
            if not _is_loss(error):
                raise
            lost = error
    return lost


_LOSSES = {"KilledWorker", "WorkerCrashedError", "ObjectLostError", "NodeDiedError", "LocalRayletDiedError"}
"""Classes of errors, or classes that they derive from: Dask's, and those of Ray."""


def _is_loss(error: Exception) -> bool:
    """Tell whether a worker was lost, and not the function wrong; Dask and Ray have exceptions of their own."""
    return isinstance(error, BrokenExecutor) or not _LOSSES.isdisjoint(cls.__name__ for cls in type(error).__mro__)
