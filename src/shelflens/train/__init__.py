"""Learns from the shop's own photos; the only place that imports torch. What it writes is served without torch."""
