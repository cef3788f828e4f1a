"""A WAV file becomes samples: one channel, 16,000 a second."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shelflens.errors import SpeechError
from shelflens.speech.base import RATE, Samples

MOST_SECONDS = 30.0  # a question; what is longer is something else
MOST_BYTES = 32 << 20
RATES = range(8_000, 192_001)


def read_wav_file(path: Path) -> Samples:
    """Raises SpeechError."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SpeechError(f"{path}: cannot be read ({error.strerror}); a WAV file is needed") from None
    return read_wav(data, name=str(path))


def read_wav(data: bytes, *, name: str = "the recording") -> Samples:
    """PCM of 8, 16, 24 or 32 bits. Raises SpeechError."""
    if len(data) > MOST_BYTES:
        raise SpeechError(f"{name}: {len(data)} bytes; at most {MOST_BYTES} are read")
    try:
        with wave.open(io.BytesIO(data)) as recording:
            channels, width, rate = recording.getnchannels(), recording.getsampwidth(), recording.getframerate()
            if not (1 <= width <= 4 and 1 <= channels <= 32):
                raise SpeechError(f"{name}: {channels} channels of {8 * width} bits; record it as 16-bit PCM")
            if rate not in RATES:
                raise SpeechError(f"{name}: {rate} samples a second; 8000 to 192000 can be understood")
            frames = recording.readframes(int(MOST_SECONDS * rate) + 1)
    except (wave.Error, EOFError, ValueError, RuntimeError) as error:  # `wave` lets RuntimeError through
        raise SpeechError(f"{name}: not a WAV file of plain PCM ({error}); record it as 16-bit PCM") from None
    frames = frames[: len(frames) - len(frames) % (width * channels)]
    samples = _values(frames, width).reshape(-1, channels).mean(axis=1)
    if len(samples) > MOST_SECONDS * rate:
        raise SpeechError(f"{name}: longer than {MOST_SECONDS:.0f} seconds; say what you look for in a few words")
    if not len(samples):
        raise SpeechError(f"{name}: it is empty")
    return _resampled(samples, rate)


def _values(frames: bytes, width: int) -> NDArray[np.float64]:
    """-1..1; 8 bits are unsigned, as WAV has it."""
    if width == 1:
        return np.frombuffer(frames, np.uint8) / 128.0 - 1.0
    if width == 3:
        padded = np.zeros((len(frames) // 3, 4), np.uint8)
        padded[:, 1:] = np.frombuffer(frames, np.uint8).reshape(-1, 3)
        return padded.view("<i4")[:, 0] / 2.0**31
    return np.frombuffer(frames, f"<i{width}") / 2.0 ** (8 * width - 1)


def _resampled(samples: NDArray[np.float64], rate: int) -> Samples:
    """By its spectrum: what is above half the new rate is cut off, not folded down."""
    if rate == RATE:
        return samples.astype(np.float32)
    count = max(1, round(len(samples) * RATE / rate))
    spectrum = np.fft.rfft(samples)[: count // 2 + 1]
    return (np.fft.irfft(spectrum, count) * (count / len(samples))).astype(np.float32)
