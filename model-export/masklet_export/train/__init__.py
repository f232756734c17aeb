"""`masklet-train`: data readers, synthetic clips, losses, prompts, the training loop and its checkpoints."""
