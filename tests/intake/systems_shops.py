"""Exports of shops and marketplaces."""

from pathlib import Path

from tests.intake.systems_sales import Sale, comma, number_of, write


def shopify(sales: list[Sale], place: Path) -> list[Path]:
    head = (
        "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,"
        "Subtotal,"
        "Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,"
        "Lineitem name,Lineitem price,Lineitem sku,Billing Name,Phone,Cancelled at,Payment Method,"
        "Refunded Amount,"
        "Vendor,Id,Tags,Risk Level,Source"
    ).split(",")
    states = {
        "refunded": "refunded",
        "part": "partially_refunded",
        "pending": "pending",
        "cancelled": "voided",
    }
    rows = [head]
    for sale in reversed(sales):
        when = f"{sale.moment:%Y-%m-%d %H:%M:%S} +0100"
        state = states.get(sale.fate, "paid")
        for place_of, (what, many, paid) in enumerate(sale.lines):
            row = dict.fromkeys(head, "") | {
                "Name": f"#{sale.number}",
                "Email": sale.email,
                "Created at": when,
            }
            row |= {"Lineitem quantity": many, "Lineitem name": what, "Lineitem price": f"{paid / many:.2f}"}
            if place_of == 0:
                row |= {"Financial Status": state, "Paid at": when, "Currency": "CHF", "Shipping": "0.00"}
                row |= {"Subtotal": f"{sale.amount:.2f}", "Total": f"{sale.amount:.2f}", "Source": "web"}
                row |= {"Refunded Amount": f"{sale.refund:.2f}", "Fulfillment Status": "fulfilled"}
                row["Cancelled at"] = when if sale.fate in ("cancelled", "test") else ""
            rows.append(list(row.values()))
    return [write(place / "orders_export_1.csv", rows)]


def woocommerce(sales: list[Sale], place: Path) -> list[Path]:
    states = {
        "refunded": "Refunded",
        "pending": "Pending payment",
        "cancelled": "Cancelled",
        "test": "Failed",
    }
    rows: list[list[object]] = [
        ["Order Number", "Order Status", "Order Date", "Customer Note", "First Name (Billing)",
         "Last Name (Billing)", "Email (Billing)", "Payment Method Title", "Order Subtotal Amount",
         "Order Refund Amount", "Order Total Amount", "SKU", "Item #", "Item Name", "Quantity (- Refund)",
         "Item Cost", "Coupon Code"]
    ]  # fmt: skip
    for sale in sales:
        for item, (what, many, paid) in enumerate(sale.lines, 1):
            refund = f"{sale.refund:.2f}" if sale.fate == "part" else ""
            rows.append(
                [sale.number, states.get(sale.fate, "Completed"), f"{sale.moment:%Y-%m-%d %H:%M}", "", "Ada",
                 sale.name, sale.email, "TWINT", f"{sale.amount:.2f}", refund, f"{sale.amount:.2f}",
                 f"A{many}", item, what, many, f"{paid / many:.2f}", ""]
            )  # fmt: skip
    return [write(place / "orders-2025.csv", rows)]


def woocommerce_flat(sales: list[Sale], place: Path) -> list[Path]:
    states = {"refunded": "refunded", "pending": "on-hold", "cancelled": "cancelled", "test": "failed"}
    rows: list[list[object]] = [
        ["order_id", "order_number", "date", "status", "shipping_total", "tax_total", "order_total",
         "refunded_total", "order_currency", "payment_method", "customer_id", "billing_email", "coupons"]
    ]  # fmt: skip
    for sale in sales:
        who = 0 if sale.guest else number_of(sale)
        rows.append(
            [sale.number, sale.number, f"{sale.moment:%Y-%m-%d %H:%M:%S}", states.get(sale.fate, "completed"),
             "0.00", "0.00", f"{sale.amount:.2f}", f"{sale.refund:.2f}", "CHF", "stripe", who, sale.email, ""]
        )  # fmt: skip
    return [write(place / "woo.csv", rows)]


def magento(sales: list[Sale], place: Path) -> list[Path]:
    states = {"refunded": "closed", "pending": "pending", "cancelled": "canceled", "test": "holded"}
    rows: list[list[object]] = [
        ["ID", "Purchase Point", "Purchase Date", "Bill-to Name", "Ship-to Name", "Grand Total (Base)",
         "Grand Total (Purchased)", "Status", "Billing Address", "Customer Email", "Customer Group",
         "Subtotal",
         "Shipping and Handling", "Customer Name", "Payment Method", "Total Refunded"]
    ]  # fmt: skip
    for sale in sales:
        total, when = f"CHF{sale.amount:,.2f}", sale.moment.strftime("%b %-d, %Y %-I:%M:%S %p")
        group = "NOT LOGGED IN" if sale.guest else "General"
        rows.append(
            [f"{sale.number:09}", "Main Website", when, sale.name, sale.name, total, total,
             states.get(sale.fate, "complete"), "Weg 1", sale.email, group, total, "CHF0.00", sale.name,
             "checkmo", f"CHF{sale.refund:,.2f}"]
        )  # fmt: skip
    return [write(place / "export.csv", rows)]


def prestashop(sales: list[Sale], place: Path) -> list[Path]:
    states = {"refunded": "Remboursé", "pending": "En attente de virement bancaire", "cancelled": "Annulé",
              "test": "Erreur de paiement"}  # fmt: skip
    head = ["ID", "Référence", "Nouveau client", "Livraison", "Client", "Total", "Paiement", "État", "Date"]
    rows: list[list[object]] = [head]
    for sale in sales:
        rows.append(
            [sale.number, f"R{sale.number}", 0, "Suisse", sale.name, f"{comma(sale.amount)} €", "Carte",
             states.get(sale.fate, "Livré"), f"{sale.moment:%Y-%m-%d %H:%M:%S}"]
        )  # fmt: skip
    return [write(place / "order.csv", rows, ";")]


def amazon(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "order-id", "order-item-id", "purchase-date", "payments-date", "buyer-email", "buyer-name",
        "buyer-phone-number", "sku", "product-name", "quantity-purchased", "currency", "item-price",
        "item-tax",
        "shipping-price", "shipping-tax", "ship-service-level", "recipient-name", "ship-city",
        "sales-channel",
    ]  # fmt: skip
    rows: list[list[object]] = [head]
    for sale in (sale for sale in sales if sale.fate in ("paid", "part")):
        when = f"{sale.moment:%Y-%m-%dT%H:%M:%S}+00:00"
        for item, (what, many, paid) in enumerate(sale.lines):
            rows.append(
                [f"302-{sale.number}", item, when, when, sale.email, sale.name, "", "S1", what, many, "EUR",
                 f"{paid:.2f}", "0.00", "0.00", "0.00", "Standard", sale.name, "Bern", "amazon.de"]
            )  # fmt: skip
    return [write(place / "orders.txt", rows, "\t")]


def etsy(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Sale Date", "Order ID", "Buyer User ID", "Full Name", "First Name", "Last Name", "Number of Items",
        "Payment Method", "Date Shipped", "Ship City", "Currency", "Order Value", "Coupon Code",
        "Discount Amount", "Shipping", "Sales Tax", "Order Total", "Status", "Card Processing Fees",
        "Order Net",
        "Adjusted Order Total", "Adjusted Net Order Amount", "Buyer", "Order Type", "Payment Type",
    ]  # fmt: skip
    states = {"refunded": "Refunded", "cancelled": "Canceled", "pending": "Unpaid", "test": "Canceled"}
    rows: list[list[object]] = [head]
    for sale in sales:
        total = f"{sale.amount:.2f}"
        adjusted = f"{sale.amount - sale.refund:.2f}" if sale.refund else "0.00"
        rows.append(
            [f"{sale.moment:%m/%d/%y}", sale.number, sale.person, sale.name, "Ada", "Muster", len(sale.lines),
             "Credit Card", "", "Bern", "CHF", total, "", "0.00", "0.00", "0.00", total,
             states.get(sale.fate, "Paid"), "1.00", total, adjusted, "0.00", f"{sale.name} ({sale.person})",
             "online", "online_cc"]
        )  # fmt: skip
    return [write(place / "EtsySoldOrders2025.csv", rows)]


def ebay(sales: list[Sale], place: Path) -> list[Path]:
    head = [
        "Sales Record Number", "Order Number", "Buyer Username", "Buyer Name", "Buyer Email", "Buyer City",
        "Item Number", "Item Title", "Custom Label", "Quantity", "Sold For", "Shipping And Handling",
        "Total Price", "Payment Method", "Sale Date", "Paid On Date", "Ship By Date", "Feedback Left",
        "Transaction ID",
    ]  # fmt: skip
    rows: list[list[object]] = [[""] * len(head), head, [""] * len(head)]
    kept = [sale for sale in sales if sale.fate in ("paid", "part", "pending")]
    for sale in kept:
        day, total = f"{sale.moment:%b-%d-%y}", f"${sale.amount:,.2f}"
        paid_on = "" if sale.fate == "pending" else day
        several = len(sale.lines) > 1
        whole = [sale.number, f"18-{sale.number}", sale.person, sale.name, "", "Bern"]
        what, many, _ = ("", len(sale.lines), 0) if several else sale.lines[0]
        rows.append([*whole, "", what, "", many, total, "$0.00", total, "Card", day, paid_on, day, "Yes", ""])
        for what, many, paid in sale.lines if several else ():
            own = ["", what, "", many, f"${paid:,.2f}", "", "", "", day, paid_on, day, "", "9"]
            rows.append([*whole, *own])
    return [
        write(
            place / "eBay-OrdersReport.csv",
            [*rows, [], [len(kept), "record(s) downloaded,"], ["Seller ID : x"]],
        )
    ]


def lightspeed(sales: list[Sale], place: Path) -> list[Path]:
    head = ["Date", "Receipt", "Line Type", "Customer Code", "Customer Name", "Register", "User", "Status",
            "Subtotal", "Sales Tax", "Total", "Paid"]  # fmt: skip
    rows: list[list[object]] = [head]
    states = {"cancelled": "VOIDED", "test": "VOIDED", "pending": "SAVED"}
    for sale in sales:
        start = [
            f"{sale.moment:%Y-%m-%d %H:%M:%S}",
            sale.number,
            "Sale",
            sale.person,
            sale.name,
            "Kasse 1",
            "Beat",
        ]
        total = f"{sale.amount:.2f}"
        if sale.fate == "refunded":
            continue
        rows.append([*start, states.get(sale.fate, "CLOSED"), total, "0.00", total, total])
        if sale.fate == "part":
            back = f"-{sale.refund:.2f}"
            rows.append([start[0], f"{sale.number}R", *start[2:], "CLOSED", back, "0.00", back, back])
    return [write(place / "sales_history.csv", rows)]


def marketplace(sales: list[Sale], place: Path) -> list[Path]:
    states = {"cancelled": "canceled", "refunded": "canceled", "test": "unavailable", "pending": "created"}
    orders: list[list[object]] = [
        ["order_id", "customer_id", "order_status", "order_purchase_timestamp", "order_approved_at",
         "order_delivered_customer_date"]
    ]  # fmt: skip
    people: list[list[object]] = [
        ["customer_id", "customer_unique_id", "customer_zip_code_prefix", "customer_city"]
    ]
    payments: list[list[object]] = [
        ["order_id", "payment_sequential", "payment_type", "payment_installments", "payment_value"]
    ]
    items: list[list[object]] = [
        [
            "order_id",
            "order_item_id",
            "product_id",
            "seller_id",
            "shipping_limit_date",
            "price",
            "freight_value",
        ]
    ]
    for sale in sales:
        number, when = f"o{sale.number}", f"{sale.moment:%Y-%m-%d %H:%M:%S}"
        orders.append([number, f"c{sale.number}", states.get(sale.fate, "delivered"), when, when, ""])
        people.append([f"c{sale.number}", f"u{sale.person}", "3000", "bern"])
        payments += [
            [number, 1, "voucher", 1, "5.00"],
            [number, 2, "credit_card", 3, f"{sale.amount - 5:.2f}"],
        ]
        items += [
            [number, n, "p1", "s1", when, f"{paid:.2f}", "3.00"] for n, (_, _, paid) in enumerate(sale.lines)
        ]
    named = {"orders": orders, "customers": people, "order_payments": payments, "order_items": items}
    return [write(place / f"market_{name}.csv", rows) for name, rows in named.items()]


IN_PART = "what was paid back in part is not told in a column of its own, and it says so"
NO_REFUNDS = "the export does not mark refunds, and it says so"
SYSTEMS = [
    ("Shopify", shopify),
    ("WooCommerce (a line per item)", woocommerce),
    ("WooCommerce (a line per order)", woocommerce_flat),
    ("Magento", magento),
    ("PrestaShop", prestashop, NO_REFUNDS),
    ("Amazon", amazon, NO_REFUNDS),
    ("Etsy", etsy, IN_PART),
    ("eBay", ebay, NO_REFUNDS),
    ("Lightspeed", lightspeed),
    ("A marketplace (a customer number per order)", marketplace, NO_REFUNDS),
]
