"""Fast Fourier transforms: SciPy's, or MKL's where the optional extra ``fast`` is installed."""

from __future__ import annotations

import importlib

try:
    _backend = importlib.import_module("mkl_fft.interfaces.scipy_fft")
except ImportError:
    _backend = importlib.import_module("scipy.fft")

name = _backend.__name__
fft = _backend.fft
irfft = _backend.irfft
