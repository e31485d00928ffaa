# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Actions for the web client: tell something, ask something, show a window, call a
method."""

from ..tools import MODULE

#: Shows what is open once more.
RELOAD = {"type": "ir.actions.client", "tag": "soft_reload"}

#: Closes the window that is open, and shows what is behind it once more.
CLOSE = {"type": "ir.actions.act_window_close"}


def get_notification(
    message, title=None, type_="success", buttons=(), next_action=None
):
    """Get the action that tells something in a corner of the screen.

    :param str message: what is told
    :param str title: of what, or None
    :param str type_: "success", "info" or "warning"
    :param buttons: what can be done about it (list of dict): the `name` that is shown;
        and an `action`, or `model`, `method` and `ids` of what returns one
    :param dict next_action: what happens meanwhile; None closes the window that is open
    :rtype: dict
    """
    return {
        "type": "ir.actions.client",
        "tag": "ponto_notify",
        "params": {
            "type": type_,
            "title": title,
            "message": message,
            "buttons": list(buttons),
            "next": next_action or CLOSE,
        },
    }


def get_question(title, message, confirm, model, method, ids):
    """Get the action that asks something, and does it where the answer is yes.

    :param str title: the question
    :param str message: what happens then
    :param str confirm: what the button says that does it
    :param str model: name of a model
    :param str method: of that model, which returns an action
    :param list ids: of the records to call it with
    :rtype: dict
    """
    return {
        "type": "ir.actions.client",
        "tag": "ponto_ask",
        "params": {
            "title": title,
            "message": message,
            "confirm": confirm,
            "model": model,
            "method": method,
            "ids": ids,
        },
    }


def get_window(env, action, /, **values):
    """Get the action that shows a window.

    :param env: an `Environment`
    :param str action: its external identifier; without the name of the module if it is
        one of this addon's
    :param values: what is different in it; another `name` heads the window, too
    :rtype: dict
    """
    xml_id = action if "." in action else f"{MODULE}.{action}"
    if "name" in values:
        values["display_name"] = values["name"]
    return {**env["ir.actions.act_window"]._for_xml_id(xml_id), **values}


def get_feed_action(provider):
    """Get the window action that opens a feed (dict)."""
    return {
        "type": "ir.actions.act_window",
        "name": provider.env._("Bank Feed"),
        "res_model": provider._name,
        "res_id": provider.id,
        "views": [(False, "form")],
    }


def get_call(model, method, ids):
    """Get the action that calls a method when it is run, and goes on with what that
    returns (dict)."""
    return {
        "type": "ir.actions.client",
        "tag": "ponto_call",
        "params": {"model": model, "method": method, "ids": ids},
    }
