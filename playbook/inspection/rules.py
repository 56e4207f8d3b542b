"""What can be wrong with a client's data: one rule each, with what it does to the result and what to do."""

from dataclasses import dataclass
from typing import Literal

from playbook.wording import Words

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Errors stop a run; warnings stand in the report next to the numbers they touch; notes in chapter 01."""


@dataclass(frozen=True)
class Check:
    """Something that is wrong, or worth knowing, in one table.

    Attributes
    ----------
    code : str
        A key of `RULES`.
    severity : {"error", "warning", "note"}
    table, column : str
        Where; more than one column, or none, where it is about several or about rows.
    count : int
        How many lines, customers or values; the rule's text says which.
    examples : tuple of str
        Rows of the files, or values, at most three.
    effect, advice : str
        What it does to the result and what to do: messages in English, to be translated.
    """

    code: str
    severity: Severity
    table: str
    column: str
    count: int
    examples: tuple[str, ...]
    effect: str
    advice: str

    def what(self, words: Words) -> str:
        """Return what is wrong, as a sentence."""
        return what(self.code, self.count, words)

    def text(self, words: Words) -> str:
        """Return all of it as one paragraph that can be sent to the client."""
        say, parts = words.say, [self.what(words)]
        if self.examples:
            parts.append(say("For example: {examples}.", examples="; ".join(self.examples)))
        parts += [say(self.effect), say(self.advice)]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong: in one table, worded for one and for many."""

    severity: Severity
    table: str
    one: str
    many: str
    effect: str
    advice: str


def found(
    code: str,
    count: int,
    column: str = "",
    examples: tuple[str, ...] = (),
    severity: Severity | None = None,
    table: str | None = None,
) -> list[Check]:
    """Return the check of a rule that was broken ``count`` times: none where it never was."""
    if not count:
        return []
    rule = RULES[code]
    return [
        Check(
            code,
            severity or rule.severity,
            table or rule.table,
            column,
            int(count),
            examples[:3],
            rule.effect,
            rule.advice,
        )
    ]


def what(code: str, count: int, words: Words) -> str:
    """Word what is wrong."""
    rule = RULES[code]
    return words.say_many(rule.one, rule.many, count)


RULES: dict[str, Rule] = {}


def _rule(code: str, severity: Severity, table: str, one: str, many: str, effect: str, advice: str) -> None:
    RULES[code] = Rule(severity, table, one, many, effect, advice)


# Lines that are left out ---------------------------------------------------------------------

_rule(
    "lines_unreadable",
    "warning",
    "orders",
    "{n} line could not be read.",
    "{n} lines could not be read.",
    "They are left out everywhere.",
    "Correct them in the source, or set the format in client.yml if it is not these lines that are wrong.",
)
_rule(
    "lines_without_customer",
    "warning",
    "orders",
    "{n} line has no customer.",
    "{n} lines have no customer.",
    "What they bought counts for nobody; customers who pay without their number look lost.",
    "Ask whether these are sales to passers-by, or a number that the export dropped.",
)
_rule(
    "lines_incomplete",
    "warning",
    "orders",
    "{n} line lacks a date or an amount.",
    "{n} lines lack a date or an amount.",
    "They are left out everywhere.",
    "Ask what an empty cell means in this export.",
)
_rule(
    "lines_after_as_of",
    "note",
    "orders",
    "{n} line lies after the as-of date.",
    "{n} lines lie after the as-of date.",
    "They are not looked at: the report speaks of what was known on that day.",
    "Set as_of in client.yml to another day if that is not meant.",
)

# Orders --------------------------------------------------------------------------------------

_rule(
    "lines_duplicated",
    "note",
    "orders",
    "{n} line repeats another one in every column.",
    "{n} lines repeat others in every column.",
    "Where they are copies, revenue and margin are too high by them; orders are days, and stay as they are.",
    "Ask whether an article that is scanned twice makes two lines; if not, have the export made again.",
)
_rule(
    "lines_in_two_files",
    "warning",
    "orders",
    "{n} line stands in two files.",
    "{n} lines stand in two files.",
    "The files overlap: revenue and margin of these lines are counted twice.",
    "Have each file begin where the one before it ends, or drop the lines from one of them.",
)
_rule(
    "order_number_reused",
    "note",
    "orders",
    "{n} order number stands for several customers or days.",
    "{n} order numbers stand for several customers or days.",
    "Nothing is counted by order number; but where customers are mixed up, so is who bought what.",
    "Ask whether the numbers begin anew each year or at each till.",
)
_rule(
    "amount_zero",
    "note",
    "orders",
    "{n} line is of amount 0.",
    "{n} lines are of amount 0.",
    "They are neither a sale nor a return, and make no order.",
    "If a free order is an order for this client, set tables.orders.zero_is_order.",
)
_rule(
    "amount_negative",
    "note",
    "orders",
    "{n} line is a return.",
    "{n} lines are returns.",
    "They lower revenue and margin, and never remove an order.",
    "There is nothing to do where the client takes goods back that often; if not, ask which lines are negative.",
)
_rule(
    "sign_contradiction",
    "warning",
    "orders",
    "{n} line has an amount and a quantity of opposite sign.",
    "{n} lines have an amount and a quantity of opposite sign.",
    "They count as returns if either is negative: orders may be missing.",
    "Ask which of the two columns bears the sign of a return.",
)
_rule(
    "return_without_order",
    "note",
    "orders",
    "{n} customer returned something before the first order that is known.",
    "{n} customers returned something before the first order that is known.",
    "Their orders lie before the export or under another number; their margin is too low.",
    "Ask for a longer export if they are many.",
)
_rule(
    "no_sale",
    "warning",
    "orders",
    "None of the {n} lines is a sale.",
    "None of the {n} lines is a sale.",
    "Without a sale there is no order, and nothing can be told.",
    "See whether the amounts are in the right column and bear the right sign.",
)
_rule(
    "customer_dominates",
    "warning",
    "orders",
    "{n} customer has a large share of everything.",
    "{n} customers have a large share of everything each.",
    "Averages follow them; behind such a number often stand many people, such as all cash sales.",
    "Leave them out of the export if they are no customers, or name them in suppress.csv.",
)
_rule(
    "amount_extreme",
    "warning",
    "orders",
    "{n} day of a customer has a large share of all revenue.",
    "{n} days of customers have a large share of all revenue each.",
    "One wrong decimal mark is enough for that; values and averages follow it.",
    "Look these amounts up; correct them in the source.",
)
_rule(
    "currency_mixed",
    "error",
    "orders",
    "The amounts are in {n} currency, not that of client.yml.",
    "The amounts are in {n} currencies.",
    "They cannot be added up.",
    "Have all amounts converted into one currency, and name it in client.yml.",
)

# Dates ---------------------------------------------------------------------------------------

_rule(
    "date_future",
    "error",
    "orders",
    "{n} line lies in the future.",
    "{n} lines lie in the future.",
    "The last date is the day from which silence is counted: everybody would look lost.",
    "Correct the dates, or set as_of in client.yml to the day of the export.",
)
_rule(
    "date_early",
    "warning",
    "orders",
    "{n} line lies before any plausible date.",
    "{n} lines lie before any plausible date.",
    "The log seems to begin then, so that old customers are taken for new ones.",
    "Correct the dates, or set forget_before in client.yml to the day the log begins.",
)
_rule(
    "last_day_alone",
    "warning",
    "orders",
    "The last day with orders stands alone, {n} day after the one before.",
    "The last day with orders stands alone, {n} days after the one before.",
    "Silence is counted to that day: if it is a slip of the pen, everybody looks lost too early.",
    "Look that order up, or set as_of in client.yml.",
)
_rule(
    "month_missing",
    "warning",
    "orders",
    "{n} month has no orders at all.",
    "{n} months have no orders at all.",
    "A gap in the export looks like silence of every customer: return probabilities are too low.",
    "Ask whether the business was closed; if not, have the export made again.",
)
_rule(
    "month_thin",
    "warning",
    "orders",
    "{n} month has far fewer orders than those around it.",
    "{n} months have far fewer orders than those around them.",
    "A part of the export may be missing there.",
    "Ask whether the business was slow, or the file was cut.",
)
_rule(
    "days_missing",
    "note",
    "orders",
    "{n} stretch of weeks has no order.",
    "{n} stretches of weeks have no order.",
    "A gap in the export looks like silence.",
    "Ask whether the business was closed.",
)

# Numbers of customers ------------------------------------------------------------------------

_rule(
    "id_damaged",
    "warning",
    "orders",
    "{n} customer number was damaged by a spreadsheet.",
    "{n} customer numbers were damaged by a spreadsheet.",
    "Several customers now bear the same number, and meet neither their orders nor their consent.",
    "Have the export made again, and open it in no spreadsheet, or with that column as text.",
)
_rule(
    "id_zeros_lost",
    "warning",
    "orders",
    "{n} customer number stands with and without leading zeros.",
    "{n} customer numbers stand with and without leading zeros.",
    "One customer counts as two: orders do not meet consent, and one of the two looks lost.",
    "Have the number exported as text everywhere.",
)
_rule(
    "id_spelling",
    "warning",
    "orders",
    "{n} customer number differs from another one in upper and lower case or blanks only.",
    "{n} customer numbers differ from others in upper and lower case or blanks only.",
    "If they are the same customers, each counts as two, and one of the two looks lost.",
    "Have the numbers written one way in the source.",
)
_rule(
    "id_placeholder",
    "warning",
    "orders",
    "{n} customer number looks like a placeholder.",
    "{n} customer numbers look like placeholders.",
    "All who bought under it count as one customer.",
    "Have these lines exported without a customer.",
)
_rule(
    "customer_internal",
    "warning",
    "customers",
    "{n} customer looks like a test or an internal account.",
    "{n} customers look like tests or internal accounts.",
    "They are ranked like all others and may get an offer.",
    "Leave them out of the export, or name them in suppress.csv.",
)

# The table of customers ----------------------------------------------------------------------

_rule(
    "customers_unreadable",
    "warning",
    "customers",
    "{n} customer could not be read.",
    "{n} customers could not be read.",
    "Nothing is known of them: neither their consent nor their address.",
    "Correct these rows in the source.",
)
_rule(
    "customers_without_id",
    "warning",
    "customers",
    "{n} row has no customer number.",
    "{n} rows have no customer number.",
    "They belong to nobody and are left out.",
    "Ask who they are.",
)
_rule(
    "customers_twice",
    "warning",
    "customers",
    "{n} customer stands in more than one row.",
    "{n} customers stand in more than one row each.",
    "A channel is allowed only where no row refuses it.",
    "Have one row per customer exported.",
)
_rule(
    "buyers_unknown",
    "warning",
    "orders",
    "{n} buyer is not in the table of customers.",
    "{n} buyers are not in the table of customers.",
    "Of them neither consent nor address is known.",
    "Ask whether the table is complete, and whether both write the number the same way.",
)
_rule(
    "customers_silent",
    "note",
    "customers",
    "{n} customer has no order.",
    "{n} customers have no order.",
    "They are counted, and cannot be lost: they never bought.",
    "There is nothing to do.",
)
_rule(
    "consent_unreadable",
    "warning",
    "customers",
    "{n} consent is neither yes nor no.",
    "{n} consents are neither yes nor no.",
    "They are taken for a no: these customers are not contacted by that channel.",
    "Have them written as yes, no or empty.",
)
_rule(
    "consent_unknown",
    "note",
    "customers",
    "No column says who may be contacted.",
    "No column says who may be contacted.",
    "Only the channels that client.yml assumes (consent.assumed) are used.",
    "Ask for the consents of each channel before anything is sent.",
)
_rule(
    "acquired_future",
    "warning",
    "customers",
    "{n} customer was acquired after the as-of date.",
    "{n} customers were acquired after the as-of date.",
    "Their age is negative.",
    "Correct the dates.",
)
_rule(
    "cancelled_before",
    "warning",
    "customers",
    "{n} customer cancelled before having been acquired.",
    "{n} customers cancelled before having been acquired.",
    "Their time as customers cannot be told.",
    "Correct the dates.",
)
_rule(
    "email_malformed",
    "note",
    "customers",
    "{n} e-mail address cannot be one.",
    "{n} e-mail addresses cannot be ones.",
    "A message to it does not arrive.",
    "Correct them in the source.",
)
_rule(
    "email_shared",
    "note",
    "customers",
    "{n} e-mail address belongs to several customers.",
    "{n} e-mail addresses belong to several customers each.",
    "One person under two numbers looks like two who left, and gets two offers.",
    "Ask whether these are families, or one person entered twice.",
)
_rule(
    "suppressed",
    "note",
    "suppress.csv",
    "{n} customer is never to be contacted.",
    "{n} customers are never to be contacted.",
    "They stand in the numbers, and in no plan.",
    "There is nothing to do.",
)
_rule(
    "suppressed_unknown",
    "warning",
    "suppress.csv",
    "{n} line of suppress.csv is no customer's number or e-mail address.",
    "{n} lines of suppress.csv are no customer's number or e-mail address.",
    "Whoever is meant is not protected by it.",
    "See whether numbers and addresses are written as in the other files.",
)

# Events and contacts -------------------------------------------------------------------------

for _table, _one, _many in (("events", "event", "events"), ("contacts", "contact", "contacts")):
    _rule(
        f"{_table}_unreadable",
        "warning",
        _table,
        f"{{n}} {_one} could not be read.",
        f"{{n}} {_many} could not be read.",
        "They are left out everywhere.",
        "Correct them in the source, or set the format in client.yml.",
    )
    _rule(
        f"{_table}_without_customer",
        "warning",
        _table,
        f"{{n}} {_one} lacks a customer or a date.",
        f"{{n}} {_many} lack a customer or a date.",
        "They are left out everywhere.",
        "Ask whether the export dropped the number.",
    )
    _rule(
        f"{_table}_customer_unknown",
        "warning",
        _table,
        f"{{n}} customer with {_many} is known from no other table.",
        f"{{n}} customers with {_many} are known from no other table.",
        "What is recorded of them meets no order and no consent.",
        "Ask whether both write the number the same way.",
    )
_rule(
    "events_kind_unknown",
    "warning",
    "events",
    "{n} event is of a kind that the playbook does not know.",
    "{n} events are of kinds that the playbook does not know.",
    "They are not looked at; an unsubscription under another name is not obeyed.",
    "Translate them: visit, inquiry, complaint, complaint_solved, cancellation, unsubscribe, review, call.",
)
_rule(
    "events_after_as_of",
    "note",
    "events",
    "{n} event lies after the as-of date.",
    "{n} events lie after the as-of date.",
    "They are not looked at.",
    "There is nothing to do if the as-of date is meant.",
)
_rule(
    "contacts_after_as_of",
    "warning",
    "contacts",
    "{n} contact lies after the as-of date.",
    "{n} contacts lie after the as-of date.",
    "What follows them is not in the data: they cannot be measured.",
    "Have the orders exported up to the day of the contacts, or correct the dates.",
)
_rule(
    "contacts_arm_unknown",
    "warning",
    "contacts",
    "{n} contact is of an arm other than treated or control.",
    "{n} contacts are of an arm other than treated or control.",
    "They count in no comparison.",
    "Write treated for those who were contacted and control for those who were left alone by chance.",
)
_rule(
    "contacts_both_arms",
    "warning",
    "contacts",
    "{n} customer stands in both arms of a campaign.",
    "{n} customers stand in both arms of a campaign.",
    "The control group was not left alone: the effect looks smaller than it is.",
    "Ask which of the two happened.",
)
_rule(
    "contacts_no_control",
    "note",
    "contacts",
    "{n} campaign has no control group.",
    "{n} campaigns have no control group.",
    "What it brought cannot be told: some would have come anyway.",
    "Leave a random tenth alone next time.",
)
_rule(
    "contacts_channel_unknown",
    "note",
    "contacts",
    "{n} contact is by a channel that the playbook does not know.",
    "{n} contacts are by channels that the playbook does not know.",
    "Its effect is not used for offers by other channels.",
    "Write email, phone, letter or visit.",
)

# All tables ----------------------------------------------------------------------------------

_rule(
    "personal_data",
    "warning",
    "orders",
    "{n} row holds an e-mail address or a telephone number where none is expected.",
    "{n} rows hold an e-mail address or a telephone number where none is expected.",
    "The report shows values of such columns: personal data would stand in it.",
    "Take them out of the export, or take the column out of client.yml.",
)
_rule(
    "column_used_twice",
    "warning",
    "orders",
    "{n} column of the file stands for two of ours.",
    "{n} columns of the file stand for two of ours each.",
    "One of the two is not what its name says.",
    "See the columns in client.yml.",
)
_rule(
    "totals_left_out",
    "note",
    "orders",
    "{n} line with totals was left out.",
    "{n} lines with totals were left out.",
    "A total is no order.",
    "There is nothing to do if they are totals.",
)
