"""The web app, really listening, inside the process of the tests."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbqa.web.accounts import AccountFile, new_account, with_token, write_accounts

READER, ADMIN = ("小李", "reader-pass"), ("lead", "admin-pass")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(
    index: Path, *, accounts: AccountFile | None = None, local: bool = True, mcp: bool = False, **more: object
) -> Iterator[str]:
    """The address of an app over an index; `more` goes to `build_app`."""
    import app as web
    from kbqa.web.gate import Rules

    page = web.build_app(index, local=local, accounts=accounts, **more)
    rules = Rules(web.files_folder(), accounts, local)
    port = free_port()
    page.launch(server_name="127.0.0.1", server_port=port, **web.launch_options(rules, mcp=mcp))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        page.close(verbose=False)


def people(folder: Path) -> tuple[AccountFile, str]:
    """A file with a reader and an admin, and the reader's token."""
    reader, token = with_token(new_account(READER[0], "reader", READER[1]))
    admin = new_account(ADMIN[0], "admin", ADMIN[1])
    write_accounts(folder / "people.tsv", {reader.name: reader, admin.name: admin})
    return AccountFile(folder / "people.tsv"), token
