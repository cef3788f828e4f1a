"""Bulk work on other machines: jobs of `indexing.work` done by actors of a Ray cluster."""
