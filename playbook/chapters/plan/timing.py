"""Chapter 07: why a contact is made in its week, and what waiting for another one could bring at most."""

from dataclasses import dataclass

import numpy as np

from playbook.archive.findings import Finding, Findings
from playbook.chapters.plan.plan import Plan
from playbook.show.words import Words


@dataclass(frozen=True)
class Timing:
    """The weeks of a plan's contacts beside the best ones.

    Attributes
    ----------
    contacts, at_once : int
        Contacts of the plan, and those of them in the first week in which their offer is open.
    profit : float
        Expected profit with everybody's return probability at the end of the week of the contact.
    gain : float
        How much more at most, were each contact made in whichever week its offer is open has the
        highest expected profit, whatever the capacities; before what waiting itself costs: offers
        may work less well later, and some return meanwhile.
    """

    contacts: int
    at_once: int
    profit: float
    gain: float

    def findings(self) -> list[Finding]:
        """Return how many are contacted at once, and what the best weeks would bring more."""
        n = self.contacts
        return [
            Finding("contacts_at_once", self.at_once, unit="customers", n=n),
            Finding("gain_of_best_weeks", round(self.gain, 2) + 0.0, unit="money", n=n),
        ]

    def sentences(self, words: Words) -> list[str]:
        """Say how the weeks were chosen, and why."""
        return timing_sentences({finding.name: finding for finding in self.findings()}, words)


def timing(plan: Plan) -> Timing:
    """Compare the weeks of a plan's contacts with the best ones."""
    campaign, choice = plan.campaign, plan.assignment.choice
    at_once, made, best = 0, 0.0, 0.0
    for k, offer in enumerate(campaign.offers):
        rows = np.flatnonzero(choice == k)
        if not len(rows):
            continue
        first, last = campaign.window.open_weeks(offer)
        points, weeks = campaign.response_of(k), plan.assignment.week[rows]
        by_week = np.array(
            [
                campaign.profit(k, plan.form, points, campaign.chances[:, week - 1])[rows]
                for week in range(first, last + 1)
            ]
        )
        at_once += int((weeks == first).sum())
        made += float(by_week[weeks - first, np.arange(len(rows))].sum())
        best += float(by_week.max(axis=0).sum())
    return Timing(len(plan.contacts), at_once, made, best - made)


def timing_sentences(findings: Findings, words: Words) -> list[str]:
    """Word how the weeks were chosen, and why nobody is kept waiting."""
    at_once, gain = findings["contacts_at_once"], findings["gain_of_best_weeks"]
    if not at_once.n:
        return []
    return [
        words.say(
            "Every contact is made in the first week with room for it, the nearest deadline first, then"
            " whoever is expected to bring most: {at_once} of {n} as soon as their offer may be made.",
            at_once=words.number(at_once.value),
            n=words.number(at_once.n),
        ),
        words.say(
            "Nobody is kept waiting for a better week: with a week chosen for each, whatever the capacity,"
            " the plan would bring at most {gain} more, and that only if an offer works as well weeks later"
            " as now, which has not been measured.",
            gain=words.money(gain.value),
        ),
    ]
