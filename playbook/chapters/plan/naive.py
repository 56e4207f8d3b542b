"""The naive campaign: the same discount for everybody, and what it really brings."""

from dataclasses import dataclass

from playbook.chapters.plan.campaign import Campaign
from playbook.offers.response import Form, incentive_return
from playbook.show.words import Words
from playbook.stats.survival import Array


@dataclass(frozen=True)
class SameForAll:
    """One financial offer to all the addressed who may get it, as it is usually done.

    Attributes
    ----------
    offer : str or None
        None where the catalogue has no financial offer.
    customers : int
        How many get it.
    returners, unaided : float
        Customers who are expected to return, and who of them would have come anyway.
    spend : float
        Contacts and incentives.
    given_away : float
        Incentives of those who would have come anyway.
    claimed, profit : float
        What the campaign seems to bring (the second lives of all who return, less the spend), and
        what it brings more than doing nothing.
    """

    offer: str | None
    customers: int
    returners: float
    unaided: float
    spend: float
    given_away: float
    claimed: float
    profit: float

    def sentences(self, words: Words) -> list[str]:
        """Say what the campaign seems to bring, and what it does bring."""
        if self.offer is None or not self.customers:
            return [
                words.say(
                    "There is nothing to compare with: the catalogue holds no discount, bonus or credit that"
                    " anybody here may get."
                )
            ]
        say, money, number = words.say, words.money, words.number
        said = [
            say(
                "“{offer}” to all {n} who may get it costs {spend}. {returners} return, and the campaign"
                " seems to bring {claimed}.",
                offer=self.offer,
                n=number(self.customers),
                spend=money(self.spend),
                returners=number(self.returners),
                claimed=money(self.claimed),
            ),
            say(
                "But {unaided} of them would have come anyway: their incentives, {given}, are given away.",
                unaided=number(self.unaided),
                given=money(self.given_away),
            ),
        ]
        if self.profit < 0:
            loss = money(-self.profit)
            return [*said, say("Compared with doing nothing this campaign loses {loss}.", loss=loss)]
        profit = money(self.profit)
        return [*said, say("Compared with doing nothing this campaign brings {profit}.", profit=profit)]


def same_for_all(campaign: Campaign) -> SameForAll:
    """Return what the financial offer that reaches most would bring, made to everybody it may reach."""
    reached = campaign.suits.sum(axis=0)
    financial = [k for k, offer in enumerate(campaign.offers) if offer.kind == "financial"]
    if not financial:
        return SameForAll(None, 0, 0, 0, 0, 0, 0, 0)
    k = max(financial, key=lambda offer: (campaign.offers[offer].discount > 0, reached[offer]))
    form: Form = campaign.settings.offers.response
    rows, offer, points = campaign.suits[:, k], campaign.offers[k], campaign.response_of(k)

    def total(values: Array) -> float:
        return float(values[rows].sum())

    p1, incentive = campaign.chance_with(k, form, points), incentive_return(offer, campaign.mean_order)
    spend = total(campaign.spend(k, form, points))
    return SameForAll(
        offer=offer.name,
        customers=int(rows.sum()),
        returners=total(p1),
        unaided=total(campaign.p0),
        spend=spend,
        given_away=total(campaign.p0 * incentive),
        claimed=total(p1 * offer.second_life_share * campaign.v0) - spend,
        profit=total(campaign.profit(k, form, points)),
    )
