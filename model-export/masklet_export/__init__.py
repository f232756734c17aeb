"""Masklet's models: architecture, checkpoints, ONNX graphs, packs and the Python twin of the tracker."""
