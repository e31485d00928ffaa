# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How long the bank lets Ponto read an account, and when to remind of its end."""

VALID = "valid"
SOON = "soon"
EXPIRED = "expired"

#: How many days before the consent ends people are reminded, once each.
REMINDER_DAYS = (30, 10, 1, 0)

#: Codes by which a synchronization says that the account holder must act.
AUTHORIZATION_CODES = frozenset(
    {"authorizationInvalid", "authorizationExpired", "authorizationRevoked"}
)

#: What stands between Ponto and the bank, besides a consent that ends or has ended.
REPLACED = "replaced"
FAILED = "failed"
MAINTENANCE = "maintenance"


def count_days(expires_at, now):
    """Return how many more days the consent holds.

    :param datetime expires_at: when it ends, or None if the bank does not tell
    :param datetime now: the present moment
    :return: negative if it has ended; zero if the bank does not tell
    :rtype: int
    """
    return (expires_at.date() - now.date()).days if expires_at else 0


def judge(expires_at, now, error_code=None):
    """Tell whether the bank lets Ponto read the account.

    :param datetime expires_at: when the consent ends, or None if the bank does not tell
    :param datetime now: the present moment
    :param str error_code: with which the last synchronization failed, or None
    :return: None if nobody knows
    :rtype: str or None
    """
    if error_code in AUTHORIZATION_CODES or (expires_at and expires_at <= now):
        return EXPIRED
    if not expires_at:
        return None
    is_soon = count_days(expires_at, now) <= REMINDER_DAYS[0]
    return SOON if is_soon else VALID


def choose_error(*codes):
    """Return the code that tells most of what stands between Ponto and the bank: it
    reads an account and its transactions apart, and may fail with either.

    :param codes: with which the last synchronizations failed, or None
    :return: one by which the account holder must act, if any is
    :rtype: str or None
    """
    failed = sorted(
        filter(None, codes), key=lambda code: code not in AUTHORIZATION_CODES
    )
    return next(iter(failed), None)


def choose_notice(state, is_deprecated=False, error_code=None, is_readonly=False):
    """Return what stands between Ponto and the bank, the most pressing first.

    :param str state: as returned by `judge`
    :param bool is_deprecated: whether Ponto has replaced the connection to the bank
    :param str error_code: with which the last synchronization failed, or None
    :param bool is_readonly: whether the bank is in maintenance
    :return: None if nothing does
    :rtype: str or None
    """
    notices = (
        (EXPIRED, state == EXPIRED),
        (REPLACED, is_deprecated),
        (SOON, state == SOON),
        (FAILED, bool(error_code)),
        (MAINTENANCE, is_readonly),
    )
    return next((notice for notice, holds in notices if holds), None)


def find_reminder(state, days, reminded):
    """Return at how many days left people are to be reminded now.

    :param str state: as returned by `judge`
    :param int days: as returned by `count_days`
    :param int reminded: at how many days left they were reminded last; -1 for not yet
    :return: None if they need not be
    :rtype: int or None
    """
    if state not in (SOON, EXPIRED):
        return None
    days = 0 if state == EXPIRED else max(days, 0)
    threshold = min(limit for limit in REMINDER_DAYS if days <= limit)
    return None if -1 < reminded <= threshold else threshold
