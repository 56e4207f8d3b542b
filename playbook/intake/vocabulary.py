"""What columns of exports are called, in English, German, Italian and French."""

WORDS: dict[str, dict[str, str]] = {
    "orders": {
        "customer_id": """household|household key|household id|card number|card id|loyalty card|card no
            |karten nr|kartennummer|numero carta|carte fidélité|n° carte|shopper|patron id|guest id|gast nr
            |ospite|abonné|abonnent|codice socio|kd|kundencode|kundenkonto|kundenidentifikation|konto nr
            |kontonummer|sold to|sold to party|bill to|customer ref|customer key|customer identifier
            |id acquirente|codice fiscale|utente|id utente|utilisateur|id utilisateur|réf client
            |référence client|identifiant client|identifiant|person nr|spender id|gönner|gönnernummer
            |gönner nr|customer number|customer no|customer nr|cust id|cust no|cust|customer|customer code
            |client id|client number|buyer id|user id|account number|account id|member id|member number
            |donor id|donor number|donor|subscriber id|shopper id|contact id|kundennummer|kundennr|kunden id
            |kdnr|kunde|kundenno|debitor|debitorennummer|debitornr|debitorennr|mitgliednummer|mitgliedernummer
            |mitglied nr|spender|spendernummer|spendernr|adressnummer|adressnr|besteller|käufer|auftraggeber
            |abonummer|codice cliente|cod cliente|id cliente|numero cliente|n cliente|nr cliente|num cliente
            |codcli|acquirente|donatore|id donatore|codice donatore|socio|numero socio|tessera|numero tessera
            |code client|n client|no client|num client|nr client|id client|numéro de client|acheteur
            |numéro donateur|n donateur|id donateur|compte client|n membre|n adhérent""",
        "ordered_at": """transaction dt|order dt|trans date|tran date|txn date|order purchase timestamp
            |date of purchase|spendedatum|zahlungseingang|eingang am|gift dt|date du versement|data versamento
            |data offerta|date de paiement|data incasso|rg datum|re datum|fakturadatum|processed at
            |completed at|order created at|purchased at|bought on|bestelltag|belegtag|emesso il|data emissione
            |payé le|facturé le|emise le|date émission|date ticket|purchase day|tag der bestellung|order date
            |date of order|ordered on|purchase date|transaction date|invoice date|date|sale date|sales date
            |booking date|created at|order created|timestamp|order time|gift date|donation date|payment date
            |day|paid at|datetime|posting date|bestelldatum|bestellt am|datum|belegdatum|rechnungsdatum
            |kaufdatum|auftragsdatum|verkaufsdatum|buchungsdatum|valuta|valutadatum|spendendatum|zahlungsdatum
            |eingangsdatum|transaktionsdatum|gekauft am|kauf am|tag|zeitpunkt|lieferdatum|data|data acquisto
            |data vendita|data fattura|data documento|data dell'ordine|data doc|data donazione|data pagamento
            |data registrazione|data valuta|data movimento|giorno|date de commande|date d'achat|date de vente
            |date de facture|date de la commande|date du don|date de transaction|jour|date d'opération
            |commandé le|acheté le|date comptable|date pièce""",
        "amount": """tran amount|trans amount|txn amount|sales value|purchase amount|amount usd|amount eur
            |price total|versement|versamento|cifra|ammontare|prix payé|prezzo pagato|totale pagato|total payé
            |valeur de la commande|betrag chf|total amount paid|item total|preis gesamt|total paid
            |totale documento|totale fattura|total commande|total facture|net value|nettowert|rechnungssumme
            |zeilensumme|bonsumme|spendensumme|gift total|total amount|line total|line amount|order total
            |order amount|total|revenue|sales|net sales|net amount|gross amount|net revenue|turnover|value
            |order value|paid|amount paid|dollars|sum|subtotal|total price|gift amount|donation
            |donation amount|gift|payment|spend|monetary|extended price|price paid|sales amount
            |transaction amount|net total|grand total|betrag|umsatz|nettobetrag|bruttobetrag|gesamtbetrag
            |summe|rechnungsbetrag|bestellwert|auftragswert|warenwert|netto|brutto|nettoumsatz|bruttoumsatz
            |gesamtpreis|positionsbetrag|zeilenbetrag|endbetrag|bezahlt|wert|spende|spendenbetrag|gesamt
            |zahlbetrag|positionswert|umsatz netto|umsatz brutto|betrag netto|betrag brutto|total netto
            |total brutto|importo|importo totale|totale|importo netto|importo lordo|importo riga|valore
            |fatturato|prezzo totale|totale riga|totale ordine|imponibile|pagato|donazione|offerta|incasso
            |lordo|valore ordine|importo pagato|ricavo|montant|montant ttc|montant ht|montant total|total ttc
            |total ht|chiffre d'affaires|ca|ca ht|ca ttc|ca net|valeur|prix total|montant net|montant brut
            |montant payé|montant ligne|total ligne|don|montant du don|somme|payé|encaissement|règlement""",
        "unit_price": """price|price each|item price|unit cost price|price per unit|selling price|einzelpreis
            |stückpreis|preis|verkaufspreis|vk|vk preis|preis pro stück|einheitspreis|stk preis|prezzo
            |prezzo unitario|prezzo unit|prezzo vendita|pu|prix|prix unitaire|prix unit|prix ttc|prix ht
            |prix de vente|pu ht|pu ttc|prix unitaire ht|prix unitaire ttc""",
        "quantity": """qty|units|number of items|items|pcs|count|cds|number|item count|quant|menge|anzahl
            |stück|stückzahl|stk|bestellmenge|anz|quantità|qtà|numero pezzi|pz|n pezzi|quantité|qte|nombre|nb
            |nb articles|unités|pièces|nombre d'articles""",
        "order_id": """rg nr|rg nummer|re nr|faktura|fakturanr|fakturanummer|lieferschein|nr doc|n documento
            |order name|no de commande|no de facture|num facture|nr fattura|num fattura|order number|order no
            |order nr|order|invoice|invoice no|invoice number|receipt|receipt number|receipt id|receipt no
            |transaction id|transaction number|transaction|basket id|basket|gift id|donation id
            |document number|document no|order ref|order reference|sales order|po number|order code|bill no
            |bestellnummer|bestellnr|bestell id|bestellung|auftragsnummer|auftragsnr|auftrag|belegnr
            |belegnummer|beleg|rechnungsnummer|rechnungsnr|rechnung|rechnung nr|bon|bonnr|bonnummer|quittung
            |quittungsnr|transaktion|transaktionsnummer|vorgang|vorgangsnummer|spendennummer|auftrag nr
            |kassenbon|numero ordine|n ordine|nr ordine|num ordine|id ordine|numero fattura|n fattura
            |codice ordine|scontrino|numero scontrino|numero ricevuta|n ricevuta|numero documento|transazione
            |num doc|n doc|rif ordine|numéro de commande|n commande|num commande|id commande|n de commande
            |n facture|numéro de facture|ticket de caisse|n ticket|numéro ticket|n reçu|numéro de reçu|n pièce
            |référence commande|réf commande|n du reçu""",
        "margin": """gross margin|contribution margin|contribution|profit|gross profit|margin amount|db
            |deckungsbeitrag|marge|rohertrag|rohgewinn|gewinn|db1|db i|ertrag|bruttogewinn|roherlös|margine
            |margine di contribuzione|margine lordo|utile|mdc|guadagno|marge brute|marge sur coûts variables
            |bénéfice|marge contributive|mcv|marge nette|profit brut""",
        "list_amount": """list price|catalogue price|catalog price|full price|regular price|rrp|msrp
            |original price|price before discount|amount before discount|gross list price|list value
            |listenpreis|katalogpreis|uvp|normalpreis|originalpreis|bruttolistenpreis|regulärer preis
            |ladenpreis|preis vor rabatt|listenwert|listenbetrag|prezzo di listino|listino|prezzo pieno
            |prezzo originale|prezzo catalogo|importo di listino|prix catalogue|prix de liste|prix public
            |tarif|prix tarif|prix plein|prix barré|prix normal|prix avant remise|prix de base
            |tarif catalogue""",
        "coupon": """coupon code|voucher|voucher code|promo code|discount code|promotion code|gutschein
            |gutscheincode|rabattcode|aktionscode|buono|codice sconto|buono sconto|codice promo
            |codice promozionale|codice coupon|codice buono|bon d'achat|code promo|bon de réduction
            |code avantage|code réduction|code promotionnel|bon""",
        "is_sample": """sample|samples|free sample|muster|probe|warenprobe|gratismuster|ist muster|campione
            |campione gratuito|omaggio|échantillon|echantillon gratuit|spécimen""",
        "is_promotion": """promotion|on promotion|promo|promoted|on sale|sale item|special offer
            |aktionsartikel|sonderangebot|aktionspreis|ist aktion|in aktion|in promozione|offerta speciale
            |in offerta|articolo in promozione|en promotion|offre spéciale|article en promotion|promotionnel
            |soldé""",
        "sales_channel": """channel|order channel|store type|shop type|kanal|verkaufskanal|vertriebskanal
            |bestellkanal|absatzkanal|bestellweg|vertriebsweg|canale|canale di vendita|canal|canal de vente
            |canal d'achat""",
        "source": """traffic source|utm source|acquisition source|referrer|marketing source|origin|medium
            |herkunft|quelle|besucherquelle|werbequelle|ursprung|verkehrsquelle|provenienza|fonte|origine
            |sorgente|origine du client|provenance|source de trafic""",
        "category": """product category|product group|department|product line|item category|fund|purpose
            |campaign purpose|article group|warengruppe|kategorie|produktgruppe|artikelgruppe|sortiment
            |abteilung|zweck|spendenzweck|verwendungszweck|produktkategorie|rubrik|sparte|categoria
            |gruppo merceologico|categoria merceologica|categoria prodotto|reparto|scopo|finalità
            |linea prodotto|settore|destinazione|catégorie|famille|famille de produits|groupe de produits
            |rayon|gamme|affectation|but|catégorie de produit|groupe de marchandises|département|but du don
            |objet""",
        "currency": """currency code|währung|whg|valuta|divisa|devise|monnaie|moneta""",
    },
    "customers": {
        "customer_id": """id|number|no|nr|nummer|numéro|n|code|codice|person id|kunden|key|uid|personennummer
            |partner|partnernummer|geschäftspartner""",
        "name": """full name|customer name|contact name|name firma|kundenname|vollständiger name
            |vor und nachname|bezeichnung|nome|nominativo|denominazione|nome e cognome|nome completo
            |nome cliente|cognome e nome|nome cognome|nom|nom complet|nom du client|nom et prénom
            |prénom et nom|dénomination""",
        "company": """company name|organisation|organization|firma|firmenname|firmenbezeichnung|unternehmen
            |ragione sociale|azienda|ditta|raison sociale|société|entreprise""",
        "salutation": """title|form of address|mr or mrs|anrede|titel|appellativo|titolo|civilité|titre""",
        "first_name": """given name|forename|vorname|nome di battesimo|prénom""",
        "last_name": """surname|family name|nachname|familienname|cognome|nom de famille""",
        "street": """street address|address line 1|address1|straße|strasse|strasse nr|straße und hausnummer
            |via|via e numero|indirizzo 1|rue|rue et numéro|adresse 1""",
        "postcode": """zip|zip code|postal code|plz|postleitzahl|cap|codice postale|code postal|npa""",
        "town": """city|place|ort|stadt|wohnort|ortschaft|città|comune|località|ville|localité|commune""",
        "country": """country code|land|ländercode|paese|nazione|pays""",
        "email": """mail|email address|mailadresse|emailadresse|posta elettronica|indirizzo email|courriel
            |adresse email|adresse électronique|mél""",
        "phone": """phone number|mobile|mobile phone|cell|telefon|telefonnummer|mobil|handy|natel
            |telefon privat|rufnummer|telefono|numero di telefono|cellulare|recapito telefonico|téléphone
            |numéro de téléphone|portable|tél|tél mobile""",
        "address": """postal address|adresse|anschrift|postadresse|indirizzo|indirizzo postale
            |adresse postale""",
        "language": """lang|locale|preferred language|sprache|korrespondenzsprache|sprachcode|lingua
            |lingua preferita|lingua di corrispondenza|langue|langue préférée|langue de correspondance""",
        "segment": """customer type|customer group|customer segment|type|tier|class|kundengruppe|kundensegment
            |kundentyp|kundenart|kundenklasse|segmento|tipo cliente|gruppo clienti|tipologia|categoria cliente
            |type de client|groupe de clients|catégorie client|segment client""",
        "acquired_on": """customer since|since|registration date|registered|registered on|signup date
            |join date|joined|first contact|created|created at|created on|member since|date joined|donor since
            |client since|start date|kunde seit|seit|erfasst am|registriert am|anmeldedatum|eintrittsdatum
            |mitglied seit|angelegt am|eröffnet am|spender seit|kundin seit|registrierungsdatum|beitritt
            |eintritt|erstkontakt|erfassungsdatum|cliente dal|dal|data iscrizione|data di registrazione
            |registrato il|iscritto dal|donatore dal|socio dal|data primo contatto|data creazione|cliente da
            |depuis|date d'inscription|date de création|inscrit le|membre depuis|donateur depuis
            |client depuis le|date d'entrée|date d'adhésion""",
        "cancelled_on": """cancelled|cancellation date|canceled on|end date|left on|churn date|gekündigt am
            |kündigung|kündigungsdatum|austritt|austrittsdatum|kündigung am|vertragsende|gekündigt per
            |disdetta|data disdetta|disdetto il|data cessazione|data recesso|fine contratto|résilié le
            |date de résiliation|résiliation|date de fin|date de départ""",
        "cancel_reason": """cancellation reason|reason for cancellation|reason for leaving|leaving reason
            |churn reason|Kündigungsgrund|Grund der Kündigung|Austrittsgrund|Abgangsgrund
            |motivo disdetta|motivo della disdetta|motivo recesso|motivo cessazione|motif de résiliation
            |motif de départ|raison de la résiliation|raison du départ""",
        "may_phone": "darf angerufen werden",
        "may_letter": "may mail|direct mail|mail consent",
        "may_visit": "besuche",
        "no_contact": "objection|désinscription",
        "no_letter": "do not mail|no mail",
        "owner": """account manager|sales rep|salesperson|responsible|account owner|agent|betreuung|betreuer
            |betreut von|kundenberater|berater|verantwortlich|vertreter|aussendienst|zuständig|kundenbetreuer
            |sachbearbeiter|responsabile|agente|consulente|venditore|referente|commerciale|seguito da|gestore
            |responsable|conseiller|vendeur|chargé de clientèle|suivi par|commercial|gestionnaire|représentant
            |conseillère""",
        "referrals": """recommendations|referred customers|number of referrals|referred|empfehlungen
            |weiterempfehlungen|anzahl empfehlungen|geworbene kunden|passaparola|segnalazioni|raccomandazioni
            |clienti presentati|referenze|presentazioni|recommandations|parrainages|filleuls|clients parrainés
            |bouche à oreille""",
        "reference_customer": """is reference|referenzkunde|referenz|cliente di riferimento|cliente referenza
            |referenza|client de référence|référence""",
        "potential": """yearly potential|sales potential|potential revenue|potenzial|potential umsatz
            |jahrespotenzial|umsatzpotenzial|potenziale|potenziale annuo|potenziale di acquisto|potentiel
            |potentiel annuel|potentiel d'achat|potentiel de ca""",
        "volunteer": """is volunteer|freiwillig|freiwillige|freiwilliger|ehrenamtlich|helfer|volontario
            |volontaria|volontariato|bénévole|volontaire""",
    },
    "events": {
        "happened_at": """event date|event time|occurred at|occurred on|date|timestamp|time|when|on|at|day
            |created at|datum|am|wann|zeitpunkt|ereignisdatum|zeit|tag|passiert am|data|quando|il|giorno
            |data evento|data e ora|ora|quand|le|jour|date de l'événement|survenu le|horodatage|event at
            |logged at""",
        "kind": """event|event type|event kind|type|activity|activity type|action|interaction|reason type
            |ereignis|ereignisart|art|typ|aktivität|ereignistyp|vorgang|kontaktart|anlass|evento|tipo
            |tipo di evento|attività|azione|evenement|genre|type d'événement|activité|nature|action client""",
        "value": """rating|score|stars|duration|minutes|wert|bewertung|sterne|dauer|punkte|note punkte|valore
            |valutazione|punteggio|stelle|durata|voto|valeur|évaluation|étoiles|durée|notation""",
        "detail": """comment|remark|note|notes|description|text|subject|reason|message|bemerkung|bemerkungen
            |kommentar|notiz|beschreibung|betreff|grund|anmerkung|nota|commento|descrizione|dettaglio
            |osservazioni|osservazione|oggetto|motivo|remarque|remarques|commentaire|détails|sujet|motif
            |observation""",
    },
    "contacts": {
        "campaign": """campaign id|campaign name|campaign code|mailing|action|kampagne|aktion|kampagnenname
            |kampagnencode|mailingaktion|campagna|nome campagna|codice campagna|iniziativa|campagne
            |nom de campagne|code campagne|opération|action marketing""",
        "contacted_at": """contacted on|contact date|date|sent at|sent on|send date|date contacted|call date
            |mailing date|kontakt am|kontaktdatum|kontaktiert am|datum|versanddatum|versandt am|gesendet am
            |kontakt|angerufen am|contattato il|data|data invio|inviato il|data di contatto|contatto del
            |contact le|date de contact|contacté le|date d'envoi|envoyé le""",
        "channel": """contact channel|medium|via|means|kanal|weg|kontaktweg|kontaktkanal|canale|mezzo
            |canale di contatto|modalità|tramite|canal|moyen|canal de contact|voie|support""",
        "arm": """group|test group|treatment|variant|treatment group|control group|experiment group|cell
            |gruppe|testgruppe|kontrollgruppe|variante|versuchsgruppe|zelle|gruppo|gruppo test
            |gruppo di controllo|braccio|groupe|groupe test|groupe de contrôle|bras|variante test
            |groupe témoin""",
        "offer": """incentive|gift|offer name|angebot|offerte|anreiz|geschenk|offerta|incentivo|omaggio
            |proposta|offre|cadeau|incitation|avantage|proposition""",
        "cost": """costs|cost per contact|contact cost|unit cost|kosten|kontaktkosten|stückkosten
            |kosten pro kontakt|costo|costi|costo contatto|costo per contatto|cout|coûts|coût par contact
            |coût du contact|frais""",
    },
}
"""Table to our column to its names, parted by bars. Accents, capitals, blanks and marks do not
count. Of
consents and refusals only those names that `permission.meaning` does not tell."""

TABLE_WORDS = {
    "orders": "order sale transaction invoice bestell auftr umsatz verkauf rechnung beleg spende ordin vendit"
    " fattur acquist donazion command vente achat factur dons retail purchase",
    "customers": "customer client people member donor kunde adress mitglied spender debitor anagrafic donator"
    " soci adhérent adherent fichier-client crm person",
    "events": "event ereignis activit aktivit evento eventi evenement événement interaction log",
    "contacts": "contact campaign kontakt kampagne contatti campagn mailing",
}
"""Beginnings of words in the names of files and sheets."""

COUNTS = """
    paid complete completed delivered shipped fulfilled closed succeeded success successful settled
    captured approved invoiced partiallyrefunded partiallypaid partiallyfulfilled processing sent ok
    done received confirmed archived bezahlt abgeschlossen erledigt geliefert ausgeliefert versendet
    versandt verschickt verbucht gebucht verrechnet fakturiert bestätigt eingegangen teilweiseerstattet
    teilzahlung teilbezahlt inbearbeitung pagato pagata completato completata consegnato consegnata
    spedito spedita evaso evasa chiuso chiusa fatturato incassato confermato confermata inlavorazione
    payé payée terminé terminée livré livrée expédié expédiée réglé réglée encaissé facturé confirmé
    confirmée encours acquitté
"""
"""What stands in a column of states where the order counts, without capitals and blanks."""

COUNTS_NOT = """
    cancelled canceled cancel void voided failed failure declined denied rejected expired refunded
    reversed pending pendingpayment onhold draft checkoutdraft abandoned test deleted trash unpaid quote
    proforma awaitingpayment chargeback disputed returned incomplete unavailable requirespaymentmethod
    requirespayment uncaptured storniert storno annulliert abgebrochen abgelehnt fehlgeschlagen gelöscht
    entwurf offerte angebot ausstehend unbezahlt erstattet rückerstattet zurückerstattet gutgeschrieben
    retourniert abgelaufen ungültig wartend annullato annullata cancellato cancellata stornato stornata
    rifiutato rifiutata fallito bozza inattesa rimborsato rimborsata scaduto preventivo reso nonpagato
    annulé annulée refusé refusée échoué échouée brouillon enattente remboursé remboursée expiré expirée
    devis impayé impayée abandonné supprimé
"""
"""What stands there where it does not."""

BACK = """
    refund refunds refunded chargeback reversal return returned creditnote creditmemo paymentrefund
    paymentreversal gutschrift gutschriften rückerstattung erstattung rückgabe retoure rückzahlung
    rücklastschrift stornorechnung rimborso rimborsi notadicredito notacredito reso storno remboursement
    avoir notedecrédit retour rejetdeprélèvement
"""
"""Types of rows that take money back."""

SALES = """
    charge payment sale sales order invoice purchase donation gift capture rechnung verkauf zahlung kauf
    bestellung spende einzahlung vendita pagamento fattura ordine acquisto donazione vente paiement
    facture commande achat don expresscheckoutpayment websitepayment mobilepayment subscriptionpayment
    directcredit
"""
"""Types of rows that are sales."""

NO_SALES = """
    payout transfer withdrawal generalwithdrawal fee stripefee adjustment conversion currencyconversion
    generalcurrencyconversion authorization auth hold auszahlung überweisung umbuchung gebühr prelievo
    bonifico commissione versement virement frais commission
"""
"""Types of rows that are neither a sale nor its return."""
