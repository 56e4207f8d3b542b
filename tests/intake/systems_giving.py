"""Exports of charities; what a shop cancels or pays back, they pledge, withdraw or write off."""

from pathlib import Path

from tests.intake.systems_sales import Sale, number_of, write


def salesforce(sales: list[Sale], place: Path) -> list[Path]:
    head = ["Opportunity ID", "Opportunity Name", "Account Name", "Primary Contact", "Primary Contact ID",
            "Stage",
            "Close Date", "Amount", "Opportunity Record Type"]  # fmt: skip
    states = {
        "cancelled": "Closed Lost",
        "refunded": "Withdrawn",
        "pending": "Pledged",
        "test": "Prospecting",
    }
    rows: list[list[object]] = [head]
    for sale in sales:
        state = states.get(sale.fate, "Closed Won" if sale.number % 2 else "Posted")
        rows.append(
            [f"006{sale.number}", f"{sale.name} Donation", f"{sale.name} Household", sale.name,
             f"003{sale.person}", state, f"{sale.moment:%m/%d/%Y}", f"CHF {sale.amount:,.2f}", "Donation"]
        )  # fmt: skip
    return [write(place / "report1700000000000.csv", rows)]


def civicrm(sales: list[Sale], place: Path) -> list[Path]:
    head = ["Contact ID", "Display Name", "Total Amount", "Currency", "Date Received", "Contribution Status",
            "Financial Type", "Contribution ID", "Is Test"]  # fmt: skip
    states = {"cancelled": "Cancelled", "refunded": "Refunded", "pending": "Pending"}
    rows: list[list[object]] = [head]
    for sale in sales:
        rows.append(
            [number_of(sale), sale.name, f"CHF {sale.amount:,.2f}", "CHF", f"{sale.moment:%Y-%m-%d %H:%M:%S}",
             states.get(sale.fate, "Completed"), "Donation", sale.number,
             "Yes" if sale.fate == "test" else "No"]
        )  # fmt: skip
    return [write(place / "CiviCRM_Contribution_Search.csv", rows)]


def donorperfect(sales: list[Sale], place: Path) -> list[Path]:
    head = ["gift_id", "donor_id", "record_type", "gift_date", "amount", "gl_code", "solicit_code",
            "gift_type",
            "split_gift", "pledge_payment"]  # fmt: skip
    kinds = {"cancelled": "S", "refunded": "P", "pending": "P", "test": "M"}
    rows: list[list[object]] = [head]
    for sale in sales:
        day = f"{sale.moment:%m/%d/%Y}"
        kind = kinds.get(sale.fate, "G")
        rows.append(
            [sale.number, number_of(sale), kind, day, f"{sale.amount:.2f}", "UN", "AF", "CK", "N", "N"]
        )
    return [write(place / "gifts.csv", rows)]


def raisers_edge(sales: list[Sale], place: Path) -> list[Path]:
    head = ["Constituent ID", "Name", "Gift ID", "Gift Date", "Gift Type", "Gift Amount", "Fund ID",
            "Fund Description", "Campaign ID", "Appeal ID"]  # fmt: skip
    kinds = {
        "cancelled": "Write Off",
        "refunded": "Gift-in-Kind",
        "pending": "Pledge",
        "test": "Recurring Gift",
    }
    rows: list[list[object]] = [head]
    for sale in sales:
        kind = kinds.get(sale.fate, ("Cash", "Pay-Cash", "Recurring Gift Pay-Cash")[sale.number % 3])
        rows.append(
            [number_of(sale), sale.name, sale.number, f"{sale.moment:%m/%d/%Y}", kind, f"${sale.amount:,.2f}",
             "GEN", "General Fund", "2025", "SPRING"]
        )  # fmt: skip
    return [write(place / "gifts.csv", rows)]


NO_REFUNDS = "gifts are not paid back in part"
SYSTEMS = [
    ("Salesforce NPSP", salesforce, NO_REFUNDS),
    ("CiviCRM", civicrm, NO_REFUNDS),
    ("DonorPerfect", donorperfect, NO_REFUNDS),
    ("Raiser's Edge", raisers_edge, NO_REFUNDS),
]
