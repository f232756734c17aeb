"""Pseudo-labels for unlabelled video: a model's own masklets, kept only where independent checks agree with them."""
