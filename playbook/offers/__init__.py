"""What can be offered: the catalogue, what it is expected to change, and the first words."""
