"""Packs: a manifest and four graphs in a folder (format in docs/model-pack.md)."""
