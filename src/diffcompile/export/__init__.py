"""A gradient as a module of its own that needs NumPy alone: helpers inlined, arguments checked, typed."""

from diffcompile.export.inline import ExportError
from diffcompile.export.module import exported

__all__ = ["ExportError", "exported"]
