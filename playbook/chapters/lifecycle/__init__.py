"""02 Lifecycle: in which stage every contact is, and who is at risk."""
