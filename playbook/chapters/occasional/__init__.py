"""03 Occasional buyers: who was hardly ever going to be a customer."""
