"""Self-checks of the exercises: they say whether an answer is right, and never stop a run."""

from playbook.show.display import Say


def compare(answer: float | None, expected: float, hint: str, tolerance: float = 0.01) -> Say:
    """Say whether a number is right to within ``tolerance`` of its size.

    Parameters
    ----------
    answer : float or None
        None where nobody has answered yet.
    expected : float
    hint : str
        Shown with an answer that is not right.
    """
    if answer is None:
        return Say(["Your turn: replace None with your answer and run the cell again."])
    if abs(answer - expected) <= tolerance * max(abs(expected), 1e-12):
        return Say([f"Right: {expected:,.4g}."])
    return Say([f"Not yet: {answer:,.4g} is not it. {hint}"])
