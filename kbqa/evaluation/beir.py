"""Retrieval sets in BEIR layout: passages, queries, and which passages answer which query.

    folder/
      corpus.jsonl              {"_id": …, "text": …, "title"?: …}, a passage a line
      queries.jsonl             {"_id": …, "text": …}, a query a line
      qrels.tsv                 query-id, corpus-id, score; or qrels/test.tsv, as BEIR itself has it

A set with a flaw is refused as a whole: left out rows would change its figures without a word.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kbqa.errors import EvaluationError

_QRELS = ("qrels.tsv", "qrels/test.tsv")
_LAYOUT_ZH = "BEIR 格式的文件夹里要有 corpus.jsonl、queries.jsonl 和 qrels.tsv（或 qrels/test.tsv）。"
_LAYOUT_EN = "A folder in BEIR layout has corpus.jsonl, queries.jsonl and qrels.tsv (or qrels/test.tsv)."


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """Passages, the queries that are judged, and the judgements.

    Attributes:
        name: the folder's name.
        passages: id → text, in the order of the file.
        queries: id → text of the queries with a relevant passage, in the order of the file.
        qrels: query id → passage id → grade, grades above 0 only.
    """

    name: str
    passages: Mapping[str, str]
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]

    @property
    def digest(self) -> str:
        """SHA-256 over ids and texts of the passages."""
        digest = hashlib.sha256()
        for name, text in self.passages.items():
            digest.update(f"{len(name)},{len(text)}\0{name}{text}".encode())
        return digest.hexdigest()


def read_set(folder: Path) -> RetrievalSet:
    """Read a folder in BEIR layout.

    Raises:
        EvaluationError: a file is missing, cannot be read, has a bad row, or judges what is not there.
    """
    passages = _texts(_file(folder, "corpus.jsonl"))
    queries = _texts(_file(folder, "queries.jsonl"))
    path = _file(folder, *_QRELS)
    qrels: dict[str, dict[str, int]] = {}
    for number, (query, passage, grade) in read_qrels(path):
        if grade <= 0:
            continue
        for name, known, where in ((query, queries, "queries.jsonl"), (passage, passages, "corpus.jsonl")):
            if name not in known:
                raise _bad_row(path, number, f"{name} is not in {where}")
        qrels.setdefault(query, {})[passage] = grade
    if not qrels:
        raise EvaluationError(
            f"{path} 里没有大于 0 的判定，没有可评的问题。请补上判定。",
            f"{path} has no score above 0, so there is no query to judge. Add judgements.",
        )
    judged = {name: text for name, text in queries.items() if name in qrels}
    return RetrievalSet(folder.resolve().name, passages, judged, qrels)


def _file(folder: Path, *names: str) -> Path:
    """The first of these files that the folder has."""
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise EvaluationError(
            f"评测集 {folder} 里没有 {names[0]}。{_LAYOUT_ZH}", f"No {names[0]} in the set {folder}. {_LAYOUT_EN}"
        )
    return found


def _texts(path: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for number, (name, text) in read_rows(path):
        if name in texts:
            raise _bad_row(path, number, f"_id {name} stands twice")
        texts[name] = text
    return texts


def read_rows(path: Path) -> Iterator[tuple[int, tuple[str, str]]]:
    """Rows of `corpus.jsonl` or `queries.jsonl`, one at a time, as (line number, (id, text)).

    Raises:
        EvaluationError: the file cannot be read, or a row lacks `_id` or `text`.
    """
    for number, line in _lines(path):
        try:
            row = json.loads(line)
            name, text = row["_id"], row["text"]
            if not isinstance(name, str | int) or not isinstance(text, str):
                raise TypeError("_id and text have to be strings")
            text.encode()  # half a surrogate pair is no character
        except KeyError as error:
            raise _bad_row(path, number, f"no field {error}") from None
        except (ValueError, TypeError) as error:
            raise _bad_row(path, number, str(error)) from None
        yield number, (str(name), text)


def read_qrels(path: Path) -> Iterator[tuple[int, tuple[str, str, int]]]:
    """Judgements one at a time as (line number, (query id, passage id, grade)); the heading is skipped if there is one.

    Raises:
        EvaluationError: the file cannot be read, or a row has not three fields with a whole number as the last.
    """
    for number, line in _lines(path):
        fields = line.split("\t")
        if number == 1 and fields[-1] == "score":
            continue
        try:
            query, passage, grade = fields
            yield number, (query, passage, int(grade))
        except ValueError:
            raise _bad_row(path, number, "not `query-id corpus-id score`, parted by tabs") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Lines that are not blank with their numbers; only a line feed parts lines, as in JSON strings others may stand."""
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(
            f"读不了评测集文件 {path}（{error}）。请检查权限与编码（UTF-8）。",
            f"Cannot read {path}: {error}. It has to be UTF-8.",
        ) from None


def _bad_row(path: Path, number: int, reason: str) -> EvaluationError:
    return EvaluationError(
        f"评测集文件 {path} 第 {number} 行不能用（{reason}）。请改正或删去这一行。",
        f"Line {number} of {path} cannot be used: {reason}. Mend it or take it out.",
    )
