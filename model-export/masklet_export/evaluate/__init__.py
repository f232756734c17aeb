"""`masklet-eval` and `masklet-vos`: measures, protocols and whole-data-set runs over any `VideoSegmenter`."""
