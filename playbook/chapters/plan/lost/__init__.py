"""Those who are lost, and what the plan does with them: the best of them, and by columns of the client's."""
