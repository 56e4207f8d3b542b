"""What a run hands out as CSV: no text is a formula there, and what is handed in again is what it was."""

import csv
from datetime import date

import numpy as np
import pandas as pd
import pytest

from playbook.archive.sheets import read_sheet, write_sheet
from playbook.chapters.measurement import design_page
from playbook.chapters.warning import trial
from playbook.records.sources import open_sources
from playbook.settings import client as settings
from tests.conftest import SETTINGS

ODD = ("=1+1", "+4179", "-7", "@home", "\tK1", "'-7", "''=x", "'K", "K'", "K=1")
CONTACTS = """  contacts:
    files: contacts.csv
    columns: {campaign: campaign, customer_id: customer_id, contacted_at: contacted_at, channel: channel,
      arm: arm, offer: offer, cost: cost}
"""


def plan(folder):
    rows = pd.DataFrame({"customer_id": ODD, "week": "2025-10-06", "channel": "phone", "contact_cost": -12.5})
    rows = rows.assign(offer=[f"{sign}10%" for sign in "+-=@" for _ in range(3)][: len(ODD)])
    write_sheet(rows.iloc[:2], folder / "held_back.csv")
    design_page.write_assignment(folder, rows.iloc[2:], date(2025, 9, 30))
    return folder / design_page.ASSIGNMENT


def calls(folder):
    listed = pd.DataFrame({"customer_id": ODD, "held_back": [n < 2 for n in range(len(ODD))]})
    trial.write_assignment(folder, trial.assignment(listed, "Calls", date(2025, 10, 6), -12.5))
    return folder / trial.CALL_TRIAL


@pytest.mark.parametrize("hand_out", [plan, calls])
def test_what_is_handed_in_again_as_contacts_has_the_ids_of_the_orders(hand_out, client, tmp_path):
    path = hand_out(tmp_path)
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["customer_id"] for row in rows} == {
        one if one[0] == "K" or one == "'K" else f"'{one}" for one in ODD
    }
    assert {row["cost"] for row in rows if row["arm"] == "treated"} == {"-12.5"}
    orders = pd.DataFrame({"customer_id": ODD, "ordered_at": "2025-01-01", "amount": 5})
    data, name = client(orders.to_csv(index=False), SETTINGS + CONTACTS, contacts_csv=path.read_text())
    sources = open_sources(settings.load(name, data), data / name)
    bought = set(sources.orders.customer_id.execute())
    assert bought == set(ODD)
    assert set(sources.contacts.customer_id.execute()) == bought
    assert set(sources.contacts.offer.execute()) <= {None, "+10%", "-10%", "=10%", "@10%"}
    sources.close()


def test_numbers_days_and_gaps_stay_what_they_are(tmp_path):
    frame = pd.DataFrame({"customer_id": ODD[:3], "n": [-12.5, np.nan, 3.0], "mixed": [-1.5, None, "-x"]})
    write_sheet(frame.assign(day=date(2025, 1, 1)), tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text().splitlines()[1:3] == [
        "'=1+1,-12.5,-1.5,2025-01-01",
        "'+4179,,,2025-01-01",
    ]
    assert read_sheet(tmp_path / "x.csv", ["day"]).to_dict("list") == {
        "customer_id": list(ODD[:3]),
        "n": pytest.approx([-12.5, np.nan, 3.0], nan_ok=True),
        "mixed": ["-1.5", pytest.approx(np.nan, nan_ok=True), "-x"],
        "day": [pd.Timestamp("2025-01-01")] * 3,
    }


def test_only_an_empty_cell_is_nothing(tmp_path):
    ids = ["NA", "null", "None", "nan", "N/A", "K1"]
    written = pd.DataFrame({"customer_id": ids, "cost": [1.5, None, 2.0, 3.0, 4.0, 5.0]})
    write_sheet(written, tmp_path / "x.csv")
    read = read_sheet(tmp_path / "x.csv")
    assert (
        read["customer_id"].tolist() == ids
        and read["cost"].isna().tolist() == written["cost"].isna().tolist()
    )
