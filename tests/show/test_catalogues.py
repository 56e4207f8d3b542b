"""Every language says everything: no message is missing, none lost a placeholder, no page mixes two."""

import re
import shutil
from collections import Counter

import pytest

from playbook.show import words as words_of
from playbook.show.words import CONTEXTS, SOURCE_LANGUAGE, Words, languages
from tests import catalogues
from tests.conftest import make_run
from tests.show.test_terms import PAGES, visible

TRANSLATED = [language for language in languages() if language != SOURCE_LANGUAGE]
ENGLISH = re.compile(r"\b(the|and|of|with|customers?|orders?|who|which|are|is|from|their)\b")


def placeholders(text):
    return Counter(re.findall(r"\{[^{}]*\}", text))


def forms(text):
    return list(text) if isinstance(text, list | tuple) else [text]


@pytest.mark.parametrize("language", languages())
def test_every_message_is_said_in_every_language_with_its_placeholders(language):
    wanted = {(str(one.id), one.context) for one in catalogues.template(language) if one.id}
    made = [one for one in catalogues.catalogue(language) if one.id]
    assert {(str(one.id), one.context) for one in made} == wanted, "run python -m tests.catalogues"
    for one in made:
        english, told = forms(one.id), forms(one.string)
        assert all(text.strip() for text in told), one.id
        assert placeholders(told[-1]) == placeholders(english[-1]), one.id
        assert set(placeholders(told[0])) <= set(placeholders(" ".join(english))), one.id
        marks = [text.count("`") for text in (english[-1], told[-1])]
        assert marks[0] == marks[1], one.id


def test_a_charity_speaks_of_gifts_in_every_language():
    told = {Words(one, preset="donations").say_many("{n} order", "{n} orders", 2) for one in languages()}
    shop = {Words(one).say_many("{n} order", "{n} orders", 2) for one in languages()}
    assert len(told) == len(shop) == len(languages()) > 1 and not told & shop
    assert CONTEXTS == ("donations",)


@pytest.mark.parametrize("language", TRANSLATED)
def test_numbers_are_written_as_where_the_currency_is(language):
    assert Words(language, "CHF").number(12345) in (
        "12’345",
        "12'345",
        "12\N{NO-BREAK SPACE}345",
        "12\u202f345",
    )
    euro = {"de": "12.345", "it": "12.345", "fr": "12\u202f345"}
    assert Words(language, "EUR").number(12345) == euro[language]


def test_a_new_language_begins_with_every_message(tmp_path, monkeypatch):
    (tmp_path / "en.po").write_bytes((words_of.LOCALE / "en.po").read_bytes())
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path)
    catalogues.write("es")
    begun = [one for one in catalogues.catalogue("es") if one.id]
    assert len(begun) > 2000 and not any("".join(forms(one.string)) for one in begun)


@pytest.mark.slow
@pytest.mark.parametrize("client", ["demo", "demo_donors"])
@pytest.mark.parametrize("language", TRANSLATED)
def test_a_report_is_in_one_language_and_loses_no_column(language, client, demo_data, tmp_path, request):
    english = request.getfixturevalue("demo_run" if client == "demo" else "donors_run")
    settings = (demo_data / client / "client.yml").read_text(encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    folder = data / client
    folder.mkdir()
    for path in (demo_data / client).glob("*.csv"):
        shutil.copy(path, folder)
    written = re.sub(r"(?m)^language: \w+", f"language: {language}", settings, count=1)
    (folder / "client.yml").write_text(written, encoding="utf-8")
    run = make_run(data, client, tmp_path / "reports")
    for name in PAGES:
        page, other = run.page(f"{name}.html"), english.page(f"{name}.html")
        assert page.count("<th") == other.count("<th") and page.count("<h2") == other.count("<h2"), name
        assert f'lang="{language}"' in page
        left = [found.group() for found in ENGLISH.finditer(visible(page))]
        assert left == [], (name, left)
