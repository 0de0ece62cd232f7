"""What the design of a filter does not move with: prototypes, and which roots make a section."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

PROTOTYPES = {
    "butter": signal.buttap, "butterworth": signal.buttap, "cheby1": signal.cheb1ap, "chebyshev1": signal.cheb1ap,
    "chebyshevi": signal.cheb1ap, "cheby2": signal.cheb2ap, "chebyshev2": signal.cheb2ap,
    "chebyshevii": signal.cheb2ap, "ellip": signal.ellipap, "elliptic": signal.ellipap, "cauer": signal.ellipap,
}  # fmt: skip
NORMS = {"bessel": "phase", "bessel_phase": "phase", "bessel_delay": "delay", "bessel_mag": "mag"}


def prototype(kind: str, order: int, rp: Any, rs: Any) -> tuple[Any, Any, float]:
    """Return zeros, poles and gain of the analog lowpass filter, of frequency 1, that a design begins with."""
    if kind in NORMS:
        z, p, k = signal.besselap(order, norm=NORMS[kind])
    elif kind in PROTOTYPES:
        z, p, k = PROTOTYPES[kind](order, *(ripple for ripple in (rp, rs) if ripple is not None))
    else:
        raise ValueError(f"'{kind}' is not a valid basic IIR filter.")
    return np.asarray(z) + 0j, np.asarray(p) + 0j, float(k)


def section_pairs(z: Any, p: Any, k: Any, analog: bool) -> tuple[Any, Any]:
    """Return which zeros and which poles make the sections of ``scipy.signal.zpk2sos``, two in a row of numbers.

    The zeros and poles are as many as two for each section, as SciPy completes them at the origin.
    """
    sections = signal.zpk2sos(z, p, k, analog=analog)
    return _nearest(sections[:, :3], z), _nearest(sections[:, 3:], p)


def _nearest(polynomials: Any, roots: Any) -> Any:
    """Return for each quadratic polynomial the two ``roots`` that it was made of."""
    free = np.ones(len(roots), bool)
    rows = []
    for a, b, c in polynomials:
        split = np.sqrt(b * b - 4.0 * a * c + 0j)
        row = []
        for root in ((-b + split) / (2.0 * a), (-b - split) / (2.0 * a)):
            row.append(int(np.argmin(np.where(free, np.abs(roots - root), np.inf))))
            free[row[-1]] = False
        rows.append(row)
    return np.array(rows)


def decimating_sections(order: Any, factor: int) -> Any:
    """Return the sections with which ``scipy.signal.decimate`` takes out what is too fast to be seen afterwards."""
    return signal.cheby1(8 if order is None else order, 0.05, 0.8 / factor, output="sos")


def decimating_window(order: Any, factor: int) -> Any:
    """Return the window with which ``scipy.signal.decimate`` does the same by sums."""
    return signal.firwin((20 * factor if order is None else order) + 1, 1.0 / factor, window="hamming")
