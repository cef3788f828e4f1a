"""What is in this photo? Pictures to calibrated probabilities of a trained model's classes."""
