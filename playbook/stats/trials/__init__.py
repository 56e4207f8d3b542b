"""Campaigns as randomised trials: arms, effects, verdicts."""
