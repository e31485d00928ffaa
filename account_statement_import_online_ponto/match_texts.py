# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people read about matches. Worded when shown, in the reader's language."""

from odoo.tools import format_list

from .engine import open_items

#: What a text may say beside that by which a match is likely.
_SAID_BESIDE = frozenset(
    {
        open_items.WRONG_CHECK_DIGITS,
        open_items.UNKNOWN_NUMBER,
        open_items.UNKNOWN_REFERENCE,
        open_items.CLOSED,
        open_items.NOT_POSTED,
        open_items.OTHER_PARTNER,
        open_items.TAKEN,
    }
)


def describe_match(env, match):
    """Describe what a match settles: documents, partners, and what of them if not all.

    :param match: an `engine.open_items.Match`
    :rtype: str
    """
    items = env["account.move.line"].browse(
        settlement.item_id for settlement in match.settlements
    )
    parts = []
    for item, settlement in zip(items, match.settlements, strict=True):
        paid = float(settlement.amount - settlement.discount)
        parts.append(f"{item.move_id.name} {item.currency_id.format(paid)}")
    names = items.partner_id.commercial_partner_id.mapped("name")
    documents = format_list(env, parts)
    return f"{format_list(env, names)}: {documents}" if names else documents


def explain_match(env, match, outcome):
    """Explain why a match is certain or likely, and what speaks against it.

    :param match: an `engine.open_items.Match`
    :param outcome: the `engine.open_items.LineOutcome` that it is of
    :rtype: str
    """
    names = format_list(env, list(dict.fromkeys(match.names)))
    parts = [_reasons(env, names)[match.reason]]
    if match.obstacle:
        parts.append(explain_obstacle(env, match.obstacle, match.names))
    elif outcome.obstacle in _SAID_BESIDE:
        beside = format_list(env, list(dict.fromkeys(outcome.obstacle_names)))
        if not match.names:
            parts.append(_reasons(env, beside)[open_items.NAMED])
        parts.append(explain_obstacle(env, outcome.obstacle, outcome.obstacle_names))
    return " ".join(parts)


def _reasons(env, names):
    """Return the words for each way to know a match."""
    return {
        open_items.BY_REFERENCE: env._("Certain: the reference %s.", names),
        open_items.BY_NUMBER: env._("Certain: the text names %s.", names),
        open_items.BY_END_TO_END_ID: env._("Certain: our own payment %s.", names),
        open_items.NAMED: env._("The text names %s.", names),
        open_items.PARTNER_AMOUNT: env._("This account number, and this amount."),
        open_items.PARTNER_TWINS: env._(
            "This account number; several have this amount, the oldest is shown."
        ),
        open_items.PARTNER_SUM: env._("This account number; together this amount."),
        open_items.NAME_AMOUNT: env._("This name, and this amount."),
        open_items.NAME_TWINS: env._(
            "This name; several have this amount, the oldest is shown."
        ),
        open_items.NAME_SUM: env._("This name; together this amount."),
        open_items.LATE_DISCOUNT: env._(
            "The text names %s; the discount was taken too late and stays open.", names
        ),
        open_items.PART_PAYMENT: env._(
            "The text names %s; a part of it is paid.", names
        ),
        open_items.OVERPAYMENT: env._(
            "The text names %s; more is paid, the rest stays open.", names
        ),
        open_items.OTHER_CURRENCY: env._(
            "The text names %s; it is in another currency.", names
        ),
    }


def explain_obstacle(env, obstacle, names):
    """Explain why nothing is certain.

    :param str obstacle: of `engine.open_items`
    :param names: what in the text it is about
    :rtype: str
    """
    names = format_list(env, list(dict.fromkeys(names)))
    return {
        open_items.OWN_ACCOUNT: env._("A transfer between your own accounts."),
        open_items.NO_AMOUNT: env._("There is no amount."),
        open_items.NOTHING_NAMED: env._("The text names nothing that is open."),
        open_items.WRONG_CHECK_DIGITS: env._("%s has wrong check digits.", names),
        open_items.UNKNOWN_NUMBER: env._("The number %s is not known.", names),
        open_items.UNKNOWN_REFERENCE: env._("The reference %s is not known.", names),
        open_items.CLOSED: env._("%s is paid already.", names),
        open_items.NOT_POSTED: env._("%s is not posted.", names),
        open_items.AMBIGUOUS: env._("%s can be several documents.", names),
        open_items.FRAGMENT: env._("%s can be a part of another number.", names),
        open_items.NUMBER_IN_PART: env._("%s is not the whole number.", names),
        open_items.CAN_BE_DATE: env._("%s can be a date.", names),
        open_items.CONTRADICTION: env._("What the text names contradicts itself."),
        open_items.OTHER_PARTNER: env._("Somebody else pays or is paid."),
        open_items.SET_OFF: env._("It would be set off against other documents."),
        open_items.CURRENCY_DIFFERS: env._("The currency is another one."),
        open_items.AMOUNT_DIFFERS: env._("The amount is another one."),
        open_items.SEVERAL_WAYS: env._("There are several ways to add it up."),
        open_items.TAKEN: env._("Another line pays it."),
    }[obstacle]
