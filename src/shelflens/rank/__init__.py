"""Better orders from the vectors alone, and from all evidence together. Pure numpy; each method names its paper."""
