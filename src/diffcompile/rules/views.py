"""Which functions return views: other references to the memory of their argument."""

from __future__ import annotations

import numpy as np

from diffcompile.hooks import hooked
from diffcompile.rules.registry import views

views(
    hooked,
    np.reshape,
    np.ndarray.reshape,
    np.ravel,
    np.expand_dims,
    np.squeeze,
    np.atleast_1d,
    np.atleast_2d,
    np.atleast_3d,
    np.transpose,
    np.ndarray.transpose,
    np.matrix_transpose,
    np.linalg.matrix_transpose,
    np.swapaxes,
    np.moveaxis,
    np.rollaxis,
    np.flip,
    np.fliplr,
    np.flipud,
    np.rot90,
    np.broadcast_to,
    np.split,
    np.array_split,
    np.hsplit,
    np.vsplit,
    np.dsplit,
    np.diag,
    np.diagonal,
    np.linalg.diagonal,
    np.require,
    np.real,
    np.imag,
    np.real_if_close,
    np.trim_zeros,
    np.lib.stride_tricks.sliding_window_view,
    np.lib.stride_tricks.as_strided,
)
