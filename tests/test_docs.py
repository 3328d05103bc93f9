"""What the documents point to exists, and what they promise of the command line is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "index" / "README.md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_files_named_in_code_marks_exist(page: Path) -> None:
    """Paths such as `kbqa/retrieval/search.py` go stale when a module moves."""
    named = set(re.findall(r"`((?:kbqa|tests|bench|corpus|docs)/[\w./-]+\.\w+)`", page.read_text("utf-8")))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_readme_runs(tmp_path: Path) -> None:
    """The library example of the README, as written, over an index of the handbook."""
    from kbqa import KnowledgeBase

    KnowledgeBase.build(ROOT / "corpus", tmp_path / "index")
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert code and 'KnowledgeBase.open("index")' in code[1]
    scope: dict[str, object] = {}
    exec(code[1].replace('"index"', repr(str(tmp_path / "index"))), scope)
    assert scope["answer"].citations  # type: ignore[attr-defined]
