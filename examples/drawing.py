"""What the examples share: ``--picture FILE`` on the command line, and a figure that goes into a file."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def run(about: str, main: Callable[[], Any], draw: Callable[[Any, Path], None]) -> None:
    """Run an example; with ``--picture FILE``, draw what it returns."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the result into this file")
    picture = parser.parse_args().picture
    result = main()
    if picture is not None:
        draw(result, picture)


@contextmanager
def figure(path: Path, width: float, height: float) -> Iterator[Any]:
    """Give a figure of Matplotlib, so many inches wide and high, that is written to ``path`` at the end."""
    import matplotlib  # noqa: PLC0415 - only who wants a picture needs it

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    page = plt.figure(figsize=(width, height), layout="constrained")
    yield page
    page.savefig(path, dpi=110)
    plt.close(page)
