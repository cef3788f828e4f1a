"""Measures of retrieval, classes and calibration: pure functions from rankings to numbers, one value per query.

Means, intervals and groups are taken over those values, so every measure is defined for every query: one
whose product is not in the gallery is a miss and scores 0 everywhere.
"""
