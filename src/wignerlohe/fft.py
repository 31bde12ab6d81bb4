"""Fast Fourier transforms: SciPy's, or MKL's where the optional extra ``fast`` is installed."""

from __future__ import annotations

from typing import Any

__all__ = ["fft", "hfft", "name"]

fft: Any
hfft: Any

try:
    from mkl_fft.interfaces.scipy_fft import fft, hfft

    name = "mkl_fft"
except ImportError:
    from scipy.fft import fft, hfft

    name = "scipy.fft"
