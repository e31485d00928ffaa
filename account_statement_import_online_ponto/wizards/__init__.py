from . import online_bank_statement_pull_wizard
from . import ponto_connect_wizard
from . import ponto_connect_wizard_login
from . import ponto_connect_wizard_accounts
from . import ponto_connect_wizard_line
from . import ponto_connect_wizard_connecting
from . import ponto_connect_wizard_start
