"""`kbqa user`: who may log in to the web app."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kbqa.cli_options import JsonOption
from kbqa.errors import AccountsError
from kbqa.terminal import print_json

if TYPE_CHECKING:
    from kbqa.web.accounts import Account

app = typer.Typer(no_args_is_help=True, help="网页的账号：添加、移除、改密码、令牌、列出。Accounts of the web app.")
FileOption = Annotated[Path, typer.Option("--auth-file", help="账号文件 File of accounts")]
Name = Annotated[str, typer.Argument(help="名字 Name")]


@app.command()
def add(
    name: Name, auth_file: FileOption,
    admin: Annotated[bool, typer.Option("--admin", help="管理员 May change the notes")] = False,
) -> None:  # fmt: skip
    """添加账号；密码从提示或标准输入读取。Add an account; the password comes from a prompt or stdin."""
    from kbqa.web.accounts import new_account

    accounts = _accounts(auth_file, missing_ok=True)
    if name in accounts:
        raise AccountsError(
            f"“{name}”已经有了。改密码用 kbqa user password，改角色先 remove 再 add。",
            f"“{name}” exists. Use kbqa user password, or remove it first.",
        )
    _write(auth_file, {**accounts, name: new_account(name, "admin" if admin else "reader", _password())})
    print(f"{name}：已添加 added（{'admin' if admin else 'reader'}）")


@app.command()
def remove(name: Name, auth_file: FileOption) -> None:
    """移除账号，立即生效。Remove an account; it is out at once."""
    accounts = _accounts(auth_file)
    _account(accounts, name)
    _write(auth_file, {other: account for other, account in accounts.items() if other != name})
    print(f"{name}：已移除 removed")


@app.command()
def password(name: Name, auth_file: FileOption) -> None:
    """改密码；原来的登录随即失效。Change a password; earlier logins end."""
    from kbqa.web.accounts import hashed

    accounts = _accounts(auth_file)
    account = _account(accounts, name)
    _write(auth_file, {**accounts, name: replace(account, password=hashed(_password()))})
    print(f"{name}：密码已改 password changed")


@app.command()
def token(name: Name, auth_file: FileOption) -> None:
    """给程序用的令牌，只显示这一次；旧的随即失效。A token for programs, shown once; the one before ends."""
    from kbqa.web.accounts import with_token

    accounts = _accounts(auth_file)
    account, secret = with_token(_account(accounts, name))
    _write(auth_file, {**accounts, name: account})
    print(secret)


@app.command("list")
def list_users(auth_file: FileOption, as_json: JsonOption = False) -> None:
    """列出账号。List the accounts."""
    rows = [{"name": a.name, "role": a.role, "token": bool(a.token)} for a in _accounts(auth_file).values()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['name']}\t{row['role']}{'  有令牌 token' if row['token'] else ''}")


def _accounts(auth_file: Path, missing_ok: bool = False) -> dict[str, Account]:
    from kbqa.web.accounts import read_accounts

    return {} if missing_ok and not auth_file.exists() else read_accounts(auth_file)


def _account(accounts: dict[str, Account], name: str) -> Account:
    if name not in accounts:
        raise AccountsError(
            f"没有“{name}”这个账号。用 kbqa user list 看有哪些。", f"There is no “{name}”. See kbqa user list."
        )
    return accounts[name]


def _write(auth_file: Path, accounts: dict[str, Account]) -> None:
    from kbqa.web.accounts import write_accounts

    write_accounts(auth_file, accounts)


def _password() -> str:
    """Asked for twice at a terminal, else the first line of stdin; never an argument, which others could see."""
    if sys.stdin.isatty():
        return typer.prompt("密码 Password", hide_input=True, confirmation_prompt="再输一次 Again")
    return sys.stdin.readline().rstrip("\r\n")
