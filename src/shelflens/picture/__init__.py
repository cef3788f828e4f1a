"""The outside world's pictures, checked once: bytes, files, URLs, PIL images or arrays to upright sRGB."""
