"""One file per data layout; every reader yields the record types of `records.py`."""
