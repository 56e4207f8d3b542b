"""Winning customers back: from a client's order export to a plan and a measurement."""
