# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people are told, by code.

What is stored is a message: a code and its values, as JSON. The words are chosen when
somebody reads it, in that person's language. Whoever adds a code adds its words here.
"""

from collections import defaultdict

from odoo import fields
from odoo.tools import LazyTranslate

from .tools import format_moment

_lt = LazyTranslate(__name__)

#: A message in words already, in the language in which they came.
TOLD = "told"

#: Errors of the client are looked up by their `kind`. While somebody is connecting, or
#: where no scheduled pull will try again, the kind is first looked up with this prefix:
#: those words ask the reader to try again.
CONNECTING = "connecting_"

#: What went wrong: the cause and the next step.
ERRORS = {
    "credentials": _lt(
        "Ponto does not accept the Login and Secret Key. In Ponto, open "
        "Integrations, choose the custom integration, copy its Client ID and "
        "Client Secret and enter them here again."
    ),
    "not_allowed": _lt(
        "Ponto does not let this integration read the account. In Ponto, open "
        "Integrations and check that the custom integration has the scope Account "
        "Information and that the account is switched on."
    ),
    "not_found": _lt(
        "Ponto no longer knows what was asked for. Fetch again: the account is "
        "looked up anew."
    ),
    "too_many": _lt(
        "Ponto asks for fewer requests. Nothing needs to be done: the next "
        "scheduled fetch goes on."
    ),
    "disturbance": _lt(
        "Ponto has a temporary problem (error %(status)s). Nothing needs to be done: "
        "the next scheduled fetch goes on."
    ),
    "insecure": _lt(
        "The connection to Ponto is not secure, so nothing was sent. Ask your "
        "system administrator to check the server's certificates and its proxy."
    ),
    "too_late": _lt(
        "Ponto did not answer in time. Nothing needs to be done: the next "
        "scheduled fetch tries again."
    ),
    "unreachable": _lt(
        "Ponto cannot be reached. Check the internet connection of the Odoo "
        "server; the next scheduled fetch tries again."
    ),
    "endless": _lt(
        "Ponto served the same list of transactions over and over, so the fetch "
        "was stopped. The next scheduled fetch tries again; tell Ponto's support "
        "if it stays like this."
    ),
    "empty_pages": _lt(
        "Ponto served page after page without transactions, and no end of the list. "
        "Nothing needs to be done: the next scheduled fetch tries again. Tell Ponto's "
        "support if it stays like this."
    ),
    "unreadable": _lt(
        "Ponto answered with something other than transactions, perhaps a notice "
        "of maintenance. The next scheduled fetch tries again."
    ),
    "gateway": _lt(
        "Something between Odoo and Ponto, perhaps a firewall or a proxy, refused the "
        "request (error %(status)s). The next scheduled fetch tries again. If it stays "
        "like this, ask your system administrator to check the connection to Ponto "
        "and the API Address."
    ),
    "address": _lt(
        "The API Address that is set for this feed cannot be used: it has to "
        "be a plain address that begins with https. A system administrator can "
        "correct it; left empty, Ponto's own address is used."
    ),
    "refused": _lt(
        "Ponto refused the request (error %(code)s). Update this module, or report "
        "the error to its maintainers."
    ),
    "connecting_credentials": _lt(
        "Ponto does not accept these codes. In Ponto, open Integrations, choose "
        "the custom integration, copy its Client ID and make a new Client Secret "
        "if the old one is lost; enter both here again."
    ),
    "connecting_not_allowed": _lt(
        "The codes are right, but the integration may not read accounts. In Ponto, "
        "open Integrations, choose the custom integration and give it the scope "
        "Account Information; then press Next again."
    ),
    "connecting_too_many": _lt(
        "Ponto asks for fewer requests. Wait a minute; then press the button again."
    ),
    "connecting_disturbance": _lt(
        "Ponto has a temporary problem. Wait some minutes; then press the button again."
    ),
    "connecting_too_late": _lt(
        "Ponto did not answer in time. Wait some minutes; then press the button again."
    ),
    "connecting_unreachable": _lt(
        "Ponto cannot be reached. Check the internet connection of the Odoo "
        "server; then press the button again."
    ),
    "connecting_gateway": _lt(
        "Something between Odoo and Ponto, perhaps a firewall or a proxy, refused the "
        "request (error %(status)s). Wait some minutes; then press the button again. "
        "If it stays like this, ask your system administrator to check the connection "
        "to Ponto and the API Address."
    ),
    "connecting_unreadable": _lt(
        "Ponto answered with something other than what was asked for, perhaps a notice "
        "of maintenance. Wait some minutes; then press the button again."
    ),
    "outage": _lt(
        "Ponto does not answer now, as other journals have found. Nothing needs to be "
        "done: the next scheduled fetch tries again."
    ),
    "unexpected": _lt(
        "An unexpected error stopped the fetch. Nothing of the failed part was "
        "imported; the next fetch tries again. Your system administrator finds "
        "the details in the server's log."
    ),
    "disconnected": _lt("The feed was disconnected before the fetch had ended."),
    "feed_archived": _lt(
        'The feed of "%(journal)s" is archived. Unarchive it to fetch.'
    ),
    "journal_archived": _lt(
        'The journal "%(journal)s" is archived. Unarchive it, or archive its feed, too.'
    ),
    "no_suspense_account": _lt(
        'The journal "%(journal)s" has no suspense account, on which bank '
        "transactions wait for their reconciliation. An accountant can enter one on "
        "the journal."
    ),
    "no_codes": _lt(
        "Enter the Login (Client ID) and the Secret Key (Client Secret) of the custom "
        'integration in Ponto on the feed of "%(journal)s".'
    ),
    "secret_unreadable": _lt(
        "This server cannot read the Client Secret any more, as after the "
        "restoring of a backup on another server. Enter the Client Secret "
        "again, or ask your system administrator."
    ),
    "secret_not_found": _lt(
        "The server does not find the Client Secret where it is said to "
        "be. Ask your system administrator to look into the server's log."
    ),
    "no_accounts": _lt(
        "Ponto offers no account to this integration. In Ponto, open Integrations, "
        "choose the custom integration and switch on the accounts that it may read."
    ),
    "no_account_number": _lt(
        'The journal "%(journal)s" has no account number. Enter one of the '
        "accounts that Ponto offers as its Bank Account Number:\n%(accounts)s"
    ),
    "account_ambiguous": _lt(
        "Ponto offers %(sought)s more than once. In Ponto, open Integrations, "
        "choose the custom integration and leave only one of these switched "
        "on:\n%(accounts)s"
    ),
    "account_of_others": _lt(
        "The account %(sought)s feeds a journal of another company. If it is to feed "
        '"%(journal)s", too, somebody who works for both companies has to say so: '
        "empty the journal's account number and save, then enter it again. Else "
        "correct the journal's account number or currency."
    ),
    "account_not_offered": _lt(
        'The journal "%(journal)s" is kept for account %(sought)s, which Ponto '
        "does not offer to this integration. Correct the journal's account number "
        "or currency, or switch the account on in Ponto under Integrations. Ponto "
        "offers:\n%(accounts)s"
    ),
}

#: How something is, and why: of a bank, of a balance, of a pull that came to its end.
STATES = {
    "bank_expired": _lt(
        "The bank no longer lets Ponto read this account, so nothing new "
        "arrives. In Ponto, open Accounts and authorize the account again; the "
        "missing transactions are fetched then."
    ),
    "bank_replaced": _lt(
        "Ponto replaces the connection to this bank. In Ponto, add the account "
        "again through the new connection and switch it on in the integration."
    ),
    "bank_soon": _lt(
        "The bank's consent ends on %(date)s. In Ponto, open Accounts and authorize "
        "the account again before that day."
    ),
    "bank_failed": _lt(
        "Ponto could not read the account at the bank the last time. It tries "
        "again by itself, four times a day."
    ),
    "bank_maintenance": _lt(
        "The bank is in maintenance. Nothing needs to be done: Ponto goes on "
        "when it has ended."
    ),
    "balance_unknown": _lt(
        "The bank gives no balance, so the journal cannot be compared to it."
    ),
    "balance_no_opening": _lt(
        "The bank has %(bank)s, the journal's lines come to %(odoo)s. Nothing tells "
        "what the account had before the first of them: make a statement of that line, "
        "and enter its starting balance."
    ),
    "balance_equal": _lt("Equals the bank: %(bank)s, bank data of %(moment)s."),
    "balance_explained": _lt(
        "The bank has %(bank)s, Odoo has %(odoo)s; the difference of "
        "%(difference)s is what was read but not imported."
    ),
    "balance_not_same_moment": _lt(
        "The bank has %(bank)s (of %(moment)s), Odoo has %(odoo)s "
        "(transactions of %(transactions_moment)s). The two are not of the "
        "same moment; a later fetch will tell."
    ),
    "balance_different": _lt(
        "The bank has %(bank)s, Odoo has %(odoo)s: they differ by %(difference)s "
        "from %(date)s on."
    ),
    "not_asked_address": _lt("Imported what Ponto has (as of %(moment)s)."),
    "not_asked_disturbance": _lt(
        "The bank was not asked: Ponto has a temporary problem."
    ),
    "not_asked_gateway": _lt(
        "The bank was not asked: the request did not get through to Ponto."
    ),
    "not_asked": _lt("The bank was not asked: Ponto does not allow it now."),
    "bank_not_read": _lt("Ponto could not read the account at the bank."),
    "bank_late": _lt(
        "The bank is taking its time; what it sends comes with the next fetch."
    ),
    "bank_late_background": _lt(
        "The bank is taking its time; what it sends is fetched in the background."
    ),
    "chosen_known": _lt(
        "%(count)s of the chosen transactions had come into the journal since the "
        "preview."
    ),
    "chosen_changed": _lt(
        "%(count)s of the chosen transactions were left out, because something has "
        "changed since the preview: look at them again."
    ),
    "withdrawn": _lt(
        "%(count)s of the announced transactions were left out: the bank no longer "
        "has them."
    ),
}

#: What went wrong, in three words: for a card, a list, the subject of a mail.
SUMMARIES = {
    "credentials": _lt("Login refused"),
    "not_allowed": _lt("Access refused"),
    "not_found": _lt("Account not found, tries again"),
    "too_many": _lt("Ponto is busy, tries again"),
    "disturbance": _lt("Ponto has a problem, tries again"),
    "insecure": _lt("Connection not secure"),
    "too_late": _lt("Ponto is slow, tries again"),
    "unreachable": _lt("Ponto not reachable, tries again"),
    "endless": _lt("Ponto's list is endless, tries again"),
    "empty_pages": _lt("Ponto's list is empty, tries again"),
    "unreadable": _lt("Ponto not readable, tries again"),
    "gateway": _lt("Request blocked, tries again"),
    "address": _lt("API address unusable"),
    "refused": _lt("Request refused"),
    "outage": _lt("Ponto not reachable, tries again"),
    "unexpected": _lt("Unexpected error"),
    "disconnected": _lt("Not connected"),
    "feed_archived": _lt("Feed archived"),
    "journal_archived": _lt("Journal archived"),
    "no_suspense_account": _lt("Suspense account missing"),
    "no_codes": _lt("Login missing"),
    "secret_unreadable": _lt("Secret not readable"),
    "secret_not_found": _lt("Secret not found"),
    "no_accounts": _lt("No account offered"),
    "no_account_number": _lt("Account number missing"),
    "account_ambiguous": _lt("Account offered twice"),
    "account_of_others": _lt("Account of another company"),
    "account_not_offered": _lt("Account not offered"),
    "bank_expired": _lt("Consent expired"),
    "bank_replaced": _lt("Bank connection replaced"),
    "bank_soon": _lt("Consent ends soon"),
    "bank_failed": _lt("Bank not read, tries again"),
    "bank_maintenance": _lt("Bank in maintenance"),
}

#: The codes of what is only worth knowing: nothing went wrong.
INFORMATION = {
    "not_asked_address",
    "bank_late",
    "bank_late_background",
    "withdrawn",
}


def summarize(env, message):
    """Put the cause of a message in three words.

    :param env: an environment; the text is in its language
    :param dict message: as returned by `prepare_message`
    :rtype: str
    """
    summary = SUMMARIES.get(message["code"])
    # Another module may have told it, in words of its own.
    return env._(summary) if summary else env._("Fetch failed")


def prepare_message(code, /, **values):
    """Prepare a message.

    :param str code: key of `ERRORS` or `STATES`, or `TOLD` with its `text`
    :param values: what its words name, as JSON can hold it
    :rtype: dict
    """
    return {"code": code, "values": values}


def prepare_error(error):
    """Prepare the message about an error of the Ponto client.

    :param PontoError error: what the client raised
    :rtype: dict
    """
    return prepare_message(
        error.kind, status=error.status, code=error.code or error.status
    )


def render_message(env, message):
    """Put a message into words.

    :param env: an environment; the text is in its language
    :param dict message: as returned by `prepare_message`
    :rtype: str
    """
    code, values = message["code"], message["values"]
    if code == TOLD:
        return values["text"]
    if "accounts" in values:
        accounts = _list_accounts(env, values["accounts"], values.get("others"))
        values = {**values, "accounts": accounts}
    if "moment_at" in values:
        moment = fields.Datetime.to_datetime(values["moment_at"])
        values = {
            **values,
            "moment": format_moment(env, moment, values.get("tz"), True),
        }
    known = {name: value for name, value in values.items() if value is not None}
    text = env._(ERRORS.get(code) or STATES[code])
    return text % defaultdict(str, known)


def explain(env, error, is_connecting=False, is_tried_again=True):
    """Put an error of the Ponto client in a bookkeeper's words.

    :param env: an environment; the text is in its language
    :param PontoError error: what the client raised
    :param bool is_connecting: whether nothing is connected yet
    :param bool is_tried_again: whether a scheduled pull tries again what may pass
    :return: the cause and the next step
    :rtype: str
    """
    message = prepare_error(error)
    by_hand = is_connecting or (error.advice == "retry" and not is_tried_again)
    if by_hand and CONNECTING + error.kind in ERRORS:
        message["code"] = CONNECTING + error.kind
    return render_message(env, message)


def describe_account(env, account):
    """Describe an account as people know it.

    :param env: an environment; the text is in its language
    :param dict account: its `number`, `currency`, `holder`, `description`, `bank`, and
        whether it `is_replaced`; all but the number may be missing
    :return: number, currency, holder and bank
    :rtype: str
    """
    number = account["number"] or env._("no account number")
    parts = [
        f"{number} {account.get('currency') or ''}",
        account.get("holder"),
        account.get("description"),
        account.get("bank"),
        account.get("is_replaced") and env._("replaced by a newer connection"),
    ]
    return ", ".join(part.strip() for part in parts if part)


def _list_accounts(env, accounts, others):
    """Return accounts, one a line, and how many there are besides them (str)."""
    lines = [describe_account(env, account) for account in accounts]
    if others:
        lines.append(env._("%s others", others))
    return "\n".join(f"- {line}" for line in lines)
