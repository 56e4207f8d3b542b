"""`client.yml` as typed models. Every default of the method stands here."""
