"""Networks of other frameworks to model folders: `base.py` says what a reader gives, each kind has a sibling."""
