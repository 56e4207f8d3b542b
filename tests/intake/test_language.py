"""The language in which customers are addressed, as far as the exports tell."""

import pytest

from playbook.intake.language import guess_language
from playbook.intake.look import look_at
from playbook.intake.recognise import recognise


@pytest.fixture
def spoken(tmp_path):
    def of(header, rows):
        path = tmp_path / "export.csv"
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return guess_language([recognise(look_at(path)[0])])

    return of


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("Kundennummer;Bestelldatum;Betrag", "de"),
        ("Codice cliente;Data ordine;Importo", "it"),
        ("N° client;Date de commande;Montant", "fr"),
        ("customer_id;order_date;amount", "en"),
    ],
)
def test_three_names_of_columns_tell_the_language(spoken, header, language):
    found, reason = spoken(header, [f"K{n % 7};2025-01-{n + 1:02d};{n}.50" for n in range(30)])
    assert found == language
    assert reason.startswith("the names of the columns are ")


def test_too_few_names_tell_nothing(spoken):
    assert spoken("Kunde;A;B", [f"K{n % 7};2025-01-{n + 1:02d};{n}.50" for n in range(30)]) is None


@pytest.mark.parametrize(("italian", "found"), [(20, "it"), (10, None)])
def test_the_customers_own_language_goes_before_the_names(spoken, italian, found):
    others = ("de", "fr", "en", "pt")
    rows = [
        f"K{n};Anna {n};anna{n}@example.com;{'it_CH' if n < italian else others[n % 4]}" for n in range(30)
    ]
    told = spoken("Kundennummer;Name;E-Mail;Sprache", rows)
    assert (told and told[0]) == found
