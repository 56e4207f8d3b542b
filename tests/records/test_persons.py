"""Whose an order or an address is: numbers per order, lists of addresses, e-mail addresses as numbers."""

import ibis
import pytest

from playbook.errors import DataError
from playbook.records.consent import consents
from playbook.records.reading import Reader, canonical
from playbook.records.sources import open_sources
from playbook.settings.client import load
from playbook.settings.tables import OrderSettings, TableSettings

ORDERS = {"customer_id": "c", "ordered_at": "d", "amount": "a"}


@pytest.fixture
def read(tmp_path):
    """Write files and read them as a table."""

    def of(name, table, **files):
        (tmp_path / "scratch").mkdir(exist_ok=True)
        for file, text in files.items():
            (tmp_path / f"{file}.csv").write_text(text)
        model = OrderSettings if name == "orders" else TableSettings
        reader = Reader(ibis.duckdb.connect(), tmp_path / "scratch")
        rows = canonical(reader, name, model.model_validate(table), tmp_path).to_pyarrow().to_pylist()
        return sorted(rows, key=str)

    return of


def test_orders_are_those_of_the_person_whose_number_they_have(read):
    persons = {"files": "people.csv", "columns": {"number": "c", "customer_id": "u"}}
    rows = read(
        "orders",
        {"files": "orders.csv", "columns": ORDERS, "persons": persons},
        orders="c,d,a\n1,2025-05-01,1\n2,2025-05-02,2\n3,2025-05-03,4\n4,2025-05-04,8\n5,2025-05-05,9\n",
        people="c,u\n1,P1\n2,P2\n3,P1\n5,P1\n5,P2\n",
    )
    assert {int(row["amount"]): row["customer_id"] for row in rows} == {
        1: "P1", 2: "P2", 4: "P1", 8: None, 9: None,  # 4: in no row; 5: of two persons
    }  # fmt: skip


def test_persons_need_both_numbers(read):
    persons = {"files": "people.csv", "columns": {"number": "c"}}
    with pytest.raises(DataError, match=r"tables\.orders\.persons\.columns does not say .* customer_id"):
        read(
            "orders",
            {"files": "o.csv", "columns": ORDERS, "persons": persons},
            o="c,d,a\n1,2025-05-01,1\n",
            people="c,u\n1,P1\n",
        )


def test_an_address_is_one_customer_however_it_is_spelled(read):
    text = "c,d,a\nAda@Example.org ,2025-05-01,1\nada@example.org,2025-05-02,2\nK1,2025-05-03,4\n"
    rows = read("orders", {"files": "o.csv", "columns": ORDERS}, o=text)
    assert {row["customer_id"] for row in rows} == {"ada@example.org", "K1"}


REFUND = "from,to,d,a\nada@x.org,shop@x.org,2025-05-01,10\nshop@x.org,ada@x.org,2025-05-02,-4\n"


def test_what_is_below_zero_may_name_the_customer_in_another_column(read):
    columns = ORDERS | {"customer_id": "from"}
    table = {"files": "o.csv", "columns": columns, "below_zero": {"customer_id": "to"}}
    assert {row["customer_id"] for row in read("orders", table, o=REFUND)} == {"ada@x.org"}
    with pytest.raises(DataError, match=r"below_zero\.margin is no column of numbers of customers"):
        read("orders", table | {"below_zero": {"margin": "to"}}, o=REFUND)


def test_whatever_is_written_may_have_one_meaning(read):
    table = {
        "files": "p.csv",
        "columns": {"customer_id": "c", "may_email": "since"},
        "values": {"may_email": {"*": "yes", "never": "no"}},
    }
    rows = read("customers", table, p="c,since\n1,2024-01-01\n2,\n3,never\n")
    assert [row["may_email"] for row in rows] == [True, None, False]


LISTS = {
    "files": ["people.csv", "gone.csv", "in.csv"],
    "columns": {"customer_id": "c", "email": "e", "may_email": "ok"},
    "differs": {
        "gone.csv": {"columns": {"email": "Email", "no_email": "UNSUB_TIME"}},
        "in.csv": {"columns": {"email": "Email", "may_email": "T"}, "values": {"may_email": {"*": "yes"}}},
    },
}
FILES = {
    "people": "c,e,ok\nK1,Ada@x.org,yes\nK2,ben@x.org,\nK3,ben@x.org,yes\nK4,cem@x.org,no\nK5,,yes\n",
    "gone": "Email,UNSUB_TIME\nada@x.org,2024-01-01\nBEN@x.org,2024-01-01\nnew@x.org,2024-01-01\n",
    "in": "Email,T\ncem@x.org,2024-01-01\ndot@x.org,2024-01-01\n",
}


def test_a_list_of_addresses_says_what_customers_refused_and_a_no_of_either_stands(read):
    rows = read("customers", LISTS, **FILES)
    assert {row["customer_id"]: row["may_email"] for row in rows} == {
        "K1": False, "K2": False, "K3": False, "K4": False, "K5": True, "new@x.org": False, "dot@x.org": True,
    }  # fmt: skip
    assert len(rows) == 7


def test_lists_alone_are_contacts_known_by_their_addresses(read):
    table = {"files": "gone.csv", "columns": {"email": "Email", "no_email": "UNSUB_TIME"}}
    rows = read("customers", table, gone=FILES["gone"])
    assert [row["customer_id"] for row in rows] == ["ada@x.org", "ben@x.org", "new@x.org"]


YML = """client: X
{top}tables:
  orders: {{files: o.csv, columns: {{customer_id: c, ordered_at: d, amount: a}}}}
  customers:
    files: [people.csv, gone.csv]
    columns: {{customer_id: c, email: e, may_email: ok}}
    differs: {{gone.csv: {{columns: {{email: Email, no_email: UNSUB_TIME}}}}}}
"""


def said(tmp_path, top="", gone=FILES["gone"], **files):
    folder = tmp_path / "x"
    folder.mkdir()
    files |= {
        "o": "c,d,a\nK1,2025-05-01,1\nzoe@x.org,2025-05-02,2\n",
        "people": FILES["people"],
        "gone": gone,
    }
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text)
    (folder / "client.yml").write_text(YML.format(top=top))
    settings = load("x", tmp_path)
    sources = open_sources(settings, folder)
    ids = sorted(sources.orders.customer_id.execute())
    found = consents(ids, sources, settings)
    sources.close()
    return found["consent_letter"].tolist(), found["consent_email"].tolist()


def test_a_torn_row_of_a_list_refuses_for_whoever_has_the_address(tmp_path):
    gone = "Email,UNSUB_TIME\nAda@x.org,2024-01-01,torn,more\n"
    assert said(tmp_path, gone=gone) == (["refused", "not_asked"], ["refused", "no_address"])


@pytest.mark.parametrize("top", ["", "pseudonymise: true\n"])
def test_a_customer_known_by_an_address_is_suppressed_by_it(tmp_path, monkeypatch, top):
    monkeypatch.setenv("PLAYBOOK_ID_KEY", "0123456789abcdef")
    assert sorted(said(tmp_path, top=top, suppress="Zoe@x.org\n")[0]) == ["assumed", "suppressed"]
