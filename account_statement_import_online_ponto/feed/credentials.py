# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Credentials: shown and typed on a feed, kept by its integration.

The secret never becomes part of the feed's own row, where everybody who may see the
feed could read it. What counts is what results: what was typed, or comes as a default,
for a feed that is one of Ponto's afterwards.
"""

from odoo import fields
from odoo.exceptions import AccessError, UserError

from ..engine import schedule

#: Keys of `create` and `write` that belong to the integration, not to the feed.
CREDENTIAL_FIELDS = ("username", "password", "api_base")


def find_defaults(provider):
    """Return the defaults, those of the context too, for what decides where credentials
    go (dict)."""
    names = ["service", *CREDENTIAL_FIELDS]
    return {**dict.fromkeys(CREDENTIAL_FIELDS, False), **provider.default_get(names)}


def pop_credentials(provider, vals):
    """Take the credentials out of values for `create` or `write`.

    Login and address stay in the values too, because they are shown. The secret
    never does.

    :param dict vals: is changed in place
    :return: what changes of login, secret and address (dict)
    """
    for name in CREDENTIAL_FIELDS:
        if isinstance(vals.get(name), str):
            vals[name] = vals[name].strip()
    is_ponto = provider.service == "ponto"
    entered = {
        name: vals[name] or False
        for name in CREDENTIAL_FIELDS
        if name in vals
        and (vals[name] or False) != ((is_ponto and provider[name]) or False)
    }
    integration_sudo = provider.sudo().ponto_integration_id
    if "password" in vals:
        vals["password"] = False
        if is_ponto and integration_sudo:
            # It is not in the row, so only the user knows that it is to go.
            entered.setdefault("password", False)
    return entered


def check_may_enter(provider, entered):
    """Check that the user may change credentials.

    :param dict entered: what changes of login, secret and address
    :raise AccessError: when the user may not
    """
    if provider.env.su:
        return
    if "api_base" in entered and not provider.env.is_system():
        raise AccessError(
            provider.env._(
                "Only a system administrator may change the address to which the "
                "bank's credentials are sent."
            )
        )
    if (
        {"username", "password"} & entered.keys()
        and provider.sudo().ponto_integration_id
        and not provider.env["ponto.integration"]._may_change()
    ):
        raise AccessError(
            provider.env._(
                "Only an accounting administrator may change the Login and the "
                "Secret Key of a bank feed."
            )
        )


def store_credentials(provider, entered):
    """Store what was entered on the integration that it stands for.

    :param dict entered: what changes of login, secret and address; what is not
        given stays as it is
    """
    provider.ensure_one()
    if not entered:
        return
    current_sudo = provider.sudo().ponto_integration_id
    client_secret = entered.get("password")
    if "password" in entered and not client_secret:
        integration_sudo = current_sudo.browse()
    elif "username" in entered or not current_sudo:
        integration_sudo = _claim_integration_sudo(provider, client_secret)
    else:
        integration_sudo = current_sudo
    if integration_sudo and client_secret:
        integration_sudo._enter_secret(provider.env, client_secret)
    if integration_sudo and "api_base" in entered:
        integration_sudo.api_base = entered["api_base"]
    link_integration(provider, integration_sudo)


def _claim_integration_sudo(provider, client_secret):
    """Get the integration for the login that the provider shows now: make it, join it,
    or give the present one another login, where that is needed.

    :param client_secret: the secret that was typed along with it, if any
    :return: a `ponto.integration` in sudo mode; empty if there is nothing to keep
    """
    provider.ensure_one()
    current_sudo = provider.sudo().ponto_integration_id
    client_id = provider.username
    if current_sudo and current_sudo.client_id == client_id:
        return current_sudo
    found_sudo = current_sudo.browse()
    if client_id:
        found_sudo = provider.env["ponto.integration"]._claim(
            provider.company_id, client_id, client_secret, provider.api_base
        )
    if not found_sudo and current_sudo and current_sudo._is_of(provider):
        # Nobody else uses it: the login was corrected.
        current_sudo.write({"client_id": client_id, "accepted_at": False})
        return current_sudo
    if not client_id and client_secret:
        # The login is entered after it.
        return found_sudo.create({})
    return found_sudo


def link_integration(provider, integration_sudo):
    """Let the feed use an integration; what nobody uses any more is removed.

    :param integration_sudo: a `ponto.integration`, or none
    """
    provider_sudo = provider.sudo()
    previous_sudo = provider_sudo.ponto_integration_id
    if previous_sudo == integration_sudo:
        values = {}
    else:
        values = {"ponto_integration_id": integration_sudo.id}
        account_sudo = integration_sudo.account_ids.filtered(
            lambda account: account.identifier == provider_sudo.ponto_account_id
        )
        values["ponto_linked_account_id"] = account_sudo.id
    if integration_sudo._is_connected():
        values["next_run"] = schedule.make_due(
            provider_sudo.next_run,
            schedule.make_interval(provider.interval_type, provider.interval_number),
            fields.Datetime.now(),
        )
    provider_sudo.write(values)
    (previous_sudo - integration_sudo)._release()


def leave_company(provider, company):
    """Let a feed leave a company: what was read for that stays with it.

    :param company: the `res.company` that it had before; perhaps it has it still
    :raise UserError: when something was read
    """
    provider_sudo = provider.sudo()
    if provider.company_id == company:
        return
    for name in ("ponto.transaction", "ponto.pull"):
        if provider_sudo.env[name].search_count(
            [("provider_id", "=", provider.id)], limit=1
        ):
            raise UserError(
                provider.env._(
                    "What the feed has read belongs to the company that it was read "
                    "for, so the feed stays there. Archive it, and give the other "
                    "company's journal a feed of its own."
                )
            )
    provider_sudo.write({"ponto_account_id": False, "ponto_linked_account_id": False})


def check_integration(provider):
    """Check that the feed's integration may read the company's bank.

    It may have been given by its identifier, or the feed may have moved to a
    journal of another company.

    :raise AccessError: when the user may not use the integration for it
    """
    integration_sudo = provider.sudo().ponto_integration_id
    if not integration_sudo or provider.company_id in integration_sudo.company_ids:
        return
    Integration = provider.env["ponto.integration"]
    if not Integration._may_use(integration_sudo, provider.company_id):
        raise AccessError(
            provider.env._(
                "Only integrations of companies that you work for can be used."
            )
        )
    integration_sudo.company_ids |= provider.company_id
