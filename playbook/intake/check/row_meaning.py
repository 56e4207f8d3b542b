"""What the rules of client.yml about rows did: which rows they left out, and which of them met none."""

import re

from playbook.intake.check.rows import PATTERN, Delivery
from playbook.intake.check.rules import Check, found
from playbook.records.canonical import COLUMNS


def inspect_row_rules(data: Delivery) -> list[Check]:
    """Look at what the rules of each table did; values that may tell who somebody is are not shown."""
    checks = []
    for name in (name for name in COLUMNS if data.sources.files.rules.get(name)):
        seen = data.sources.files.rows_seen(name)
        columns = ", ".join(dict.fromkeys(seen.left_out["column"]))
        told = tuple(
            f"{row['column']}: {row['value'][:40] or '(empty)'} ({row['rows']:,})"
            for row in seen.left_out.head(20).to_dict("records")
            if not re.search(PATTERN, row["value"])
        )
        rows = int(seen.left_out["rows"].sum())
        checks += found("rows_ruled_out", rows, columns, table=name, values=told)
        checks += found("rule_without_rows", len(seen.idle), "", seen.idle, table=name)
    return checks
