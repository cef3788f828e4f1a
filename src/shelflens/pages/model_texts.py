"""Every word of the report on a trained model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelTexts:
    headline: str = "Headline"
    curves: str = "Curves"
    matrix: str = "Confusion matrix"
    matrix_hint: str = (
        "Each row holds the photos of one class, by what the model said of them: the stronger the colour, the larger "
        "the share of the row. Mistakes stand off the diagonal."
    )
    matrix_left_out: str = "more classes, with fewer mistakes, are not drawn"
    truth: str = "is"
    answer: str = "said to be"
    map: str = "Map of the vectors"
    right: str = "right"
    wrong: str = "wrong"
    unseen: str = "label not learnt"
    retrieval: str = "Searching with its vectors"
    retrieval_hint: str = "Photos of one label should be each other's nearest, also for labels that it has not learnt."
    photos_of: str = "Photos of"
    queries: str = "Queries"
    classes: str = "Class by class"
    classes_hint: str = "Weakest F1 first."
    label: str = "Class"
    photos: str = "Photos"
    precision: str = "Precision"
    recall: str = "Recall"
    f1: str = "F1"
    auroc: str = "AUROC"
    average_precision: str = "AP"
    worst: str = "Worst mistakes"
    worst_hint: str = "The surest wrong answers first."
    no_worst: str = "No mistakes"
    no_worst_hint: str = "Every photo of a class that the model has learnt was told right."
    photo: str = "Photo"
    no_example: str = "No other photo of it among these"
    heat: str = "What spoke for it"
    answered: str = "Said to be"
    really: str = "Is"
    pairs: str = "Most confused classes"
    pairs_hint: str = "A class and another that its photos were taken for."
    taken_for: str = "taken for"
    one_photo: str = "photo"
    many_photos: str = "photos"
    its_photos: str = "Its photos"
    activation_hint: str = (
        "The heat shows which places look most like the photos of the class that was answered (class activation)."
    )
    occlusion_hint: str = (
        "The heat shows where covering the picture costs the answer most of its probability (occlusion)."
    )


MODEL_ENGLISH = ModelTexts()
