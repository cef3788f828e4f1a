"""Self-contained HTML pages: values and JPEG bytes in, one string out; no outside asset, no script."""
