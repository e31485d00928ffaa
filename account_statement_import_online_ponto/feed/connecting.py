# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Connecting: a journal and its feed for an account that somebody has chosen."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from odoo import Command, fields
from odoo.exceptions import UserError

from ..tools import without_caller_context


@dataclass(frozen=True)
class Choice:
    """An account of Ponto, and what was chosen for it.

    :ivar company: the `res.company`, in the environment of whoever chose
    :ivar account: the `ponto.account`, in sudo mode
    :ivar str reference: its number, without spaces
    :ivar currency: its `res.currency`, active or not
    :ivar date start_date: from which day to import
    :ivar journal: the `account.journal` that it is to feed; none for a new one
    :ivar str journal_name: name of the new journal
    :ivar str journal_code: its code
    :ivar bank_name: as Ponto names the bank (str), or False
    :ivar bank_bic: of the bank (str), or False
    :ivar str match_policy: what the feed does about invoices
    :ivar responsibles: who is told when something needs a person (`res.users`)
    """

    company: Any
    account: Any
    reference: str
    currency: Any
    start_date: date
    journal: Any
    journal_name: str
    journal_code: str
    bank_name: str
    bank_bic: str
    match_policy: str
    responsibles: Any


def connect(integration_sudo, choice):
    """Make the feed, and its journal if it is to be a new one.

    :param integration_sudo: the `ponto.integration`, in sudo mode
    :param Choice choice: what was chosen
    :return: an `online.bank.statement.provider`
    :raise UserError: when the currency has to be activated by somebody else first
    """
    _activate_currency(choice.currency)
    journal = choice.journal or _create_journal(choice)
    _set_bank_account(journal, choice)
    Provider = choice.company.env["online.bank.statement.provider"]
    provider = Provider.with_company(choice.company).create(
        {
            "journal_id": journal.id,
            "service": "ponto",
            "ponto_start_date": choice.start_date,
            "ponto_match_policy": choice.match_policy,
            "ponto_responsible_ids": [Command.set(choice.responsibles.ids)],
            "next_run": fields.Datetime.now(),
        }
    )
    provider.sudo().write(
        {
            "ponto_integration_id": integration_sudo.id,
            "username": integration_sudo.client_id,
            "ponto_account_id": choice.account.identifier,
            "ponto_linked_account_id": choice.account.id,
        }
    )
    return provider


def _activate_currency(currency):
    """Activate a currency, if that is still to be done.

    :raise UserError: when whoever asks may not
    """
    if currency.active:
        return
    if not currency.has_access("write"):
        raise UserError(
            currency.env._(
                "The currency %s is not active. Ask an administrator to activate "
                "it under Configuration, Currencies; then press the button again.",
                currency.name,
            )
        )
    currency.active = True


def _create_journal(choice):
    """Create the new journal (`account.journal`)."""
    Journal = choice.company.env["account.journal"].with_company(choice.company)
    return Journal.create(_prepare_journal(choice))


def _prepare_journal(choice):
    """Prepare the values of the new journal (dict)."""
    is_foreign = choice.currency != choice.company.currency_id
    return {
        "name": choice.journal_name,
        "code": choice.journal_code,
        "type": "bank",
        "company_id": choice.company.id,
        "currency_id": is_foreign and choice.currency.id,
    }


def _set_bank_account(journal, choice):
    """Give a journal the account's number, unless it has it.

    The company's own account numbers go with its journals, so it needs no right to
    edit contacts. Two journals of one number, in two currencies, share it.
    """
    if journal.bank_account_id:
        return
    journal_sudo = without_caller_context(journal.sudo()).with_company(choice.company)
    known_sudo = (
        journal_sudo.env["res.partner.bank"]
        .with_context(active_test=False)
        .search(
            [
                ("sanitized_acc_number", "=", choice.reference),
                ("partner_id", "=", choice.company.partner_id.id),
            ],
            limit=1,
        )
    )
    if known_sudo and not known_sudo.active:
        known_sudo.active = True
    bank_sudo = known_sudo.bank_id or _find_or_create_bank_sudo(choice)
    journal_sudo.set_bank_account(choice.reference, bank_sudo.id)


def _find_or_create_bank_sudo(choice):
    """Return the `res.bank` that Ponto names, in sudo mode; empty if it names none."""
    banks_sudo = without_caller_context(choice.company.env["res.bank"].sudo())
    if not choice.bank_bic:
        return banks_sudo
    return banks_sudo.search(
        [("bic", "=", choice.bank_bic)], limit=1
    ) or banks_sudo.create({"name": choice.bank_name, "bic": choice.bank_bic})
