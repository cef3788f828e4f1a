"""Words compared by their letters, so that misreadings, inflections and compounds still agree; no I/O, no pictures."""
