"""Which words go with which looks: learnt from the catalogue itself, or a model that has learnt it elsewhere."""

from __future__ import annotations

import hashlib

from shelflens.assemble.parts import Parts
from shelflens.embed.texts import TOWER, TextChoice
from shelflens.tower import learn_words
from shelflens.tower.judging import OnStage


def learn(parts: Parts, *, model: str, on_progress: OnStage | None) -> TextChoice:
    """From now on searches by words use it. Raises ShelflensError, and then nothing changes."""
    embedder = None if model == TOWER else parts.text_embedder(model)
    learnt = learn_words(parts.records, space=parts.space.name, embedder=embedder, on_progress=on_progress)
    tower = learnt.tower.to_json() if learnt.tower else None
    choice = TextChoice(
        name=model,
        share=learnt.share,
        digest=hashlib.sha256((tower or model).encode()).hexdigest()[:12],
        products=learnt.products,
        questions=learnt.questions,
        top5_text=learnt.top5_text,
        top5_looks=learnt.top5_looks,
        top5=learnt.top5,
    )
    parts.documents.keep_texts(choice, tower=tower)
    parts.reread()
    return choice
