"""The tracker in Python over native ONNX Runtime: the same files, words and rules as the app's segment worker.

Pure policy: `memory_bank`, `select_memories`, `object_pointers`. Tensors: `prompt_tensors`, `preprocess_frame`,
`resize_logits`, `clean_up`, `track_frame`. Order of things: `propagate`, `video_segmenter`.
"""
