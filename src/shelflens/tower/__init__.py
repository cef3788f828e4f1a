"""Learns which words go with which looks, from a catalogue's own products: what `learn-words` does."""

from shelflens.tower.learning import Learnt, learn_words

__all__ = ["Learnt", "learn_words"]
