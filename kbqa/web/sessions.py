"""How long a login lasts, and how often one may try.

Both live in memory: after a restart everybody logs in again, and nothing that could be stolen lies on a disk.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from kbqa.web.accounts import AccountFile

HOUR = 3600.0
IDLE, LONGEST = 8 * HOUR, 7 * 24 * HOUR
"""Seconds without a request, and seconds since the login, after which one has to log in again."""

_SESSIONS_KEPT = 10_000
_FREE_TRIES = {"name": 5, "address": 20}
_LONGEST_WAIT = 300.0
_FORGOTTEN = 24 * HOUR
_KEYS_KEPT = 10_000

Key = tuple[str, str]
"""(`name` or `address`, its value)."""


@dataclass(slots=True)
class _Session:
    name: str
    password: str
    begun: float
    seen: float


class Sessions:
    """Logins by the secret in their cookie; only its hash is kept."""

    def __init__(self, accounts: AccountFile, clock: Callable[[], float] = time.time) -> None:
        self._accounts, self._clock = accounts, clock
        self._held: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def open(self, name: str) -> str:
        """Begin a session for someone whose password was right; returns the secret for the cookie."""
        account, now, secret = self._accounts.get(name), self._clock(), secrets.token_urlsafe(32)
        if account is not None:
            with self._lock:
                self._held = {key: held for key, held in self._held.items() if not _over(held, now)}
                while len(self._held) >= _SESSIONS_KEPT:
                    del self._held[next(iter(self._held))]
                self._held[_digest(secret)] = _Session(name, account.password, now, now)
        return secret

    def name_of(self, secret: str) -> str:
        """Who sends this secret; empty when the session is over, the account is gone or its password was changed."""
        key, now = _digest(secret), self._clock()
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return ""
            account = self._accounts.get(held.name)
            if account is None or account.password != held.password or _over(held, now):
                del self._held[key]
                return ""
            held.seen = now
            return held.name

    def close(self, secret: str) -> None:
        with self._lock:
            self._held.pop(_digest(secret), None)


def _over(held: _Session, now: float) -> bool:
    return now - held.seen > IDLE or now - held.begun > LONGEST


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class Throttle:
    """Growing delays for whoever guesses: 1, 2, 4 … 300 s after the free tries of a name, and of an address.

    A try counts as failed from its beginning, so that many at once gain nothing. A success forgives the name, not the
    address: an account of one's own must not be a way to guess those of others.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._failures: dict[Key, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def begin(self, *keys: Key) -> float:
        """Count a try; seconds to wait if it has to be refused, in which case it does not count, else 0."""
        now = self._clock()
        with self._lock:
            wait = max((self._wait(key, now) for key in keys), default=0.0)
            if wait <= 0:
                for key in keys:
                    self._count(key, now)
        return max(wait, 0.0)

    def succeeded(self, *keys: Key) -> None:
        """The try that `begin` counted was right."""
        with self._lock:
            for key in keys:
                count, last = self._failures.pop(key, (0, 0.0))
                if key[0] == "address" and count > 1:
                    self._failures[key] = (count - 1, last)

    def _wait(self, key: Key, now: float) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        beyond = count - _FREE_TRIES[key[0]]
        if beyond < 0 or now - last > _FORGOTTEN:
            return 0.0
        return last + min(2.0 ** min(beyond, 20), _LONGEST_WAIT) - now

    def _count(self, key: Key, now: float) -> None:
        count, last = self._failures.pop(key, (0, 0.0))  # put behind the others: the oldest is dropped first
        self._failures[key] = (1 if now - last > _FORGOTTEN else count + 1, now)
        while len(self._failures) > _KEYS_KEPT:
            del self._failures[next(iter(self._failures))]
