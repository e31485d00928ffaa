# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timezone


def to_naive_utc(moment):
    """Convert to what Odoo's datetime fields hold.

    :param moment: an aware datetime, or None
    :return: the same moment as a naive datetime in UTC without fraction, or False
    """
    if moment is None:
        return False
    return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)
