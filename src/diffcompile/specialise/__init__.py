"""From untyped SSA to typed SSA for one signature: infer types, resolve callees, inline, decide what is static."""

from diffcompile.specialise.driver import specialise
from diffcompile.specialise.program import Guard, Memory, Program

__all__ = ["Guard", "Memory", "Program", "specialise"]
