"""``diffcompile bench``: how much longer the gradient takes than the function, and what it remembers meanwhile."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import click

from diffcompile.api import grad, value_and_grad
from diffcompile.cli.failures import Command
from diffcompile.cli.given import gather, target_options
from diffcompile.cli.paint import working
from diffcompile.testing.checks import resolve_argnums
from diffcompile.testing.structures import copy_tree

LEAST = 0.2
"""Seconds that a measurement takes at least."""
ROUNDS = 5


@click.command(cls=Command)
@target_options
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of made-up arguments.")
def bench(
    target: str,
    wrt: str | None,
    described: tuple[str, ...],
    settings: tuple[str, ...],
    sizes: tuple[str, ...],
    seed: int,
) -> None:
    """Time TARGET, its gradient, and both together; the best of five rounds each.

    The arguments are found as by `diffcompile check`. By default all that hold floats are differentiated.
    """
    given = gather(target, wrt, described, settings, sizes, seed=seed)
    args = given.arguments()
    fun = given.subject.by_position()
    argnums: Any = None
    if wrt is not None:
        argnums = tuple(int(part) if part.isdecimal() else part for part in wrt.replace(" ", "").split(","))
    chosen = resolve_argnums(fun, args, argnums)
    gradient, both = grad(fun, argnums=chosen), value_and_grad(fun, argnums=chosen)
    with working(f"compiling {target}"):
        start = time.perf_counter()
        gradient(*copy_tree(args))
        compiling = time.perf_counter() - start
        both(*copy_tree(args))
    rows = []
    for name, action in (("function", fun), ("gradient", gradient), ("both", both)):
        with working(f"timing {name}"):
            rows.append((name, best_time(action, args), peak_bytes(action, args)))
    click.echo(f"compiling {seconds(compiling)}, once for these types")
    click.echo(f"{'':10} {'time':>10} {'ratio':>7} {'peak memory':>12}")
    for name, taken, peak in rows:
        click.echo(f"{name:10} {seconds(taken):>10} {taken / rows[0][1]:7.2f} {octets(peak):>12}")


def best_time(action: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """Return the shortest time of a call, in seconds; the function gets copies, as it may write to its arguments."""
    copies = copy_tree(args)
    start = time.perf_counter()
    action(*copies)
    count = max(1, int(LEAST / ROUNDS / max(time.perf_counter() - start, 1e-9)))
    best = float("inf")
    for _ in range(ROUNDS):
        inputs = [copy_tree(args) for _ in range(count)]
        start = time.perf_counter()
        for each in inputs:
            action(*each)
        best = min(best, (time.perf_counter() - start) / count)
    return best


def peak_bytes(action: Callable[..., Any], args: tuple[Any, ...]) -> int:
    """Return the most memory that a call holds at a time, beyond its arguments."""
    copies = copy_tree(args)
    tracemalloc.start()
    try:
        action(*copies)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def seconds(time_: float) -> str:
    """Return a duration with a fitting unit.

    >>> seconds(0.00123)
    '1.23 ms'
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if time_ >= size:
            return f"{time_ / size:.3g} {unit}"
    return f"{time_ / 1e-9:.3g} ns"


def octets(count: float) -> str:
    """Return a number of bytes with a fitting unit.

    >>> octets(2_500_000)
    '2.5 MB'
    """
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} B"
