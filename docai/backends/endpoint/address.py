"""Where a server is, and the key that opens it, which never comes out again but in the header of a request."""

from __future__ import annotations

import os
import re
from typing import Final

import httpx

from docai.errors import BackendUnavailable

URL_VARIABLES: Final = ("DOCAI_ENDPOINT", "OPENAI_BASE_URL")
KEY_VARIABLES: Final = ("DOCAI_API_KEY", "OPENAI_API_KEY")
DEFAULT_URL: Final = "http://localhost:8000/v1"  # vLLM's
PLACEHOLDER: Final = 4  # letters; shorter keys ("x", "-") are fillers, and taking them out of messages would garble these
LONGEST_MESSAGE: Final = 300  # characters of what a server says that are passed on
_DATA_URL: Final = re.compile(r"data:[\w/+.-]+;base64,[\w+/=]*")


class Address:
    """A server: its base URL, and a key from the environment that is neither shown nor kept in what is said of it."""

    def __init__(self, base_url: str | None = None) -> None:
        """Take the URL that is given, else that of the environment, else vLLM's on this machine.

        Raises:
            BackendUnavailable: The URL is none, or has a password or a query in it; the key cannot be sent.
        """
        self.url = _checked_url(base_url or _from_environment(URL_VARIABLES) or DEFAULT_URL)
        self._key = _checked_key()

    def __repr__(self) -> str:
        return f"Address({self.url!r})"

    @property
    def local(self) -> bool:
        """Whether it is on this machine, where no proxy stands between."""
        return httpx.URL(self.url).host in ("localhost", "127.0.0.1", "::1")

    @property
    def secure(self) -> bool:
        """Whether it is asked over TLS."""
        return httpx.URL(self.url).scheme == "https"

    @property
    def has_key(self) -> bool:
        """Whether the environment has a key for it."""
        return bool(self._key)

    def headers(self) -> dict[str, str]:
        """Return the headers that open it."""
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def without_secrets(self, message: str) -> str:
        """Return what a server said, on one line, shortened, without pictures and without the key."""
        if len(self._key) >= PLACEHOLDER:
            message = message.replace(self._key, "***")
        plain = " ".join(_DATA_URL.sub("(a picture)", message).split())
        return plain if len(plain) <= LONGEST_MESSAGE else f"{plain[: LONGEST_MESSAGE - 1]}…"


def _from_environment(names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := os.environ.get(name, "").strip())), "")


def _checked_url(url: str) -> str:
    url = url.strip().rstrip("/").removesuffix("/chat/completions")
    example = f"give one like {DEFAULT_URL}, or set {URL_VARIABLES[0]} to it"
    # nothing of what is refused is quoted: it has a password in it, or is the key, put in the wrong place
    if "@" in url:
        raise BackendUnavailable(
            f"the base URL of the endpoint has a name or password in it; leave them out, and set {KEY_VARIABLES[0]} to the key"
        )
    if "?" in url or "#" in url:
        raise BackendUnavailable(f"the base URL of the endpoint has a query or a fragment in it; {example}")
    try:
        parts = httpx.URL(url)
    except httpx.InvalidURL:
        raise BackendUnavailable(f"the base URL of the endpoint is not a URL; {example}") from None
    if any(letter.isspace() or not letter.isprintable() for letter in url):
        raise BackendUnavailable(f"the base URL of the endpoint has blanks in it; {example}")
    if parts.scheme not in ("http", "https") or not parts.host:
        raise BackendUnavailable(f"the base URL of the endpoint is not one of HTTP; {example}")
    return url


def _checked_key() -> str:
    for name in KEY_VARIABLES:
        key = os.environ.get(name, "").strip()
        if not key:
            continue
        if not (key.isascii() and key.isprintable() and " " not in key):
            raise BackendUnavailable(f"{name} has blanks or letters in it that no key can have; set it to the key alone")
        return key
    return ""
