"""What can be wrong with customers, their numbers and their consent."""

from playbook.intake.check.rule import Rule, error, note, warning

BUYER_RULES: dict[str, Rule] = {
    "id_damaged": warning(
        "{n} customer number was damaged by a spreadsheet.",
        "{n} customer numbers were damaged by a spreadsheet.",
        "Several customers now bear the same number, and meet neither their orders nor their consent.",
        "Have the export made again, and open it in no spreadsheet, or with that column as text.",
    ),
    "id_zeros_lost": warning(
        "{n} customer number stands with and without leading zeros.",
        "{n} customer numbers stand with and without leading zeros.",
        "One customer counts as two: orders do not meet consent, and one of the two looks lost.",
        "Have the number exported as text everywhere.",
    ),
    "id_spelling": warning(
        "{n} customer number differs from another one in upper and lower case or blanks only.",
        "{n} customer numbers differ from others in upper and lower case or blanks only.",
        "If they are the same customers, each counts as two, and one of the two looks lost.",
        "Have the numbers written one way in the source.",
    ),
    "id_placeholder": warning(
        "{n} customer number looks like a placeholder.",
        "{n} customer numbers look like placeholders.",
        "All who bought under it count as one customer.",
        "Have these lines exported without a customer.",
    ),
    "buyers_unknown": warning(
        "{n} buyer is not in the table of customers.",
        "{n} buyers are not in the table of customers.",
        "Of them neither consent nor address is known.",
        "Ask whether the table is complete, and whether both write the number the same way.",
    ),
}
"""Who stands in the orders."""

CUSTOMER_RULES: dict[str, Rule] = {
    "customer_internal": warning(
        "{n} customer looks like a test or an internal account.",
        "{n} customers look like tests or internal accounts.",
        "They are ranked like all others and may get an offer.",
        "Leave them out of the export, or name them in suppress.csv.",
    ),
    "customers_unreadable": warning(
        "{n} customer could not be read.",
        "{n} customers could not be read.",
        "Nothing is known of them: neither their consent nor their address.",
        "Correct these rows in the source.",
    ),
    "customers_without_id": warning(
        "{n} row has no customer number.",
        "{n} rows have no customer number.",
        "They belong to nobody and are left out.",
        "Ask who they are.",
    ),
    "addresses_missing": warning(
        "{n} kind of address is in no column of the customers.",
        "{n} kinds of addresses are in no column of the customers.",
        "What the plan sends by it has no address in mailing/ and calls.xlsx.",
        "Have them exported, or join them by the customer's number.",
    ),
    "customers_twice": warning(
        "{n} customer stands in more than one row.",
        "{n} customers stand in more than one row each.",
        "A channel is allowed only where no row refuses it.",
        "Have one row per customer exported.",
    ),
    "customers_silent": note(
        "{n} customer has no order.",
        "{n} customers have no order.",
        "They are counted, and cannot be lost: they never bought.",
        "There is nothing to do.",
    ),
    "consent_unreadable": warning(
        "{n} consent is neither yes nor no.",
        "{n} consents are neither yes nor no.",
        "They are taken for a no: these customers are not contacted by that channel.",
        "Have them written as yes, no or empty.",
    ),
    "refusal_in_words": warning(
        "{n} cell of a refusal column is neither yes nor no.",
        "{n} cells of refusal columns are neither yes nor no.",
        "They are taken for refusals: these customers are not contacted.",
        "Look through the values; where one does not mean a refusal, have it written as no or left empty.",
    ),
    "consent_never_no": note(
        "{n} cell is blank in columns of consent that never say no.",
        "{n} cells are blank in columns of consent that never say no.",
        "A blank is taken for nobody having asked, and a channel that client.yml assumes is used.",
        "Ask whether a blank means no; if so, take the channel out of consent.assumed.",
    ),
    "consent_unused": warning(
        "{n} column may say who must not be contacted, and is not used.",
        "{n} columns may say who must not be contacted, and are not used.",
        "Whatever was refused there is not known.",
        "Name it under tables.customers.columns in client.yml, such as no_contact, if it holds answers.",
    ),
    "columns_unused": note(
        "{n} column is not used.",
        "{n} columns are not used.",
        "Nothing in it is known to this report.",
        "Name it in client.yml if it matters.",
    ),
    "consent_unknown": note(
        "No column says who may be contacted.",
        "No column says who may be contacted.",
        "Only the channels that client.yml assumes (consent.assumed) are used.",
        "Ask for the consents of each channel before anything is sent.",
    ),
    "acquired_future": warning(
        "{n} customer was acquired after the as-of date.",
        "{n} customers were acquired after the as-of date.",
        "Their age is negative.",
        "Correct the dates.",
    ),
    "cancelled_before": warning(
        "{n} customer cancelled before having been acquired.",
        "{n} customers cancelled before having been acquired.",
        "Their time as customers cannot be told.",
        "Correct the dates.",
    ),
    "reason_unknown": error(
        "{n} reason of offers.lost_for_good stands in no cancellation.",
        "{n} reasons of offers.lost_for_good stand in no cancellation.",
        "Nobody is left out for it: whoever is meant may be contacted all the same.",
        "Write it as the data do (cancel_reason of customers, detail of events), or take it out.",
    ),
    "by_unknown": error(
        "{n} column of report.by is none of the customers, nor category, channel, source or coupon of"
        " orders.",
        "{n} columns of report.by are none of the customers, nor category, channel, source or coupon of"
        " orders.",
        "What is asked for cannot be shown.",
        "Correct report.by, or map the column under tables.customers.columns in client.yml.",
    ),
    "email_malformed": note(
        "{n} e-mail address cannot be one.",
        "{n} e-mail addresses cannot be ones.",
        "A message to it does not arrive.",
        "Correct them in the source.",
    ),
    "email_shared": note(
        "{n} e-mail address belongs to several customers.",
        "{n} e-mail addresses belong to several customers each.",
        "One person under two numbers looks like two who left, and gets two offers.",
        "Ask whether these are families, or one person entered twice.",
    ),
}

SUPPRESSION_RULES: dict[str, Rule] = {
    "suppressed": note(
        "{n} customer is never to be contacted.",
        "{n} customers are never to be contacted.",
        "They stand in the numbers, and in no plan.",
        "There is nothing to do.",
    ),
    "suppressed_unknown": error(
        "{n} row of suppress.csv matches nobody in the data.",
        "{n} rows of suppress.csv match nobody in the data.",
        "Whoever is meant may be contacted all the same.",
        "Correct the number, e-mail address or telephone, or write suppress_unmatched: accept in client.yml"
        " if they never were customers.",
    ),
}
