"""Control of a running simulator over HTTP: ``/simulator/METHOD``.

A thin wrapper: the body is a JSON object of keyword arguments for the bank's public
method of that name. There is no authentication, as nothing here exists at Ponto.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from .api import PLAIN_JSON, Answer
from .bank import Bank

PREFIX = "/simulator/"
WRONG_ARGUMENTS = (TypeError, ValueError, ArithmeticError, re.error, RecursionError)
#: What may only be asked (GET, arguments in the query).
QUERIES = frozenset(
    {"account", "accounts", "balance", "count", "find_account", "institutions"}
    | {"requests", "transaction", "transactions"}
)
#: What changes the bank (POST, arguments in the body).
COMMANDS = frozenset(
    {"add_account", "add_institution", "add_transaction", "clear_faults"}
    | {"clear_requests", "deprecate", "expire_consent", "fail_synchronizations"}
    | {"fault", "queue_pending_transaction", "queue_transaction", "queue_update"}
    | {"relink", "remove_transaction", "renew_consent", "replace", "revoke_tokens"}
    | {"set_availability", "set_consent_end", "set_error_meta"}
    | {"set_extra_attributes", "set_forbidden", "set_omit_null", "set_order"}
    | {"set_plain_errors", "set_scope", "set_synchronization_gap"}
    | {"set_time_format", "set_unknown_cursor", "synchronize", "unlink"}
    | {"update_account", "update_transaction"}
)


def respond(bank: Bank, method: str, path: str, query: Mapping, body: bytes) -> Answer:
    """Run one command and answer ``{"result": ...}`` or ``{"error": ...}``."""
    name = f"{path}/".removeprefix(PREFIX).rstrip("/")
    allowed = QUERIES if method == "GET" else COMMANDS if method == "POST" else ()
    if name not in allowed:
        known = " ".join(sorted(QUERIES)), " ".join(sorted(COMMANDS))
        text = f"unknown command; GET one of: {known[0]}; POST one of: {known[1]}"
        return Answer(404, {"error": text}, PLAIN_JSON)
    try:
        arguments = dict(query) if method == "GET" else _arguments(body)
        target = getattr(bank, name)
        result = target(**arguments) if callable(target) else target
    except KeyError as error:
        return Answer(404, {"error": f"not found: {error}"}, PLAIN_JSON)
    except WRONG_ARGUMENTS as error:
        return Answer(400, {"error": str(error)}, PLAIN_JSON)
    return Answer(200, {"result": _plain(result)}, PLAIN_JSON)


def _arguments(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    arguments = json.loads(body, parse_float=Decimal)
    if not isinstance(arguments, dict):
        raise ValueError("the body must be a JSON object of keyword arguments")
    return arguments


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        return dataclasses.asdict(value)
    return value
