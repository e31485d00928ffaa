from . import online_bank_statement_pull_debug
from . import online_bank_statement_pull_wizard
from . import ponto_preview_line
from . import ponto_connect_wizard
from . import ponto_connect_wizard_line
from . import ponto_connection_check
from . import ponto_connection_check_finding
from . import ponto_decision
