"""What ``make bench`` runs: every figure is a ratio against something named, in the same run."""
