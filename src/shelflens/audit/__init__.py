"""Looks a catalogue over: photos that are there twice, photos of the wrong product, products that look alike."""

from shelflens.audit.as_json import diagnosis_json, duplicates_json
from shelflens.audit.customers import Customers, ask_customers
from shelflens.audit.doctor import Diagnosis, diagnose
from shelflens.audit.duplicates import Duplicates, find_duplicates
from shelflens.audit.pictures import GalleryPictures
from shelflens.audit.report import write_diagnosis, write_duplicates

__all__ = [
    "Customers",
    "Diagnosis",
    "Duplicates",
    "GalleryPictures",
    "ask_customers",
    "diagnose",
    "diagnosis_json",
    "duplicates_json",
    "find_duplicates",
    "write_diagnosis",
    "write_duplicates",
]
