# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import AccessError

from ..feed.registered import UNDECIDED

#: Opened from the mail, of each of the values.
FEEDS = "account_statement_import_online_ponto.ponto_feeds_action"
WAITING = "account_statement_import_online_ponto.ponto_transaction_waiting_action"
PULLS = "account_statement_import_online_ponto.ponto_pull_all_action"


class DigestDigest(models.Model):
    """What Odoo's periodic mail tells of bank feeds, for those who see feeds."""

    _inherit = "digest.digest"

    kpi_ponto_imported = fields.Boolean("Bank Transactions Imported")
    kpi_ponto_imported_value = fields.Integer(
        compute="_compute_kpi_ponto_imported_value"
    )
    kpi_ponto_waiting = fields.Boolean("Bank Transactions Waiting")
    kpi_ponto_waiting_value = fields.Integer(compute="_compute_kpi_ponto_waiting_value")
    kpi_ponto_difference = fields.Boolean("Bank Journals With a Difference")
    kpi_ponto_difference_value = fields.Integer(
        compute="_compute_kpi_ponto_difference_value"
    )

    def _compute_kpi_ponto_imported_value(self):
        """How many transactions came in."""
        start, end, companies = self._ponto_get_parameters()
        counts = (
            self.env["ponto.pull"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", companies.ids),
                    ("started_at", ">=", start),
                    ("started_at", "<", end),
                ],
                ["company_id"],
                ["imported_count:sum"],
            )
        )
        self._ponto_set_value("kpi_ponto_imported_value", counts)

    def _compute_kpi_ponto_waiting_value(self):
        """How many of the transactions that were read then still wait."""
        start, end, companies = self._ponto_get_parameters()
        waiting = (
            self.env["ponto.transaction"]
            .sudo()
            ._read_group(
                [
                    ("provider_id.company_id", "in", companies.ids),
                    *UNDECIDED,
                    ("create_date", ">=", start),
                    ("create_date", "<", end),
                ],
                ["provider_id"],
                ["__count"],
            )
        )
        counts = [(provider.company_id, count) for provider, count in waiting]
        self._ponto_set_value("kpi_ponto_waiting_value", counts)

    def _compute_kpi_ponto_difference_value(self):
        """How many journals differ from the bank, and did so by then."""
        _start, end, companies = self._ponto_get_parameters()
        counts = (
            self.env["online.bank.statement.provider"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "in", companies.ids),
                    ("ponto_differs_since", "<", end),
                ],
                ["company_id"],
                ["__count"],
            )
        )
        self._ponto_set_value("kpi_ponto_difference_value", counts)

    def _ponto_get_parameters(self):
        """Return the period and the companies of the mail (tuple).

        :raise AccessError: for users who see no feeds, or where there are none: the
            mail then leaves the value out
        """
        start, end, companies = self._get_kpi_compute_parameters()
        # Everybody may read the digests of every company; what is counted in sudo mode
        # is only what its reader may see.
        companies &= self.env.user.company_ids
        Provider = self.env["online.bank.statement.provider"]
        domain = [("company_id", "in", companies.ids), ("service", "=", "ponto")]
        if not Provider.has_access("read") or not Provider.sudo().search_count(
            domain, limit=1
        ):
            raise AccessError(self.env._("There is no bank feed to tell of."))
        return start, end, companies

    def _ponto_set_value(self, name, counts):
        """Set a value of each digest from counts by company.

        :param str name: of the field
        :param counts: pairs of a company and a count, some of one company perhaps
        """
        for digest in self:
            company = digest.company_id or self.env.company
            digest[name] = sum(count for each, count in counts if each == company)

    def _compute_kpis_actions(self, company, user):
        """Override of `digest` to let each value lead to what it counts."""
        result = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("account.menu_finance").id
        for name, action in (
            ("kpi_ponto_imported", PULLS),
            ("kpi_ponto_waiting", WAITING),
            ("kpi_ponto_difference", FEEDS),
        ):
            result[name] = f"{action}?menu_id={menu}"
        return result
