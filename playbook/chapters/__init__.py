"""The eight chapters, a folder each. None imports another: what two need is in `stats` or `offers`."""
