"""The HTTP API over catalogues. Needs the extra `serve`."""
