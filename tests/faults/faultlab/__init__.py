"""What the tests of this folder are made of.

``inside`` and ``jobs`` run in Odoo's shell, the rest beside pytest: ``workers`` starts
processes that pull, ``lab`` joins them with a simulated bank and a database,
``proof`` compares what Odoo has with what the bank has booked, ``cases`` is the table
of faults, and ``tally`` counts what was survived.
"""
