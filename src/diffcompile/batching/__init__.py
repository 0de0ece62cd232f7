"""From a pullback, or a function with tangents, to one that takes many cotangents or tangents at once."""

from __future__ import annotations

from dataclasses import replace

from diffcompile.autodiff.gradient import Gradient
from diffcompile.batching import arithmetic, axes, indexing, shaping
from diffcompile.batching.batcher import Batcher, NotBatchableError
from diffcompile.batching.each import each
from diffcompile.batching.helpers import with_known_types
from diffcompile.batching.reach import find_reach
from diffcompile.ir.verifier import verify
from diffcompile.passes.clean import clean
from diffcompile.passes.common import share

RULES = {**arithmetic.RULES, **axes.RULES, **indexing.RULES, **shaping.RULES}


def batch(gradient: Gradient, values: int) -> Gradient:
    """Return the function whose last ``seeds`` parameters and results but the first ``values`` are many, stacked.

    Raises:
        NotBatchableError: the program does something that depends on the direction, or of which too little is known.
    """
    function = gradient.function
    seeds = function.params[len(function.params) - gradient.seeds :]
    types = with_known_types(function, gradient.types)
    work = Batcher(types, gradient.hints, find_reach(function, types, seeds), RULES, each)
    wide = verify(work.run(function, gradient.seeds, values), "many directions")
    wide = verify(share(wide, work.types, inside=True), "common subexpressions of many directions")
    wide = verify(clean(wide, work.types), "dead code of many directions")
    return replace(gradient, function=wide, types=work.types, hints=work.names)


__all__ = ["NotBatchableError", "batch"]
