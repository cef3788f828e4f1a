"""Why a match is one, in pictures."""

from shelflens.explain.page import DOWN_TO, Subject, catalogue_photo, write_explanations

__all__ = ["DOWN_TO", "Subject", "catalogue_photo", "write_explanations"]
