"""What people import, and what that costs them."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import kbqa
import kbqa.settings
import kbqa.types
from kbqa.errors import KbqaError
from kbqa.knowledge import KnowledgeBase

HEAVY = ("torch", "sentence_transformers", "transformers", "gradio", "sklearn", "scipy", "pandas", "datasets")

# Runs in a process of its own: no connection is made, and at the end it says what was loaded.
_PROGRAM = """
import json, socket, sys

def refuse(self, address):
    raise SystemExit(f"tried to connect to {address}")

socket.socket.connect = socket.socket.connect_ex = refuse
heavy, index, notes, other = sys.argv[1].split(","), *sys.argv[2:]
loaded = {}

def note(step):
    loaded[step] = [name for name in heavy if name in sys.modules]

import kbqa
note("import")
kb = kbqa.KnowledgeBase.open(index)
note("open")
answer = kb.ask("什么是转化率")
kb.ask("转画率怎么算", [{"role": "user", "content": "什么是留存率"}])
kb.search("What is the retention rate?")
note("ask")
kbqa.KnowledgeBase.build(notes, other)
note("build")
print(json.dumps({"loaded": loaded, "answer": answer.text}))
"""


def classes_of(module: ModuleType) -> set[type]:
    values = (value for name, value in vars(module).items() if name[0] != "_")
    return {value for value in values if isinstance(value, type) and value.__module__ == module.__name__}


def test_all_is_sorted_and_complete() -> None:
    """`__all__` is the door, the root of the errors, the nouns and the settings: no name more, none less."""
    public = {KnowledgeBase, KbqaError, *classes_of(kbqa.types), *classes_of(kbqa.settings)}
    assert kbqa.__all__ == sorted(kbqa.__all__)
    assert {name: getattr(kbqa, name) for name in kbqa.__all__} == {kind.__name__: kind for kind in public}


def test_type_checkers_see_the_same_names() -> None:
    """What is imported for them only is what is handed out at run time."""
    tree = ast.parse(Path(kbqa.__file__).read_text("utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imported = {a.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for a in node.names}
    assert imported == {name: getattr(kbqa, name).__module__ for name in kbqa.__all__}


def test_star_import_and_unknown_names() -> None:
    """`from kbqa import *` gives `__all__`; any other name is an ordinary error."""
    names: dict[str, object] = {}
    exec("from kbqa import *", names)
    assert {name for name in names if name != "__builtins__"} == set(kbqa.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        getattr(kbqa, "nonsense")  # noqa: B009


def test_version_is_that_of_the_package() -> None:
    """One number, in `pyproject.toml` and in the module."""
    text = (Path(__file__).resolve().parents[1] / "pyproject.toml").read_text("utf-8")
    assert f'\nversion = "{kbqa.__version__}"\n' in text


def test_no_heavy_library_and_no_network(kb: KnowledgeBase, _index: Path, _notes: Path, tmp_path: Path) -> None:
    """Importing, opening, asking and building with the embedded model load no torch and call nobody."""
    command = [sys.executable, "-c", _PROGRAM, ",".join(HEAVY), str(_index), str(_notes), str(tmp_path / "index")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).resolve().parents[1])
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["loaded"] == {"import": [], "open": [], "ask": [], "build": []}
    assert said["answer"] == kb.ask("什么是转化率").text
