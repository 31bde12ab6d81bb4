"""Fourier interpolation of samples on an axis to half the spacing: where ``x +- y/2`` fall."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]


def refined(psi: ComplexArray, shift: float = 0.0) -> ComplexArray:
    """Values (..., 2n) of the trigonometric polynomial through samples (..., n), ``s + shift`` half steps from lower.

    >>> x = np.arange(5) / 5
    >>> bool(np.allclose(refined(np.exp(2j * np.pi * x), 0.5), np.exp(2j * np.pi * (np.arange(10) + 0.5) / 10)))
    True
    """
    n = psi.shape[-1]
    spectrum = np.fft.fft(psi)
    wide = np.zeros((*psi.shape[:-1], 2 * n), dtype=np.complex128)
    wide[..., : (n + 1) // 2] = spectrum[..., : (n + 1) // 2]
    wide[..., -(n // 2) :] = spectrum[..., -(n // 2) :]
    if n % 2 == 0:  # the highest wavenumber has no sign: half of it goes to either side
        wide[..., n // 2] = wide[..., -(n // 2)] = spectrum[..., n // 2] / 2
    if shift:
        wide *= np.exp(2j * np.pi * shift * np.fft.fftfreq(2 * n))
    return 2 * np.fft.ifft(wide)
