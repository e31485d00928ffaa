from . import test_access
from . import test_account_choice
from . import test_credentials
from . import test_lines
from . import test_pull_by_user
from . import test_scheduled_pull
from . import test_statements
