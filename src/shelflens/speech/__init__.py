"""A spoken question becomes text, on this machine; no search, no pictures."""
