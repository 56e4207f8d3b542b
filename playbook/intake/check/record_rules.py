"""What can be wrong with events and contacts, and with any table."""

from playbook.intake.check.rule import Rule, note, warning

EVENT_RULES: dict[str, Rule] = {
    "events_unreadable": warning(
        "{n} event could not be read.",
        "{n} events could not be read.",
        "They are left out everywhere. Where one may be a refusal of nobody knows whom, nothing is assumed of"
        " anybody: no letter without a recorded yes.",
        "Correct them in the source, or set the format in client.yml.",
    ),
    "events_without_customer": warning(
        "{n} event lacks a customer or a date.",
        "{n} events lack a customer or a date.",
        "They are left out, but for refusals: those without a date count, and where the customer is missing"
        " nothing is assumed of anybody.",
        "Ask whether the export dropped the number.",
    ),
    "events_customer_unknown": warning(
        "{n} customer with events is known from no other table.",
        "{n} customers with events are known from no other table.",
        "What is recorded of them meets no order and no consent.",
        "Ask whether both write the number the same way.",
    ),
    "events_kind_unknown": warning(
        "{n} event is of a kind that the playbook does not know.",
        "{n} events are of kinds that the playbook does not know.",
        "They are not looked at; a refusal under a name that is not understood is not obeyed.",
        "Say what they mean under tables.events.values.kind, as in NL-Austritt: unsubscribe; there are"
        " visit, inquiry, complaint, complaint_solved, cancellation, unsubscribe, no_contact, review, call.",
    ),
    "events_after_as_of": note(
        "{n} event lies after the as-of date.",
        "{n} events lie after the as-of date.",
        "Only refusals among them count.",
        "There is nothing to do if the as-of date is meant.",
    ),
}

CONTACT_RULES: dict[str, Rule] = {
    "contacts_unreadable": warning(
        "{n} contact could not be read.",
        "{n} contacts could not be read.",
        "They are left out everywhere.",
        "Correct them in the source, or set the format in client.yml.",
    ),
    "contacts_without_customer": warning(
        "{n} contact lacks a customer or a date.",
        "{n} contacts lack a customer or a date.",
        "They are left out everywhere.",
        "Ask whether the export dropped the number.",
    ),
    "contacts_customer_unknown": warning(
        "{n} customer with contacts is known from no other table.",
        "{n} customers with contacts are known from no other table.",
        "What is recorded of them meets no order and no consent.",
        "Ask whether both write the number the same way.",
    ),
    "contacts_after_as_of": warning(
        "{n} contact lies after the as-of date.",
        "{n} contacts lie after the as-of date.",
        "What follows them is not in the data: they cannot be measured.",
        "Have the orders exported up to the day of the contacts, or correct the dates.",
    ),
    "contacts_arm_unknown": warning(
        "{n} contact is of an arm other than treated or control.",
        "{n} contacts are of an arm other than treated or control.",
        "They count in no comparison.",
        "Say under tables.contacts.values.arm which word is treated, for those who were contacted, and which"
        " is control, for those who were left alone by chance.",
    ),
    "contacts_both_arms": warning(
        "{n} customer stands in both arms of a campaign.",
        "{n} customers stand in both arms of a campaign.",
        "The control group was not left alone: the effect looks smaller than it is.",
        "Ask which of the two happened.",
    ),
    "contacts_no_control": note(
        "{n} campaign has no control group.",
        "{n} campaigns have no control group.",
        "What it brought cannot be told: some would have come anyway.",
        "Leave a random tenth alone next time.",
    ),
    "contacts_channel_unknown": note(
        "{n} contact is by a channel that the playbook does not know.",
        "{n} contacts are by channels that the playbook does not know.",
        "Its effect is not used for offers by other channels.",
        "Say under tables.contacts.values.channel which is email, phone, letter or visit.",
    ),
}

ANY_TABLE_RULES: dict[str, Rule] = {
    "rows_ruled_out": note(
        "{n} row is left out by what client.yml says of its columns.",
        "{n} rows are left out by what client.yml says of their columns.",
        "They count nowhere, save for a refusal that stands in them.",
        "See whether each of these values means that.",
    ),
    "rule_without_rows": warning(
        "{n} rule about rows in client.yml meets no row.",
        "{n} rules about rows in client.yml meet no row.",
        "It changes nothing: its values may be written otherwise in the files.",
        "Compare its values with those of the column.",
    ),
    "words_understood": note(
        "{n} word of the client's is read as one of the playbook's.",
        "{n} words of the client's are read as words of the playbook's.",
        "They count as what they usually mean.",
        "See whether each means that; say what it means otherwise under values in client.yml.",
    ),
    "personal_data": warning(
        "{n} row holds an e-mail address or a telephone number where none is expected.",
        "{n} rows hold an e-mail address or a telephone number where none is expected.",
        "The report shows values of such columns: personal data would stand in it.",
        "Take them out of the export, or take the column out of client.yml.",
    ),
}
"""Where a rule is broken says which table; see `rules.found`."""
