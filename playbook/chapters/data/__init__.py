"""01 Data: what we got, and whether it can be trusted."""
