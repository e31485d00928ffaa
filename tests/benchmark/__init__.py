"""How fast, how frugal, how flat: the benchmark suite that ``setup/benchmark`` runs.

Modules that know neither Odoo nor databases: ``ratios`` (what repeated measurements
tell), ``bars`` (what has to be reached), ``table`` (what is printed and written),
``machine`` (where it was measured).

Modules beside Odoo: ``arena`` (databases, processes, banks), ``scenarios`` (what is
measured), ``__main__`` (the command line).

Modules that run in Odoo's process: ``jobs`` (what is done), ``meter`` (what it costs),
``history`` (known transactions, loaded in bulk).
"""
