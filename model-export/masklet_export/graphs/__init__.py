"""The four ONNX graphs of a pack, one file per graph, written node by node.

Written by hand rather than traced: `torch.onnx.export` surrounds every dynamic reshape with int64 shape arithmetic
and turns row permutations into GatherND. Here a node exists because the network needs it, weights keep their
state-dict names, and what can be computed from weights alone stays a node that ONNX Runtime folds at load.
"""
