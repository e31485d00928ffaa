# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules of the feed. They decide over values, and touch nothing.

No Odoo, no network, no clock: what a rule needs is handed in, what it decides is
given back, and who asked acts on it. The modules, those that need no other first:

* `amounts`     rounding and comparing, as a currency does
* `days`        the bank's day of a moment, periods, whole local days as moments
* `entry`       a transaction as Ponto lists it, and as the register knows it
* `admission`   may it become a statement line unasked; if not, why
* `listing`     when reading the newest-first list may stop
* `matching`    the same under another identifier; similar from elsewhere
* `changes`     what the bank changed, and what follows from that
* `statements`  the statement of a day, balances that follow from one another
* `proof`       does the journal equal the bank; the balance before its first line
* `consent`     how long the bank lets Ponto read, and when to remind of its end
* `schedule`    the next run after success or failure, how far a pull has come
"""
