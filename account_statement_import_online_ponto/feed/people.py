# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The people of a feed: who is told what, once, and in which language."""

from functools import partial

from markupsafe import Markup

from odoo import SUPERUSER_ID, fields
from odoo.tools import SQL

from ..engine import consent, proof
from ..texts import TOLD, summarize
from ..tools import choose_language
from .guard import guard

ACTIVITY_FAILURE = "account_statement_import_online_ponto.mail_activity_type_failure"
ACTIVITY_CONSENT = "account_statement_import_online_ponto.mail_activity_type_consent"
ACTIVITY_DIFFERENCE = (
    "account_statement_import_online_ponto.mail_activity_type_difference"
)


def remind_of_consent(provider):
    """Remind people of a consent that ends, once per threshold; close it when it
    was renewed."""
    provider.ensure_one()
    if provider.ponto_consent_state in (False, "valid"):
        if provider.ponto_consent_reminded >= 0:
            provider.ponto_consent_reminded = -1
            close_activity(provider, ACTIVITY_CONSENT)
        return
    threshold = consent.find_reminder(
        provider.ponto_consent_state,
        provider.ponto_consent_days,
        provider.ponto_consent_reminded,
    )
    if threshold is None:
        return
    provider.ponto_consent_reminded = threshold
    expires_at = provider.ponto_consent_expires_at
    open_activity(provider, ACTIVITY_CONSENT, deadline=expires_at and expires_at.date())


def report_difference(provider):
    """Tell somebody of a difference that lasts; close that when it is gone."""
    provider.ensure_one()
    since = provider.ponto_differs_since
    if not since:
        close_activity(provider, ACTIVITY_DIFFERENCE)
    elif proof.is_lasting(since, fields.Datetime.now()):
        open_activity(provider, ACTIVITY_DIFFERENCE)


def open_activity(provider, xmlid, deadline=None):
    """Tell the persons responsible of a problem, once, each in their language.

    Nothing else fails with it: what was imported, or what went wrong, is kept whether
    anybody can be told or not.

    :param str xmlid: external identifier of the type of activity: one a problem
    :param date deadline: until when something should happen; today if not given
    """
    provider.ensure_one()
    if not guard(provider, _update_activities, provider, xmlid, deadline):
        # Perhaps only the mail could not be sent.
        silent = provider.with_context(mail_activity_quick_update=True)
        guard(provider, _update_activities, silent, xmlid, deadline)


def _update_activities(provider, xmlid, deadline=None):
    """Make the activities of `open_activity`, or bring them up to date.

    They are OdooBot's, whoever has pressed the button that failed. The mail about a new
    one is ours: Odoo's names neither cause nor next step.
    """
    if not provider.env.ref(xmlid, raise_if_not_found=False):
        # Somebody does not want to be told, and would be told anew each time.
        return
    presser = provider.env.user
    provider = provider.with_user(SUPERUSER_ID)
    is_silent = provider.env.context.get("mail_activity_quick_update")
    provider = provider.with_context(mail_activity_quick_update=True)
    # Until when, and whose it is, may be somebody's own choice by now.
    open_ones = provider.activity_search([xmlid], only_automated=True)
    for activity in open_ones:
        activity.write(_prepare_activity(provider, xmlid, activity.user_id))
    problem = _name_problem(provider, xmlid)
    told = open_ones.user_id | _get_told(provider, xmlid, problem)
    untold = _find_responsible(provider) - told
    if untold and xmlid == ACTIVITY_FAILURE:
        untold -= _find_told_elsewhere(provider, problem)
    _remember_told(provider, xmlid, problem, told | untold)
    deadline = deadline or fields.Date.context_today(provider)
    for user in untold:
        words = _prepare_activity(provider, xmlid, user)
        provider.activity_schedule(
            xmlid, date_deadline=deadline, user_id=user.id, **words
        )
        # Who has pressed the button reads it on the screen.
        if user != presser and not is_silent:
            _notify(provider, user, words)


def _notify(provider, user, words):
    """Notify somebody of a new activity, by mail or in Odoo, as they prefer.

    :param dict words: as returned by `_prepare_activity`
    """
    language = choose_language(provider.env, user.lang)
    feed = provider.with_context(lang=language)
    feed.message_notify(
        partner_ids=user.partner_id.ids,
        subject=words["summary"],
        body=words["note"],
        author_id=feed.env.ref("base.partner_root").id,
        email_layout_xmlid="mail.mail_notification_layout",
        model_description=feed.env._("Bank Feed"),
        force_email_lang=language,
    )


def _prepare_activity(provider, xmlid, user):
    """Prepare the words of an activity.

    :param str xmlid: external identifier of its type
    :param user: the `res.users` who reads it
    :return: its `summary` and `note`
    :rtype: dict
    """
    feed = provider.with_context(lang=choose_language(provider.env, user.lang))
    if xmlid == ACTIVITY_CONSENT:
        cause, note = (
            feed.ponto_linked_account_id.notice_summary,
            feed.ponto_bank_notice,
        )
    elif xmlid == ACTIVITY_DIFFERENCE:
        amount = feed.ponto_currency_id.format(feed.ponto_difference)
        cause = feed.env._("Differs from the bank by %s", amount)
        note = feed.ponto_balance_text
    else:
        message = feed.ponto_failure_message
        cause, note = message and summarize(feed.env, message), feed.ponto_failure
    values = {
        "cause": cause or feed.env._("Bank Feed"),
        "journal": feed.journal_id.name,
    }
    summary = feed.env._("%(cause)s: %(journal)s", **values)
    # What a bank or Ponto says is text, whatever it looks like.
    return {
        "summary": summary,
        "note": Markup("<br/>").join((note or "").splitlines()),
    }


# === WHO WAS TOLD === #


def _name_problem(provider, xmlid):
    """Return what tells a problem from the next one of its kind (str): whoever was told
    of it and is done with it is not told again."""
    if xmlid == ACTIVITY_CONSENT:
        return str(provider.ponto_consent_reminded)
    if xmlid == ACTIVITY_DIFFERENCE:
        return str(provider.ponto_difference)
    message = provider.ponto_failure_message
    if not message or provider.ponto_failure_advice == "retry":
        # What may pass by itself comes in turns, as other words for one problem.
        return provider.ponto_failure_advice or ""
    is_told = message["code"] == TOLD
    return message["values"]["text"] if is_told else message["code"]


def _get_told(provider, xmlid, problem):
    """Return who was told of a problem (`res.users`)."""
    told = (provider.ponto_told or {}).get(xmlid)
    user_ids = told["users"] if told and told["problem"] == problem else []
    return provider.env["res.users"].browse(user_ids).exists()


def _remember_told(provider, xmlid, problem, users):
    """Remember who was told of a problem.

    :param users: `res.users` records
    """
    known = provider.ponto_told or {}
    told = {**known, xmlid: {"problem": problem, "users": sorted(users.ids)}}
    if told != known:
        provider.ponto_told = told


def _find_told_elsewhere(provider, problem):
    """Return who was told of the integration's problem on another of its feeds
    (`res.users`)."""
    told = provider.env["res.users"]
    if not provider.ponto_failure_is_shared:
        return told
    siblings_sudo = provider.sudo().ponto_integration_id._get_siblings(provider)
    for sibling_sudo in siblings_sudo.filtered("ponto_failure_is_shared"):
        told |= _get_told(sibling_sudo, ACTIVITY_FAILURE, problem)
    return told


def close_activity(provider, xmlid):
    """Close the activities about a problem that is solved."""
    provider.ensure_one()
    provider_sudo = provider.sudo()
    told = dict(provider_sudo.ponto_told or {})
    if told.pop(xmlid, None):
        provider_sudo.ponto_told = told or False
    if provider.activity_ids:
        solved = provider.env._("Solved by itself.")
        guard(provider, provider.activity_feedback, [xmlid], None, solved)


def _find_responsible(provider):
    """Find who is to be told: nobody who may not read the feed.

    :return: the persons responsible; without any, who made the feed, or else the
        administrator (`res.users`)
    """
    provider.ensure_one()
    for users in (
        provider.ponto_responsible_ids,
        provider.create_uid,
        provider.env.ref("base.user_admin", raise_if_not_found=False),
    ):
        if users and (told := users.filtered(partial(may_be_told, provider))):
            return told
    return provider.env["res.users"]


def may_be_told(provider, user):
    """Tell whether a user may read the feed (bool)."""
    provider.ensure_one()
    return (
        user.active
        and provider.company_id in user.company_ids
        and provider.with_user(user)
        .with_context(allowed_company_ids=provider.company_id.ids)
        .has_access("read")
    )


def find_languages(providers):
    """Find the languages in which people are told of feeds, in one query for all.

    :return: {feed id: code of the language of the first person responsible; without
        any, of who made the feed, or else of the administrator} (dict)
    """
    providers.env["res.users"].flush_model(["active", "login", "partner_id"])
    providers.env["res.partner"].flush_model(["lang", "name"])
    providers.flush_recordset(["ponto_responsible_ids"])
    rows = providers.env.execute_query(
        SQL(
            """
            SELECT DISTINCT ON (feed.id) feed.id, partner.lang
              FROM online_bank_statement_provider feed
        CROSS JOIN LATERAL (
                       SELECT res_users_id AS user_id, 1 AS rank
                         FROM online_bank_statement_provider_ponto_responsible_rel
                        WHERE online_bank_statement_provider_id = feed.id
                    UNION ALL
                       SELECT feed.create_uid, 2
                    UNION ALL
                       SELECT res_id, 3
                         FROM ir_model_data
                        WHERE module = 'base' AND name = 'user_admin'
                   ) told
              JOIN res_users person ON person.id = told.user_id
              JOIN res_partner partner ON partner.id = person.partner_id
             WHERE feed.id IN %s AND person.active AND NOT person.share
          ORDER BY feed.id, told.rank, partner.name, person.login
            """,
            tuple(providers._origin.ids) or (0,),
        )
    )
    return dict(rows)
