"""Every rule of the rulebook fires on what was made for it, so often, and is silent where all is sound."""

import re
from datetime import date

import pandas as pd
import pytest

from playbook.intake.check.command import examine
from playbook.intake.check.ids import SCIENTIFIC
from playbook.intake.check.rules import RULES
from playbook.settings import client

TODAY = date(2025, 12, 31)
SETTINGS = """client: Acme
{as_of}tables:
  orders:
    files: [orders.csv{more}]
    columns: {{order_id: number, customer_id: customer, ordered_at: day, amount: amount, quantity: quantity,
      coupon: coupon, currency: currency}}
"""
OTHERS = """  customers:
    files: customers.csv
    columns:
      {customer_id: id, name: name, email: email, may_email: ok, acquired_on: since, cancelled_on: end,
        no_contact: stop, address: name}
  events:
    files: events.csv
    columns: {customer_id: customer, happened_at: day, kind: kind, detail: detail}
  contacts:
    files: contacts.csv
    columns: {campaign: campaign, customer_id: customer, contacted_at: day, channel: channel, arm: arm}
"""
DAYS = pd.date_range("2024-01-01", TODAY)
SOUND = {
    "orders": [
        "number,customer,day,amount,quantity,coupon,currency",
        *(f"o{n},c{n % 30},{day:%Y-%m-%d},{10 + n % 7}.50,1,,CHF" for n, day in enumerate(DAYS)),
    ],
    "customers": [
        "id,name,email,ok,since,end,stop",
        *(f"c{n},Anna {n},anna{n}@example.com,yes,2020-01-01,," for n in range(30)),
    ],
    "events": ["customer,day,kind,detail", *(f"c{n},2025-05-01,visit,login" for n in range(30))],
    "contacts": [
        "campaign,customer,day,channel,arm",
        *(f"SPRING,c{n},2025-03-01,letter,{('treated', 'control')[n % 2]}" for n in range(30)),
    ],
}

LINES = {
    "lines_unreadable": (1, "x1,c1,no day,5,1,,CHF"),
    "lines_without_customer": (1, "x2,,2025-03-01,5,1,,CHF"),
    "lines_incomplete": (1, "x3,c3,2025-03-01,,1,,CHF"),
    "amount_zero": (1, "x4,c4,2025-03-01,0,1,,CHF"),
    "sign_contradiction": (1, "x5,c5,2025-03-01,-5,1,,CHF"),
    "return_without_order": (1, "x6,c99,2025-03-01,-5,-1,,CHF"),
    "amount_negative": (3, "x7,c6,2025-03-01,-5,-1,,CHF"),
    "lines_duplicated": (1, SOUND["orders"][1]),
    "order_number_reused": (1, "o9,c8,2025-03-01,5,1,,CHF"),
    "date_early": (1, "x8,c10,1900-01-01,5,1,,CHF"),
    "id_damaged": (1, "x9,1.2E+05,2025-03-01,5,1,,CHF"),
    "id_zeros_lost": (2, "x10,007,2025-03-01,5,1,,CHF\nx11,7,2025-03-01,5,1,,CHF"),
    "id_spelling": (2, "x12,C11,2025-03-01,5,1,,CHF"),
    "id_placeholder": (1, "x13,9999,2025-03-01,5,1,,CHF"),
    "personal_data": (1, "x14,c12,2025-03-01,5,1,eva@example.com,CHF"),
    "buyers_unknown": (6, "x15,c98,2025-03-01,5,1,,CHF"),
}
PEOPLE = {
    "customers_unreadable": (1, "p1,Eva,eva@example.com,yes,early,,"),
    "customers_without_id": (1, ",Nina,nina@example.com,yes,2020-01-01,,"),
    "customers_twice": (1, SOUND["customers"][1]),
    "customer_internal": (1, "p2,Test Test,p2@example.com,yes,2020-01-01,,"),
    "consent_unreadable": (1, "p3,Ida,ida@example.com,perhaps,2020-01-01,,"),
    "refusal_in_words": (1, "p9,Ada,ada@example.com,yes,2020-01-01,,verstorben"),
    "acquired_future": (1, "p4,Pia,pia@example.com,yes,2030-01-01,,"),
    "cancelled_before": (1, "p5,Lea,lea@example.com,yes,2020-01-01,2019-01-01,"),
    "email_malformed": (1, "p6,Mia,mia,yes,2020-01-01,,"),
    "email_shared": (1, "p7,Bea,anna1@example.com,yes,2020-01-01,,"),
    "customers_silent": (8, "p8,Zoe,zoe@example.com,yes,2020-01-01,,"),
}
EVENTS = {
    "events_unreadable": (1, "c1,yesterday,visit,login"),
    "events_without_customer": (1, ",2025-05-01,visit,login"),
    "events_customer_unknown": (1, "z1,2025-05-01,visit,login"),
    "events_kind_unknown": (1, "c2,2025-05-01,newsletter,login"),
    "events_after_as_of": (1, "c3,2026-05-01,visit,login"),
    "words_understood": (1, "c4,2025-05-01,Besuch,login"),
}
CONTACTS = {
    "contacts_unreadable": (1, "SPRING,c1,2025-03,letter,treated"),
    "contacts_without_customer": (1, "SPRING,,2025-03-01,letter,treated"),
    "contacts_customer_unknown": (1, "SPRING,z2,2025-03-01,letter,treated"),
    "contacts_after_as_of": (1, "SPRING,c0,2026-03-01,letter,treated"),
    "contacts_arm_unknown": (1, "SPRING,c2,2025-03-01,letter,A"),
    "contacts_both_arms": (1, "SPRING,c4,2025-03-01,letter,control"),
    "contacts_no_control": (1, "AUTUMN,c5,2025-09-01,letter,treated"),
    "contacts_channel_unknown": (1, "SPRING,c6,2025-03-01,pigeon,treated"),
}
GONE = {"2024-06", *(f"2025-03-{n}" for n in range(15, 32)), *(f"2025-04-{n:02d}" for n in range(1, 15))}
THIN = {"2024-10-01", "2024-10-15", "2024-10-31"}


def kept(line):
    day = line.split(",")[2]
    return not {day, day[:7]} & GONE and (not day.startswith("2024-10") or day in THIN)


SECOND_FILE = [
    SOUND["orders"][0],
    SOUND["orders"][1],
    "y1,c2,2025-03-01,99999,1,,EUR",
    *(f"z{n},c1,2025-04-02,5,1,,CHF" for n in range(300)),
]
COHORT = [
    f"o{n}-{again},c{n},{DAYS[n // 4 + 200 * again]:%Y-%m-%d},10.50,1,,CHF"
    for n in range(300)
    for again in (0, 1, 2, 3)
]
FREE = [SOUND["orders"][0], *(f"o{n},c1,2025-05-{n},0,1,,CHF" for n in range(10, 20))]
TWICE = ["o0,c0,2024-01-01,10.50,2,,CHF", "o1,c1,2024-01-02,11.50,2,,CHF"]
"""Further lines of orders, with the same amounts."""
SLIP = "x1,c1,2052-05-01,5,1,,CHF"


def with_lines(table, made):
    return {table: SOUND[table] + [lines for _, lines in made.values()]}


DELIVERIES = {
    "lines": (with_lines("orders", LINES), {}, {code: n for code, (n, _) in LINES.items()}),
    "people": (
        with_lines("customers", PEOPLE) | {"suppress": ["customer_id", "c1", "nobody@example.org"]},
        {},
        {code: n for code, (n, _) in PEOPLE.items()} | {"suppressed": 2, "suppressed_unknown": 1},
    ),
    "letters without an address": (
        {},
        {"others": OTHERS.replace(", address: name", "")},
        {"addresses_missing": 1},
    ),
    "records": (
        with_lines("events", EVENTS) | with_lines("contacts", CONTACTS),
        {},
        {code: n for code, (n, _) in (EVENTS | CONTACTS).items()},
    ),
    "gaps": (
        {"orders": [line for line in SOUND["orders"] if kept(line)]},
        {},
        {"month_missing": 1, "month_thin": 1, "days_missing": 1},
    ),
    "a slip of the pen": (
        {"orders": [*SOUND["orders"], SLIP]},
        {},
        {"date_future": 1, "last_day_alone": 9618},
    ),
    "an as-of date in between": (
        {"orders": [*SOUND["orders"], SLIP]},
        {"as_of": "as_of: 2030-01-01\n"},
        {"lines_after_as_of": 1, "as_of_late": 1462},
    ),
    "a second file": (
        {"again": SECOND_FILE},
        {"more": ", again.csv"},
        {"lines_in_two_files": 1, "currency_mixed": 2, "customer_dominates": 2, "amount_extreme": 1},
    ),
    "rows that a rule leaves out": (
        {"orders": [*SOUND["orders"], "x1,c1,2025-03-01,5,1,draft,CHF"]},
        {"others": "    drop: {coupon: Draft, currency: XXX}\n" + OTHERS},
        {"rows_ruled_out": 1, "rule_without_rows": 1, "personal_data": 0},
    ),
    "totals on each line": (
        {"orders": [*SOUND["orders"], *TWICE]},
        {},
        {"order_total_repeated": 2, "order_total_differs": 0},
    ),
    "totals that are none": (
        {"orders": [*SOUND["orders"], *TWICE]},
        {"others": "    total_per_order: false\n" + OTHERS},
        {"order_total_repeated": 0},
    ),
    "totals that differ": (
        {"orders": [*SOUND["orders"], *TWICE, "o2,c2,2024-01-03,99,1,,CHF"]},
        {"others": "    total_per_order: true\n" + OTHERS},
        {"order_total_differs": 1, "order_total_repeated": 0, "lines_duplicated": 0},
    ),
    "a customer number per order": (
        {"orders": [SOUND["orders"][0], *(f"n{n},c{n},2025-05-{n},5,1,,CHF" for n in range(10, 20))]},
        {"others": ""},
        {"customer_per_order": 10},
    ),
    "a customer number per order, but for a few": (
        {
            "orders": [
                SOUND["orders"][0],
                *(f"n{n},c{max(n, 2)},2025-05-{n % 28 + 1},5,1,,CHF" for n in range(1, 91)),
            ]
        },
        {"others": ""},
        {"customer_per_order": 89},
    ),
    "mostly customers of one order": (
        {
            "orders": [
                SOUND["orders"][0],
                *(f"n{n},c{max(n, 5)},2025-05-{n % 28 + 1},5,1,,CHF" for n in range(1, 91)),
            ]
        },
        {"others": ""},
        {"customer_per_order": 0},
    ),
    "a reason that nobody gave": (
        {"events": [*SOUND["events"], "c1,2025-05-01,cancellation,Umzug"]},
        {"others": OTHERS + "offers: {lost_for_good: [Umzgu, umzug]}\n"},
        {"reason_unknown": 1},
    ),
    "columns that nobody named": (
        {
            "customers": [
                SOUND["customers"][0] + ",Hobby,Privacy refused",
                *(
                    f"c{n},Anna {n},anna{n}@example.com,{'yes' if n else ''},2020-01-01,,,a,b"
                    for n in range(30)
                ),
            ]
        },
        {},
        {"columns_unused": 1, "consent_unused": 1, "consent_never_no": 1, "consent_unreadable": 0},
    ),
    "consents that say no, too": (
        {
            "customers": [
                SOUND["customers"][0],
                *(
                    f"c{n},Anna {n},anna{n}@example.com,{('yes', '', 'no')[n % 3]},2020-01-01,,"
                    for n in range(30)
                ),
            ]
        },
        {},
        {"columns_unused": 0, "consent_unused": 0, "consent_never_no": 0},
    ),
    "reasons and columns that are not there": (
        {},
        {"others": OTHERS + "report: {by: [nmae2, coupon]}\noffers: {lost_for_good: [Umzug]}\n"},
        {"by_unknown": 1, "reason_unknown": 1},
    ),
    "a cohort from its birth": (
        {"orders": [SOUND["orders"][0], *COHORT]},
        {"others": ""},
        {"cohort_not_said": 300, "customer_per_order": 0},
    ),
    "nothing sold": ({"orders": FREE}, {"others": ""}, {"no_sale": 10, "consent_unknown": 1}),
}


@pytest.fixture(scope="module")
def fired(tmp_path_factory):
    """Look at a delivery once; return how often each rule is broken."""
    seen = {}

    def look(files, as_of="", more="", others=OTHERS):
        key = repr((files, as_of, more, others))
        if key not in seen:
            folder = tmp_path_factory.mktemp("data") / "acme"
            folder.mkdir()
            for name, lines in (SOUND | files).items():
                (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
            (folder / "client.yml").write_text(SETTINGS.format(as_of=as_of, more=more) + others)
            checks = examine(client.load("acme", folder.parent), folder, TODAY).checks
            seen[key] = {check.code: check.count for check in checks}
        return seen[key]

    return look


@pytest.mark.parametrize("name", DELIVERIES)
def test_a_rule_fires_on_what_was_made_for_it(fired, name):
    files, settings, expected = DELIVERIES[name]
    counts = fired(files, **settings)
    assert {code: counts.get(code, 0) for code in expected} == expected


def test_no_rule_fires_where_all_is_sound(fired):
    assert fired({}) == {}


def test_no_rule_goes_untried():
    assert {code for _, _, expected in DELIVERIES.values() for code in expected} == set(RULES)


@pytest.mark.parametrize(
    ("number", "damaged"), [("1.2E+05", True), ("2,36955E+12", True), ("236955e7", False), ("1e5", False)]
)
def test_a_number_with_an_e_in_it_is_not_always_one_of_a_spreadsheet(number, damaged):
    assert bool(re.search(SCIENTIFIC, number)) == damaged
