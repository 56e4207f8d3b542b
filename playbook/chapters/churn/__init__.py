"""04 Churn: when a customer is lost, who comes back unaided, and what waiting costs."""
