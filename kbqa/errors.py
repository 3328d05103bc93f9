"""The error tree. Every message names the cause and ends with the way out.

    KbqaError
    ├── NotesError            the notes folder: missing, empty, nothing readable
    │   └── UnreadableNote    one file: encoding, size, syntax (never stops the others)
    ├── StoreError            the index on disk
    │   ├── IndexMissing      there is none yet
    │   ├── IndexDamaged      a checksum does not fit, a file is gone
    │   ├── IndexMismatch     made by other settings or another format
    │   └── IndexBusy         another process is writing
    ├── EncoderError          the embedding model: missing, or gives no usable vectors
    ├── QuestionError         empty, too long, nothing but punctuation
    ├── EvaluationError       question files and runs
    │   └── RunStopped        somebody asked a run to stop; what is done is kept
    ├── UnknownTerm           the glossary has no such name
    └── AccountsError         the file of accounts, a name, a password

A message has two halves, Chinese first, because the people who meet it read Chinese and the people who search
for it read English.
"""

from __future__ import annotations

from collections.abc import Sequence


class KbqaError(Exception):
    """Root of everything kbqa raises on purpose.

    Attributes:
        zh: the message for a Chinese reader.
        en: the same in English.
        exit_code: what the command line exits with.
    """

    exit_code = 1

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh}\n{en}")
        self.zh = zh
        self.en = en


# The way out of most trouble with an index; the folders have to be named again, or the defaults would be rebuilt.
REBUILD_ZH = "请用原来的 --notes 和 --index 运行 kbqa index --rebuild。"
REBUILD_EN = "Run kbqa index --rebuild with the same --notes and --index."


class NotesError(KbqaError):
    exit_code = 3


class UnreadableNote(NotesError):
    pass


class StoreError(KbqaError):
    exit_code = 4


class IndexMissing(StoreError):
    pass


class IndexDamaged(StoreError):
    pass


class IndexMismatch(StoreError):
    pass


class IndexBusy(StoreError):
    pass


class EncoderError(KbqaError):
    exit_code = 5


class QuestionError(KbqaError):
    exit_code = 6


class EvaluationError(KbqaError):
    exit_code = 7


class RunStopped(EvaluationError):
    def __init__(self, done: int, total: int) -> None:
        super().__init__(
            f"已停下：{total} 题里答了 {done} 题，都留着；再运行一次就从这里接着跑。",
            f"Stopped after {done} of {total} questions. They are kept; run it again to go on from there.",
        )
        self.done = done
        self.total = total


class UnknownTerm(KbqaError):
    exit_code = 8

    def __init__(self, name: str, near: Sequence[str]) -> None:
        """`near`: names that may have been meant."""
        super().__init__(
            f"术语表里没有“{name}”。"
            + (f"是不是要找：{'、'.join(near)}？" if near else "用 kbqa terms list 看有哪些。"),
            f"The glossary has no “{name}”. "
            + (f"Did you mean {', '.join(near)}?" if near else "See kbqa terms list for what it has."),
        )


class AccountsError(KbqaError):
    exit_code = 9
