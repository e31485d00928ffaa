from . import online_bank_statement_pull_wizard
