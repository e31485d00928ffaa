"""A made-up year of a believable company's invoices, bills, receipts and payments.

Every payment knows what a careful bookkeeper settles with it. Plain Python, the same
for the same seed, and without a line of the addon: it is what matching is measured by.

* `identifiers`  account numbers and structured references with their check digits
* `records`      partners, documents, payments
* `ledger`       issues documents, books payments, keeps what is open
* `customers`, `vendors`, `others`  the kinds of payments
* `year`         how many of each kind; the year week by week
* `matching`     runs the engine's rules over a year and counts
* `mutations`    spoils what payments say
* `many`         a batch against thousands of open items

``python -m bookkeeping`` prints what the rules make of some years, and how fast.
"""

from .records import Document, Item, Partner, Payment
from .year import Year, make_year

__all__ = ["Document", "Item", "Partner", "Payment", "Year", "make_year"]
