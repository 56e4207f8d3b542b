"""The catalogue of offers: presets, a client's own, and what is wrong with it in one sentence."""

from datetime import date
from pathlib import Path

import pytest

from playbook.errors import SettingsError
from playbook.offers import catalogue
from playbook.settings.client import PRESETS, Settings
from playbook.show.words import Words
from tests.builders import settings_of

CALL = """offers:
  - name: Call
    kind: emotional
    channel: phone
    cost: 5
    responsible: sales
    response: {points: 0.05, low: 0, high: 0.1}
"""


def settings(**offers) -> Settings:
    return Settings.model_validate({"client": "x", "tables": {"orders": {}}, "offers": offers})


def load(folder: Path, text: str) -> tuple[catalogue.Offer, ...]:
    (folder / "offers.yml").write_text(text)
    return catalogue.load(settings(catalogue="offers.yml"), folder)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_a_catalogue_of_assumptions_for_everybody_and_for_complaints(preset, tmp_path):
    given = Settings.model_validate({"client": "x", "preset": preset, "tables": {"orders": {}}})
    offers = catalogue.load(given, tmp_path)
    assert all(offer.response.source == "assumed" for offer in offers)
    assert any("complaint" in offer.suits for offer in offers)
    assert any(not offer.suits and offer.channel == "letter" for offer in offers)
    assert all(offer.first_words for offer in offers)


def test_a_clients_own_catalogue_replaces_the_presets(tmp_path):
    [offer] = load(tmp_path, CALL + "    last_day: 2026-03-31\n")
    assert (offer.name, offer.cost, offer.last_day) == ("Call", 5, date(2026, 3, 31))
    assert (offer.discount, offer.second_life_share, offer.suits) == (0, 1, ())


def test_the_cheapest_contact_is_the_lowest_cost(tmp_path):
    offers = load(
        tmp_path, CALL + CALL.removeprefix("offers:\n").replace("Call", "Mail").replace("5\n", "2\n")
    )
    assert catalogue.cheapest_contact(offers) == 2


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("emotional", "emotinal", ["line 3", "'Call'", "kind", "Did you mean 'emotional'?"]),
        ("phone", "e-mail", ["line 4", "'Call'", "channel", "Did you mean 'email'?"]),
        ("cost: 5", "cost: -5", ["line 5", "'Call'", "cost", "greater than or equal to 0", "-5"]),
        ("cost: 5", "cost: .inf", ["line 5", "'Call'", "cost", "finite"]),
        ("cost: 5", "costs: 5", ["line 5", "'Call'", "costs is not a known key", "Did you mean 'cost'?"]),
        ("points: 0.05", "points: 0.5", ["line 7", "'Call'", "points must lie between low and high"]),
        ("    responsible: sales\n", "", ["'Call'", "responsible is missing"]),
        ("name: Call", "kinds: x", ["offer 1"]),
        ("sales", "sales\n    suits: [complaints]", ["suits", "Did you mean 'complaint'?"]),
        ("sales", "sales\n    last_day: 2026-13-01", ["a date or a number in it does not exist"]),
        ("phone", "[phone", ["line 5", "this is no YAML"]),
        ("offers:", "offer:", ["a list of offers under 'offers:'"]),
    ],
)
def test_a_mistake_is_said_in_one_sentence_with_file_line_and_offer(old, new, parts, tmp_path):
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, CALL.replace(old, new, 1))
    message = str(caught.value)
    assert message.startswith("offers.yml") and "\n" not in message
    assert all(part in message for part in parts), message


def test_an_offer_must_not_end_before_it_begins(tmp_path):
    with pytest.raises(SettingsError, match="first_day must not lie after last_day"):
        load(tmp_path, CALL + "    first_day: 2026-02-01\n    last_day: 2026-01-01\n")


def test_two_offers_of_one_name_are_refused_with_the_line_of_the_second(tmp_path):
    with pytest.raises(SettingsError, match=r"line 8: there are two offers named 'Call'"):
        load(tmp_path, CALL + CALL.removeprefix("offers:\n"))


def test_a_catalogue_that_is_not_there_is_said_by_name(tmp_path):
    with pytest.raises(SettingsError, match=r"names mine\.yml, which is not in the client's folder"):
        catalogue.load(settings(catalogue="mine.yml"), tmp_path)


@pytest.mark.parametrize("text", ["offers: []\n", "offers:\n  - hello\n", "offers: all\n"])
def test_a_catalogue_without_offers_is_refused(text, tmp_path):
    with pytest.raises(SettingsError):
        load(tmp_path, text)


def test_the_table_shows_cost_incentives_and_that_responses_are_assumed(tmp_path):
    own = CALL + "    incentive_return: 8\n    discount: 0.2\n    incentive_stay: 12\n    stay_days: 90\n"
    row = catalogue.table(load(tmp_path, own), Words()).frame.iloc[0]
    assert row["incentive"].replace("\xa0", " ") == "CHF 8 on return, 20% off one order, CHF 12 after 90 days"
    assert (row["response"], row["source"], row["cost"]) == ("0.0 to 10.0", "assumed", 5)


def test_francs_become_the_client_s_money_by_its_rate_or_an_assumed_one_and_are_refused_without(tmp_path):
    [own] = [made for made in catalogue.load(settings_of(), tmp_path) if made.stay_stages]
    stated = settings_of(currency="BRL", offers={"exchange_rate": 6.5})
    [reais] = [made for made in catalogue.load(stated, tmp_path) if made.stay_stages]
    assert (reais.cost, reais.incentive_return) == (round(6.5 * own.cost, 2), 6.5 * own.incentive_return)
    assert [part.amount for part in reais.stays] == [6.5 * part.amount for part in own.stays]
    assert catalogue.load(settings_of(currency="EUR"), tmp_path)[0].cost == pytest.approx(1.07 * 9.0)
    with pytest.raises(SettingsError, match=r"retail\.yml is in CHF and the client's money in BRL"):
        catalogue.load(settings_of(currency="BRL"), tmp_path)


def test_what_a_contact_costs_the_client_replaces_the_catalogue_s_price_of_its_channel(tmp_path):
    before = catalogue.load(settings_of(), tmp_path)
    after = catalogue.load(settings_of(offers={"contact_costs": {"phone": 12}}), tmp_path)
    for old, new in zip(before, after, strict=True):
        assert new.cost == (12 if old.channel == "phone" else old.cost)
    assert {offer.channel for offer in before} > {"phone"}


def test_a_client_s_own_catalogue_is_in_the_client_s_money_unless_it_says_otherwise(tmp_path):
    text = (catalogue.PRESETS / "retail.yml").read_text(encoding="utf-8")
    (tmp_path / "own.yml").write_text(text.replace("currency: CHF", "currency: USD"), encoding="utf-8")
    (tmp_path / "plain.yml").write_text(text.replace("currency: CHF", ""), encoding="utf-8")
    for name in ("own.yml", "plain.yml"):
        chosen = settings_of(currency="USD", offers={"catalogue": name})
        assert catalogue.load(chosen, tmp_path)[0].cost == 9.0
