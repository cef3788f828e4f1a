"""WAV files of every kind, read to one."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from shelflens.errors import SpeechError
from shelflens.speech.base import RATE
from shelflens.speech.recording import read_wav, read_wav_file


def tone(rate: int, *, seconds: float = 0.5, hertz: float = 440.0) -> NDArray[np.float64]:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def recorded(samples: NDArray[np.float64], rate: int, *, width: int = 2, channels: int = 1) -> bytes:
    if width == 1:
        data = np.rint(samples * 127 + 128).astype(np.uint8).tobytes()
    elif width == 3:
        data = np.rint(samples * (2**23 - 1)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    else:
        data = np.rint(samples * (2.0 ** (8 * width - 1) - 1)).astype(f"<i{width}").tobytes()
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(channels)
        wav.setsampwidth(width)
        wav.setframerate(rate)
        wav.writeframes(data)
    return file.getvalue()


@pytest.mark.parametrize("width", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 48_000])
def test_every_rate_and_width_is_the_same_tone(rate: int, width: int) -> None:
    samples = read_wav(recorded(tone(rate), rate, width=width))
    assert samples.dtype == np.float32
    assert len(samples) == pytest.approx(RATE / 2, abs=1)
    middle = slice(1_000, 7_000)
    np.testing.assert_allclose(samples[middle], tone(RATE)[: len(samples)][middle], atol=0.03)


def test_what_is_too_high_for_the_rate_is_cut_off_and_not_folded_down() -> None:
    samples = read_wav(recorded(tone(48_000, hertz=15_000), 48_000))
    assert np.abs(samples[1_000:7_000]).max() < 0.01


def test_two_channels_are_their_mean() -> None:
    one, other = tone(16_000), np.zeros(8_000)
    both = np.stack([one, other], axis=1).reshape(-1)
    np.testing.assert_allclose(read_wav(recorded(both, 16_000, channels=2)), one / 2, atol=1e-3)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "not a WAV file"),
        (b"RIFF....WAVE", "not a WAV file"),
        (b"\xff\xd8 a picture", "not a WAV file"),
        (recorded(tone(4_000), 4_000), "4000 samples a second"),
        (recorded(tone(8_000, seconds=0), 8_000), "it is empty"),
        (recorded(tone(8_000, seconds=31), 8_000), "longer than 30 seconds"),
    ],
)
def test_what_cannot_be_understood_says_why(data: bytes, wrong: str) -> None:
    with pytest.raises(SpeechError, match=f"here: .*{wrong}"):
        read_wav(data, name="here")


def test_a_damaged_recording_is_read_or_refused(spoken: Path) -> None:
    data = spoken.read_bytes()
    random = np.random.default_rng(0)
    for _ in range(200):
        damaged = bytearray(data[: int(random.integers(0, 200))] if random.random() < 0.5 else data[:2_000])
        for _ in range(int(random.integers(1, 6))):
            if damaged:
                damaged[int(random.integers(0, min(60, len(damaged))))] = int(random.integers(256))
        try:
            samples = read_wav(bytes(damaged))
        except SpeechError:
            continue
        assert np.isfinite(samples).all()


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SpeechError, match=r"none\.wav: cannot be read"):
        read_wav_file(tmp_path / "none.wav")
