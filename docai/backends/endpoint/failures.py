"""What goes wrong with a server, whether asking again may help, and what to do about it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any, Final

from docai.document import Problem
from docai.errors import BackendError

RETRIED: Final = frozenset({408, 425, 429})  # and all from 500 on but these two
NEVER: Final = frozenset({501, 505})
NO_CREDIT: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})  # OpenAI's codes; waiting brings no money


@dataclass(eq=False)
class Failure(BackendError):
    """Why there is no answer.

    Attributes:
        reason: What went wrong.
        step: What to do about it.
        retryable: Whether the same request may succeed later.
        wait: Seconds that the server asks to wait before; None where it does not.
        status: The HTTP status; None where there is none.
        everyone: Whether no other request would fare better.
        code: Of the problem that it becomes.
    """

    reason: str
    step: str
    retryable: bool = False
    wait: float | None = None
    status: int | None = None
    everyone: bool = False
    code: str = "endpoint_failed"

    def __str__(self) -> str:
        return f"{self.reason}; {self.step}"

    def problem(self, url: str, tries: int, seconds: float) -> Problem:
        """Return it as a problem of the answer."""
        tried = f", tried {tries} times in {seconds:.0f} s" if tries > 1 else ""
        return Problem(code=self.code, message=f"{url}: {self.reason}{tried}; {self.step}", severity="error")


def unreachable(reason: str) -> Failure:
    """Return the failure of a server that cannot be connected to."""
    step = "start the server, or give its base_url (or set DOCAI_ENDPOINT) as in http://localhost:8000/v1"
    return Failure(f"no connection ({reason})", step, retryable=True, code="endpoint_unreachable")


def broken(reason: str) -> Failure:
    """Return the failure of an answer that cannot be used, and may be better the next time."""
    return Failure(reason, "see the server's log, and run it again", retryable=True)


def of_status(status: int, message: str, error: Mapping[str, Any], headers: Mapping[str, str], *, has_key: bool) -> Failure:
    """Return the failure that a status and a message, free of secrets, tell of; `error` is the server's, where it is JSON."""
    reason = f"status {status}: {message}" if message else f"status {status}"
    if status == 429 and error.get("code") in NO_CREDIT:
        return Failure(reason, "add credit to the account of the key", status=status, everyone=True)
    if status in RETRIED or (status >= 500 and status not in NEVER):
        wait = retry_after(headers.get("retry-after", ""), time.time())
        step = "ask less at once (a smaller batch), or later" if status == 429 else "see the server's log, and run it again"
        return Failure(reason, step, retryable=True, wait=wait, status=status)
    return Failure(reason, _step(status, message, has_key=has_key), status=status, everyone=status in (401, 403, 404))


def _step(status: int, message: str, *, has_key: bool) -> str:
    if status in (401, 403):
        return "set DOCAI_API_KEY to a key of this server" + (", the one that is set was refused" if has_key else "")
    if status == 404:
        return "check the base URL, which mostly ends in /v1, and the name of the model"
    if status == 413:
        return "send smaller pictures: a lower dpi, or Pictures(kind='jpeg')"
    if 300 <= status < 400:
        return "give the base URL that it leads to"
    if re.search(r"context|too (?:long|large|many)|max_model_len|max_tokens", message, re.IGNORECASE):
        return "start the server with a longer context (vLLM: --max-model-len), or ask for fewer tokens or smaller pictures"
    if re.search(r"image|multimodal|multi-modal|vision", message, re.IGNORECASE):
        return "serve a model that takes pictures, as many as are asked about (vLLM: --limit-mm-per-prompt)"
    return "see what the server says of the request, and in its log"


def retry_after(text: str, now: float) -> float | None:
    """Return the seconds to wait that a Retry-After header asks for, at the time `now`; None where it tells nothing.

    Source: RFC 9110, section 10.2.3: seconds, or a date.
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d+)?", text):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, OverflowError):  # no date; OverflowError: a year that no clock has
        return None


def read_error(body: bytes) -> tuple[str, dict[str, Any]]:
    """Return the message in the body of an error, and the error as the server made it; empty where it is no JSON object.

    OpenAI has {"error": {"message", "param", "code"}}, older vLLM the same without "error", FastAPI {"detail"}, a proxy a
    page of HTML.
    """
    text = body.decode("utf-8", "replace")
    try:
        parsed = json.loads(text)
    except ValueError:
        title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
        return unescape(title[1] if title else re.sub(r"<[^<>]*>", " ", text)), {}
    if not isinstance(parsed, dict):
        return text, {}
    inner = parsed.get("error", parsed)
    if not isinstance(inner, dict):
        return str(inner), {}
    said = inner.get("message") or inner.get("detail")
    return said if isinstance(said, str) else text, inner
