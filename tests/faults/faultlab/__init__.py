"""What the tests of this folder are made of.

``inside`` and ``jobs`` run in Odoo's shell, the rest beside pytest: ``workers`` starts
processes that pull, ``lab`` joins them with a simulated bank and a database,
``proof`` compares what Odoo has with what the bank has booked, ``cases`` is the table
of faults, and ``tally`` counts what was survived.

For a fault at every step, ``moments``, ``steps``, ``state`` and ``defects`` run in
Odoo's shell: they count and spoil moments, do the steps of nine actions, look at what
came of it, and build defects in. Beside pytest, ``sweep`` plans and judges, and
``rewind`` takes database and bank back.
"""
