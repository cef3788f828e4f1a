"""Why a match is one, in pictures."""

from shelflens.explain.page import Subject, catalogue_photo, write_explanations

__all__ = ["Subject", "catalogue_photo", "write_explanations"]
