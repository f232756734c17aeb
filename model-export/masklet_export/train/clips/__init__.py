"""Synthetic clips, made in batches with torch operations on whatever device holds the pictures."""
