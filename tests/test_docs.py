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


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the handbook."""
    from kbqa import KnowledgeBase

    folder = tmp_path_factory.mktemp("handbook") / "index"
    KnowledgeBase.build(ROOT / "corpus", folder)
    return folder


def test_the_glossary_page_is_what_the_notes_say(handbook: Path, tmp_path: Path) -> None:
    """`make glossary` writes it anew."""
    from typer.testing import CliRunner

    from kbqa.cli import app

    page = tmp_path / "glossary.md"
    assert CliRunner().invoke(app, ["terms", "export", str(page), "--index", str(handbook)]).exit_code == 0
    assert page.read_text("utf-8") == (ROOT / "docs" / "glossary.md").read_text("utf-8")


def test_the_readme_runs(handbook: Path) -> None:
    """The library example of the README, as written, over an index of the handbook."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert code and 'KnowledgeBase.open("index")' in code[1]
    scope: dict[str, object] = {}
    exec(code[1].replace('"index"', repr(str(handbook))), scope)
    assert scope["answer"].citations  # type: ignore[attr-defined]
