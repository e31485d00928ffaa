# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Words of bank texts, in capitals without accents, in the languages around us."""


def _words(text):
    return frozenset(text.split())


#: Between the members of a list.
AND = _words("AND E EN ET IN JA OCH OG PLUS UND Y")

#: Short for an invoice, or the letters of a series: which one, nobody can tell.
INVOICE = _words("FAC FACT FAKT FATT INV RE RG")

#: What stands before the year in numbers, as Odoo calls its journals in the languages
#: around us. Payments have a P before the letters of their journal.
SERIES = INVOICE | _words("ACQ BILL CABA EXCH FACTU LF MISC OD PBNK1 PCSH1 RECHN")

#: Short words that stand before a number and are no letters of a series.
BEFORE_NUMBER = AND | _words(
    """
    AAN AU BIS DE DEL DER DI DIE DU FOR FRA FUER FUR HET IL KID KLNT LA LE LES LOS MIT
    NO NOTA NR NUM OCR OF ON ONS ONZE OUR PAR PER POR POUR REF REG RENR RGNR RNR UNS UW
    VAN VIA VOM VON VOOR VOS YOUR
    """
)

#: Short for "number", between a word and the number itself.
NUMERO = _words("N NO NR NUM NUMBER NUMERO NUMMER")

#: How words begin that say that a number is of something else than an invoice: of an
#: order, an offer, a contract, a credit note, a delivery, a customer, a policy.
OTHER_KINDS = tuple(
    _words(
        """
        ABBONAMENTO ABON AKTEN ALBARAN ANGEBOT AUFTRAG AVOIR BESTEL BOOKING BUCHUNG
        CLIENT COMMANDE CONTRA CREDIT CUSTOMER DELIVER DEVIS DOSSIER EXPEDIENTE FORMA
        GUTSCHR KLANT KLNT KREDIET KREDIT KUNDE LEVER LIDNUMMER LIEFER LIVRAISON MANDA
        MEMBER MEMBRE MITGLIED OFERTA OFFERT ORDEN ORDER ORDINE ORDRE PEDIDO POLICE
        POLICY POLIS POLIZA POLIZZA PRATICA PRESUPUESTO PREVENTIVO PROFORMA PROGETTO
        PROJECT PROJEKT PROJET PROYECTO QUOT RESERV SUBSCRIPTION SUSCRIPCION VERSICHER
        VERTRAG VORGANG
        """
    )
)

#: What banks write before the parts of a text, between slashes.
TAGS = _words("EREF KREF MREF REMI RFB ROC")

#: Words of a period: with a year they name no document.
PERIODS = _words(
    """
    JANUARY FEBRUARY MARCH APRIL MAY JUNE JULY AUGUST SEPTEMBER OCTOBER NOVEMBER
    DECEMBER JAN FEB MAR APR JUN JUL AUG SEP SEPT OCT NOV DEC
    JANUARI FEBRUARI MAART MEI JUNI JULI AUGUSTUS OKTOBER MRT OKT
    JANVIER FEVRIER MARS AVRIL MAI JUIN JUILLET AOUT SEPTEMBRE OCTOBRE NOVEMBRE
    DECEMBRE JANV FEVR AVR JUIL
    JANUAR FEBRUAR MARZ MAERZ DEZEMBER DEZ
    ENERO FEBRERO MARZO ABRIL MAYO JUNIO JULIO AGOSTO SEPTIEMBRE OCTUBRE NOVIEMBRE
    DICIEMBRE GENNAIO FEBBRAIO APRILE MAGGIO GIUGNO LUGLIO SETTEMBRE OTTOBRE DICEMBRE
    QUARTER KWARTAAL TRIMESTRE TRIM QUARTAL WEEK SEMAINE WOCHE KW MAAND MOIS MONAT
    MONTH YEAR JAAR ANNEE JAHR
    """
)

#: Forms of companies and ways to address people: no part of a name.
NO_NAME = _words(
    """
    AB AG AS ASA ASBL BV BVBA BVBASPRL CO COMMV CV CVBA DOO EHF EURL EV GCV GMBH HF INC
    IVZW KFT KG LDA LLC LLP LTD LTDA MBH NV NVSA OHG OU OY OYJ PLC SA SARL SAS SASU SC
    SCOP SCRL SCS SE SIA SL SLU SNC SOHO SP SPA SPRL SPZOO SRL SRO STICHTING UAB UG VOF
    VZW ZOO
    AND DE DHR DR EN ET FRAU HEER HERR HR M ME MEVR MEVROUW MISS MLLE MME MR MRS MS MVR
    SIR THE UND
    """
)
