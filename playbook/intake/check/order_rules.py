"""What can be wrong with the orders."""

from playbook.intake.check.rule import Rule, error, note, warning

ORDER_RULES: dict[str, Rule] = {
    # Lines that are left out
    "lines_unreadable": warning(
        "{n} line could not be read.",
        "{n} lines could not be read.",
        "They are left out everywhere.",
        "Correct them in the source; where all of a column fail, set the format in client.yml.",
    ),
    "lines_without_customer": warning(
        "{n} line has no customer.",
        "{n} lines have no customer.",
        "What they bought counts for nobody; customers who pay without their number look lost.",
        "Ask whether these are sales to passers-by, or a number that the export dropped.",
    ),
    "lines_incomplete": warning(
        "{n} line lacks a date or an amount.",
        "{n} lines lack a date or an amount.",
        "They are left out everywhere.",
        "Ask what an empty cell means in this export.",
    ),
    "lines_after_as_of": note(
        "{n} line lies after the as-of date.",
        "{n} lines lie after the as-of date.",
        "They are not looked at: the report speaks of what was known on that day.",
        "Set as_of in client.yml to another day if that is not meant.",
    ),
    # Orders
    "lines_duplicated": note(
        "{n} line repeats another one in every column.",
        "{n} lines repeat others in every column.",
        "Where they are copies, revenue and margin are too high by them; orders, being days, are not.",
        "Ask whether an article that is scanned twice makes two lines; if not, have the export made again.",
    ),
    "lines_in_two_files": warning(
        "{n} line stands in two files.",
        "{n} lines stand in two files.",
        "The files overlap: revenue and margin of these lines are counted twice.",
        "Have each file begin where the one before it ends, or drop the lines from one of them.",
    ),
    "order_number_reused": note(
        "{n} order number stands for several customers or days.",
        "{n} order numbers stand for several customers or days.",
        "Nothing is counted by order number; but where customers are mixed up, so is who bought what.",
        "Ask whether the numbers begin anew each year or at each till.",
    ),
    "customer_per_order": warning(
        "{n} customer has as good as one order each: hardly anybody ordered twice.",
        "{n} customers have as good as one order each: hardly anybody ordered twice.",
        "Hardly anybody is seen to come back, as if the shop gave a new customer number with every order.",
        "Ask for the number of the person, or for the e-mail address, and name its column as customer_id.",
    ),
    "order_total_repeated": warning(
        "{n} order has the same amount on each of its lines.",
        "{n} orders have the same amount on each of their lines.",
        "If that is the total of the order, revenue and margin count it once per line.",
        "Set tables.orders.total_per_order in client.yml: true where it is the total, false where it is not.",
    ),
    "order_total_differs": warning(
        "{n} order has lines with different totals.",
        "{n} orders have lines with different totals.",
        "Of each only the largest counts, as tables.orders.total_per_order in client.yml says.",
        "See whether the amount is that of the line; then take total_per_order out.",
    ),
    "amount_zero": note(
        "{n} line is of amount 0.",
        "{n} lines are of amount 0.",
        "They are neither a sale nor a return, and make no order.",
        "If a free order is an order for this client, set tables.orders.zero_is_order.",
    ),
    "amount_negative": note(
        "{n} line is a return.",
        "{n} lines are returns.",
        "They lower revenue and margin, and never remove an order.",
        "If the client does not take that much back, ask which lines are negative.",
    ),
    "sign_contradiction": warning(
        "{n} line has an amount and a quantity of opposite sign.",
        "{n} lines have an amount and a quantity of opposite sign.",
        "They count as returns if either is negative: orders may be missing.",
        "Ask which of the two columns bears the sign of a return.",
    ),
    "return_without_order": note(
        "{n} customer returned something before the first order that is known.",
        "{n} customers returned something before the first order that is known.",
        "Their orders lie before the export or under another number; their margin is too low.",
        "Ask for a longer export if they are many.",
    ),
    "no_sale": warning(
        "None of the {n} lines is a sale.",
        "None of the {n} lines is a sale.",
        "Without a sale there is no order, and nothing can be told.",
        "See whether the amounts are in the right column and bear the right sign.",
    ),
    "customer_dominates": warning(
        "{n} customer has a large share of everything.",
        "{n} customers have a large share of everything each.",
        "Averages follow them; behind such a number often stand many people, such as all cash sales.",
        "Leave them out of the export if they are no customers, or name them in suppress.csv.",
    ),
    "amount_extreme": warning(
        "{n} day of a customer has a large share of all revenue.",
        "{n} days of customers have a large share of all revenue each.",
        "One wrong decimal mark is enough for that; values and averages follow it.",
        "Look these amounts up; correct them in the source.",
    ),
    "currency_mixed": error(
        "The amounts are in {n} currency, not that of client.yml.",
        "The amounts are in {n} currencies.",
        "They cannot be added up.",
        "Have all amounts converted into one currency, and name it in client.yml.",
    ),
    # Dates
    "date_future": error(
        "{n} line lies in the future.",
        "{n} lines lie in the future.",
        "The last date is the day from which silence is counted: everybody would look lost.",
        "Correct the dates, or set as_of in client.yml to the day of the export.",
    ),
    "date_early": warning(
        "{n} line lies before any plausible date.",
        "{n} lines lie before any plausible date.",
        "The log seems to begin then, so that old customers are taken for new ones.",
        "Correct the dates, or set forget_before in client.yml to the day the log begins.",
    ),
    "last_day_alone": warning(
        "The last day with orders stands alone, {n} day after the one before.",
        "The last day with orders stands alone, {n} days after the one before.",
        "Silence is counted to that day: if it is a slip of the pen, everybody looks lost too early.",
        "Look that order up, or set as_of in client.yml.",
    ),
    "as_of_late": warning(
        "The as-of date lies {n} day after the last order.",
        "The as-of date lies {n} days after the last order.",
        "Silence is counted to that day: everybody looks silent for longer, and lost too early.",
        "Ask for an export up to that day, or choose an earlier as-of date.",
    ),
    "month_missing": warning(
        "{n} month has no orders at all.",
        "{n} months have no orders at all.",
        "A gap in the export looks like silence of every customer: return probabilities are too low.",
        "Ask whether the business was closed; if not, have the export made again.",
    ),
    "month_thin": warning(
        "{n} month has far fewer orders than those around it.",
        "{n} months have far fewer orders than those around them.",
        "A part of the export may be missing there.",
        "Ask whether the business was slow, or the file was cut.",
    ),
    "cohort_not_said": warning(
        "The log looks like a cohort from its birth, of {n} customer.",
        "The log looks like a cohort from its birth, of {n} customers.",
        "Those first seen in its first days count as old customers: none of them is called occasional.",
        "Set tables.orders.cohort in client.yml: true if it begins with their first orders, else false.",
    ),
    "days_missing": note(
        "{n} stretch of weeks has no order.",
        "{n} stretches of weeks have no order.",
        "A gap in the export looks like silence.",
        "Ask whether the business was closed.",
    ),
}
