"""What a column is called says whether it is a consent, a refusal or neither, in four languages."""

import pytest

from playbook.intake.permission import consent_first, meaning, names_refusals

NAMES = {
    "no_email": """Newsletter abbestellt|Newsletter Abmeldung|Newsletter Stop|Newsletter gekündigt
        |Newsletter widerrufen|Newsletter gesperrt|E-Mail Werbung untersagt
        |E-Mail Werbung unerwünscht|Einwilligung Email widerrufen|consenso email revocato
        |Newsletter cancellata|refus newsletter|désabonné newsletter|email consent withdrawn
        |HasOptedOutOfEmail|donotbulkemail|Abgemeldet am|UNSUB_TIME|rifiuta email|keine E-Mail
        |no newsletter|Newsletter not wanted|Newsletter unerwuenscht""",
    "no_phone": """keine Telefonwerbung|Telefonwerbung verboten|donotphone|Phone Blacklisted|DoNotCall
        |no telefono|ne pas appeler|Telefon gesperrt am|refus téléphone""",
    "no_letter": """keine Postwerbung|Postwerbung abgelehnt|donotpostalmail|donotbulkpostalmail
        |Post nicht zulassen|Briefsperre|pas de courrier|niente posta|direct mail opt-out""",
    "no_visit": "kein Besuch|do not visit|pas de visite",
    "no_contact": """Mailingsperre|Consenso marketing negato|Consentement refusé|Consentement retiré
        |gesperrt seit|Werbesperre J/N|Löschvormerkung|Nicht anschreiben|kein Mailing
        |Werbung untersagt|Werbung verboten|Werbung unerwünscht|Werbung widersprochen
        |Einwilligung widerrufen|consenso revocato|Robinson|blacklist
        |E-Mail und Telefon untersagt|opt-out""",
    "deceased": "Todesfall|verstorben am|décédée le|date of death|deceduto",
    "may_email": """Newsletter|E-Mail ok|Accepts Email Marketing|consenso newsletter|abonné newsletter
        |e-mail autorisé""",
    "may_phone": "Anruf erlaubt|Telefonwerbung|Consenso telefono|Phone OK|accord tél",
    "may_letter": "Post ok|Brief ok|Postwerbung|Direct Mail ok|accord courrier|consenso posta",
    "may_visit": "Besuch ok|visits allowed",
    "may_advertise": """Werbung erlaubt|werbung ok|werbeeinwilligung|consenso marketing|consentement|opt in
        |mailings|Accepts Marketing|Accord RGPD|E-Mail und Telefon erlaubt""",
    None: """Mahnsperre|Kreditsperre|Liefersperre|Spendensperre|Auftragssperre|blocked orders|PLZ
        |E-Mail|Telefon|Telefon Nr|Phone No|Tel. no.|N° client|No client|Kunde seit
        |Gekündigt am|Cancelled at|Notiz|Bemerkung|Postleitzahl|Letzter Besuch
        |posta elettronica|subscription cancelled at|unsubscribe link""",
}


@pytest.mark.parametrize(
    ("name", "ours"),
    [(" ".join(name.split()), ours) for ours, names in NAMES.items() for name in names.split("|")],
)
def test_a_name_says_which_consent_or_refusal_it_is(name, ours):
    assert meaning(name) == ours


@pytest.mark.parametrize(
    "name",
    [
        "gesperrte_kunden",
        "Werbesperre",
        "robinsonliste",
        "abmeldungen",
        "unsubscribed",
        "opt-out",
        "Sperrliste",
    ],
)
def test_a_file_may_be_a_list_of_refusals_by_its_name(name):
    assert names_refusals(name)
    assert not names_refusals("kunden_newsletter") and not names_refusals("deleted_orders")


def test_what_may_be_a_refusal_stands_first_among_what_is_not_used():
    assert consent_first(["Hobby", "Privacy refused"]) == ["Privacy refused (consent?)", "Hobby"]
