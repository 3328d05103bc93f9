"""Who may log in: names, roles and hashes in one small file that people can read.

    # kbqa accounts: name, role, password hash, token hash; written by `kbqa user`
    小林	admin	$argon2id$v=19$m=65536,t=3,p=4$…	-
    new-hire	reader	$argon2id$v=19$…	9f86d081884c7d65…

Columns are parted by tabs, which neither names nor hashes contain. Passwords are hashed with argon2id, because people
choose them; tokens for programs are 256 random bits, for which SHA-256 is enough. The file is read again whenever it
changes, so an account that is removed is out at once. While it cannot be read, the people it last named may go on.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from kbqa.errors import AccountsError

Role = Literal["reader", "admin"]
ROLES: tuple[Role, ...] = ("reader", "admin")
SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 256

_HASHER = PasswordHasher()
_NAME = re.compile(r"[^\s#][^\t\r\n\x00-\x1f\x7f]{0,63}")
_TOKEN = re.compile(r"[0-9a-f]{64}")
_NONE = "-"
_HEAD = "# kbqa accounts: name, role, password hash, token hash; written by `kbqa user`"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Account:
    """One who may log in.

    Attributes:
        password: argon2 hash in its usual text form.
        token: SHA-256 of the token that programs send, hexadecimal; empty without one.
    """

    name: str
    role: Role
    password: str
    token: str = ""


# --- the file ---------------------------------------------------------------------------------------------------------


def read_accounts(path: Path) -> dict[str, Account]:
    """All accounts by name.

    Raises:
        AccountsError: the file cannot be read, or one of its lines is no account; the message names the line.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise AccountsError(
            f"读不了账号文件 {path}（{error}）。可用 kbqa user add 名字 --auth-file {path} 新建。",
            f"Cannot read the accounts in {path}. Make them with kbqa user add NAME --auth-file {path}.",
        ) from None
    accounts: dict[str, Account] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        account = _account(path, number, line)
        if account.name in accounts:
            raise _bad_line(path, number, f"名字“{account.name}”已经有了", f"the name “{account.name}” stands twice")
        accounts[account.name] = account
    return accounts


def _account(path: Path, number: int, line: str) -> Account:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) not in (3, 4):
        raise _bad_line(
            path, number, f"应有 3 或 4 列（用 Tab 分开），现有 {len(cells)} 列", f"{len(cells)} columns, not 3 or 4"
        )
    name, role, password = cells[:3]
    token = cells[3] if len(cells) == 4 and cells[3] != _NONE else ""
    if not _NAME.fullmatch(name):
        raise _bad_line(path, number, "名字不能用", "this cannot be a name")
    if role not in ROLES:
        raise _bad_line(path, number, f"角色“{role}”应为 reader 或 admin", f"role “{role}” is neither reader nor admin")
    try:
        extract_parameters(password)
    except InvalidHashError:
        raise _bad_line(path, number, "第 3 列不是 argon2 密文", "column 3 is no argon2 hash") from None
    if token and not _TOKEN.fullmatch(token):
        raise _bad_line(path, number, "第 4 列不是 SHA-256", "column 4 is no SHA-256")
    return Account(name, "admin" if role == "admin" else "reader", password, token)


def _bad_line(path: Path, number: int, zh: str, en: str) -> AccountsError:
    return AccountsError(
        f"账号文件 {path} 第 {number} 行：{zh}。请改正这一行，或用 kbqa user 来写。",
        f"{path}, line {number}: {en}. Mend the line, or let kbqa user write it.",
    )


def write_accounts(path: Path, accounts: Mapping[str, Account]) -> None:
    """Replace the file in one step, readable by its owner only; lines that are comments are kept at its head.

    Raises:
        AccountsError: the folder cannot be written.
    """
    comments = [line for line in _lines_of(path) if line.startswith("#")] or [_HEAD]
    rows = ["\t".join((a.name, a.role, a.password, a.token or _NONE)) for a in accounts.values()]
    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([*comments, *rows]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        raise AccountsError(
            f"写不了账号文件 {path}（{error.strerror}）。请换一个位置。", f"Cannot write {path}. Choose another place."
        ) from None


def _lines_of(path: Path) -> list[str]:
    return path.read_text("utf-8-sig").splitlines() if path.exists() else []


# --- what a person may change -----------------------------------------------------------------------------------------


def new_account(name: str, role: Role, password: str) -> Account:
    """An account with its password hashed.

    Raises:
        AccountsError: the name or the password cannot be used.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise AccountsError(
            f"“{name}”不能作名字：1 到 64 个字，不以空格或 # 开头，没有 Tab 和换行。",
            f"“{name}” cannot be a name: 1 to 64 characters, no space or # in front, neither tab nor line break.",
        )
    return Account(name, role, hashed(password))


def hashed(password: str) -> str:
    """The argon2 hash of a new password.

    Raises:
        AccountsError: it is too short or too long.
    """
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise AccountsError(
            f"密码要有 {SHORTEST_PASSWORD} 到 {LONGEST_PASSWORD} 个字符。",
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.",
        )
    return _HASHER.hash(password)


def with_token(account: Account) -> tuple[Account, str]:
    """The account with a new token for programs, and the token, which is kept nowhere else."""
    token = secrets.token_urlsafe(32)
    return replace(account, token=_digest(token)), token


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


# --- while the app runs -----------------------------------------------------------------------------------------------


class AccountFile:
    """The people of a file, kept up to date with it."""

    def __init__(self, path: Path) -> None:
        """Raises `AccountsError` if the file cannot be used."""
        self.path = path
        self._lock = threading.Lock()
        self._seen = self._stamp()
        self._accounts = read_accounts(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            _log.warning("账号文件 %s 别人也能读，请 chmod 600。 Others can read it; chmod 600.", path)

    def get(self, name: str) -> Account | None:
        """The account of that name as the file has it now."""
        return self._current().get(name)

    def is_admin(self, name: str) -> bool:
        account = self.get(name)
        return account is not None and account.role == "admin"

    def verify(self, name: str, password: str) -> bool:
        """Whether the password is that of the account; takes as long for a name that nobody has."""
        account = self.get(name)
        try:
            _HASHER.verify(account.password if account else _nobodys(), password[: LONGEST_PASSWORD + 1])
        except VerificationError:
            return False
        return account is not None

    def of_token(self, token: str) -> Account | None:
        """Whose token it is."""
        digest = _digest(token)
        return next((a for a in self._current().values() if a.token and secrets.compare_digest(a.token, digest)), None)

    def _current(self) -> dict[str, Account]:
        with self._lock:
            stamp = self._stamp()
            if stamp != self._seen:
                self._seen = stamp
                try:
                    self._accounts = read_accounts(self.path)
                except AccountsError as error:
                    _log.error("%s", error)
            return self._accounts

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size, status.st_ino


@cache
def _nobodys() -> str:
    return _HASHER.hash(secrets.token_urlsafe(32))
