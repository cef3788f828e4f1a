"""Networks to start from: `base.py` says what one is, each sibling brings some."""
