"""The expressions: functions of NumPy with variants of their keywords, in ``x y`` (vectors), ``A M`` (matrices), ``t``.

Statements before the last are separated by semicolons; the last one is the result, whatever its shape or kind.
"""

from __future__ import annotations

import numpy as np

VALUES = {
    "x": np.array([0.92, 1.73, 0.41, 2.31, 1.24, 0.66]),
    "y": np.array([-0.8, 0.35, 1.4, -1.65, 0.55, 2.1]),
    "A": np.array([[2.1, 0.3, -0.4, 0.2], [0.5, 1.6, 0.25, -0.7], [-0.3, 0.45, 2.8, 0.15], [0.1, -0.6, 0.35, 3.4]]),
    "M": np.array([[0.6, -1.1, 1.9, 0.25], [1.35, 0.8, -0.45, -2.2], [-0.75, 2.4, 0.1, 1.05]]),
    "t": 0.7,
}

ELEMENTWISE = """
np.sin(x) * np.cos(y)
np.tan(t * x)
np.arcsin(t * np.tanh(y))
np.arccos(0.3 * x)
np.arctan2(y, x)
np.hypot(x, y)
np.sinh(x) + np.cosh(y) - np.tanh(x * y)
np.arcsinh(y) + np.arccosh(x + 1.5) + np.arctanh(0.4 * x)
np.exp(-x) + np.exp2(y) + np.expm1(y)
np.log(x) + np.log2(x) + np.log10(x) + np.log1p(x)
np.sqrt(x) + np.cbrt(y)
np.square(x) - np.reciprocal(x)
np.power(x, y)
x ** 3 + x ** -1.5 + 2.0 ** y
np.float_power(x, 2)
np.logaddexp(x, y)
np.logaddexp2(x, y)
np.maximum(x, y) - np.minimum(x, 1.0)
np.fmax(x, y) * np.fmin(x, y)
np.clip(x, 0.5, 1.5)
np.clip(y, None, x)
x.clip(0.5, 2.0)
np.abs(y) + np.fabs(x - 1.0)
np.sign(y) * x
np.copysign(x, y)
np.heaviside(y, 0.5) * x
np.fmod(x, 0.7) + np.remainder(y, 0.6)
np.divmod(x, 0.7)[1]
np.modf(y)[0]
np.frexp(x)[0]
np.ldexp(x, 3)
np.floor(x) * x + np.ceil(y) * y + np.trunc(x) + np.rint(y)
np.round(x, 1) + x
np.deg2rad(x) + np.rad2deg(y) + np.radians(x) + np.degrees(y)
np.sinc(y)
np.i0(x)
np.where(y > 0, x, y)
np.where(y > 0, np.log(np.where(y > 0, y, 1.0)), 0.0)
np.nan_to_num(x / (y + 3.0))
np.nan_to_num(np.where(y > 0, x, np.nan), nan=2.0)
np.real(x + 1j * y) * np.imag((x + 1j * y) ** 2)
np.conj(np.exp(1j * x))
np.conjugate(x * (1 + 2j)) * y
np.angle(x + 1j * y)
np.angle(x + 1j * y, deg=True)
np.abs(x + 1j * y)
np.real_if_close(x + 0j)
np.positive(x) - np.negative(y)
np.true_divide(x, x + 1.0)
np.add(x, y, where=np.array([True, False, True, True, False, True]), out=x.copy())
np.multiply(x, y, dtype=np.float64)
np.sin(x, out=np.empty(6))
np.spacing(x) + np.nextafter(x, 3.0)
(x + 1j * y) * np.exp(1j * t)
np.sqrt(y + 0j)
np.log(y + 2j)
np.float64(t) * x
-x if t > 0 else x
abs(y) + pow(x, 2) + x % 0.7 + x // 0.4
"""

REDUCTIONS = """
np.sum(A)
np.sum(A, axis=0)
np.sum(A, axis=(0, 1), keepdims=True)
np.sum(x, initial=2.0, where=y > 0)
np.sum(M, axis=-1, dtype=np.float64)
M.sum(axis=1) * M.sum()
np.prod(x)
np.prod(M, axis=0)
np.prod(M, axis=1, keepdims=True, where=M > -1.5)
np.prod(x * np.array([1, 0, 1, 1, 1, 1]))
np.mean(M)
np.mean(M, axis=0, keepdims=True)
np.mean(M, axis=1, where=M > 0)
M.mean(axis=(0, 1))
np.var(M)
np.var(M, axis=1, ddof=1)
np.var(M, axis=0, correction=1)
np.var(M, axis=0, keepdims=True, where=M > -1)
M.var(0)
np.std(x)
np.std(M, axis=1, ddof=1, keepdims=True)
M.std(axis=0)
np.max(M)
np.max(M, axis=1)
np.amax(M, axis=0, keepdims=True)
np.max(x, initial=1.5)
np.max(M, axis=1, initial=0.0, where=M < 1.5)
np.min(M, axis=0)
np.amin(x)
M.max() - M.min(axis=0)
np.ptp(M)
np.ptp(M, axis=1, keepdims=True)
np.nansum(np.where(y > 0, x, np.nan))
np.nansum(np.where(M > 0, M, np.nan), axis=0)
np.nanprod(np.where(M > 0, M, np.nan), axis=1)
np.nanmean(np.where(M > 0, M, np.nan), axis=1)
np.nanmean(np.where(y > 0, x, np.nan), keepdims=True)
np.nanvar(np.where(y > 0, x, np.nan))
np.nanvar(np.where(M > 0, M, np.nan), axis=1, ddof=1)
np.nanstd(np.where(M > -1, M, np.nan), axis=0)
np.nanstd(np.where(y > -1, x, np.nan), keepdims=True)
np.nanmax(np.where(M > 0, M, np.nan), axis=1)
np.nanmin(np.where(M > 0, M, np.nan))
np.nanmedian(np.where(y > 0, x, np.nan))
np.nanmedian(np.where(M > 0, M, np.nan), axis=1)
np.nanpercentile(np.where(y > -1, x, np.nan), 40)
np.nanpercentile(np.where(M > -1, M, np.nan), [25, 75], axis=1)
np.nanquantile(np.where(M > -1, M, np.nan), 0.3, axis=0, keepdims=True)
np.nancumsum(np.where(y > 0, x, np.nan))
np.nancumprod(np.where(y > 0, x, np.nan))
np.average(x)
np.average(x, weights=y + 3.0)
np.average(M, axis=0, weights=x[:3])
np.average(M, axis=1, weights=M ** 2 + 1.0, keepdims=True)
np.average(M, weights=M ** 2 + 1.0, returned=True)
np.median(x)
np.median(x[:5])
np.median(M, axis=1)
np.median(M, axis=(0, 1), keepdims=True)
np.percentile(x, 30)
np.percentile(M, [10, 50, 90], axis=0)
np.percentile(x, 35, method="lower")
np.quantile(x, 0.4)
np.quantile(x, t)
np.quantile(M, [0.2, 0.8], axis=1, keepdims=True)
np.quantile(x, 0.3, method="midpoint")
np.quantile(x, 0.3, method="nearest")
np.quantile(x, 0.3, method="weibull")
np.quantile(x, 0.3, method="hazen")
np.quantile(x, 0.3, method="median_unbiased")
np.quantile(x, 0.3, method="inverted_cdf", weights=np.array([1, 2, 1, 3, 1, 1]))
np.cumsum(x)
np.cumsum(M)
np.cumsum(M, axis=1)
M.cumsum(axis=0)
np.cumprod(x)
np.cumprod(M, axis=0)
np.cumulative_sum(x)
np.cumulative_sum(M, axis=1, include_initial=True)
np.cumulative_prod(x)
np.cumulative_prod(M, axis=0, include_initial=True)
np.add.reduce(M)
np.add.reduce(M, axis=1, keepdims=True)
np.multiply.reduce(M, axis=0)
np.maximum.reduce(M, axis=1)
np.minimum.reduce(M)
np.logaddexp.reduce(M, axis=1)
np.logaddexp2.reduce(x)
np.hypot.reduce(x)
np.subtract.reduce(x)
np.divide.reduce(x)
np.fmax.reduce(M, axis=0)
np.float_power.reduce(x[:3])
np.power.reduce(x[:3])
np.add.accumulate(M)
np.multiply.accumulate(x)
np.maximum.accumulate(y)
np.minimum.accumulate(M, axis=1)
np.subtract.accumulate(x)
np.logaddexp.accumulate(x)
np.add.reduceat(x, [0, 2, 5])
np.add.reduceat(M, [0, 3, 1], axis=1)
np.multiply.reduceat(x, [0, 4])
np.maximum.reduceat(x, [0, 2, 4])
np.add.outer(x, y)
np.multiply.outer(x, M)
np.subtract.outer(x, y)
np.divide.outer(y, x)
np.power.outer(x, y[:2])
np.maximum.outer(x, y)
np.arctan2.outer(y, x)
np.count_nonzero(x > 1) * x
np.all(x > 0) * x + np.any(y > 0) * y
np.cov(x, y)
np.cov(M)
np.cov(M, rowvar=False)
np.cov(M, bias=True)
np.cov(M, ddof=0)
np.cov(x)
np.cov(M, fweights=np.array([1, 2, 1, 3]))
np.cov(M, aweights=np.array([0.5, 2.0, 1.0, 0.3]))
np.corrcoef(x, y)
np.corrcoef(M)
np.corrcoef(M, rowvar=False)
np.histogram(x, bins=3, range=(0.0, 3.0), weights=y)[0]
np.histogram(x, bins=np.array([0.0, 1.0, 1.5, 3.0]), weights=y, density=True)[0]
np.bincount(np.array([0, 2, 1, 1, 2, 4]), weights=x)
np.bincount(np.array([0, 2, 1, 1, 2, 4]), weights=x, minlength=8)
np.histogram2d(x, y, bins=2, range=[[0, 3], [-2, 3]], weights=x)[0]
np.diff(x)
np.diff(M, n=2, axis=0)
np.diff(x, prepend=0.0, append=t)
np.ediff1d(x)
np.ediff1d(M, to_begin=-1.0, to_end=y[:2])
np.gradient(x)
np.gradient(x, 0.5)
np.gradient(x, np.array([0.0, 0.4, 1.0, 1.2, 2.0, 2.5]))
np.gradient(M, axis=0)
np.gradient(M, 0.5, 2.0)
np.gradient(M)[1]
np.gradient(x, edge_order=2)
np.gradient(x, np.cumsum(x * 0.0 + 1.0) + 0.1 * y)
np.trapezoid(x)
np.trapezoid(x, y)
np.trapezoid(M, dx=0.5, axis=0)
np.trapezoid(M, x=np.array([0.0, 1.0, 1.5, 3.0]))
"""

SHAPES = """
np.reshape(M, (4, 3))
M.reshape(2, 6, order="F")
M.reshape(-1)
np.ravel(M, order="F")
M.ravel() + M.flatten()
M.T @ M
np.transpose(M)
M.transpose(1, 0)
np.matrix_transpose(M)
M.mT @ M
np.permute_dims(M, (1, 0))
np.swapaxes(M, 0, 1)
np.moveaxis(M[None], 0, -1)
np.rollaxis(M, 1)
np.expand_dims(x, 0) * np.expand_dims(y, 1)
np.squeeze(x[None, :, None])
np.atleast_1d(t) * x
np.atleast_2d(x)
np.atleast_3d(M)
np.broadcast_to(x, (2, 6))
np.broadcast_arrays(x, y[:, None])[0] * y[:, None]
np.flip(x) + np.flip(y)
np.fliplr(M) - np.flip(M, axis=1)
np.flipud(M)
np.rot90(M)
np.rot90(M, k=2)
np.roll(x, 2)
np.roll(M, (1, -1), axis=(0, 1))
np.repeat(x, 2)
np.repeat(M, [1, 2, 0], axis=0)
x.repeat(3)
np.tile(x, 2)
np.tile(M, (2, 1))
np.resize(x, (3, 4))
np.pad(x, 2)
np.pad(M, ((1, 0), (0, 2)), mode="edge")
np.pad(x, 3, mode="reflect")
np.pad(x, 2, mode="wrap")
np.pad(x, 2, mode="symmetric")
np.pad(x, 2, constant_values=t)
np.pad(x, 2, mode="linear_ramp")
np.pad(x, (2, 1), mode="mean")
np.pad(x, (2, 1), mode="maximum")
np.concatenate([x, y])
np.concatenate((M, A), axis=0)
np.concat([x, y, x])
np.stack([x, y], axis=1)
np.vstack([x, y])
np.hstack([x, y])
np.dstack([x, y])
np.column_stack([x, y])
np.block([[A, A[:, :1]], [M, np.ones((3, 1))]])
np.block([x, y])
np.append(x, y)
np.append(M, A, axis=0)
np.insert(x, 2, t)
np.insert(x, [1, 3], y[:2])
np.insert(M, 1, x[:3], axis=1)
np.delete(x, 2)
np.delete(M, [0, 2], axis=1)
np.split(x, 3)[1]
np.split(x, [1, 4])[1]
np.array_split(x, 4)[0]
np.hsplit(M, 2)[1]
np.vsplit(A, 2)[0]
np.dsplit(M.reshape(1, 3, 4), 2)[1]
np.unstack(M)[1]
np.diag(x)
np.diag(M, k=1)
np.diagflat(x, k=-1)
np.diagonal(M)
M.diagonal(offset=1)
np.trace(A)
A.trace(offset=-1)
np.triu(A, 1) + np.tril(A)
np.take(x, [0, 3, 3])
np.take(M, [1, 1], axis=0)
M.take([2, 5])
np.take_along_axis(M, np.argsort(M, axis=1), axis=1)
np.compress([True, False, True], M, axis=0)
np.extract(y > 0, x)
x[y > 0] * 2
np.choose(np.array([0, 1, 0, 1, 1, 0]), [x, y])
np.select([y > 1, y > 0], [x, y], default=t)
np.piecewise(x, [x < 1, x >= 1], [lambda u: u ** 2, lambda u: 3 * u])
np.piecewise(x, [y < 0, y > 1], [lambda u: u ** 2, -1.0, np.sin])
np.sort(x) * np.arange(6)
np.sort(M, axis=0)
np.sort(M, axis=None)
np.partition(x, 2)[2]
np.sort_complex(x)
np.unique(x) ** 2
np.union1d(x, y)
np.intersect1d(x, x[:3])
np.setdiff1d(x, x[:3])
np.setxor1d(x, x[:3])
np.histogram_bin_edges(x, 4)
np.unique(x, return_counts=True)[0]
np.trim_zeros(np.array([0.0, 1.0, 1.0, 0.0]) * x[:4])
np.meshgrid(x, y)[0] * np.meshgrid(x, y)[1]
np.meshgrid(x, y, indexing="ij", sparse=True)[1]
M[np.ix_([0, 2], [1, 3])]
M[np.triu_indices(3)]
x[::-2] * x[[0, 1, 1]]
M[1:, ::2] + M[:2, 1::2]
M[..., None] * x[:2]
np.mgrid[0:3, 0:4][0] * M
np.ogrid[0:3, 0:4][1] * M
np.r_[x, y]
np.r_[x, 1.0, t]
np.c_[x, y]
np.linspace(t, 2.0, 5)
np.linspace(0.0, x, 3)
np.logspace(0.0, t, 4)
np.geomspace(t, 2.0, 4)
np.arange(5) * t
np.full(3, t)
np.full_like(x, t)
np.array([t, t ** 2, x[0]])
np.array([x, y])
np.asarray([t, 2.0 * t])
np.ones_like(x) * x + np.zeros_like(y) * y
np.fromiter((v * v for v in x), float)
np.fromfunction(lambda i, j: t * i + j, (2, 3))
np.apply_along_axis(lambda r: r * r.sum(), 1, M)
np.apply_along_axis(np.sum, 0, M)
np.apply_over_axes(np.sum, M, [0, 1])
np.vectorize(lambda u: u * np.sin(u))(x)
np.vectorize(lambda u, w: u * w + 1.0)(x, t)
np.lib.stride_tricks.sliding_window_view(x, 3).sum(axis=1)
np.astype(x, np.float64) * 2
x.astype(complex).real
x.item(2) + x[3].item()
x.copy() + x.view()
np.copy(x) * 2
np.require(x, requirements="C")
np.ascontiguousarray(M.T)
np.unwrap(3.0 * np.cumsum(x))
np.unwrap(M * 3.0, axis=0)
"""

PRODUCTS = """
np.dot(M, A)
np.dot(x, y)
M.dot(A)
M @ A
x @ y
np.matmul(M, A)
np.matvec(M, A[0])
np.vecmat(A[0], A)
np.vecdot(M, A[:3])
np.vdot(x + 1j * y, y + 1j * x)
np.inner(M, A)
np.outer(x, y)
np.tensordot(M, A, axes=1)
np.tensordot(M, A, axes=([1], [0]))
np.tensordot(M, M, axes=2)
np.einsum("ij,jk->ik", M, A)
np.einsum("ij,ij", M, M)
np.einsum("ii", A)
np.einsum("ii->i", A)
np.einsum("i,j,ij->", x[:3], y[:4], M)
np.einsum("...i,i->...", M, A[0])
np.einsum(M, [0, 1], A, [1, 2], [0, 2])
np.kron(x, y)
np.kron(M, A)
np.cross(x[:3], y[:3])
np.cross(M[:, :3], y[:3])
np.convolve(x, y[:3])
np.convolve(x, y[:3], mode="same")
np.convolve(x, y[:3], "valid")
np.convolve(x, y[:3], mode=1) + np.correlate(x, y[:3], 1)
np.correlate(x, y[:3])
np.correlate(x, y[:3], mode="full")
np.interp(y, np.array([-2.0, -0.5, 0.5, 2.5]), x[:4])
np.interp(y, np.array([-2.0, -0.5, 0.5, 1.0]), x[:4], right=0.5)
np.interp(t, np.array([0.0, 0.6, 1.0]), x[:3])
np.interp(x, np.cumsum(np.ones(4)) + 0.1 * y[:4] - 1.0, y[:4])
np.polyval(x[:3], y)
np.polyval([1.0, 2.0, 3.0], x)
np.polyfit(x, y, 2)
np.polyfit(np.arange(6.0), y, 1)
np.polyfit(x, y, 1, w=np.array([1.0, 2.0, 1.0, 1.0, 0.5, 1.0]))
np.polyder(x)
np.polyint(x)
np.polyint(x, k=t)
np.polyadd(x, y[:2])
np.polysub(x[:2], y)
np.polymul(x, y)
np.polydiv(x, y[:3])[0]
np.polydiv(x, y[:3])[1]
np.poly(x[:3])
np.roots(x[:4])
np.vander(x)
np.vander(x, 3, increasing=True)
np.polynomial.polynomial.polyval(y, x[:3])
np.polynomial.chebyshev.chebval(y, x[:4])
np.polynomial.legendre.legval(y, x[:4])
np.polynomial.Polynomial([1.0, 2.0, 3.0])(x)
np.polynomial.Polynomial(x).deriv()(t)
(np.polynomial.Polynomial(x) * np.polynomial.Polynomial(y))(t)
np.polynomial.Chebyshev(x)(y)
np.polynomial.Hermite(x).coef
np.polynomial.polynomial.polymul(x, y)
np.polynomial.polynomial.polyroots(x)
np.fft.irfft(x)
np.fft.hfft(x)
np.polynomial.polynomial.polyvander(x, 2)
"""

LINALG = """
np.linalg.inv(A)
np.linalg.inv(np.stack([A, A.T]))
np.linalg.solve(A, x[:4])
np.linalg.solve(A, M.T)
np.linalg.solve(np.stack([A, 2.0 * A]), np.stack([A, A]))
np.linalg.det(A)
np.linalg.det(np.stack([A, A + 1.0]))
np.linalg.slogdet(A)[1]
np.linalg.cholesky(A @ A.T + np.eye(4))
np.linalg.cholesky(A @ A.T + np.eye(4), upper=True)
np.linalg.eigh(A + A.T)[0]
np.linalg.eigh(A + A.T).eigenvalues
np.abs(np.linalg.eigh(A + A.T)[1])
np.linalg.eigvalsh(A + A.T)
np.linalg.eigvalsh(A, UPLO="U")
np.linalg.eig(A)[0]
np.linalg.eigvals(A)
np.linalg.eigvals(A - 3.0 * np.triu(A, 1).T)
np.abs(np.linalg.eig(A)[1])
np.linalg.svd(M, compute_uv=False)
np.linalg.svd(M, full_matrices=False)[1]
np.abs(np.linalg.svd(M, full_matrices=False)[0])
np.linalg.svdvals(M)
np.abs(np.linalg.qr(A)[1])
np.linalg.qr(M.T).Q @ np.linalg.qr(M.T).R
np.linalg.qr(M, mode="r") ** 2
np.linalg.pinv(M)
np.linalg.pinv(M, rcond=1e-10)
np.linalg.pinv(A + A.T, hermitian=True)
np.linalg.lstsq(M.T, x[:4], rcond=None)[0]
np.linalg.lstsq(M.T, A, rcond=None)[1]
np.linalg.cond(A)
np.linalg.cond(A, "fro")
np.linalg.cond(A, 1)
np.linalg.cond(A, -2)
np.linalg.matrix_power(A, 3)
np.linalg.matrix_power(A, -2)
np.linalg.multi_dot([M, A, x[:4]])
np.linalg.tensorsolve(np.eye(6).reshape(2, 3, 6) + np.multiply.outer(M[:2, :3], x) * 0.1, M[:2, :3])
np.linalg.tensorinv(A.reshape(2, 2, 4), ind=2)
np.linalg.norm(x)
np.linalg.norm(x, 1)
np.linalg.norm(x, np.inf)
np.linalg.norm(x, ord=3)
np.linalg.norm(M)
np.linalg.norm(M, "nuc")
np.linalg.norm(M, 2)
np.linalg.norm(M, axis=1)
np.linalg.norm(M, axis=0, keepdims=True)
np.linalg.norm(M, ord=1, axis=(0, 1))
np.linalg.vector_norm(M, axis=1, ord=3)
np.linalg.matrix_norm(M, ord="nuc")
np.linalg.trace(A)
np.linalg.diagonal(A)
np.linalg.outer(x, y)
np.linalg.cross(x[:3], y[:3])
np.linalg.vecdot(M, M)
np.linalg.matmul(M, A)
np.linalg.tensordot(M, A, axes=1)
np.linalg.matrix_transpose(M)
np.linalg.matrix_rank(A) * A
"""

FOURIER = """
np.abs(np.fft.fft(x))
np.fft.fft(x, n=8)
np.fft.fft(x, n=4, norm="ortho")
np.fft.fft(M, axis=0)
np.fft.ifft(x + 1j * y)
np.fft.ifft(np.fft.fft(x) * np.fft.fft(y)).real
np.fft.rfft(x)
np.abs(np.fft.rfft(x, n=5))
np.fft.rfft(M, axis=0, norm="forward")
np.fft.irfft(np.fft.rfft(x) * np.exp(-t))
np.fft.irfft(x + 1j * y, n=7)
np.fft.irfft(x + 1j * y, n=10, norm="ortho")
np.fft.fft2(A)
np.fft.fft2(A, s=(3, 5))
np.fft.ifft2(A + 1j * A.T)
np.fft.rfft2(M)
np.fft.irfft2(np.fft.rfft2(M), s=(3, 4))
np.fft.fftn(A)
np.fft.fftn(A, axes=(0,))
np.fft.ifftn(A)
np.fft.rfftn(M, axes=(1, 0))
np.fft.irfftn(M + 1j * M, s=(3, 5), axes=(0, 1))
np.fft.hfft(x + 1j * y)
np.fft.hfft(x + 1j * y, n=8)
np.fft.ihfft(x)
np.fft.fftshift(M)
np.fft.ifftshift(x)
np.fft.fftshift(M, axes=1)
np.fft.fftfreq(6) * x
np.fft.rfftfreq(6, d=t)
np.hanning(6) * x
np.hamming(6) * x + np.blackman(6) * y + np.bartlett(6)
np.kaiser(6, 2.0) * x
"""

STORES = """
z = x.copy(); np.put(z, [0, 2], [t, 2.0]); z * z
z = M.copy(); np.put(z, [1, 5, 6], x[:3]); z * z
z = M.copy(); z.put([1, -1], t); z * z
z = x.copy(); np.place(z, y > 0, [t, 3.0]); z * z
z = x.copy(); np.putmask(z, y > 0, y); z * z
z = M.copy(); np.put_along_axis(z, np.array([[0], [1], [2]]), x[:3, None], axis=1); z * z
z = A.copy(); np.fill_diagonal(z, t); z * z
z = A.copy(); np.fill_diagonal(z, x[:4]); z * z
z = np.vstack([A, A]); np.fill_diagonal(z, t, wrap=True); z * z
z = x.copy(); np.copyto(z, y, where=y > 0); z * z
z = x.copy(); z.fill(t); z * z
z = x.copy(); z.sort(); z * np.arange(6)
z = x.copy(); z.partition(2); z[2] ** 2
z = x.copy(); np.add.at(z, [0, 0, 1], t); z * z
z = x.copy(); np.subtract.at(z, [0, 0, 1], y[:3]); z * z
z = x.copy(); np.multiply.at(z, [0, 2], y[:2]); z * z
z = x.copy(); np.multiply.at(z, [0, 0, 2], y[:3]); z * z
z = x.copy(); np.divide.at(z, [0, 2], 3.0); z * z
z = x.copy(); np.maximum.at(z, [0, 1, 2], y[:3]); z * z
z = x.copy(); np.negative.at(z, [0, 2]); z * y
s = list(M.shape); s[1] = 1; np.full_like(M, 0.5, shape=s).size * M
z = np.ones(4); z[0] = 5.0; np.full_like(M, z) * M
z = [t]; z.append(t); np.shape(z)[0] * x
z = x.copy(); z[1:3] *= y[:2]; z[0] = t; z * z
z = np.zeros(6); np.cumsum(x, out=z); z * z
z = np.zeros((3, 4)); np.matmul(M, A, out=z); z * z
z = np.zeros(4); np.sum(M, axis=0, out=z); z * z
z = np.zeros(3); np.dot(M, A[0], out=z); z * z
z = np.zeros((3, 4)); np.clip(M, -1.0, 1.0, out=z); z * z
z = np.zeros(6); np.multiply(x, y, z); z * z
z = M.copy(); z.flat[2] = t; z * z
z = M.flat[3] * x; z
z = M.copy(); z.T[1] = t; z * z
z = M.copy(); z.real[0] = t; z * z
z = x.copy(); z.resize(3); z * z
np.random.seed(3); np.random.normal(size=6) * x
np.random.default_rng(3).standard_normal(6) * x
np.random.default_rng(3).normal(t, 2.0, 6) * x
np.random.default_rng(3).permutation(6) * x
"""

PYTHON = """
math.sin(t) * math.exp(t) + math.sqrt(t) + math.hypot(t, 1.0)
math.prod([t, 2.0, t])
math.fsum([t, t * t])
cmath.exp(1j * t) * 2.0
cmath.sqrt(-t)
cmath.phase(t + 1j)
abs(cmath.log(t + 2j))
cmath.rect(t, 0.5)
cmath.polar(t + 2j)[0]
operator.mul(t, t) + operator.itemgetter(1)(x)
functools.reduce(operator.mul, x)
functools.reduce(lambda a, b: a * b + t, [1.0, t, 2.0])
functools.reduce(lambda a, b: a + b * b, x, 1.0)
statistics.mean([t, t * t, 3.0])
statistics.fmean(list(x))
statistics.variance([t, t * t, 3.0])
statistics.pvariance([t, t * t, 3.0])
statistics.stdev([t, t * t, 3.0])
statistics.pstdev([t, t * t, 3.0])
statistics.median([t, 2.0, 0.1 * t])
statistics.quantiles([t, 2.0, 0.1 * t, 3.0])
statistics.quantiles(list(x), n=3, method="inclusive")
statistics.median_high(x)
statistics.geometric_mean([t, 2.0, 3.0])
statistics.harmonic_mean([t, 2.0, 3.0])
statistics.correlation(list(x), list(y))
statistics.covariance(list(x), list(y))
statistics.linear_regression(list(x), list(y)).slope
sum(x) + max(x) * min(y)
sum(v * v for v in x)
sorted([t, 0.2, 3.0])[1]
sorted(list(x), reverse=True)[2]
sorted(x, key=lambda v: (v - 1.0) ** 2)[1]
round(t, 2) + t
"""

COMBINED = """
z = M.copy(); v = z[:, 1]; np.put(v, [0, 2], t); z * z
z = M.copy(); np.put(z.T, [1, 5], x[:2]); z * z
z = A.copy(); np.fill_diagonal(z[1:, 1:], x[:3]); z * z
z = x.copy(); w = z[::2]; np.putmask(w, w > 1, y[:3]); z * z
z = x.copy(); np.place(z[1:], z[1:] > 1, [t, t * t]); z * z
z = x.copy(); np.put_along_axis(z, np.argsort(z)[:2], y[:2], 0); z * z
z = M.copy(); np.put_along_axis(z, np.argmax(z, axis=1)[:, None], 99.0 * t, axis=1); z * z
z = x * 1.0; w = z; np.multiply.at(w, [0, 0, 1], t); z * z + w
z = M.copy(); np.add.at(z, (slice(None), [0, 0, 1]), M[:, :3]); z * z
z = M.copy(); np.multiply.at(z, (0, [0, 0, 1]), x[:3]); z * z
z = M.copy(); np.maximum.at(z, np.array([0, 2]), M[1]); z * z
z = x.copy(); z[np.array([0, 0, 2])] += y[:3]; z * z
z = x.copy(); np.cumsum(z, out=z); z * z
z = M.copy(); np.add.accumulate(z, axis=1, out=z); z * z
z = np.zeros(3); np.add.reduce(M, axis=1, out=z); z * z
z = np.zeros(3); np.subtract.reduce(M, axis=1, out=z); z * z
z = np.zeros((3, 4)); np.cumulative_sum(M, axis=0, out=z); z * z
z = np.zeros(4); np.median(M, axis=0, out=z); z * z
z = np.zeros(4); np.mean(M, axis=0, out=z); z * z
z = np.zeros(6); np.fft.fft(x, out=np.zeros(6, complex))
z = np.zeros(4); np.quantile(M, 0.3, axis=0, out=z); z * z
functools.reduce(np.maximum, [x, y, x * y])
functools.reduce(lambda a, b: a @ b, [A, A.T, A])
functools.reduce(lambda a, b: a + [b * b], list(x[:2]), [t])
np.apply_along_axis(lambda r: np.outer(r, r), 1, M)
np.apply_along_axis(lambda r: np.sort(r)[::-1], 0, M)
np.apply_along_axis(lambda r, k: r * k, 0, M, t)
np.apply_along_axis(np.linalg.norm, 1, M)
np.vectorize(lambda u: u if u > 1 else u * u)(M)
np.vectorize(math.sin)(x)
np.vectorize(lambda a, b, c: a * b + c)(x, y, t)
np.vectorize(lambda u: 0 if u < 0 else u * u)(y)
np.piecewise(y, [y < 0, y > 1], [lambda u: np.sqrt(-u), lambda u: np.log(u), t])
np.piecewise(M, [M < 0], [0.0, lambda u: u ** 1.5])
np.piecewise(t, [t < 1], [lambda u: u ** 2, lambda u: u])
np.piecewise(x, [x < 1], [lambda u, k: u * k, lambda u, k: u + k], t)
np.einsum("ij,jk,kl,lm->im", M, A, A, A)
np.einsum(M, [0, 1], [1, 0])
np.einsum(A, [0, 0])
np.einsum(M, [..., 0], A[0], [0], [...])
np.atleast_2d(x, y)[1] * t
np.meshgrid(x[:2], y[:3], t)[2]
np.broadcast_arrays(x, t)[1]
np.r_[x[:2], 0:3, t]
np.r_[0:1:4j, x]
np.c_[x, y, np.ones(6)]
np.c_[M, M]
np.mgrid[0:1:3j, 0:4][0] * M
np.ogrid[0:3][:, None] * M
M[np.ix_([True, False, True], [0, 3])]
np.gradient(M, x[:3].cumsum(), y[:4] * 0.01 + np.arange(4.0))[0]
np.gradient(M, t, axis=1, edge_order=2)
np.gradient(M, axis=(0, 1))[1] * t
np.fft.rfft(M, 7, 0)
np.fft.irfft2(M + 1j * M, (3, 4), (1, 0))
np.fft.fftn(A, (3, 3), (1, 0))
np.abs(np.fft.fft(x.astype(complex)))
np.fft.ifft(np.fft.fft(M, axis=0), axis=0).real
np.fft.hfft(np.fft.ihfft(x))
np.fft.irfft(np.fft.rfft(x, 9), 9)
np.linalg.eig(A + 0.1 * A.T)[1] @ np.linalg.inv(np.linalg.eig(A + 0.1 * A.T)[1])
np.linalg.eig(np.array([[t, 1.0], [-1.0, t]]))[0]
np.linalg.eig(np.array([[t, 1.0], [-2.0, 0.3]]))[1]
np.linalg.eigvals(np.stack([A, A.T]))
np.linalg.eig(A).eigenvalues
np.roots([1.0, t, -3.0])
np.roots([1.0, t, 3.0])
np.poly(A)
np.poly1d(x)(t)
np.polyval(np.polyfit(x, y, 2), t)
np.polydiv(np.polymul(x[:3], y[:3]), x[:3])[0]
np.polyder(x, 2) * np.polyint(y, 1)[:4]
np.cov(np.stack([x, y]))
np.cov(M.T, M.T)[0]
np.corrcoef(x, y)[0, 1]
np.nanstd(np.where(M > 0, M, np.nan), axis=1, ddof=1, keepdims=True)
np.nanmean(np.array([[np.nan, t], [t * t, 1.0]]), axis=0)
np.nanpercentile(np.array([np.nan, t, t * t, 1.0]), [20, 60], method="weibull")
np.quantile(x, [0.1, t])
np.percentile(M, 30, axis=(0, 1))
np.median(np.stack([x, y, x + y]), axis=0)
np.histogram(x, weights=y, bins=4)[1]
np.histogram(x, bins=4, density=True)[0]
np.histogram(x, weights=y)[0]
np.histogram(x, [0.0, t, 3.0], density=True, weights=x)[0]
np.histogram(x, 3, range=(0.0, 4.0 * t), density=True)[0]
np.histogram2d(x, y, np.array([2, 3]), density=True, weights=x)[0]
np.histogram2d(x, y, [2, t * np.array([-3.0, 0.0, 4.0])], density=True)[0]
np.histogramdd([x, y], 2, density=True, weights=x)[0]
np.unique([t, 2.0, t]) + np.maximum.reduce([x, y])[:2]
np.digitize(x, [0.5, 1.0]) * x
np.random.default_rng(1).uniform(0.0, t, size=3)
np.random.default_rng(1).normal(x, t)
np.random.default_rng(1).exponential(t, 3) * x[:3]
np.random.RandomState(3).normal(t, 1.0, (2, 3))
sorted(x)[0] * sorted(y)[-1]
sorted([(t, 1.0), (0.2, t)], key=lambda p: p[0])[0][1]
statistics.stdev(x) + statistics.mean(y)
statistics.median(M[0]) * statistics.pvariance(list(y), t)
operator.itemgetter(0, 2)(x)[1]
operator.itemgetter(slice(1, None))(x) * operator.attrgetter("T.real", "size")(M)[0][0, 0]
operator.methodcaller("sum", axis=0)(M) * operator.methodcaller("max")(x)
statistics.NormalDist(t, 1.5).inv_cdf(0.3) * statistics.NormalDist(0.5, t).quantiles(3)[0]
np.interp(x * 3.0, [2.0, 0.5, -0.5], y[:3], period=2.5)
np.polyfit(x, y, 1, cov=True)[1] * np.polyfit(x, y, 2, full=True)[1]
z = 0.0; z += np.add.reduceat(x, [0, 3])[0]; z * t
np.unique(np.array([t, 1.0, t]))
np.unique(np.round(x))  * t
np.sort_complex(x + 1j * y)
np.pad(M, ((1, 2), (0, 1)), "mean", stat_length=2)
np.pad(x, (1, 2), "linear_ramp", end_values=3.0)
np.pad(x, 2, "reflect", reflect_type="odd")
np.unwrap(M * 4, period=3.0)
np.add.reduceat(M, np.array([0, 2]), 0)
np.logaddexp.reduceat(x, [0, 3])
np.hypot.accumulate(x)
np.hypot.outer(x, y)
np.ldexp.outer(x, [1, 2])
np.add.outer(M, x[:2])
x.sum(where=y > 0) + x.max(initial=0.1) + x.mean(where=y > 0)
cmath.exp(complex(t, 2.0 * t)).real
abs(cmath.sqrt(complex(t, t))) ** 2
cmath.log(1j * t, 2.0).imag
M.flat[[0, 3]] * M.flat[1:3]
M.flat[t > 0]
np.intersect1d(x, x[::-1])
np.kaiser(5, t)
np.linalg.cond(M)
np.linalg.cond(np.stack([A, A.T]), 1)
np.linalg.pinv(np.stack([M, 2 * M]))
np.matvec(np.stack([A, A]), M[:2])
np.vecmat(M, A)
np.vecmat(x[:4] + 1j, A)
np.matvec(A + 1j * A.T, x[:4] + 1j * y[:4])
"""

OUT_BY_POSITION = """
z = np.zeros(4); np.sum(M, 0, None, z); z * z
z = np.zeros((3,4)); np.cumsum(M, 0, None, z); z * z
z = np.zeros((3,4)); np.dot(M, A, z); z * z
z = np.zeros((3,4)); np.clip(M, -1, 1, z); z * z
z = np.zeros((2,4)); np.take(M, [0,2], 0, z); z * z
z = np.zeros(4); np.mean(M, 0, None, z); z * z
z = np.zeros(4); np.max(M, 0, z); z * z
z = np.zeros(4); M.sum(0, None, z); z * z
z = np.zeros(4); M.max(0, z); z * z
z = np.zeros((6,6)); np.outer(x, y, z); z * z
z = np.zeros((2,4)); np.compress([1,0,1], M, 0, z); z * z
z = np.zeros(4); np.median(M, 0, z); z * z
z = np.zeros(4); np.quantile(M, .3, 0, z); z * z
z = np.zeros((3,4)); np.cumprod(M, 0, None, z); z * z
z = np.zeros(4); np.std(M, 0, None, z); z * z
z = np.zeros((3,4)); M.clip(-1, 1, z); z * z
z = np.zeros((3,4)); M.cumsum(0, None, z); z * z
z = np.zeros((3,4)); M.dot(A, z); z * z
z = np.zeros(4); np.add.reduce(M, 0, None, z); z * z
z = np.zeros((3,4)); np.add.accumulate(M, 0, None, z); z * z
z = np.zeros((2,4)); np.add.reduceat(M, [0,2], 0, None, z); z * z
z = np.zeros(4); np.ptp(M, 0, z); z * z
z = np.zeros(4); np.prod(M, 0, None, z); z * z
z = np.zeros((3,4)); np.sin(M, z); z * z
z = np.zeros((3,4)); np.matmul(M, A, z); z * z
z = np.zeros(4); np.nansum(M, 0, None, z); z * z
z = np.zeros((3,4)); np.choose([[0,1,0,1]]*3, [M,2*M], z); z * z
z = np.zeros((3,4)); np.copyto(z, M); z * z
z = np.zeros((3,4)); np.round(M, 2, z); z*M
z = np.zeros(4); np.var(M, 0, None, z); z * z
np.fft.irfftn(M)
np.fft.irfft2(M, axes=(1, 0))
"""

UNUSUAL = """
np.logaddexp.reduce(M, axis=0, initial=t, keepdims=True)
np.logaddexp.reduce(M, axis=1, where=M > 0.2)
np.hypot.reduce(M, axis=(0, 1), initial=t)
np.hypot.reduce(M, axis=1, where=M > 0.2, keepdims=True)
np.fmin.reduce(M, axis=(0, 1))
np.hypot.reduce(x[:0]) + t
np.cov(M, aweights=x[:4], fweights=[1, 2, 1, 2])
np.cov(M, M[::-1] ** 2, rowvar=False, ddof=0, aweights=x[:3])
np.corrcoef(M + 1j * A[:3])
np.corrcoef(x, y + 1j * x)
np.median(M, axis=1, overwrite_input=True)
np.percentile(M, 30, 1, None, True, "hazen", True)
np.nanquantile(x, 0.3, weights=y + 3.0, method="inverted_cdf") * t
np.nan_to_num(np.array([np.inf, t, np.nan, -np.inf]), nan=t, posinf=t * 2, neginf=-t)
np.nan_to_num(np.array([complex(t, np.nan), complex(np.inf, t), t * 1j]), nan=t, posinf=2.0)
np.r_["0,2", x, y]
np.r_["-1", M, A[:3]]
np.r_["0,2,0", x, y, 0:3]
np.r_["1,2,0", x, t * y]
np.r_["0,3,1", x, y]
np.c_[M[..., None], M[..., None] * t]
np.c_["0", M, A]
np.vectorize(lambda u, w=2.0: u * w + t, excluded=["w"])(x, w=3.0)
np.vectorize(lambda u, w=2.0: u * w + t)(x, w=y)
np.vectorize(np.polyval, excluded={0})(x[:3], y)
np.vectorize(np.polyval, signature="(n),()->()")(M, y[:3])
np.vectorize(np.convolve, signature="(n),(m)->(k)")(A, [1, 2, t])
np.vectorize(lambda u, v: (u + v, u * v))(x, y)[1]
np.vectorize(lambda u: u * 2, otypes=[complex])(M)
np.vectorize(lambda u, v, w, k: u * v + w * k)(x, y, t, x)
(np.poly1d(x) * np.poly1d(y)).c
(np.poly1d(x[:3]) ** 2 + 1.0)(t) - np.poly1d(x[:2])[1]
(2.0 * np.poly1d(x) - np.poly1d([1.0, t]) / t)(y)
(np.poly1d(x) / np.poly1d(y[:3]))[0].c
np.polyval(np.poly1d(x[:3]), np.poly1d(y[:3])).c
np.polymul(np.poly1d(x), y).deriv().integ(k=t)(0.5)
np.sum(np.poly1d(x)) + np.roots(np.poly1d(x[:3])).real
"""

GROUPS = {
    name.lower(): [line for line in globals()[name].splitlines() if line]
    for name in (
        "ELEMENTWISE", "REDUCTIONS", "SHAPES", "PRODUCTS", "LINALG", "FOURIER", "STORES", "PYTHON", "COMBINED",
        "OUT_BY_POSITION", "UNUSUAL",
    )
}  # fmt: skip
EXPRESSIONS = [expression for group in GROUPS.values() for expression in group]

REFUSED = {
    "np.power.reduce(x[:3])",  # NumPy does not reduce from left to right here
    "z = x.copy(); z.resize(3); z * z",
    "np.ldexp.outer(x, [1, 2])",
    "M.flat[t > 0]",
}
"""What has no gradient here: the message names the place."""
