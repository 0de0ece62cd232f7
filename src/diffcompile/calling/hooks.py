"""What calls need of the compiler above them, which sets these when it is imported."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

from diffcompile.frontend.lower import Code

Pullback = Callable[[Any], tuple[Any, ...]]
compile_pair: Callable[[Code, tuple[Any, ...], tuple[int, ...], Any], Any]
"""Of a function, arguments, the differentiated ones, and the callee, which knows what of its arguments it returns."""
compile_tangent: Callable[[Code, tuple[Any, ...], tuple[int, ...], Any], Any]
"""Likewise, for forward mode."""
compile_program: Callable[[Any, tuple[int, ...], tuple[int, ...], bool], Any]
"""Of a typed program, the differentiated parameters, those whose contents it returns, and whether in forward mode."""
typed: Callable[[Any, tuple[Any, ...], tuple[int, ...]], Any]
"""Of a callee, arguments and the differentiated ones: the callee with types; see :mod:`diffcompile.calling.derived`."""
derive: Callable[[Any, str, tuple[int, ...]], Any]
"""Of a callee with types: its pullback or tangent."""
code_of_function: Callable[[types.FunctionType], Code]
fitted: Callable[[Any, int, tuple[str, ...]], types.FunctionType]
"""Of a derivative or a partial application, the number of arguments and keywords: a function with source."""
