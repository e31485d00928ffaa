# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from odoo.addons.base.models.res_bank import sanitize_account_number

from ..engine import consent, proof
from ..feed import background, credentials, standing
from ..feed.account_choice import agree_on_account
from ..feed.journal_balance import is_same_moment
from ..tools import find_feed, format_moment

#: What of a journal decides whose feed it has, and which account that reads.
FEED_FIELDS = ("company_id", "bank_account_id", "bank_acc_number", "currency_id")

#: How a card colors what needs somebody, and what heals itself or has time.
LEVEL_CLASSES = {"danger": "text-danger", "warning": "text-warning-emphasis"}


class AccountJournal(models.Model):
    """A bank journal: its feed, and what its card on the dashboard tells of it."""

    _inherit = "account.journal"

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Override to keep the test service "Dummy" off the list of choices."""
        result = super().fields_get(allfields, attributes)
        self.env["online.bank.statement.provider"]._hide_test_service(
            result.get("online_bank_statement_provider")
        )
        return result

    @api.constrains("online_bank_statement_provider_id")
    def _check_ponto_feed(self):
        """Check that nobody calls another journal's feed that of this one.

        :raise AccessError: when somebody does
        """
        for journal in self:
            provider_sudo = journal.sudo().online_bank_statement_provider_id
            if provider_sudo.service == "ponto" and provider_sudo.journal_id != journal:
                name = "online_bank_statement_provider_id"
                raise AccessError(
                    self.env._(
                        "Nobody can change this by hand: %s.",
                        self.fields_get([name], ["string"])[name]["string"],
                    )
                )

    def write(self, vals):
        """Override of `account` to let nobody move a feed, along with its journal, out
        of or into a company whose feeds they may not change, or let it read another
        account.

        Odoo shows a branch its parent's journals, and lets it write them.

        :raise AccessError: when somebody tries
        """
        names = [name for name in FEED_FIELDS if name in vals]
        if not names:
            return super().write(vals)
        changed = self.filtered(
            lambda each: any(
                # As Odoo will take it: for some values, that is nothing.
                self._fields[name].convert_to_cache(vals[name], each)
                != self._fields[name].convert_to_cache(each[name], each)
                for name in names
            )
        )
        feeds = changed._ponto_find_feeds_sudo().sudo(self.env.su)
        feeds.check_access("write")
        companies = {feed: feed.company_id for feed in feeds}
        result = super().write(vals)
        feeds.check_access("write")
        for feed, company in companies.items():
            credentials.leave_company(feed, company)
            credentials.check_integration(feed)
            agree_on_account(feed)
        feeds.sudo().ponto_integration_id._release()
        return result

    def unlink(self):
        """Override of `account` to keep no credentials that nobody uses any more, and
        to let nobody remove a feed by its journal that they may not remove.

        The database removes a journal's feed along with it, unasked.

        :raise AccessError: when somebody tries
        """
        feeds_sudo = self._ponto_find_feeds_sudo()
        feeds_sudo.sudo(self.env.su).check_access("unlink")
        integrations_sudo = feeds_sudo.ponto_integration_id
        # Activities and notes go along with a record that Odoo removes itself.
        feeds_sudo.filtered(lambda feed: feed.service == "ponto").unlink()
        result = super().unlink()
        integrations_sudo._release()
        return result

    def _ponto_find_feeds_sudo(self):
        """Return the feeds of the journals, of any service and archived ones too, in
        sudo mode."""
        Provider = self.env["online.bank.statement.provider"].sudo()
        return Provider.with_context(active_test=False).search(
            [("journal_id", "in", self.ids)]
        )

    @api.model
    def _ponto_find_unfed(self, company):
        """Return the company's bank journals that no feed fills, not even one that is
        archived."""
        journals = self.search(
            [("type", "in", ("bank", "credit")), ("company_id", "=", company.id)]
        )
        fed_ids = journals._ponto_find_feeds_sudo().journal_id.ids
        return journals - self.browse(fed_ids)

    def _statement_line_import_speeddict(self):
        """Override of `account_statement_import_base`.

        The base knows an account number by its spelling, and reads those of the whole
        database. A pull of ours asks, by its context, for those that its lines name,
        however they are written; see `res.partner.bank`.
        """
        speeddict = super()._statement_line_import_speeddict()
        account_numbers = self.env.context.get("ponto_account_numbers")
        if account_numbers is None:
            return speeddict
        company = self.company_id
        own_number = self.bank_account_id.sanitized_acc_number
        partner_banks = self.env["res.partner.bank"].search(
            [
                ("sanitized_acc_number", "in", account_numbers),
                ("sanitized_acc_number", "!=", own_number),
                ("company_id", "in", (False, *company.sudo().parent_ids.ids)),
                ("partner_id.active", "=", True),
            ]
        )
        found = {}
        for number, banks in partner_banks.grouped(
            lambda bank: sanitize_account_number(bank.acc_number)
        ).items():
            if partner := self._ponto_choose_partner(banks.partner_id):
                banks = banks.filtered(lambda each, who=partner: each.partner_id == who)
                # Odoo lets no entry of a branch name a bank account of its parent.
                usable = banks.filtered(
                    lambda each: each.company_id in (each.company_id.browse(), company)
                )
                found[number] = {
                    "partner_id": partner.id,
                    "partner_bank_id": usable[:1].id,
                }
        return {**speeddict, "account_number": found}

    @api.model
    def _ponto_choose_partner(self, partners):
        """Choose whom an account number stands for.

        :param partners: active partners that have it
        :return: the only one; of a company and its contacts, the company; empty where
            strangers share it
        """
        if len(partners) == 1:
            return partners
        company = partners.commercial_partner_id
        return company if len(company) == 1 and company.active else partners.browse()

    # === THE CARD ON THE DASHBOARD === #

    def _fill_bank_cash_dashboard_data(self, dashboard_data):
        """Override of `account` to tell those who may see the feed how it is doing.

        Costs the same queries for one journal as for fifty. The card of a company's
        journal is seen in its branches, too, where its feed is not.
        """
        result = super()._fill_bank_cash_dashboard_data(dashboard_data)
        Provider = self.env["online.bank.statement.provider"]
        if not Provider.has_access("read"):
            return result
        providers_sudo = Provider.search_fetch(
            [("journal_id", "in", self.ids), ("service", "=", "ponto")]
        ).sudo()
        if not providers_sudo:
            return result
        turns = background.read_turns(self.env)
        fetches = self.env["ponto.pull"].sudo()._read_fetches(providers_sudo)
        for provider_sudo, comparison in standing.read_standings(
            providers_sudo
        ).items():
            data = dashboard_data[provider_sudo.journal_id.id]
            data["ponto"] = {
                **self._ponto_prepare_card(provider_sudo),
                **self._ponto_prepare_balances(
                    provider_sudo, comparison, data.get("account_balance")
                ),
                **self._ponto_prepare_parts(provider_sudo, comparison),
                **self._ponto_prepare_causes(provider_sudo),
                **self._ponto_prepare_times(
                    provider_sudo, fetches[provider_sudo], turns
                ),
            }
        return result

    def _ponto_prepare_card(self, provider_sudo):
        """Prepare what the card shows of a feed's state (dict); nothing secret."""
        return {
            "status": provider_sudo.ponto_status,
            "failure": provider_sudo.ponto_failure,
            "notice": provider_sudo.ponto_stop_notice
            or provider_sudo.ponto_bank_notice,
        }

    def _ponto_prepare_balances(self, provider_sudo, comparison, shown_balance):
        """Prepare the balances at bank and in books, and the difference (dict).

        :param Standing comparison: how bank and books stand now
        :param str shown_balance: what the card shows as the balance in the books
        """
        currency = provider_sudo.ponto_currency_id

        def format_amount(amount):
            return currency.format(float(amount)) if amount is not None else False

        books = format_amount(comparison.books)
        is_compared = bool(provider_sudo.ponto_compared_at)
        is_different = is_compared and bool(comparison.difference)
        return {
            "bank": format_amount(comparison.bank),
            # Odoo's own balance stands above it, and need not be told twice. It may be
            # another one: that of the last statement, or without the opening balance.
            "books": books if is_compared and books != shown_balance else False,
            "difference": format_amount(comparison.difference)
            if is_different
            else False,
            "is_equal": is_compared and comparison.difference == 0,
            "has_no_opening": comparison.books is None
            and provider_sudo.ponto_balance_state == proof.NO_OPENING,
            "unexplained": format_amount(comparison.unexplained)
            if is_different and comparison.unexplained
            else False,
            "is_of_one_moment": is_same_moment(provider_sudo),
            "balance_text": provider_sudo.ponto_balance_text,
        }

    def _ponto_prepare_parts(self, provider_sudo, comparison):
        """Prepare what is not in the journal: how much there is of each kind, and what
        it adds up to (dict)."""
        currency = provider_sudo.ponto_currency_id
        parts = {
            f"{kind}_amount": currency.format(float(part.amount))
            for kind, part in comparison.parts.items()
        }
        for kind in (proof.REMOVED, proof.IGNORED, proof.LATE, proof.NEW):
            if kind in comparison.explaining:
                parts[kind] = comparison.parts[kind].count
        announced = comparison.parts.get(proof.ANNOUNCED)
        parts[proof.ANNOUNCED] = announced.count if announced else 0
        parts["announced_explains"] = proof.ANNOUNCED in comparison.explaining
        # What waits without an amount that counts is to be decided all the same.
        parts[proof.WAITING] = provider_sudo.ponto_waiting_count
        return parts

    def _ponto_prepare_causes(self, provider_sudo):
        """Prepare why the feed does not do what it is there for, and until when the
        bank lets Ponto read (dict)."""
        account_sudo = provider_sudo.ponto_linked_account_id
        is_ending = account_sudo.consent_state in (consent.SOON, consent.EXPIRED)
        stands_still = provider_sudo.ponto_stop_ids or provider_sudo.ponto_failure
        shows_cause = stands_still or not is_ending
        expires_at = account_sudo.consent_expires_at
        return {
            "cause": shows_cause and provider_sudo.ponto_cause,
            "cause_class": LEVEL_CLASSES.get(provider_sudo.ponto_cause_level),
            "consent": account_sudo.notice_summary
            if is_ending
            else expires_at
            and self.env._("Consent until %s", format_date(self.env, expires_at)),
            "consent_class": LEVEL_CLASSES.get(
                is_ending and account_sudo.notice_level, "text-700"
            ),
            "consent_notice": is_ending and account_sudo.notice,
        }

    def _ponto_prepare_times(self, provider_sudo, fetches, turns):
        """Prepare of when the bank's data is, and what happens next (dict).

        :param fetches: what became of the feed's, as `ponto.pull` reads it
        :param list turns: as returned by `background.read_turns`
        """
        is_at_rest = provider_sudo.ponto_status in ("disconnected", "paused")
        due, now = provider_sudo.next_run, fields.Datetime.now()
        next_run = min((each.find(due, now) for each in turns), default=None)
        tz = provider_sudo.tz
        next_text = self.env._("Next fetch: %s")
        if is_at_rest or not next_run:
            next_text = self.env._("No fetch is scheduled")
        elif fetches.is_running and provider_sudo.ponto_progress:
            next_text = self.env._("Being fetched now")
        elif next_run <= now:
            next_text %= self.env._("in a moment")
        else:
            next_text %= format_moment(self.env, next_run, tz, True)
        # Ponto reads balance and transactions apart, and may fail with either.
        moments = [
            provider_sudo.ponto_synchronized_at,
            provider_sudo.ponto_transactions_synchronized_at,
        ]
        synchronized_at = min(filter(None, moments), default=None)
        return {
            "bank_data": synchronized_at
            and format_moment(self.env, synchronized_at, tz, True),
            "pulled": fetches.last_success
            and self.env._(
                "Fetched: %s", format_moment(self.env, fetches.last_success, tz)
            ),
            "next": next_text,
        }

    # === BUTTONS === #

    def _ponto_get_feed(self):
        """Return the journal's feed.

        :raise UserError: when it has none by now
        """
        feed = find_feed(self)
        if not feed:
            raise UserError(
                self.env._(
                    "The journal has no feed of MyPonto.com any more. Load the page "
                    "anew."
                )
            )
        return feed

    def action_ponto_fetch_now(self):
        """Fetch from the dashboard card."""
        return self._ponto_get_feed().action_ponto_fetch_now()

    def action_ponto_check_connection(self):
        """Check the connection, from the menu of the dashboard card."""
        return self._ponto_get_feed().action_ponto_check_connection()

    def action_ponto_open_feed(self):
        """Open the feed, from the dashboard card."""
        return self._ponto_get_feed().action_ponto_open_feed()

    def action_ponto_open_pulls(self):
        """Open what was fetched, and when, from the dashboard card."""
        return self._ponto_get_feed().action_ponto_open_pulls()

    def action_ponto_open_unexplained(self):
        """Open the lines since the difference, from the dashboard card."""
        return self._ponto_get_feed().action_ponto_open_unexplained()

    def action_ponto_open_removed(self):
        """Open what was removed from the journal, from the dashboard card."""
        return self._ponto_get_feed()._ponto_get_parts_action(
            self.env._("Removed Transactions"), proof.REMOVED
        )

    def action_ponto_open_ignored(self):
        """Open what is left out of the journal, from the dashboard card."""
        return self._ponto_get_feed()._ponto_get_parts_action(
            self.env._("Ignored Transactions"), proof.IGNORED
        )

    def action_ponto_open_announced(self):
        """Open what the bank announces for later days, from the dashboard card."""
        return self._ponto_get_feed()._ponto_get_parts_action(
            self.env._("Announced Transactions"), proof.ANNOUNCED
        )

    def action_ponto_open_new(self):
        """Open what the next fetch imports, from the dashboard card."""
        return self._ponto_get_feed()._ponto_get_parts_action(
            self.env._("Transactions to Import"), proof.NEW
        )

    def action_ponto_open_late(self):
        """Open what is dated before the start date, from the dashboard card."""
        return self._ponto_get_feed()._ponto_get_parts_action(
            self.env._("Before the Start Date"), proof.LATE
        )

    def action_ponto_open_waiting(self):
        """Open what waits for a decision, from the dashboard card."""
        return self._ponto_get_feed().action_ponto_open_waiting()
