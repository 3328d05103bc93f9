"""`kbqa terms`: list, show, search and export the glossary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kbqa.cli_options import DEFAULT_INDEX, IndexOption, JsonOption
from kbqa.errors import KbqaError
from kbqa.terminal import new_console, print_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kbqa.knowledge import KnowledgeBase
    from kbqa.types import Term

app = typer.Typer(no_args_is_help=True, help="术语表：列出、查看、查找、导出。The glossary.")
AllOption = Annotated[bool, typer.Option("--all", help="连同词库里的 Those of the built-in lexicon, too")]


@app.command("list")
def list_terms(index: IndexOption = DEFAULT_INDEX, everything: AllOption = False, as_json: JsonOption = False) -> None:
    """列出笔记里的术语。Terms that the notes or the team introduce."""
    kb = _open(index)
    terms = _chosen(kb, everything)
    if as_json:
        print_json(_rows(kb, terms))
        return
    console = new_console()
    for row in _rows(kb, terms):
        others = "、".join(filter(None, (row["aliases"], row["english"])))
        console.print(f"{row['name']}  {others}  [{row['origin']} {row['sure']}]", soft_wrap=True, markup=False)
    console.print(f"{len(terms)} 个术语 terms", markup=False)


@app.command()
def show(name: str, index: IndexOption = DEFAULT_INDEX, as_json: JsonOption = False) -> None:
    """查看一个术语。A term with its definition, formula and neighbours."""
    from kbqa.errors import UnknownTerm

    kb = _open(index)
    terms = kb.named(name)
    if not terms:
        raise UnknownTerm(name, [hit.term.name for hit in kb.find_terms(name, 3)])
    rows = _rows(kb, terms)
    if as_json:
        print_json(rows)
        return
    console = new_console()
    if len(rows) > 1:
        console.print(f"“{name}”有 {len(rows)} 个意思 {len(rows)} meanings", markup=False)
    labels = (
        ("aliases", "又称 also"), ("english", "英文 English"), ("pinyin", "拼音 pinyin"), ("definition", "定义 is"),
        ("formula", "公式 formula"), ("confusable", "易混 not to be confused"), ("related", "相关 related"),
        ("source", "出处 source"),
    )  # fmt: skip
    for row in rows:
        console.print(row["name"], style="bold", markup=False)
        for key, label in labels:
            if row[key]:
                console.print(f"  {label}：{row[key]}", soft_wrap=True, markup=False)
        console.print(f"  来源 origin：{row['origin']} {row['sure']}", markup=False)


@app.command()
def search(
    query: str, index: IndexOption = DEFAULT_INDEX,
    k: Annotated[int, typer.Option("-k", min=1, max=100, help="条数 How many")] = 10, as_json: JsonOption = False,
) -> None:  # fmt: skip
    """查找术语：中文、英文、缩写、拼音、首字母，错一个字也行。Find terms by name, pinyin, initials or with one slip."""
    kb = _open(index)
    hits = kb.find_terms(query, k)
    if as_json:
        print_json(
            [{"name": hit.term.name, "matched": hit.name, "how": hit.how, "origin": hit.term.origin} for hit in hits]
        )
        return
    console = new_console()
    for hit in hits:
        because = "" if hit.name == hit.term.name else f" = {hit.name}"
        console.print(f"{hit.term.name}{because}  [{_HOW[hit.how]}]", soft_wrap=True, markup=False)
    if not hits:
        console.print("没有找到 nothing found")


_HOW = {
    "name": "名称 name", "alias": "别名 alias", "start": "开头 start", "part": "包含 part", "pinyin": "拼音 pinyin",
    "initials": "首字母 initials", "typo": "差一个字 one slip",
}  # fmt: skip


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="写到 .csv 或 .md 文件 A .csv or .md file")],
    index: IndexOption = DEFAULT_INDEX,
    everything: AllOption = False,
) -> None:
    """导出术语表。Write the glossary as CSV or Markdown."""
    from kbqa.terms.export import to_csv, to_markdown

    suffix = file.suffix.lower()
    if suffix not in (".csv", ".md"):
        raise typer.BadParameter(f"只能写 .csv 或 .md，不能写 {suffix} only .csv and .md")
    kb = _open(index)
    rows = _rows(kb, _chosen(kb, everything))
    # The mark in front of a CSV tells spreadsheets that it is UTF-8.
    text = "\ufeff" + to_csv(rows) if suffix == ".csv" else to_markdown(rows, "术语表")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    except OSError as error:
        raise KbqaError(
            f"不能写入 {file}（{error.strerror}）。请换一个文件名。", f"Cannot write {file}. Choose another file."
        ) from None
    print(f"{file}：{len(rows)} 个术语 terms")


def _open(index: Path) -> KnowledgeBase:
    from kbqa.knowledge import KnowledgeBase

    return KnowledgeBase.open(index)


def _chosen(kb: KnowledgeBase, everything: bool) -> Sequence[Term]:
    from kbqa.terms.glossary import introduced

    return kb.terms if everything else [term for term in kb.terms if introduced(term)]


def _rows(kb: KnowledgeBase, terms: Sequence[Term]) -> list[dict[str, str]]:
    from kbqa.terms.export import rows

    return rows(terms, kb.document)
