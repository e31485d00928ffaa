# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The one thing that the probe may be told to do: ask for a synchronization."""

import json
import time

from .parsing import as_dict
from .probe_words import OTHER, count, is_list, plain_name

POLL_S, MAX_POLLS = 2, 6
FINISHED = ("success", "error")


def synchronize(caller, account_id, known_ids, ip_address):
    """Ask for the account's transactions, and wait a little.

    :param Caller caller: sends the requests
    :param str account_id:
    :param set known_ids: of the transactions that are there already
    :param str ip_address: of the person who asks
    :return: facts (dict)
    :raise OutOfBudget: no more requests may be sent
    :raise PontoError: no answer
    """
    attributes = {
        "resourceType": "account",
        "resourceId": account_id,
        "subtype": "accountTransactions",
        "customerIpAddress": ip_address,
    }
    document = {"data": {"type": "synchronization", "attributes": attributes}}
    began_s = time.monotonic()
    reply = caller.post("/synchronizations", json.dumps(document))
    made, states = as_dict(reply.document.get("data")), []
    facts = {"synchronization": reply.outcome, "synchronization_states": states}
    for poll in range(MAX_POLLS + 1):
        if poll:
            if poll > 1:
                caller.wait(POLL_S)
            reply = caller.get(f"/synchronizations/{made['id']}")
            made = as_dict(reply.document.get("data"))
        if not made.get("id"):
            break
        status = as_dict(made.get("attributes")).get("status")
        states.append(plain_name(status) or OTHER)
        if status in FINISHED:
            facts["synchronization_s"] = round(time.monotonic() - began_s)
            facts.update(_look_at_result(caller, made, account_id, known_ids))
            break
    return facts


def _look_at_result(caller, made, account_id, known_ids):
    errors = as_dict(made.get("attributes")).get("errors")
    path = f"/synchronizations/{made['id']}/updated-transactions?page[limit]=100"
    updated = caller.get(path)
    head = caller.get(f"/accounts/{account_id}/transactions?page[limit]=100")
    new = [each for each in head.ids if each not in known_ids]
    listed = sum(each in updated.ids for each in new)
    is_whole = updated.is_page and not updated.links.get("next")
    return {
        "synchronization_errors": count(
            "text" if isinstance(each, str) else "object"
            for each in (errors if is_list(errors) else [])
        ),
        "updated_transactions": updated.outcome,
        "updated_count": len(updated.ids),
        "new_count": len(new),
        "new_among_updated": listed if listed or is_whole else None,
    }
