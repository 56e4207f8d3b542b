"""06 Scoring: whom we want back first, and whom we let go."""
