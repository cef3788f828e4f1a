"""English, by PocketSphinx: its acoustic model is inside its wheel, so nothing is fetched.

Huggins-Daines et al., "PocketSphinx: A Free, Real-Time Continuous Speech Recognition System for Hand-Held Devices",
ICASSP 2006. Its general language model makes nonsense of short questions; one of the catalogue's own phrases does not.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Collection, Container, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shelflens.errors import SpeechError
from shelflens.speech.base import RATE, Samples
from shelflens.text.grams import words

MOST_PHRASES = 20_000


class SphinxRecogniser:
    """A Recogniser. A word that is not in the CMU dictionary (an invented brand) cannot be heard."""

    def __init__(self, phrases: Sequence[str]) -> None:
        try:
            import pocketsphinx
            from pocketsphinx.lm import ArpaBoLM
        except ImportError:
            raise SpeechError("spoken questions need PocketSphinx: pip install 'shelflens[speech]'") from None
        wanted = {word for phrase in phrases for word in words(phrase)}
        pronounced = _pronounced(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")), wanted)
        if not pronounced:
            raise SpeechError("no word of this catalogue is in the English dictionary; questions cannot be spoken")
        model = ArpaBoLM(text="\n".join(_sentences(phrases, pronounced)), add_start=True)
        model.compute()
        with tempfile.TemporaryDirectory(prefix="shelflens-speech-") as folder:
            dictionary_file, model_file = Path(folder) / "words.dict", Path(folder) / "phrases.lm"
            dictionary_file.write_text("".join(pronounced.values()), encoding="utf-8")
            model.write_file(str(model_file))
            self._decoder: Any = pocketsphinx.Decoder(
                loglevel="FATAL", samprate=RATE, lm=str(model_file), dict=str(dictionary_file)
            )
        self._lock = threading.Lock()

    def hear(self, samples: Samples) -> str:
        """As `Recogniser` says."""
        loudest = float(np.abs(samples).max(initial=0.0))
        if loudest < 1e-4:
            return ""
        data = (samples * (0.7 * 32_767 / loudest)).astype("<i2").tobytes()
        with self._lock:
            self._decoder.start_utt()
            self._decoder.process_raw(data, full_utt=True)
            self._decoder.end_utt()
            heard = self._decoder.hyp()
        return str(heard.hypstr).strip() if heard else ""


def _pronounced(dictionary: Path, wanted: Container[str]) -> dict[str, str]:
    """The dictionary's lines for each wanted word that it has; `read(2)` is another way to say `read`."""
    lines: dict[str, str] = {}
    with dictionary.open(encoding="utf-8") as file:
        for line in file:
            word = line.partition(" ")[0].partition("(")[0]
            if word in wanted:
                lines[word] = lines.get(word, "") + line
    return lines


def _sentences(phrases: Iterable[str], pronounced: Collection[str]) -> list[str]:
    """The phrases as far as they can be pronounced, and each word by itself, so that any may follow any."""
    said = (" ".join(word for word in words(phrase) if word in pronounced) for phrase in phrases)
    return [*[sentence for sentence in said if sentence][:MOST_PHRASES], *pronounced]
