"""05 Early warning: who is about to leave."""
