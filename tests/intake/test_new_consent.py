"""Whoever refused stays out of reach of a proposal that nobody corrected."""

import pandas as pd
import pytest
import xlsxwriter

from playbook.errors import CallError, DataError
from playbook.intake.meaning import columns_ruled
from playbook.intake.propose import propose
from playbook.records.canonical import CONSENTS
from playbook.records.consent import consents
from playbook.records.sources import open_sources
from playbook.settings.client import load

ORDERS = "Kundennr;Datum;Betrag\n" + "".join(
    f"{1000 + n % 8};{day:%Y-%m-%d};{n}.50\n" for n, day in enumerate(pd.date_range("2024-01-01", periods=40))
)
PEOPLE = "Kundennr;Name;E-Mail;Kunde seit{more}\n" + "".join(
    f"{1000 + n};Anna {n};anna{n}@example.com;2023-01-0{n + 1}{{cells[{n}]}}\n" for n in range(8)
)
ASKED = ["ja", "nein", "", "ja", "nein", "", "ja", "nein"]


def people(*columns: tuple[str, list[str]]) -> str:
    cells = ["".join(f";{values[n]}" for _, values in columns) for n in range(8)]
    return PEOPLE.format(more="".join(f";{name}" for name, _ in columns), cells=cells)


@pytest.fixture
def proposed(tmp_path):
    """Propose for files by name; return what was said, client.yml, and each customer's answer by channel."""

    def of(**files: str):
        paths = []
        for name, text in files.items():
            paths.append(tmp_path / f"{name}.csv")
            paths[-1].write_text(text, encoding="utf-8")
        proposal = propose("acme", paths, tmp_path / "data", None)
        settings = load("acme", tmp_path / "data")
        sources = open_sources(settings, tmp_path / "data" / "acme")
        found = consents([str(1000 + n) for n in range(8)], sources, settings).set_index("customer_id")
        sources.close()
        return proposal.said, proposal.path.read_text(), found

    return of


def refused(found: pd.DataFrame, channel: str) -> list[int]:
    return [int(one) - 1000 for one in found.index[found[f"consent_{channel}"] == "refused"]]


def test_a_refusal_in_any_of_several_columns_holds(proposed):
    marks = [["x" if n == place else "" for n in range(8)] for place in (1, 3, 5)]
    columns = zip(("Werbesperre", "Robinson", "gesperrt"), marks, strict=True)
    _, written, found = proposed(bestellungen=ORDERS, kunden=people(*columns))
    assert "no_contact:" in written and "- Robinson" in written
    for channel in CONSENTS:
        assert refused(found, channel.removeprefix("may_")) == [1, 3, 5]


def test_a_consent_in_several_columns_is_a_yes_where_none_says_no(proposed):
    other = ["ja", "ja", "ja", "", "", "nein", "nein", "nein"]
    _, _, found = proposed(bestellungen=ORDERS, kunden=people(("Newsletter", ASKED), ("E-Mail ok", other)))
    assert list(found["consent_email"]) == [
        *("allowed", "refused", "allowed", "allowed", "refused", "refused", "refused", "refused")
    ]


def test_a_general_no_closes_all_channels_and_a_yes_opens_email_alone(proposed):
    _, written, found = proposed(bestellungen=ORDERS, kunden=people(("Werbung erlaubt", ASKED)))
    assert "may_advertise: Werbung erlaubt" in written
    for channel in CONSENTS:
        assert refused(found, channel.removeprefix("may_")) == [1, 4, 7]
    assert (found["consent_email"] == "allowed").tolist() == [answer == "ja" for answer in ASKED]
    assert not found["consent_phone"].isin(["allowed"]).any()


def test_a_negative_name_never_opens_a_channel(proposed):
    _, _, found = proposed(bestellungen=ORDERS, kunden=people(("Newsletter gekündigt", ASKED)))
    assert refused(found, "email") == [0, 3, 6] and not (found == "allowed").any(axis=None)


def test_a_file_with_refusals_of_the_same_customers_is_taken_too(proposed):
    blocked = "Kundennr;Name;Werbesperre\n" + "".join(
        f"{1000 + n};Anna {n};{'x' * (n == 2)}\n" for n in range(8)
    )
    said, _, found = proposed(bestellungen=ORDERS, kunden=people(), werbesperren=blocked)
    assert refused(found, "letter") == [2]
    again = "Kundennr;Werbesperre\n" + "1003;Anruf\n1003;Brief\n" * 4 + "1004;\n"
    _, _, found = proposed(bestellungen=ORDERS, kunden=people(), werbesperren=again)
    assert refused(found, "letter") == [3]
    assert any("Of werbesperren.csv only consents and refusals are taken" in line for line in said)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("gesperrte_kunden", "Kundennr;Name;Kunde seit\n1001;Anna;2020-01-01\n1002;Beat;2020-01-02\n"),
        ("unsubscribed", "E-Mail;Name;Newsletter\na@example.com;Anna;ja\nb@example.com;Beat;ja\n"),
        ("abmeldungen", "E-Mail\nanna@example.com\n"),
        ("liste", "Haushalt;Keine Werbung\nA;x\nA;x\n"),
    ],
)
def test_a_list_of_refusals_is_never_one_of_customers(proposed, name, text):
    with pytest.raises(DataError, match=rf"{name}\.csv .* save the numbers.* as suppress\.csv"):
        proposed(bestellungen=ORDERS, **{name: text})


def test_a_sheet_of_refusals_is_never_one_of_customers(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "kunden.xlsx") as workbook:
        for title in ("Kunden", "Werbesperre"):
            sheet = workbook.add_worksheet(title)
            for row, line in enumerate(people().splitlines()):
                sheet.write_row(row, 0, line.split(";"))
    (tmp_path / "orders.csv").write_text(ORDERS)
    with pytest.raises(DataError, match=r"kunden\.xlsx \[Werbesperre\] is by its name"):
        propose("acme", [tmp_path / "orders.csv", tmp_path / "kunden.xlsx"], tmp_path / "data", None)


def test_the_suppression_list_is_taken_along_and_never_overwritten(proposed, tmp_path):
    _, _, found = proposed(bestellungen=ORDERS, kunden=people(), suppress="1003\n")
    assert list(found.index[found["consent_letter"] == "suppressed"]) == ["1003"]
    with pytest.raises(CallError, match=r"suppress\.csv stands in the client's folder already"):
        proposed(bestellungen=ORDERS, suppress="1004\n")
    assert (tmp_path / "data" / "acme" / "suppress.csv").read_text() == "1003\n"


def test_answers_in_the_orders_are_those_of_customers(proposed):
    header, *lines = ORDERS.splitlines()
    orders = "\n".join(
        [
            f"{header};Accepts Marketing",
            *(f"{line};{'no' if n % 8 == 6 else 'yes'}" for n, line in enumerate(lines)),
        ]
    )
    _, written, found = proposed(orders_export=orders)
    assert refused(found, "letter") == [6]
    assert "not used" not in written


def test_every_column_that_is_not_used_is_named_and_consents_first(proposed):
    more = [(f"Merkmal Nummer {n} von vielen", ["a"] * 8) for n in range(20)]
    said, written, _ = proposed(bestellungen=ORDERS, kunden=people(*more, ("Kontakt", ["Messe"] * 8)))
    listed = "not used: Kontakt (consent?), " + ", ".join(name for name, _ in more)
    assert listed in written and f"customers, {listed}." in said


def test_a_column_that_only_our_name_of_a_rule_resembles_is_unused():
    assert columns_ruled({"values": {"kind": {"x": "visit"}}, "below_zero": {"customer_id": "To"}}) == {"To"}


def test_reasons_that_perhaps_no_offer_changes_are_proposed_and_never_applied(proposed):
    given = ["Umzug", "verstorben", "zu teuer", "", "Umzug", "", "", ""]
    said, written, _ = proposed(orders=ORDERS, people=people(("Kündigungsgrund", given)))
    assert "cancel_reason: Kündigungsgrund" in written
    assert "lost_for_good" not in written
    (line,) = [line for line in said if "lost_for_good" in line]
    assert "Umzug (2), verstorben (1)." in line
    assert "below offers: lost_for_good: [Umzug, verstorben]" in line
