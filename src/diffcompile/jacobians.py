"""Jacobians, Hessians and products with them, built from the two modes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from diffcompile import spaces, sparsity, watch
from diffcompile.api import ArgNums, Differentiated, grad
from diffcompile.api.arguments import kept
from diffcompile.batching import NotBatchableError
from diffcompile.dynamic import OneByOneError
from diffcompile.operators import jvp, like
from diffcompile.pipeline import Compiled, Request, compile_gradient, flattened, rebuilt
from diffcompile.signature import type_key
from diffcompile.specialise.derivatives import WrittenOut, written_out
from diffcompile.specialise.functions import function_code

STALE = 1e3
"""How far, in rounding errors of a row, a matrix of a known pattern may be from what a random direction tells."""
WRONG = 1e8
"""The same, in rounding errors of the largest row, for a pattern that was found at this point."""


def jacfwd(fun: Callable[..., Any], argnums: ArgNums = 0, *, holomorphic: bool = False) -> Any:
    """Return a function that computes the Jacobian of ``fun`` by forward mode, one sweep for each input number.

    Args:
        fun: A function whose result is made of arrays and floats.
        argnums: Which arguments to differentiate: a position, a name, or a tuple of these.
        holomorphic: Complex arguments are differentiated as complex numbers; ``fun`` must be holomorphic.

    Returns:
        A function with the signature of ``fun``. For a result of shape ``(m, ...)`` and an argument of shape
        ``(n, ...)`` it returns an array of shape ``(m, ..., n, ...)``; for structures, the structure of the result
        in which each leaf is replaced by the structure of the argument.

    Raises:
        TypeError: an argument is complex and ``holomorphic`` is False, or it is not made of floating-point numbers.
        UnsupportedError: ``fun`` is outside the differentiable subset.
    """
    return Jacobian(fun, argnums, "fwd", holomorphic)


def jacrev(fun: Callable[..., Any], argnums: ArgNums = 0, *, holomorphic: bool = False) -> Any:
    """Return a function that computes the Jacobian by reverse mode, one sweep for each output number.

    Arguments, result and errors are those of :func:`jacfwd`.
    """
    return Jacobian(fun, argnums, "rev", holomorphic)


def jacobian(
    fun: Callable[..., Any], argnums: ArgNums = 0, *, holomorphic: bool = False, sparse: bool = False
) -> Any:
    """Return a function that computes the Jacobian by the mode with fewer sweeps, which the shapes tell.

    Arguments, result and errors are those of :func:`jacfwd`.

    With ``sparse=True`` the function takes one array and returns one, of ``n`` and ``m`` numbers, and the result is a
    ``scipy.sparse.csr_array`` of shape ``(m, n)``. The first call finds the pattern, which costs some hundred sweeps,
    and colours it; later calls take as many sweeps as there are colours, and find the pattern anew where a random
    direction shows that it has changed. Further errors: FloatingPointError where a derivative is not finite, and
    ImportError without SciPy.
    """
    if sparse:
        return SparseJacobian(fun, argnums, holomorphic)
    return Jacobian(fun, argnums, "auto", holomorphic)


def hessian(fun: Callable[..., Any], argnums: int | str = 0, *, sparse: bool = False) -> Any:
    """Return a function that computes the Hessian of ``fun``, a function of one real result: forward over reverse.

    For an argument of shape ``(n, ...)`` it returns an array of shape ``(n, ..., n, ...)``; for a structure, as
    :func:`jacfwd` of the gradient does. ``argnums`` is one position or name. With ``sparse=True`` it is a matrix of
    SciPy, as that of :func:`jacobian`.
    """
    if sparse:
        return SparseJacobian(grad(fun, argnums=argnums), argnums, holomorphic=False, symmetric=True)
    return Jacobian(grad(fun, argnums=argnums), argnums, "fwd", False)


def hvp(fun: Callable[..., Any], argnums: ArgNums = 0) -> Any:
    """Return a function ``(*args, v)`` that computes the product of the Hessian of ``fun`` with ``v``.

    It is the forward derivative of the gradient in the direction ``v``, which has the structure of the argument (a
    tuple of these for a tuple ``argnums``): no matrix is formed.
    """
    return HessianProduct(fun, argnums)


class HessianProduct(Differentiated):
    """The product of a Hessian with a vector, by forward over reverse."""

    suffix = "hvp"
    _carries = True

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums) -> None:
        super().__init__(grad(fun, argnums=argnums), argnums, "numpy")
        self._slope = self.primal
        self.primal = fun
        self.transform = WrittenOut(product_with_hessian, (argnums,))  # type: ignore[arg-type]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the product; the last positional argument is the vector."""
        if not args:
            raise TypeError("hvp takes the arguments of the function and then the vector")
        *args_of_fun, v = args
        if self._fits is not None:
            twin, fitting, kwargs = self._fitted(tuple(args_of_fun), kwargs)
            return twin(*fitting, v, **kwargs)
        values = self._bind(tuple(args_of_fun), kwargs)
        vectors = (v,) if self._single else tuple(v)
        if len(vectors) != len(self._wrt):
            raise ValueError(f"{len(self._wrt)} arguments are differentiated, but the vector has {len(vectors)} parts")
        places = zip(vectors, self._wrt, strict=True)
        dots = [like(part, values[number], self._names[number]) for part, number in places]
        compiled = self._find(values)
        results = compiled.function(*values, *(read() for read in compiled.live_globals), *dots)
        leaves = list(results) if isinstance(results, tuple) else [results]
        found = rebuilt(compiled.structure, leaves)
        return found

    @property
    def _differentiated(self) -> Any:
        return self._slope

    def _compile(self, values: list[Any]) -> Compiled:
        code = function_code(self._fun)
        request = Request(code, self._types(values), self._wrt, examples=values, forward=True, cached=True)
        return compile_gradient(request)

    def __repr__(self) -> str:
        return f"<diffcompile hvp of {self._display}>"


class Jacobian(Differentiated):
    """The Jacobian of a function; made by :func:`jacfwd`, :func:`jacrev`, :func:`jacobian` and :func:`hessian`."""

    suffix = "jacobian"

    def __init__(self, fun: Callable[..., Any], argnums: ArgNums, mode: str, holomorphic: bool) -> None:
        super().__init__(fun, argnums, "numpy")
        self.transform = WrittenOut(columns_of_jacobian, (argnums,))  # type: ignore[arg-type]
        self._mode = mode
        self._holomorphic = holomorphic
        self._chosen: dict[Any, str] = {}
        self._one_by_one: set[Any] = set()
        self._now = "fwd"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the Jacobian at these arguments."""
        if self._fits is not None:
            twin, args, kwargs = self._fitted(args, kwargs)
            return twin(*args, **kwargs)
        values = self._bind(args, kwargs)
        self._require_kind(values)
        self._now = self._mode_for(values)
        moving = [values[number] for number in self._wrt]
        many = self._many(values)
        if many is not None:
            try:
                return self._computed(many, values, moving, one_by_one=False)
            except OneByOneError as error:
                self._take_one_by_one(values, error)
        return self._computed(self._find(values), values, moving, one_by_one=True)

    def _computed(self, compiled: Compiled, values: list[Any], moving: list[Any], *, one_by_one: bool) -> Any:
        around = [*values, *(read() for read in compiled.live_globals)]
        if self._now == "fwd":
            return self._forward(compiled, around, moving, one_by_one=one_by_one)
        value = self._call_primal([kept(value) for value in values])
        return self._reverse(compiled, around, moving, value, one_by_one=one_by_one)

    def _take_one_by_one(self, values: list[Any], reason: Exception) -> None:
        watch.one_by_one(self._display, str(reason))
        self._one_by_one.add((self._now, *map(type_key, values)))

    def _many(self, values: list[Any]) -> Compiled | None:
        """Return code for many directions at once, None if there is no such code for these types."""
        key = (self._now, *map(type_key, values))
        if key in self._one_by_one:
            return None
        mode, self._now = self._now, f"{self._now} many"
        try:
            return self._find(values)
        except NotBatchableError as error:
            self._now = mode
            self._take_one_by_one(values, error)
            return None
        finally:
            self._now = mode

    def _require_kind(self, values: list[Any]) -> None:
        for number in self._wrt:
            if not self._holomorphic and any(np.iscomplexobj(leaf) for leaf in spaces.leaves(values[number])):
                raise TypeError(
                    f"{self._names[number]} is complex: pass holomorphic=True if the function is holomorphic in it, "
                    "or split it into real and imaginary part"
                )

    def _mode_for(self, values: list[Any]) -> str:
        if self._mode != "auto":
            return self._mode
        key = tuple(map(type_key, values))
        if key not in self._chosen:
            outputs = sum(np.size(leaf) for leaf in spaces.leaves(self._call_primal([kept(value) for value in values])))
            inputs = sum(np.size(leaf) for number in self._wrt for leaf in spaces.leaves(values[number]))
            self._chosen[key] = "fwd" if inputs <= outputs else "rev"
        return self._chosen[key]

    def _find(self, values: list[Any]) -> Compiled:
        kept, self._compiled = self._compiled, self._tables.setdefault(self._now, {})
        try:
            return super()._find(values)
        finally:
            self._compiled = kept

    @property
    def _tables(self) -> dict[str, dict[Any, Compiled]]:
        return self.__dict__.setdefault("_by_mode", {})  # type: ignore[no-any-return]

    def _compile(self, values: list[Any]) -> Compiled:
        forward = self._now.startswith("fwd")
        code = function_code(self._fun)
        types = self._types(values)
        request = Request(
            code, types, self._wrt, forward, examples=values, forward=forward, pullback=not forward,
            batched=self._now.endswith("many"), cached=True,
        )  # fmt: skip
        return compile_gradient(request)

    def _forward(self, compiled: Compiled, around: list[Any], moving: list[Any], *, one_by_one: bool) -> Any:
        outputs: list[Any] = []
        columns: list[list[Any]] = []
        for dots, several in spaces.units(moving, moving, one_by_one=one_by_one):
            results = compiled.function(*around, *dots)
            outputs = outputs or list(results[: len(results) // 2])
            columns = columns or [[] for _ in outputs]
            for column, y, dot in zip(columns, outputs, results[len(outputs) :], strict=True):
                column.append(spaces.rows(dot, y, several))
        if not columns:  # nothing can move, and yet there is a result
            results = compiled.function(*around, *(like(None, x, "") for x in moving))
            outputs = list(results[: len(results) // 2])
            columns = [[] for _ in outputs]
        matrices = [np.concatenate(column).T if column else np.zeros((0, 0)) for column in columns]
        return self._structured(compiled, matrices, outputs, moving)

    def _reverse(
        self, compiled: Compiled, around: list[Any], moving: list[Any], value: Any, *, one_by_one: bool
    ) -> Any:
        outputs: list[Any] = []
        flattened(compiled.structure, value, outputs)
        rows = []
        for cts, several in spaces.units(outputs, moving, one_by_one=one_by_one):
            results = compiled.function(*around, *cts)
            bars = results if len(self._wrt) != 1 else (results,)
            parts = [spaces.rows(bar, x, several) for bar, x in zip(bars, moving, strict=True)]
            rows.append(np.concatenate(parts, axis=1))
        whole = np.concatenate(rows) if rows else np.zeros((0, 0))
        ends = np.cumsum([sum(map(np.size, spaces.leaves(y))) for y in outputs])
        return self._structured(compiled, np.split(whole, ends[:-1]), outputs, moving)

    def _structured(self, compiled: Compiled, matrices: list[Any], outputs: list[Any], moving: list[Any]) -> Any:
        """Return the matrix of each output in its structure and in that of the arguments."""
        sizes = [(np.shape(leaf), np.size(leaf)) for x in moving for leaf in spaces.leaves(x)]
        blocks: list[Any] = []
        for matrix, y in zip(matrices, outputs, strict=True):
            parts = []
            top = 0
            for leaf in spaces.leaves(y):
                rows = matrix[top : top + np.size(leaf)] if np.size(matrix) else np.zeros((np.size(leaf), 0))
                top += np.size(leaf)
                columns = iter(spaces.split(rows, sizes, np.shape(leaf)))
                found = tuple(spaces.filled(x, columns) for x in moving)
                parts.append(found[0] if self._single else found)
            blocks.append(spaces.filled(y, iter(parts)))
        return rebuilt(compiled.structure, blocks)

    def __repr__(self) -> str:
        return f"<diffcompile jacobian of {self._display}>"


class SparseJacobian(Jacobian):
    """The Jacobian of a function of one array, as a sparse matrix; made by ``sparse=True``."""

    def __init__(
        self, fun: Callable[..., Any], argnums: ArgNums, holomorphic: bool, *, symmetric: bool = False
    ) -> None:
        super().__init__(fun, argnums, "fwd", holomorphic)
        if not self._single:
            raise TypeError("a sparse Jacobian is with respect to one argument: pass one position or name as argnums")
        self.transform = None  # it is a matrix of SciPy: no program is made of it
        self._symmetric = symmetric
        self._patterns: dict[Any, tuple[Any, Any]] = {}
        self._plans: dict[Any, sparsity.Plan] = {}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the Jacobian at these arguments as a ``scipy.sparse.csr_array``."""
        if self._fits is not None:
            twin, args, kwargs = self._fitted(args, kwargs)
            return twin(*args, **kwargs)
        values = self._bind(args, kwargs)
        self._require_kind(values)
        matrix = self._products(values)
        key = (matrix.shape, *map(type_key, values))
        if key in self._plans:
            found = sparsity.read_off(matrix, self._plans[key])
            if sparsity.difference(found, matrix) < STALE:
                return found
        self._look(key, matrix)
        found = sparsity.read_off(matrix, self._plans[key])
        if sparsity.difference(found, matrix, of_row=False) > WRONG:
            raise FloatingPointError(
                f"the sparse Jacobian of {self._display} does not agree with a derivative in a random direction; "
                "is the function the same at each call?"
            )
        return found

    def _look(self, key: Any, matrix: sparsity.Matrix) -> None:
        """Find the pattern, add it to what was found at other points, and plan the sweeps."""
        m, n = matrix.shape
        if m < n and not self._symmetric:
            columns, rows = sparsity.find_pattern(matrix.flipped)
        else:
            rows, columns = sparsity.find_pattern(matrix)
        if key in self._patterns:
            before = self._patterns[key]
            rows, columns = np.concatenate([before[0], rows]), np.concatenate([before[1], columns])
        columns, rows = np.divmod(np.unique(columns * max(m, 1) + rows), max(m, 1))
        self._patterns[key] = rows, columns
        self._plans[key] = sparsity.plan(rows, columns, (m, n))

    def _products(self, values: list[Any]) -> sparsity.Matrix:
        """Return the Jacobian as products with it: forward mode one way, reverse mode the other."""
        x = values[self._wrt[0]]
        if not spaces.is_floating(x):
            raise TypeError(f"a sparse Jacobian is with respect to one array, not a {type(x).__name__}")
        self._now = "fwd"
        forward = self._find(values)
        live = [read() for read in forward.live_globals]
        results = forward.function(*values, *live, like(None, x, ""))
        if len(results) != 2 or not spaces.is_floating(results[0]):  # noqa: PLR2004
            raise TypeError(f"a sparse Jacobian is of a function that returns one array; {self._display} does not")
        y = results[0]

        def apply(v: Any) -> Any:
            return spaces.flat(forward.function(*values, *live, like(np.reshape(v, np.shape(x)), x, ""))[1], y)

        def transposed(w: Any) -> Any:
            self._now = "rev"
            reverse = self._find(values)
            around = [read() for read in reverse.live_globals]
            return spaces.flat(reverse.function(*values, *around, like(np.reshape(w, np.shape(y)), y, "")), x)

        shape = (np.size(y), np.size(x))
        back = apply if self._symmetric else transposed
        return sparsity.Matrix(shape, apply, back, np.result_type(x), np.result_type(y))


# -- inside functions -----------------------------------------------------------------------------------------------


def columns_of_jacobian(fun: Any, number: int, *args: Any) -> Any:
    """Return the Jacobian of ``fun`` at ``args`` with respect to argument ``number``, an array or a float."""
    x = args[number]

    def along(z: Any) -> Any:
        return fun(*args[:number], z, *args[number + 1 :])

    if np.ndim(x) == 0:
        return jvp(along, (x,), (1.0,))[1]
    columns = []
    for k in range(np.size(x)):
        unit = np.zeros(np.size(x))
        unit[k] = 1.0
        columns.append(jvp(along, (x,), (np.reshape(unit, np.shape(x)),))[1])
    joined = np.stack(columns, axis=-1)
    return np.reshape(joined, np.shape(joined)[:-1] + np.shape(x))


def columns_of_hessian(fun: Any, number: int, *args: Any) -> Any:
    """Return the Hessian of ``fun`` at ``args`` with respect to argument ``number``, an array or a float."""
    x = args[number]

    def slope(z: Any) -> Any:
        return grad(lambda y: fun(*args[:number], y, *args[number + 1 :]))(z)

    return columns_of_jacobian(slope, 0, x)


def product_with_hessian(fun: Any, number: int, *args: Any) -> Any:
    """Return the product of the Hessian with the last of ``args``."""
    x = args[number]
    v = args[-1]

    def slope(z: Any) -> Any:
        return grad(lambda y: fun(*args[:number], y, *args[number + 1 : -1]))(z)

    return jvp(slope, (x,), (v,))[1]


for _fun in (jacfwd, jacrev, jacobian):
    written_out(_fun, columns_of_jacobian)
written_out(hessian, columns_of_hessian)
written_out(hvp, product_with_hessian)

__all__ = ["HessianProduct", "Jacobian", "SparseJacobian", "hessian", "hvp", "jacfwd", "jacobian", "jacrev"]
