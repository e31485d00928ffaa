# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The texts of lines: they follow the bank, but for those that somebody has typed."""

import re

from markupsafe import Markup

from ..engine.changes import find_text_updates

#: In place of a digest: what is there is somebody's own, whatever it is.
TYPED = ""

#: Elements by which notes are laid out, whoever has saved them.
LAYOUT_TAGS = {"br", "div", "p", "span"}


def digest_texts(env, texts):
    """Return what tells later whether somebody has changed some texts of a line.

    :param env: an `Environment`
    :param dict texts: {name of a field: what the feed writes}
    :return: {name: digest}; letters count, and in a note what stands among them, but
        not how they are laid out
    :rtype: dict
    """
    digest = env["ponto.digest"]._make
    line_fields = env["account.bank.statement.line"]._fields
    marks = {}
    for name, text in texts.items():
        plain = str(text or "")
        if line_fields[name].type == "html":
            plain = _read_note(plain)
        plain = " ".join(plain.split())
        marks[name] = digest(f"{name} {plain}")[:12]
    return marks


def _read_note(html):
    """Return what a note tells, and what somebody has added to it (str).

    Odoo writes some blanks as entities, and leaves out signs that nobody sees.
    """
    text = str(Markup(html).striptags())
    if not text.isprintable():
        text = "".join(sign for sign in text if sign.isprintable() or sign.isspace())
    return " ".join([text, *_find_added_tags(html)])


def _find_added_tags(html):
    """Return what somebody has added to a text: pictures, links, bold letters ... (list
    of str). The feed's own notes have nothing but line breaks."""
    return [tag for tag in re.findall(r"<(\w+)", html) if tag not in LAYOUT_TAGS]


def follow_bank(line, served, written):
    """Let the texts of a line follow the bank, but for those that somebody has typed.

    :param line: the statement line
    :param dict served: {name of a field: what the bank says now}
    :param dict written: digests of what the feed wrote last, as returned by
        `digest_texts`
    """
    current = {name: line[name] for name in served}
    marks = digest_texts(line.env, current)
    untouched = {name for name in served if marks[name] == written.get(name)}
    if written.get("raw_data") != TYPED:
        # Nobody types what Ponto served.
        untouched.add("raw_data")
    updates = find_text_updates(current, served, untouched)
    news = {name: value for name, value in updates.items() if name != "raw_data"}
    write_texts(
        line,
        {**updates, "ponto_written": {**written, **digest_texts(line.env, news)}},
    )


def keep_from_bank(line, names):
    """Let the texts of a line never follow the bank, but for those that a feed has
    written: it was entered by somebody, or comes from a file.

    :param line: the statement line
    :param names: of the fields that follow the bank otherwise
    """
    line.ponto_written = {**dict.fromkeys(names, TYPED), **(line.ponto_written or {})}


def write_texts(line, texts):
    """Write the texts of a line, and nothing else.

    Odoo would make the journal items anew: with today's rate, without what somebody has
    corrected or added. Of the items, only the label follows.

    :param line: the statement line
    :param dict texts: values for `write`
    """
    line.ensure_one()
    label = line.payment_ref
    still = {
        "skip_account_move_synchronization": True,
        "skip_invoice_sync": True,
        "skip_readonly_check": True,
        "tracking_disable": True,
    }
    line.with_context(**still).write(texts)
    # Of a secured entry nobody changes an item, not even its label.
    if line.payment_ref != label and not line.move_id.inalterable_hash:
        items = line.line_ids.filtered(lambda item: item.name == label)
        items.with_context(**still).write({"name": line.payment_ref})
