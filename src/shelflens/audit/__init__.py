"""Looks a catalogue over."""
