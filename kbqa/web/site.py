"""What every tab is built over: the notes, where the app keeps what people leave behind, and who may do what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import gradio as gr

if TYPE_CHECKING:
    from kbqa import KnowledgeBase


class Accounts(Protocol):
    """Who may log in, and who of them may change the notes."""

    def is_admin(self, name: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Site:
    """One running app.

    Attributes:
        kb: the notes that are served; `kb.refresh()` takes over a newer index without a restart.
        notes: the folder that the index is built from.
        local: only this machine can reach the app; whoever sits at it may do everything unless there are accounts.
        accounts: the people of `--auth-file`; None without one.
    """

    kb: KnowledgeBase
    notes: Path
    local: bool = True
    accounts: Accounts | None = None

    @property
    def state(self) -> Path:
        """Folder for feedback, learners' progress, uploads and runs; beside the index, outlives rebuilding it."""
        folder = self.kb.path / "state"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def user(self, request: gr.Request | None) -> str:
        """Who asks: the name of the account, empty without accounts."""
        return (getattr(request, "username", None) or "") if self.accounts else ""

    def is_admin(self, request: gr.Request | None) -> bool:
        """Whether who asks may change the notes and see what others did."""
        if self.accounts is None:
            return self.local
        return self.accounts.is_admin(self.user(request))

    def require_admin(self, request: gr.Request | None) -> None:
        """Every callback of an admin's tab begins with this; hiding a tab protects nothing.

        Raises:
            gr.Error: a reader asked.
        """
        if not self.is_admin(request):
            raise gr.Error("这里要管理员才能操作，请用管理员的账号登录。 Only admins may do this; log in as one.")
