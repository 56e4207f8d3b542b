"""Papermill on one kernel per client, in sequence and in batches, and the pages that come of it."""
