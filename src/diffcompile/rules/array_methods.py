"""Methods of ``ndarray`` that mean a function with the array first; those of shape are in :mod:`.shaping`.

Where the method has parameters of its own it is registered under its descriptor, ``np.ndarray.clip``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diffcompile import runtime
from diffcompile.rules.registry import Sample, adjoint, methods, nondifferentiable, sample, views


def _clip_samples() -> list[Sample]:
    x = np.array([[-1.6, -0.7, 0.1], [0.9, 1.7, -2.2]])
    return [
        sample(x, -1.0, 1.0),
        sample(x, min=-1.0),
        sample(x, max=x[0] + 0.2),
        sample(x, None, 1.0),
        sample(x.astype(np.float32), -1.0, 1.0),
        sample(np.asarray(0.5), 0.0, 1.0),
    ]


@adjoint(np.ndarray.clip, samples=_clip_samples)
def _clip(ct: Any, y: Any, self: Any, min: Any = None, max: Any = None, out: Any = None) -> Any:
    a_bar = runtime.unbroadcast(ct * runtime.inside(self, min, max), np.shape(self))
    min_bar = None
    if min is not None:
        min_bar = runtime.unbroadcast(ct * runtime.raised(self, min, max), np.shape(min))
    max_bar = None
    if max is not None:
        max_bar = runtime.unbroadcast(ct * runtime.lowered(self, min, max), np.shape(max))
    return a_bar, min_bar, max_bar


# with a dtype it reads the bits anew, which has no derivative
@adjoint(np.ndarray.view, samples=lambda: [sample(np.array([[0.5, -1.5]])), sample(np.zeros(3, np.float32))])
def _view(ct: Any, y: Any, self: Any) -> Any:
    return (ct,)


views(np.ndarray.view)

nondifferentiable(np.ndarray.tobytes, reason="its result is text")

methods(
    sum=np.sum,
    mean=np.mean,
    var=np.var,
    std=np.std,
    prod=np.prod,
    max=np.max,
    min=np.min,
    cumsum=np.cumsum,
    cumprod=np.cumprod,
    conj=np.conjugate,
    conjugate=np.conjugate,
    clip=np.ndarray.clip,
    copy=np.ndarray.copy,
    astype=np.ndarray.astype,
    item=np.ndarray.item,
    tolist=np.ndarray.tolist,
    round=np.round,
    any=np.any,
    all=np.all,
    argmax=np.argmax,
    argmin=np.argmin,
    argsort=np.argsort,
    argpartition=np.argpartition,
    nonzero=np.nonzero,
    searchsorted=np.searchsorted,
    view=np.ndarray.view,
    tobytes=np.ndarray.tobytes,
)
