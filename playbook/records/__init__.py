"""A client's tables, read once; from order lines to days, customers and spells; consent and identity."""
