# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which journal each account is proposed for: the one that it belongs to, a new one, or
none."""


def fits(line, journal):
    """Tell whether a journal is kept in an account's currency, and for its number or
    none (bool).

    :param line: the `ponto.connect.wizard.line` of the account
    """
    return _get_currency(journal) == line.currency_id and (
        not journal.bank_account_id or _has_number(line, journal)
    )


def _get_currency(journal):
    """Return the `res.currency` in which a journal is kept."""
    return journal.currency_id or journal.company_id.currency_id


def _has_number(line, journal):
    """Tell whether a journal has the account's number (bool)."""
    return journal.bank_account_id.sanitized_acc_number == line.reference


class JournalProposal:
    """What is proposed to somebody who chooses journals for accounts.

    :param lines: the `ponto.connect.wizard.line` records of all accounts
    """

    def __init__(self, lines):
        self.env = lines.env
        self._free = lines.filtered(lambda line: line.state == "free")

    def propose(self, chosen):
        """Propose for each account the journal that it belongs to, or a new one; what
        somebody has chosen before stays, where it is possible still.

        :param dict chosen: {Ponto's identifier of an account: values of the fields
            that a person can change}
        """
        kept = self._free.filtered(
            lambda line: self._may_take_over(line, chosen.get(line.ponto_account_id))
        )
        for line in kept:
            line.write(chosen[line.ponto_account_id])
        taken, codes = kept.journal_id, kept.mapped("journal_code")
        open_ones = self._free - kept
        for line in open_ones:
            journal = self._find_matching_journal(line) - taken
            taken |= journal
            line.journal_id = journal
        for line in open_ones.filtered(self._lacks_journal):
            journal = self._find_blank_journal(line, taken)
            taken |= journal
            line.journal_id = journal
        for line in open_ones.sorted(lambda line: bool(line.journal_id)):
            line.write(self._prepare_new_journal(line, codes))
            codes.append(line.journal_code)
            line.action = self._propose_action(line, taken)
        for line in self._free:
            line.sudo().notice = self._describe_obstacle(line)

    def _may_take_over(self, line, choice):
        """Tell whether something was chosen for an account before, and its journal is
        still free (bool).

        :param dict choice: what was chosen, or None
        """
        if not choice:
            return False
        is_journal = choice["action"] == "journal"
        return not is_journal or choice["journal_id"] in line.available_journal_ids.ids

    def _find_matching_journal(self, line):
        """Return the journal with the account's number and currency, or none."""
        return line.available_journal_ids.filtered(
            lambda journal: _has_number(line, journal)
        )[:1]

    def _lacks_journal(self, line):
        """Tell whether no journal is an account's own, not even one that is archived
        (bool)."""
        occupied = self._find_occupied_journal(line)
        return not line.journal_id and (not occupied or occupied.active)

    def _find_blank_journal(self, line, taken):
        """Find a journal without number that an account may well be meant for.

        :param taken: the journals that other accounts were given
        :return: one that nothing was entered in yet; or the one from which the
            assistant was opened, if no other account can be meant by it
        """
        opener = line.wizard_id.journal_id
        # Each company has an empty journal for credit cards: nothing tells that an
        # account is one.
        fitting = (line.available_journal_ids - taken).filtered(
            lambda journal: (
                not journal.bank_account_id
                and (journal.type == "bank" or journal == opener)
            )
        )
        rivals = (self._free - line).filtered(
            lambda other: not other.journal_id and other.currency_id == line.currency_id
        )
        return fitting.filtered(
            lambda journal: (
                not self._has_entries(journal) or (journal == opener and not rivals)
            )
        )[:1]

    def _has_entries(self, journal):
        """Tell whether anything was entered in a journal (bool)."""
        Move = self.env["account.move"].sudo()
        return bool(Move.search_count([("journal_id", "=", journal.id)], limit=1))

    def _propose_action(self, line, taken):
        """Return key of `action` (str); whoever came for one journal gets no others,
        and what has a feed already gets no second journal."""
        if line.journal_id:
            return "journal"
        if line.wizard_id.journal_id & taken or self._find_occupied_journal(line):
            return "skip"
        return "new"

    def _find_occupied_journal(self, line):
        """Return the journal with the account's number and currency that another feed
        fills, or else one that is archived; or none."""
        Journal = self.env["account.journal"].with_context(active_test=False)
        journals = Journal.search(
            [
                ("type", "in", ("bank", "credit")),
                ("company_id", "=", line.company_id.id),
                ("bank_account_id.sanitized_acc_number", "=", line.reference),
            ]
        )
        if self._find_matching_journal(line):
            # It has taken the place of what is archived.
            journals = journals.filtered("active")
        occupied = journals - line.available_journal_ids
        fitting = occupied.filtered(lambda journal: fits(line, journal))
        return (fitting.filtered("active") or fitting)[:1]

    def _describe_obstacle(self, line):
        """Return why an account is not proposed for a journal (str), or False."""
        occupied = self._find_occupied_journal(line)
        if occupied and not occupied.active:
            return self.env._(
                'The archived journal "%s" has this number. Bring it back: filter the '
                "journals by Archived, open it, and choose Unarchive. Then press Fetch "
                "Accounts, and choose it here.",
                occupied.name,
            )
        if occupied:
            feed_sudo = occupied._ponto_find_feeds_sudo()[:1]
            if feed_sudo and not feed_sudo.active:
                return feed_sudo._ponto_describe_archived()
            return self.env._("%s has another feed.", occupied.display_name)
        opener = line.wizard_id.journal_id
        if line.action != "skip" or not opener:
            return False
        currency = _get_currency(opener)
        if currency != line.currency_id:
            return self.env._(
                "%(journal)s is kept in %(currency)s. To import this account as well, "
                "choose New Journal.",
                journal=opener.display_name,
                currency=currency.name,
            )
        others = (line.wizard_id.line_ids - line).filtered(
            lambda other: other.action == "journal"
        )
        if opener not in others.journal_id:
            # Somebody does not want it now.
            return False
        return self.env._(
            "Another account is proposed for %s. To import this one as well, choose "
            "New Journal.",
            opener.display_name,
        )

    def _prepare_new_journal(self, line, codes):
        """Prepare the proposal for a new journal.

        :param list codes: what other lines propose as theirs
        :return: its name and code (dict)
        """
        Journal = self.env["account.journal"]
        bank_name = line.bank_name or self.env._("Bank")
        return {
            "journal_name": f"{bank_name} {line.reference[-4:]}",
            "journal_code": Journal._get_next_journal_default_code(
                "bank", line.company_id, cache=codes
            ),
        }
