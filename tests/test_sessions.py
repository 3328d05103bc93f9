"""How long a login lasts and how guessing is slowed down, by a clock that the tests turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbqa.web.accounts import AccountFile, new_account, write_accounts
from kbqa.web.sessions import IDLE, LONGEST, Sessions, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(tmp_path: Path) -> AccountFile:
    path = tmp_path / "people.tsv"
    write_accounts(path, {name: new_account(name, "reader", "a-good-password") for name in ("amy", "bob")})
    return AccountFile(path)


def test_a_secret_names_its_own_person(people: AccountFile, clock: Clock) -> None:
    sessions = Sessions(people, clock)
    amy, bob = sessions.open("amy"), sessions.open("bob")
    assert (sessions.name_of(amy), sessions.name_of(bob)) == ("amy", "bob")
    assert sessions.name_of("") == "" and sessions.name_of(amy + "x") == "" and sessions.name_of("\ud800") == ""


def test_logging_out_ends_one_login_of_a_person(people: AccountFile, clock: Clock) -> None:
    sessions = Sessions(people, clock)
    here, there = sessions.open("amy"), sessions.open("amy")
    sessions.close(here)
    assert sessions.name_of(here) == "" and sessions.name_of(there) == "amy"


def test_idle_and_longest(people: AccountFile, clock: Clock) -> None:
    sessions = Sessions(people, clock)
    idle, busy = sessions.open("amy"), sessions.open("bob")
    begun = clock.now
    while clock.now < begun + LONGEST:
        assert sessions.name_of(busy) == "bob"
        clock.now += IDLE
    clock.now = begun + LONGEST + 1
    assert sessions.name_of(idle) == "" and sessions.name_of(busy) == ""


def test_idle_to_the_second(people: AccountFile, clock: Clock) -> None:
    sessions = Sessions(people, clock)
    secret = sessions.open("amy")
    clock.now += IDLE
    assert sessions.name_of(secret) == "amy"
    clock.now += IDLE + 1
    assert sessions.name_of(secret) == ""


def test_a_changed_password_and_a_removed_account_end_logins(people: AccountFile, clock: Clock) -> None:
    sessions = Sessions(people, clock)
    amy, bob = sessions.open("amy"), sessions.open("bob")
    write_accounts(people.path, {"amy": new_account("amy", "reader", "a-better-password")})
    assert sessions.name_of(amy) == "" and sessions.name_of(bob) == ""


def waits(throttle: Throttle, clock: Clock, *keys: tuple[str, str], tries: int) -> list[float]:
    """Wait as told before each try; the waits."""
    told = []
    for _ in range(tries):
        wait = throttle.begin(*keys)
        told.append(wait)
        if wait:
            clock.now += wait
            assert throttle.begin(*keys) == 0
    return told


def test_waits_double_up_to_five_minutes(clock: Clock) -> None:
    assert waits(Throttle(clock), clock, ("name", "amy"), tries=16) == [0] * 5 + [
        1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300,
    ]  # fmt: skip


def test_a_refused_try_does_not_lengthen_the_wait(clock: Clock) -> None:
    throttle = Throttle(clock)
    assert [throttle.begin(("name", "amy")) for _ in range(8)] == [0, 0, 0, 0, 0, 1, 1, 1]
    clock.now += 1
    assert throttle.begin(("name", "amy")) == 0


def test_a_success_forgives_the_name_but_not_the_address(clock: Clock) -> None:
    """An account of one's own is no way to guess those of others."""
    throttle, here = Throttle(clock), ("address", "10.0.0.9")
    for turn in range(20):
        assert throttle.begin(("name", f"victim {turn}"), here) == 0
    clock.now += 1000
    own = ("name", "mallory")
    for _ in range(6):
        assert throttle.begin(own, here) == 0
        throttle.succeeded(own, here)
        clock.now += 1000
    assert throttle.begin(("name", "victim 21"), here) == 0
    assert throttle.begin(("name", "victim 22"), here) == 2
    assert throttle.begin(own) == 0


def test_one_name_does_not_slow_another_down(clock: Clock) -> None:
    throttle = Throttle(clock)
    for _ in range(6):
        throttle.begin(("name", "amy"))
    assert throttle.begin(("name", "amy")) > 0 and throttle.begin(("name", "bob")) == 0


def test_a_day_later_all_is_forgotten(clock: Clock) -> None:
    throttle = Throttle(clock)
    waits(throttle, clock, ("name", "amy"), tries=12)
    clock.now += 25 * 3600
    assert waits(throttle, clock, ("name", "amy"), tries=5) == [0] * 5
