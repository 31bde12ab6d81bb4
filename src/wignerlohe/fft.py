"""Fast Fourier transforms: SciPy's, or MKL's where the optional extra ``fast`` is installed."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]

_mkl: Any  # MKL's own interface, which takes an output array, and its threads
try:
    _backend = importlib.import_module("mkl_fft.interfaces.scipy_fft")
    _mkl = importlib.import_module("mkl_fft"), importlib.import_module("mkl")
except ImportError:
    _backend = importlib.import_module("scipy.fft")
    _mkl = None

THREADED = 2**18  # numbers from which threads pay; below, MKL's and those of the linear algebra would fight

name = _backend.__name__
fft = _backend.fft
irfft = _backend.irfft


def forward(values: ComplexArray, out: ComplexArray, axes: tuple[int, ...]) -> None:
    """Transform ``values`` into ``out``; the two may be the same array."""
    _transform("fftn", values, out, axes)


def inverse(values: ComplexArray, axes: tuple[int, ...]) -> None:
    """Transform back in place."""
    _transform("ifftn", values, values, axes)  # divides: with norm="forward", mkl_fft 2.3 scales batches wrongly


def _transform(which: str, values: ComplexArray, out: ComplexArray, axes: tuple[int, ...]) -> None:
    large = values.size >= THREADED
    if _mkl is not None:
        transforms, service = _mkl
        before = None if large else service.set_num_threads_local(1)
        if len(axes) == 1:  # batches of lines are one call, of planes one each
            getattr(transforms, which[:-1])(values, axis=axes[0], out=out)
        else:
            getattr(transforms, which)(values, axes=axes, out=out)
        if before is not None:
            service.set_num_threads_local(before)
        return
    if out is not values:
        np.copyto(out, values)
    result = getattr(_backend, which)(out, axes=axes, overwrite_x=True, workers=-1 if large else 1)
    if not np.may_share_memory(result, out):  # SciPy may, but need not, use the array that it may overwrite
        np.copyto(out, result)


def alone(size: int) -> AbstractContextManager[object]:
    """Keep threads of BLAS off the processors beside transforms of so many numbers: in turn they would fight."""
    if size == 0:
        return nullcontext()
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # it ships no types

    limits: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limits
