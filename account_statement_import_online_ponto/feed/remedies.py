# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a person can do at once about an error, as a button beside its words."""

from contextlib import contextmanager

from odoo.exceptions import LockError, RedirectWarning, UserError

from ..exceptions import FeedError, describe_error
from ..ponto_api import PontoError
from .background import is_stopped
from .notifications import get_call

#: Who may replace a secret.
MANAGERS = "account.group_account_manager"


@contextmanager
def offering_remedy(provider):
    """Let an error come with the button that the feed's own bar has for it.

    :param provider: the feed
    :raise RedirectWarning: for an error that has one
    """
    try:
        yield
    except LockError:
        raise
    except UserError as error:
        remedy = _find_remedy(provider, error)
        if not remedy:
            raise
        raise RedirectWarning(str(error), *remedy) from error


def _find_remedy(provider, error):
    """Find what can be done about an error.

    :return: an action and the words of its button; None where there is nothing to do
    :rtype: tuple or None
    """
    env = provider.env
    if is_stopped(provider):
        resume = get_call(provider._name, "action_ponto_go_on", provider.ids)
        return resume, env._("Resume")
    cause = error.__cause__ or error
    if not isinstance(cause, (PontoError, FeedError)):
        return None
    _message, advice = describe_error(cause)
    if advice == "credentials" and env.user.has_group(MANAGERS):
        action = provider.action_ponto_update_credentials()
        return action, env._("Update Credentials")
    if advice in ("credentials", "reconnect", "fix"):
        check = get_call(provider._name, "action_ponto_check_connection", provider.ids)
        return check, env._("Check the Connection")
    return None
