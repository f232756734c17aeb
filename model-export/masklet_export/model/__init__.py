"""The networks as PyTorch modules; nothing here knows of ONNX, packs or videos."""
