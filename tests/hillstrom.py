"""Hillstrom's e-mail experiment of March 2008 as a client's folder."""

from pathlib import Path

import numpy as np
import pandas as pd

SENT = pd.Timestamp("2008-03-03")
CLIENT = """client: Hillstrom
currency: USD
as_of: 2008-03-17
margin_rate: 1.0
measurement: {outcome: OUTCOME, horizon_days: 14}
tables:
  orders:
    files: orders.csv
    columns: {customer_id: customer_id, ordered_at: ordered_at, amount: amount}
  events:
    files: events.csv
    columns: {customer_id: customer_id, happened_at: happened_at, kind: kind}
  contacts:
    files: contacts.csv
    columns: {campaign: campaign, customer_id: customer_id, contacted_at: contacted_at, channel: channel,
              arm: arm, offer: offer}
"""


def write_hillstrom(real_data: Path, folder: Path, outcome: str = "visit") -> None:
    """Write orders (the last one before, with the year's amount, and what followed), visits and arms.

    The file holds months and totals, no dates: the order before lies so many months back, visits and
    orders of the two weeks are spread over them.
    """
    folder.mkdir(parents=True)
    rows = pd.read_csv(real_data / "hillstrom" / "hillstrom.csv")
    rows["customer_id"] = [f"H{number:05}" for number in range(1, len(rows) + 1)]
    day = SENT + pd.to_timedelta(1 + np.arange(len(rows)) % 14, unit="D")
    before = pd.DataFrame(
        {
            "customer_id": rows["customer_id"],
            "ordered_at": SENT - pd.to_timedelta(rows["recency"] * 30, unit="D"),
            "amount": rows["history"],
        }
    )
    bought = rows["spend"] > 0
    after = pd.DataFrame({"customer_id": rows["customer_id"], "ordered_at": day, "amount": rows["spend"]})
    pd.concat([before, after[bought]]).to_csv(folder / "orders.csv", index=False)
    visits = pd.DataFrame({"customer_id": rows["customer_id"], "happened_at": day, "kind": "visit"})
    visits[rows["visit"] == 1].to_csv(folder / "events.csv", index=False)
    mailed = rows["segment"] != "No E-Mail"
    contacts = pd.DataFrame(
        {
            "campaign": "March 2008",
            "customer_id": rows["customer_id"],
            "contacted_at": SENT,
            "channel": "email",
            "arm": np.where(mailed, "treated", "control"),
            "offer": rows["segment"].where(mailed),
        }
    )
    contacts.to_csv(folder / "contacts.csv", index=False)
    (folder / "client.yml").write_text(CLIENT.replace("OUTCOME", outcome), encoding="utf-8")
