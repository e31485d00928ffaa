# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules of the feed. They decide over values, and touch nothing.

No Odoo, no network, no clock: what a rule needs is handed in, what it decides is
given back, and who asked acts on it. The modules, those that need no other first:

* `amounts`     rounding and comparing, as a currency does
* `days`        the bank's day of a moment, periods, whole local days as moments
* `entry`       a transaction as Ponto lists it, and as the register knows it
* `admission`   may it become a statement line unasked; if not, why
* `listing`     when reading the newest-first list may stop
* `traits`      what the same transaction keeps when another interface delivers it again
* `spots`       where transactions meet that may be the same, days apart
* `pairing`     pairs over a whole set, as many as can be
* `redelivery`  which of them are paired
* `matching`    the same under another identifier
* `similar_lines`  lines of the journal that did not come from Ponto
* `changes`     what the bank changed, and what follows from that
* `statements`  the statement of a day, balances that follow from one another
* `proof`       does the journal equal the bank; what explains it if not
* `opening`     the balance before a journal's first line
* `consent`     how long the bank lets Ponto read, and when to remind of its end
* `schedule`    the next run after success or failure, how far a pull has come

What a bank line settles:

* `long_texts`        what keeps a long text from taking long
* `check_digits`      the check digits of national references
* `references`        structured references in a text, and one spelling for each
* `vocabulary`        words that banks and people write around numbers
* `fragments`         what is part of many a number by accident
* `bank_text`         a text in words, without what identifies nothing
* `document_numbers`  the spellings of a document's number
* `mentions`          where a text names documents
* `open_items`        the values: lines, open items, matches, reasons
* `books`             all of a batch, by number, reference, partner and amount
* `sums`              items that add up, within bounds
* `ways`              discounts, instalments, currencies: ways to settle an item
* `evidence`          what a line claims, and what speaks against it
* `suggestions`       what is likely, in order
* `choosing`          what a line does to the items that a person has chosen
* `settlement`        what is certain; the way in
"""
