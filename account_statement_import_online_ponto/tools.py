# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dataclasses import dataclass
from datetime import date, datetime, timezone
from decimal import Decimal

import pytz

from odoo import fields, models
from odoo.tools import format_date, format_datetime, format_time, get_lang

from odoo.addons.base.models.res_bank import sanitize_account_number

#: The value of this module's switches: nobody can set them by RPC, which is JSON.
ON = object()

#: The technical name of this addon.
MODULE = "account_statement_import_online_ponto"

#: What of a caller's context the feed itself works by: for whom, and in which words.
#: All else decides what Odoo does: it gives defaults, puts lines into new statements,
#: leaves out checks. That is nobody's to say where the feed works in sudo mode.
KEPT_CONTEXT = frozenset({"allowed_company_ids", "lang", "tz", "uid"})

#: The most months that a system parameter may ask for.
MAX_MONTHS = 1200

#: What a context holds that came by RPC.
JSON_TYPES = (bool, dict, float, int, list, str, tuple, type(None))


@dataclass(frozen=True)
class ScheduledRun:
    """What a feed's turn knows of the scheduled action that it is part of.

    It travels in the context. Nobody can claim by RPC to be the scheduled action: what
    comes that way is JSON, which carries no such object.

    :ivar int remaining: how many feeds still have to have their turn, this one
        included
    :ivar bool has_pulled: whether Ponto's feeds have had their turn, and only those of
        other services are left
    :ivar bool may_commit: whether Odoo's scheduler runs it, which commits each step
    :ivar ahead: what was fetched for the feed before its turn, see `feed.fleet`; or
        None
    """

    remaining: int = 1
    has_pulled: bool = False
    may_commit: bool = False
    ahead: object = None


def find_feed(journal):
    """Return the feed of Ponto that fills a journal, or none; an archived one too.

    Not by the journal's own link: that may be of a feed which fills another one by now,
    and its bank feeds may be set to something else, which keeps no feed from going on.

    :param journal: an `account.journal`; in sudo mode, where the feed is to be
    """
    providers = journal.env["online.bank.statement.provider"]
    feed = providers.with_context(active_test=False).search(
        [("journal_id", "=", journal.id), ("service", "=", "ponto")]
    )
    return providers.browse(feed.ids)


def without_caller_context(records):
    """Return the records in a context without the caller's defaults and switches.

    What a person asks a feed to do is done as the feed does it. The defaults that the
    person has saved do not count either, see `ir.default`. What only code can put into
    a context stays.

    :param records: any records
    """
    context = records.env.context
    if isinstance(context.get("ponto_run"), ScheduledRun):
        return records
    kept = {
        key: value
        for key, value in context.items()
        if key in KEPT_CONTEXT or not isinstance(value, JSON_TYPES)
    }
    return records.with_env(records.env(context={**kept, "ponto_ignore_defaults": ON}))


def without_reserved(env, vals, names):
    """Return values without those that only code in sudo mode may give.

    :param env: an `Environment`
    :param dict vals: values for `create` or `write`
    :param set names: of the fields that are reserved
    :rtype: dict
    """
    if env.su or names.isdisjoint(vals):
        return vals
    return {name: value for name, value in vals.items() if name not in names}


def read_number(env, parameter, default):
    """Return the number that a system parameter holds.

    :param env: an `Environment`
    :param str parameter: its key
    :param int default: what holds where it is missing, zero or no number
    :rtype: int
    """
    text = env["ir.config_parameter"].sudo().get_param(parameter) or ""
    return text.isdecimal() and int(text) or default


def read_months(env, parameter, default):
    """Return the number of months that a system parameter asks for, see `read_number`.

    :rtype: int
    """
    return min(read_number(env, parameter, default), MAX_MONTHS)


def to_naive_utc(moment):
    """Convert to what Odoo's datetime fields hold.

    :param moment: an aware datetime, or None
    :return: the same moment as a naive datetime in UTC without fraction, or False
    """
    if moment is None:
        return False
    return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


def choose_language(env, wanted):
    """Choose the language of a text: the wanted one, as long as it is active.

    A language that was switched off must not come into a context: whatever is read
    there raises "Invalid language code".

    :param env: an `Environment`; its own language has no say
    :param str wanted: code of a language, or None
    :return: code of an active language (str): the wanted one, else that of the
        company, else English, else the first one
    """
    return get_lang(env(context={**env.context, "lang": None}), wanted).code


def to_decimal(amount):
    """Convert what Odoo's amounts are to what the engine counts with.

    :param amount: float, as Odoo shows it (not as a computer stores it); or a Decimal;
        or False or None for nothing
    :rtype: Decimal
    """
    return Decimal(str(amount or 0))


def to_json(value):
    """Convert the value of a field to what JSON can hold, and `write` takes again.

    :param value: of any field but one to many records, or a file
    """
    if isinstance(value, models.BaseModel):
        return value.id
    if isinstance(value, date):
        return fields.Date.to_string(value)
    return str(value) if isinstance(value, str) else value


def format_short_day(env, day):
    """Format a day in short, as in "28 Nov"; with its year if that is not this one.

    :param env: an environment; the text is in its language
    :param date day: the day, or a false value
    :rtype: str
    """
    if not day:
        return ""
    is_of_this_year = day.year == fields.Date.context_today(env.user).year
    date_format = "d MMM" if is_of_this_year else "d MMM y"
    return format_date(env, day, date_format=date_format)


def format_account_number(number):
    """Format an account number in groups of four, as on paper.

    :param str number: however it is written, or a false value
    :return: empty if there is none
    :rtype: str
    """
    plain = sanitize_account_number(number) or ""
    return " ".join(plain[start : start + 4] for start in range(0, len(plain), 4))


def find_zone(name):
    """Return a time zone to tell moments in (tzinfo): UTC where the server does not
    know it, or not any more. Who only looks at a feed looks at others as well."""
    try:
        return pytz.timezone(name)
    except pytz.UnknownTimeZoneError:
        return pytz.utc


def format_moment(env, moment, tz=None, is_brief=False):
    """Format a moment as people write it, in the time zone of whoever reads it, as
    fields are on the screen.

    :param env: an environment; the text is in its language
    :param datetime moment: naive, in UTC, or a false value
    :param str tz: time zone for users who have chosen none: that of the bank
    :param bool is_brief: whether a moment of today is told without its day
    :rtype: str
    """
    if not moment:
        return env._("an unknown time")
    tz = env.context.get("tz") or env.user.tz or tz or "UTC"
    local = pytz.utc.localize(moment).astimezone(find_zone(tz))
    if is_brief and local.date() == datetime.now(local.tzinfo).date():
        return format_time(env, local.time(), time_format="short")
    return format_datetime(env, moment, tz=tz, dt_format="short")


def search_words(model, messages_name, words_name, operator, value):
    """Search what is stored as messages by their words in the reader's language.

    :param model: the model that has both fields
    :param str messages_name: the stored field of messages, see `texts`
    :param str words_name: the computed field of their words
    :param str operator: of a condition on the words
    :param value: of a condition on the words
    :return: a domain; or NotImplemented for what Odoo makes of other operators
    """
    if operator == "in" and set(value) == {False}:
        return [(messages_name, "=", False)]
    if operator != "ilike":
        return NotImplemented
    told = model.search_fetch([(messages_name, "!=", False)], [messages_name])
    sought = value.lower()
    found = told.filtered(lambda record: sought in record[words_name].lower())
    return [("id", "in", found.ids)]
