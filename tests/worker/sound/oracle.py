"""Loudness and true peak after ITU-R BS.1770-4, written a second time with Fourier transforms: FFmpeg does not judge itself here."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
# Annex 1, tables 1 and 2: the head's shelf, and the low end that ears do not weigh; at 48 kHz
SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
BLOCK, STEP = int(0.4 * RATE_HZ), int(0.1 * RATE_HZ)


def measure(samples: NDArray[np.float32]) -> tuple[float, float]:
    """(LUFS with the one channel counted as two, dBTP)."""
    x = samples.reshape(-1).astype(np.float64)
    return _lufs(x), _true_peak_db(x)


def _lufs(x: NDArray[np.float64]) -> float:
    weighted = _weigh(x)
    powers = np.array([np.mean(weighted[start : start + BLOCK] ** 2) for start in range(0, x.size - BLOCK + 1, STEP)]) * 2
    loud = powers[_db(powers) > -70]
    if not loud.size:
        return -math.inf
    gated = loud[_db(loud) > float(_db(np.mean(loud))) - 10]
    return float(_db(np.mean(gated)))


def _db(power: NDArray[np.float64] | np.floating) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _weigh(x: NDArray[np.float64]) -> NDArray[np.float64]:
    size = _even(x.size + RATE_HZ)  # the filters' tail must not come round to the beginning
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.prod([np.polyval(b[::-1], z) / np.polyval(a[::-1], z) for b, a in (SHELF, HIGH_PASS)], axis=0)
    return np.fft.irfft(np.fft.rfft(x, size) * response, size)[: x.size]


def _true_peak_db(x: NDArray[np.float64]) -> float:
    """Four times the rate, by a longer spectrum."""
    size = _even(x.size + RATE_HZ)
    spectrum = np.fft.rfft(x, size)
    finer = np.fft.irfft(np.concatenate([spectrum, np.zeros(4 * size // 2 + 1 - spectrum.size)]), 4 * size) * 4
    return 20 * math.log10(max(float(np.abs(finer).max()), 1e-6))


def _even(size: int) -> int:
    """A length that a Fourier transform is quick with."""
    return 1 << (size - 1).bit_length()
