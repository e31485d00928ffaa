# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import LockError, UserError


class PontoPull(models.Model):
    """Taking back what a pull imported, as long as nobody has worked with it.

    The register keeps the transactions as removed: no pull imports them again, but
    somebody may.
    """

    _inherit = "ponto.pull"

    taken_back_at = fields.Datetime(string="Taken Back", readonly=True)
    taken_back_by_id = fields.Many2one(
        comodel_name="res.users", string="Taken Back by", readonly=True
    )
    taken_back_count = fields.Integer(string="Lines Taken Back", readonly=True)

    def action_take_back(self):
        """Remove the lines that the pulls have made.

        :raise AccessError: when the user may not remove statement lines
        :raise UserError: when there is nothing to remove, or a line must stay
        """
        self.check_access("read")
        self.env["account.bank.statement.line"].check_access("unlink")
        if "running" in self.mapped("state"):
            raise UserError(
                self.env._("This pull is still running. Wait until it has finished.")
            )
        pulls = self.filtered("line_count")
        if not pulls:
            raise UserError(
                self.env._(
                    "There is nothing to take back: the journal has no line that was "
                    "imported by it."
                )
            )
        for provider, provider_pulls in pulls.grouped("provider_id").items():
            provider_pulls._take_back(provider.sudo())

    def _take_back(self, provider_sudo):
        """Remove the lines of some pulls of one provider.

        :raise UserError: when another pull is running, or a line must stay
        """
        provider_sudo = provider_sudo.with_company(provider_sudo.company_id)
        try:
            provider_sudo._ponto_lock()
        except LockError as error:
            raise UserError(
                self.env._(
                    'A pull of "%s" is running. Wait until it has finished, then take '
                    "the import back.",
                    provider_sudo.journal_id.name,
                )
            ) from error
        lines = self.sudo().imported_ids.statement_line_id.sudo(False)
        by_journal = lines.grouped("journal_id").values()
        for journal_lines in by_journal:
            provider_sudo._ponto_check_removable(journal_lines)
        for pull in self.sudo():
            pull.write(
                {
                    "taken_back_at": fields.Datetime.now(),
                    "taken_back_by_id": self.env.uid,
                    "taken_back_count": pull.line_count,
                }
            )
        for journal_lines in by_journal:
            provider_sudo._ponto_remove_lines(journal_lines)
        if provider_sudo.ponto_balance_state:
            provider_sudo._ponto_compare_balances(
                provider_sudo.ponto_transactions_synchronized_at
            )
        self.invalidate_recordset()
