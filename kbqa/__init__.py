"""kbqa: cited answers from a team's Chinese notes, without a language model.

>>> from kbqa import KnowledgeBase
>>> kb = KnowledgeBase.open("index")  # doctest: +SKIP
>>> kb.ask("什么是LTV").text  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kbqa.errors import KbqaError
    from kbqa.knowledge import KnowledgeBase
    from kbqa.settings import BuildSettings, QuerySettings, Settings
    from kbqa.types import Answer, Chunk, Citation, Document, FileReport, Hit, Section, Sentence, Term

__version__ = "0.1.0"
__all__ = [
    "Answer",
    "BuildSettings",
    "Chunk",
    "Citation",
    "Document",
    "FileReport",
    "Hit",
    "KbqaError",
    "KnowledgeBase",
    "QuerySettings",
    "Section",
    "Sentence",
    "Settings",
    "Term",
]

_HOMES = {
    "KbqaError": "kbqa.errors",
    "KnowledgeBase": "kbqa.knowledge",
    "BuildSettings": "kbqa.settings",
    "QuerySettings": "kbqa.settings",
    "Settings": "kbqa.settings",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for, so that `kbqa --help` does not pay for the index."""
    if name not in __all__:
        raise AttributeError(f"module 'kbqa' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "kbqa.types")), name)
