"""08 Measurement: whether it worked, and whether it lasts."""
