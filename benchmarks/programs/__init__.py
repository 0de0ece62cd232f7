"""The programs, a file a subject."""

from benchmarks.programs import dynamics, factorisations, learning, statistics, stencils
from benchmarks.programs.program import Program

ALL: list[Program] = [
    *learning.PROGRAMS,
    *stencils.PROGRAMS,
    *factorisations.PROGRAMS,
    *dynamics.PROGRAMS,
    *statistics.PROGRAMS,
]

__all__ = ["ALL", "Program"]
