"""What is to be seen in Odoo, in a form that two runs can be compared by.

Runs inside Odoo. There are no identifiers of Odoo's in it, and no moments.
"""


def find_feeds(env):
    """Return the feeds that are in use, in the order of their making."""
    domain = [("service", "=", "ponto")]
    return env["online.bank.statement.provider"].search(domain, order="id")


def look(env):
    """Look at all that the actions work on.

    :return: ``done``: what a step of somebody does as a whole or not at all;
        ``health``: what the feeds say of themselves (dict)
    """
    env = env(su=True)
    feeds = find_feeds(env)
    return {
        "done": {
            "lines": _look_at_lines(env),
            "statements": _look_at_statements(env),
            "register": _look_at_register(env),
            "feeds": [_look_at_feed(feed) for feed in feeds],
            "undone": sorted(
                pull.taken_back_count
                for pull in env["ponto.pull"].search([])
                if pull.taken_back_at
            ),
            "running": env["ponto.pull"].search_count([("state", "=", "running")]),
            **_look_at_assistant(env),
        },
        "health": [_look_at_health(feed) for feed in feeds],
    }


def _look_at_lines(env):
    return sorted(
        [
            line.unique_import_id or "",
            str(line.date),
            f"{line.amount:.2f}",
            line.payment_ref or "",
            line.state,
            str(line.statement_id.date or ""),
        ]
        for line in env["account.bank.statement.line"].search([])
    )


def _look_at_statements(env):
    # Odoo cannot tell of a statement without lines whether it is valid.
    return [
        [
            each.journal_id.code,
            str(each.date),
            f"{each.balance_start:.2f}",
            f"{each.balance_end_real:.2f}",
            bool(each.line_ids) and each.is_valid,
            bool(each.line_ids) and each.is_complete,
        ]
        for each in env["account.bank.statement"].search([], order="first_line_index")
    ]


def _look_at_register(env):
    return sorted(
        [
            record.ponto_id,
            record.state,
            record.reason or "",
            record.statement_line_id.unique_import_id or "",
            str(record.date),
            f"{record.amount:.2f}",
        ]
        for record in env["ponto.transaction"].search([])
    )


def _look_at_feed(feed):
    return [
        feed.journal_id.code,
        feed.journal_id.bank_account_id.sanitized_acc_number or "",
        feed.ponto_account_id or "",
        str(feed.ponto_start_date),
        feed.ponto_integration_id.client_id or "",
    ]


def _look_at_health(feed):
    return [
        feed.ponto_failure_advice or "",
        feed.ponto_balance_state or "",
        feed.ponto_status or "",
        feed.ponto_history_complete,
    ]


def _look_at_assistant(env):
    """What an assistant has come to, and all that it can make."""
    wizard = env["ponto.connect.wizard"].search([], order="id desc", limit=1)
    journals = env["account.journal"].search([("type", "=", "bank")])
    integrations = env["ponto.integration"].search([])
    return {
        "assistant": [
            wizard.step or "",
            wizard.client_id or "",
            bool(wizard.typed_secret_ciphertext),
            sorted(
                [line.number or "", line.state, line.action, line.journal_id.code or ""]
                for line in wizard.line_ids
            ),
        ],
        "journals": sorted(
            [each.code, each.bank_account_id.sanitized_acc_number or ""]
            for each in journals
        ),
        "integrations": sorted(
            [each.client_id or "", bool(each.client_secret_ciphertext)]
            for each in integrations
        ),
    }
