"""`playbook new`: how files are written, which column is which, and the client.yml that is proposed."""
