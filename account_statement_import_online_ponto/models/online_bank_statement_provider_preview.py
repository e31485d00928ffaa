# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import closing

from odoo import models
from odoo.tools import split_every

from .online_bank_statement_provider_importing import LINES_PER_BATCH


class OnlineBankStatementProvider(models.Model):
    """Previewing: what a pull would do, without doing it; then doing a part of it.

    A preview is a pull that is undone before it makes lines. So its verdicts are what
    registering and screening decide, and it costs what they cost.
    """

    _inherit = "online.bank.statement.provider"

    # === PREVIEW === #

    def _ponto_preview_for_user(self, window):
        """Tell a person what a pull of some days would do.

        Nothing of it stays: neither register nor journal nor provider are changed.

        :param Window window: the days to look at
        :return: values for `ponto.preview.line` (list of dict)
        :raise UserError: in that person's words
        """
        self.ensure_one()
        self._ponto_check_may_pull()
        provider_sudo = self.sudo().with_context(tracking_disable=True)
        with (
            self._ponto_explaining_errors(),
            closing(self.env.cr.savepoint()),  # undone in any case
            provider_sudo._ponto_open_listing(window) as (account, listing),
        ):
            provider_sudo._ponto_read(account, listing, window)
            provider_sudo._ponto_screen_all(listing, window)
            shown = provider_sudo._ponto_find_to_show(listing, window)
            return [record._prepare_preview() for record in shown]

    def _ponto_screen_all(self, listing, window):
        """Screen as `_ponto_import` does. What it would import is new afterwards."""
        self._ponto_find_duplicates(listing)
        records = self._ponto_find_to_import(window)
        for ids in split_every(LINES_PER_BATCH, records.ids):
            accepted = self._ponto_screen(records.browse(ids), listing)
            self._ponto_choose(accepted, {})

    def _ponto_find_to_show(self, listing, window):
        """Find what a preview shows.

        :return: what Ponto lists of the days, and what waits for its import or a
            decision; instead of a transaction that was linked anew, the one of which
            somebody has removed or ignored the line (`ponto.transaction`)
        """
        records = self.env["ponto.transaction"].search(
            [
                ("provider_id", "=", self.id),
                "|",
                ("ponto_id", "in", list(listing.served_ids)),
                ("state", "in", ("new", "waiting")),
                "|",
                ("date", "=", False),
                *("&", ("date", ">=", window.since), ("date", "<=", window.until)),
            ]
        )
        ids = []
        for record in records:
            while record.original_id and not record.statement_line_id:
                record = record.original_id
            ids.append(record.id)
        return records.browse(dict.fromkeys(ids))

    # === A PART OF IT === #

    def _ponto_pull_chosen(self, window, verdicts):
        """Import what a person has chosen in a preview, and nothing else.

        :param Window window: the days of the preview
        :param dict verdicts: {Ponto identifier: verdict that was shown}
        :raise UserError: in that person's words, with nothing imported
        """
        self._ponto_pull_for_user(window._replace(chosen=verdicts))

    def _ponto_ignore_chosen(self, window, verdicts):
        """Let everything else be registered as it is, and ignore what was chosen.

        :param Window window: the days of the preview
        :param dict verdicts: {Ponto identifier: verdict that was shown}
        :raise UserError: in that person's words, with nothing ignored
        """
        self._ponto_pull_for_user(window._replace(chosen={}))
        chosen = self._ponto_find_chosen(verdicts, ["new", "waiting"])
        chosen.with_env(self.env).action_ignore()

    def _ponto_choose(self, accepted, chosen):
        """Let what was accepted be new, whatever it waited for before.

        :param accepted: what may be imported unasked (`ponto.transaction`)
        :param dict chosen: {Ponto identifier: verdict that was shown}
        :return: those of them that were chosen
        """
        accepted.write({"state": "new", "reason": False})
        return accepted.filtered(lambda record: record.ponto_id in chosen)

    def _ponto_find_chosen(self, verdicts, states):
        """:return: what was chosen, as far as the verdict still is the one that was
        shown (`ponto.transaction`)"""
        return (
            self.env["ponto.transaction"]
            .search(
                [
                    ("provider_id", "=", self.id),
                    ("ponto_id", "in", list(verdicts)),
                    ("state", "in", states),
                ],
                order="date, id desc",
            )
            .filtered(lambda record: record._get_verdict() == verdicts[record.ponto_id])
        )

    def _ponto_import_decided(self, screened, listing, window):
        """Import what was chosen in spite of its verdict, and tell what could not be.

        :param screened: the records that this pull has screened
        :param Listing listing: what the pull got to know
        :param Window window: what was chosen
        """
        pull = listing.pull
        decided = self._ponto_find_chosen(
            window.chosen, ["waiting", "ignored", "removed"]
        ).filtered(lambda record: record._may_be_chosen())
        if not_waiting := decided & screened:
            pull._add_counts({"waiting_count": -len(not_waiting)})
        for ids in split_every(LINES_PER_BATCH, decided.ids):
            self._ponto_create_lines(decided.browse(ids), pull)
        self._ponto_tell_left_out(window.chosen, pull)

    def _ponto_tell_left_out(self, chosen, pull):
        """Tell what was chosen but not imported, because something has changed."""
        records = self.env["ponto.transaction"].search(
            [
                ("provider_id", "=", self.id),
                ("ponto_id", "in", list(chosen)),
                ("statement_line_id", "!=", False),
            ]
        )
        known = records.filtered(lambda record: record.import_pull_id != pull)
        gone = len(chosen) - len(records)
        messages = [
            known
            and self.env._(
                "%s of the chosen transactions had come into the journal since the "
                "preview.",
                len(known),
            ),
            gone
            and self.env._(
                "%s of the chosen transactions were left out, because something has "
                "changed since the preview: look at them again.",
                gone,
            ),
        ]
        if any(messages):
            pull.message = " ".join(filter(None, [pull.message, *messages]))
