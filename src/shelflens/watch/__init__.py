"""Given products in videos: when they appear, and when they are gone."""
