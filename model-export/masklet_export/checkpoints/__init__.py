"""Reading and writing weights: our own checkpoints, the prototype's, and transformers' SAM 2 folders."""
