"""The command line: results on stdout, complaints on stderr, and the exit codes that are documented."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from kbqa import KnowledgeBase, cli, errors
from kbqa.errors import KbqaError
from kbqa.indexing import store
from tests.command import Kbqa, both_languages

ROOT = Path(__file__).resolve().parents[1]
Write = Callable[[Path, Mapping[str, str]], Path]


# --- index and info ---------------------------------------------------------------------------------------------------


def test_index(kbqa: Kbqa, notes: Path, tmp_path: Path) -> None:
    """One line a file, what there is in total, and on the second call that nothing changed."""
    first = kbqa("index", "--notes", notes, "--index", tmp_path / "new")
    assert (first.code, first.err) == (0, "")
    for doc_id in KnowledgeBase.open(tmp_path / "new").doc_ids:
        assert re.search(rf"^{re.escape(doc_id)}\s.*utf-8", first.out, re.MULTILINE)
    assert "index: false" in first.out and "updated" in first.out and "6" in first.out
    second = kbqa("index", "--notes", notes, "--index", tmp_path / "new")
    assert second.code == 0 and "unchanged" in second.out
    third = kbqa("index", "--notes", notes, "--index", tmp_path / "new", "--rebuild")
    assert third.code == 0 and "updated" in third.out


def test_index_as_json(kbqa: Kbqa, notes: Path, index: Path) -> None:
    """What was built, reused, failed and ignored; a file that failed is named on stderr, and that is no failure."""
    (notes / "坏.md").write_text("---\ntitle: [\n---\n正文\n", "utf-8")
    (notes / "图.png").write_bytes(b"x")
    done = kbqa("index", "--notes", notes, "--index", index, "--json")
    data = json.loads(done.out)
    assert done.code == 0 and set(data) == {"files", "manifest", "reused", "unchanged", "ignored"}
    assert (data["reused"], data["unchanged"], data["ignored"]) == (6, False, ["图.png"])
    assert data["manifest"]["documents"] == 6
    failed = [f["doc_id"] for f in data["files"] if f["error"]]
    assert failed == ["坏.md"] and "坏.md" in done.err and both_languages(done.err)


def test_names_with_square_brackets(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    """They are names, not markup."""
    names = ["[draft]x.md", "[bold]/y.md"]
    notes = write_notes(tmp_path / "[red]notes", {name: "# 返场期\n\n返场期是指清库存的最后三天。\n" for name in names})
    (notes / "[b]z.png").write_bytes(b"x")
    done = kbqa("index", "--notes", notes, "--index", tmp_path / "[i]index")
    for name in (*names, "[b]z.png", "[i]index"):
        assert name in done.out
    asked = kbqa("ask", "什么是返场期", "--index", tmp_path / "[i]index")
    assert "[bold]/y.md" in asked.out or "[draft]x.md" in asked.out


def test_info(kbqa: Kbqa, index: Path) -> None:
    """The same facts for people and for programs."""
    manifest = KnowledgeBase.open(index).info()
    shown = kbqa("info", "--index", index)
    assert shown.code == 0 and shown.err == ""
    for fact in ("encoder", "encoder_digest", "chunks", "segmenter", "dense"):
        assert str(getattr(manifest, fact))[:12] in shown.out
    data = json.loads(kbqa("info", "--index", index, "--json").out)
    assert data["generation"] == store.current_generation(index).name
    assert (data["documents"], data["chunks"], data["encoder"]) == (6, manifest.chunks, "static-zh-en")
    assert len(data["notes_files"]) == 7 and {"files", "settings", "notes_digest", "format_version"} <= set(data)


# --- ask and search ---------------------------------------------------------------------------------------------------


def test_ask(kbqa: Kbqa, index: Path) -> None:
    """The answer with numbers, and for each number file, line, headings and matched words."""
    done = kbqa("ask", "什么是转化率", "--index", index)
    answer = KnowledgeBase.open(index).ask("什么是转化率")
    assert (done.code, done.err) == (0, "")
    for number, citation in enumerate(answer.citations, 1):
        assert f"{citation.quote}[{number}]" in done.out
        assert f"[{number}] {citation.doc_id}:{citation.line}" in done.out
    assert "转化率 › 定义" in done.out and "matched" in done.out


def test_ask_as_json(kbqa: Kbqa, index: Path) -> None:
    """The keys that are documented, the values of the library."""
    data = json.loads(kbqa("ask", "什么是转画率", "--index", index, "--json").out)
    answer = KnowledgeBase.open(index).ask("什么是转画率")
    keys = {
        "question", "understood_as", "kind", "answer", "sentences", "citations", "abstained", "confidence", "notices",
        "follow_ups", "hits",
    }  # fmt: skip
    assert keys <= set(data)
    assert (data["question"], data["understood_as"], data["kind"]) == ("什么是转画率", "什么是转化率", "definition")
    assert data["answer"] == answer.text and data["confidence"] == answer.confidence and data["abstained"] is False
    assert [c["quote"] for c in data["citations"]] == [c.quote for c in answer.citations]
    for sentence in data["sentences"]:
        assert all(0 <= n < len(data["citations"]) for n in sentence["citations"])
    assert [h["chunk_id"] for h in data["hits"]] == [h.chunk.chunk_id for h in answer.hits]


def test_ask_what_is_not_there(kbqa: Kbqa, index: Path) -> None:
    """No failure: it says so, and shows what is near."""
    done = kbqa("ask", "怎么给汽车换轮胎", "--index", index)
    answer = KnowledgeBase.open(index).ask("怎么给汽车换轮胎")
    assert done.code == 0 and answer.text in done.out
    assert all(hit.chunk.doc_id in done.out for hit in answer.related)
    assert json.loads(kbqa("ask", "怎么给汽车换轮胎", "--index", index, "--json").out)["abstained"] is True


def test_quotes_are_shown_as_they_are(kbqa: Kbqa, tmp_path: Path, write_notes: Write) -> None:
    """Ratios are no emoji, brackets no markup, and nothing is wrapped or coloured into a pipe."""
    text = "三档奖金的比例定为 1:100:1000，见 [bold]附件[/bold] 和 [1]，冲刺期、平稳期、收尾期三段都按这个比例发。"
    write_notes(tmp_path / "notes", {"a.md": f"# 奖金比例\n\n{text}\n"})
    KnowledgeBase.build(tmp_path / "notes", tmp_path / "index")
    done = kbqa("ask", "三档奖金的比例是多少", "--index", tmp_path / "index")
    assert text in done.out and "\x1b" not in done.out


def test_search(kbqa: Kbqa, index: Path) -> None:
    """As many as asked for, with scores and their parts."""
    hits = KnowledgeBase.open(index).search("首单奖励", 2)
    done = kbqa("search", "首单奖励", "--index", index, "-k", "2")
    assert done.code == 0 and all(f"{h.score:.3f}" in done.out and h.chunk.doc_id in done.out for h in hits)
    data = json.loads(kbqa("search", "首单奖励", "--index", index, "-k", "2", "--json").out)
    assert [(d["rank"], d["chunk_id"], d["score"]) for d in data] == [(h.rank, h.chunk.chunk_id, h.score) for h in hits]
    for found, hit in zip(data, hits, strict=True):
        assert (found["text"], found["parts"], found["matched"]) == (hit.chunk.text, dict(hit.parts), list(hit.matched))
        assert {"doc_id", "start", "end", "heading_path", "duplicates"} <= set(found)


# --- eval -------------------------------------------------------------------------------------------------------------

QUESTIONS = """{"id": "a", "question": "什么是转化率", "evidence": [["目标动作"]]}
{broken
{"id": "b", "question": "怎么给汽车换轮胎", "answerable": false}
"""


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    (tmp_path / "set.jsonl").write_text(QUESTIONS, "utf-8")
    return tmp_path / "set.jsonl"


def test_eval(kbqa: Kbqa, notes: Path, index: Path, questions: Path, tmp_path: Path) -> None:
    """From notes or from an index: the same report; a bad row is named on stderr by its line."""
    from_index = kbqa("eval", questions, "--index", index, "--out", tmp_path / "one")
    from_notes = kbqa("eval", questions, "--notes", notes, "--out", tmp_path / "two", "--json")
    for done in (from_index, from_notes):
        assert done.code == 0 and re.search(r"第 2 行.*line 2 skipped", done.err) and "skipped" not in done.out
    assert "Success@1" in from_index.out and "report.json" in from_index.out
    data = json.loads(from_notes.out)
    assert data["aggregate"]["Success@1"] == 1.0 and data["aggregate"]["refusal_recall"] == 1.0
    assert (tmp_path / "one/report.json").read_bytes() == (tmp_path / "two/report.json").read_bytes()
    for name in ("one", "two"):
        lines = (tmp_path / name / "run.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line)["id"] for line in lines] == ["a", "b"]


# --- exit codes -------------------------------------------------------------------------------------------------------


def damage(index: Path) -> None:
    path = store.current_generation(index) / "glossary.json"
    path.write_bytes(path.read_bytes() + b" ")


def change_format(index: Path) -> None:
    path = store.current_generation(index) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "format_version": 999}), "utf-8")


@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["index", "--notes", "{tmp}/nowhere", "--index", "{tmp}/new"], 3),
        (["index", "--notes", "{tmp}/empty", "--index", "{tmp}/new"], 3),
        (["eval", "{tmp}/set.jsonl", "--notes", "{tmp}/nowhere", "--out", "{tmp}/out"], 3),
        (["ask", "什么是转化率", "--index", "{tmp}/nowhere"], 4),
        (["search", "什么是转化率", "--index", "{tmp}/nowhere"], 4),
        (["info", "--index", "{tmp}/nowhere"], 4),
        (["eval", "{tmp}/set.jsonl", "--index", "{tmp}/nowhere", "--out", "{tmp}/out"], 4),
        (["ask", "什么是转化率", "--index", "{tmp}/damaged"], 4),
        (["info", "--index", "{tmp}/damaged"], 4),
        (["ask", "什么是转化率", "--index", "{tmp}/other"], 4),
        (["index", "--notes", "{tmp}/notes", "--index", "{tmp}/set.jsonl"], 4),
        (["ask", "。。", "--index", "{tmp}/index"], 6),
        (["ask", " ", "--index", "{tmp}/index"], 6),
        (["search", "？" * 2001, "--index", "{tmp}/index"], 6),
        (["eval", "{tmp}/no.jsonl", "--index", "{tmp}/index", "--out", "{tmp}/out"], 7),
        (["eval", "{tmp}/bad.jsonl", "--index", "{tmp}/index", "--out", "{tmp}/out"], 7),
    ],
    ids=lambda value: " ".join(value)[:50] if isinstance(value, list) else None,
)
def test_exit_code_of_an_error(
    arguments: list[str],
    code: int,
    as_json: list[str],
    kbqa: Kbqa,
    index: Path,
    notes: Path,
    questions: Path,
    tmp_path: Path,
) -> None:
    """The documented code; a message in two languages on stderr; nothing on stdout, in JSON mode as well."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.jsonl").write_text("{\n", "utf-8")
    for name, change in (("damaged", damage), ("other", change_format)):
        if any(name in a for a in arguments):
            change(Path(shutil.copytree(index, tmp_path / name)))
    done = kbqa(*(a.replace("{tmp}", str(tmp_path)) for a in arguments), *as_json)
    assert (done.code, done.out) == (code, "")
    assert both_languages(done.err) and "Traceback" not in done.err


def test_exit_code_while_another_process_writes(index: Path, notes: Path) -> None:
    """Seen from a process of its own."""
    with store.writing(index):
        done = run_process("index", "--notes", notes, "--index", index)
    assert (done.returncode, done.stdout) == (4, "") and both_languages(done.stderr)
    assert run_process("index", "--notes", notes, "--index", index).returncode == 0


def test_exit_code_of_a_missing_model(kbqa: Kbqa, notes: Path, tmp_path: Path) -> None:
    """The model is looked for before anything is made."""
    done = kbqa("index", "--notes", notes, "--index", tmp_path / "new", "--encoder", tmp_path / "no-model")
    assert (done.code, done.out) == (5, "") and "no-model" in done.err and both_languages(done.err)
    assert not (tmp_path / "new" / "CURRENT").exists()


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["ask"], ["index", "--no-such-option"], ["search", "a", "-k", "0"], ["search", "a", "-k", "many"]],
    ids=" ".join,
)
def test_exit_code_of_wrong_usage(arguments: Sequence[str], kbqa: Kbqa) -> None:
    """2, by common usage."""
    done = kbqa(*arguments)
    assert (done.code, done.out) == (2, "") and done.err


def test_exit_code_of_an_interruption(notes: Path, index: Path) -> None:
    """Ctrl-C in the middle of a build: 130, one sentence, no traceback; the index answers as before."""
    (notes / "new.md").write_text("# 新\n\n新的一条说明。\n", "utf-8")
    # The build is held up at its last step, so that it is certain to be in the middle.
    program = """
import signal, time, kbqa.indexing.store as store
from kbqa.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite that runs in the background ignores it
store.publish = lambda *arguments: (print("ready", flush=True), time.sleep(60))
main()
"""
    command = [sys.executable, "-c", program, "index", "--notes", str(notes), "--index", str(index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as child:
        assert child.stdout and child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "") and "Traceback" not in err
    assert "new.md" not in KnowledgeBase.open(index).doc_ids
    assert sorted(p.name for p in index.iterdir() if p.name != ".lock") == ["CURRENT", "generations"]
    assert both_languages(err)


def run_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kbqa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, "NO_COLOR": "1"})


def subclasses(kind: type[KbqaError]) -> set[type[KbqaError]]:
    return {kind}.union(*(subclasses(c) for c in kind.__subclasses__()))


def test_documented_exit_codes() -> None:
    """The docstring of the command line, the table in docs/cli.md and the error classes name the same codes."""
    assert cli.__doc__ and errors.__doc__
    stated = re.search(r"Exit codes:(.*)", cli.__doc__, re.DOTALL)
    assert stated
    in_docstring = {int(n) for n in re.findall(r"(?:^|;)\s*(\d+) ", stated[1])}
    table = (ROOT / "docs" / "cli.md").read_text("utf-8").partition("## Exit codes")[2]
    in_table = {int(n) for n in re.findall(r"^\|\s*(\d+)\s*\|", table, re.MULTILINE)}
    in_classes = {kind.exit_code for kind in subclasses(KbqaError)}
    assert in_docstring == in_table == in_classes | {0, 2, 130}
    assert "docs/cli.md" in (ROOT / "README.md").read_text("utf-8")
    assert all(kind.__name__ in errors.__doc__ for kind in subclasses(KbqaError))


def test_commands_are_documented(kbqa: Kbqa) -> None:
    """docs/cli.md has a row for every command, and each has help in two languages."""
    text = (ROOT / "docs" / "cli.md").read_text("utf-8")
    names = {c.name or c.callback.__name__ for c in cli.app.registered_commands if c.callback}
    assert names >= {"index", "ask", "search", "info", "eval"}
    for name in names:
        assert f"`kbqa {name} " in text
        shown = kbqa(name, "--help")
        assert shown.code == 0 and re.search(r"[\u4e00-\u9fff]{2}", shown.out)
