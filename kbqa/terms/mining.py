"""Terms that the notes themselves introduce, each with the place that says so.

Sources, the surest first: the team's `terms.yaml`, front matter, tables with a column of terms, headings with an English name, defining
sentences, brackets. `SURE` says how often what comes from there is right.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from kbqa.notes.outline import heading_name
from kbqa.notes.term_file import FORMULA_LABEL, LABELS, TERM_FILE
from kbqa.terms.facets import with_facets
from kbqa.terms.glossary import lexicon, names_of
from kbqa.terms.patterns import HAN, LATIN_NAME, MAX_NAME, brackets, introduction, is_name, is_other_name
from kbqa.text import Span, fold, sentence_spans
from kbqa.types import Document, Place, Section, Term

# Share of the findings from each source that people judged to be terms with these names, over the notes of
# tests/golden/terms.jsonl; `python -m tests.terms_report` prints them.
SURE = {
    "team": 1.0, "front matter": 0.99, "table": 0.95, "heading": 0.95, "definition": 0.95, "bracket": 0.84, "label": 0.64, "title": 0.5,
}  # fmt: skip
_FIELD_OF = {label: field for field, label in LABELS.items()}

# 触点 touchpoint, 获客成本 CAC
_HEADING_PAIR = re.compile(rf"^([{HAN}A-Z/]*[{HAN}]+)[\s(\uff08]+({LATIN_NAME})[)\uff09]?$")
_ITEM = re.compile(r"^(?:[-*\u2022]\s+|[(\uff08]?\d{1,2}[.\u3001)\uff09]\s*|[\u2460-\u2473]\s*)+")
_TERM_COLUMN = re.compile(r"^(?:术语|名词|概念|名称|指标名?|指标名称|缩写)$")
_MEANING_COLUMN = re.compile(r"^(?:含义|定义|解释|说明|意思|中文含义|释义|指什么|是什么)$")
_NAMES_COLUMN = re.compile(r"^(?:英文|英文名|英文全称|全称|缩写|简称|别名|又称|中文|中文名|中文名称)$")


def mine_terms(documents: Sequence[Document]) -> tuple[Term, ...]:
    """Terms of all documents in document order; see `first_of_each`."""
    return first_of_each(term for document in documents for term in _of_document(document))


def first_of_each(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The findings joined by name: the surest one wins, the others add what it lacks."""
    found: dict[str, Term] = {}
    for term in terms:
        if (held := found.get(fold(term.name))) and _another_meaning(held, term):
            term = replace(term, name=term.aliases[0], aliases=term.aliases[1:], english=(*term.english, term.name))
        key = fold(term.name)
        found[key] = _joined(found[key], term) if key in found else term
    return tuple(found.values())


def _another_meaning(held: Term, term: Term) -> bool:
    """Whether two findings of one abbreviation stand for two things.

    Their Chinese names share no character, or neither holds the other and their English differs.
    """
    if not term.name.isascii() or not held.aliases or not term.aliases:
        return False
    ours, theirs = [fold(a) for a in held.aliases], [fold(a) for a in term.aliases]
    if not set("".join(ours)) & set("".join(theirs)):
        return True
    apart = not any(a in b or b in a for a in ours for b in theirs)
    english = [{fold(e) for e in t.english if " " in e} for t in (held, term)]
    return (
        apart and all(english) and not any(a.startswith(b) or b.startswith(a) for a in english[0] for b in english[1])
    )


def _joined(held: Term, term: Term) -> Term:
    """Two findings of one name; it is written as people registered it, else as it was written first."""
    if term.sure > held.sure:
        registered = term.origin in ("team", "front matter")
        held, term = (term if registered else replace(term, name=held.name)), held
    known = {fold(name) for name in (held.name, *held.aliases, *held.english)}
    return replace(
        held,
        aliases=(*held.aliases, *(a for a in term.aliases if fold(a) not in known)),
        english=(*held.english, *(e for e in term.english if fold(e) not in known)),
        definition=held.definition or term.definition,
        formula=held.formula or term.formula,
        source=held.definition or term.definition or held.source or term.source,
        confusable=tuple(dict.fromkeys((*held.confusable, *term.confusable))),
        related=tuple(dict.fromkeys((*held.related, *term.related))),
    )


def _of_document(document: Document) -> Sequence[Term]:
    if document.doc_id == TERM_FILE:
        return tuple(_of_entry(document, section) for section in document.sections)
    folded = fold(document.text)  # patterns need one script only; offsets are the same
    registered = frozenset(fold(name) for name in document.terms)
    found = [*_from_front_matter(document)]
    for section in document.sections:
        place = (document.doc_id, section.start, max(section.body_start - 1, section.start))
        if (match := _HEADING_PAIR.match(section.heading)) and is_name(fold(match[1].strip())):
            found.append(_term(match[1].strip(), [match[2].strip()], "heading", place))
    headings = {section.start for section in document.sections}
    table: tuple[int, list[int], bool] | None = None
    spans = sentence_spans(document.text)
    for start, end in spans:
        if start in headings:
            continue
        line = folded[start:end]
        if " | " in line:
            table, row = _table_row(document, folded, (start, end), table)
            found += row
            continue
        table = None
        found += _of_sentence(document, line, (start, end), registered)
    return with_facets(document, folded, spans, _settled(document, found))


def _settled(document: Document, found: Sequence[Term]) -> tuple[Term, ...]:
    """One term a name; a finding whose name is an alias of a registered term is that term."""
    owner = {
        fold(name): fold(term.name)
        for term in found
        if term.origin in ("front matter", "title")
        for name in (*term.aliases, *term.english)
    }
    names = {fold(name): name for name in document.terms}
    settled = []
    for term in found:
        key = fold(term.name)
        if key not in names:
            others = [fold(name) for name in (*term.aliases, *term.english)]
            of = owner.get(key) or next((names[o] for o in others if o in names), None)
            if of is not None:
                head = names.get(fold(of), of)
                term = _renamed(term, head)
        settled.append(term)
    return first_of_each(sorted(settled, key=lambda term: -term.sure))  # the surest sentence is the definition


def _renamed(term: Term, name: str) -> Term:
    """The finding under the name that the notes registered; the name it had becomes another name."""
    aliases = [a for a in (term.name, *term.aliases) if fold(a) != fold(name)]
    return replace(
        _term(name, [*aliases, *(e for e in term.english if fold(e) != fold(name))], term.origin, term.source),
        definition=term.definition,
    )


def _term(name: str, others: Iterable[str], origin: str, source: Place | None, defines: bool = False) -> Term:
    """A finding; other names without a Chinese character are its English."""
    names = list(dict.fromkeys(o for o in others if fold(o) != fold(name)))
    latin = [bool(re.fullmatch(r"[\x00-\u2fff]+", n)) for n in names]
    return Term(
        name, tuple(n for n, is_latin in zip(names, latin, strict=True) if not is_latin),
        tuple(n for n, is_latin in zip(names, latin, strict=True) if is_latin),
        source if defines else None, source=source, origin=origin, sure=SURE[origin],
    )  # fmt: skip


# --- the team's own file ----------------------------------------------------------------------------------------------


def _of_entry(document: Document, section: Section) -> Term:
    """An entry of `terms.yaml`, from its section."""
    fields: dict[str, tuple[str, ...]] = {}
    places: dict[str, Place] = {}
    position = section.body_start
    for line in document.text[section.body_start : section.end].rstrip("\n").split("\n"):
        label, colon, value = line.partition("\uff1a")
        place = (document.doc_id, position, position + len(line))
        own = label == section.heading and "definition" not in places  # a term may be called 相关
        if colon and label in _FIELD_OF and not own:
            fields[_FIELD_OF[label]] = tuple(value.split("\u3001"))
        elif line:
            places["formula" if colon and label == FORMULA_LABEL and not own else "definition"] = place
        position += len(line) + 1
    heading = (document.doc_id, section.start, section.start + len(section.heading))
    return Term(
        section.heading, **fields, **places, source=places.get("definition", heading), origin="team", sure=SURE["team"]
    )


# --- front matter -----------------------------------------------------------------------------------------------------


def _from_front_matter(document: Document) -> Iterator[Term]:
    """Registered terms; the note's aliases belong to its title, or to the one term among them.

    Where terms are registered and the title is none of them, it names a subject rather than a term.
    """
    aliases = {fold(name): name for name in (document.title, *document.aliases)}
    registered = {fold(name): name for name in document.terms}
    owners = [registered[key] for key in aliases if key in registered]
    title = fold(document.title)
    owner = registered.get(title) or (owners[0] if len(owners) == 1 else "")
    others = [name for key, name in aliases.items() if key not in registered and key != title]
    for name in document.terms:
        yield _term(name, others if name == owner else (), "front matter", None)
    if not owner and others and 2 <= len(document.title) <= MAX_NAME:
        yield _term(document.title, others, "title" if registered else "front matter", None)


# --- tables -----------------------------------------------------------------------------------------------------------


def _table_row(
    document: Document, folded: str, span: Span, table: tuple[int, list[int], bool] | None
) -> tuple[tuple[int, list[int], bool], list[Term]]:
    """A row of a table: the first one says which columns hold names, the others give a term each."""
    start, end = span
    cells, position = [], start
    for cell in folded[start:end].split(" | "):
        cells.append((position, position + len(cell), cell.strip()))
        position += len(cell) + 3
    if table is None:
        term = next((i for i, (_, _, cell) in enumerate(cells) if _TERM_COLUMN.match(cell)), -1)
        others = [i for i, (_, _, cell) in enumerate(cells) if _NAMES_COLUMN.match(cell) and i != term]
        meaning = any(_MEANING_COLUMN.match(cell) for _, _, cell in cells)
        return (term if meaning or others else -1, others, meaning), []
    term, others, meaning = table
    if term < 0 or term >= len(cells):
        return table, []

    def original(column: int) -> str:
        a, b, _ = cells[column]
        return document.text[a:b].strip()

    name, bracket = re.match(r"([^(\uff08]*)(?:[(\uff08](.*)[)\uff09])?", original(term)).groups()  # type: ignore[union-attr]
    if not 2 <= len(name.strip()) <= MAX_NAME + 6:
        return table, []
    names = re.split(r"[,\uff0c\u3001;/\uff1b]", bracket or "")
    names += [name for i in others if i < len(cells) for name in re.split(r"[,\uff0c\u3001;\uff1b]", original(i))]
    good = [n.strip() for n in names if is_other_name(fold(n.strip()))]
    return table, [_term(name.strip(), good, "table", (document.doc_id, start, end), meaning)]


# --- sentences --------------------------------------------------------------------------------------------------------

_SAYS = re.compile(r"是|指|即|叫|称|[(:=]")


def _of_sentence(document: Document, folded: str, span: Span, registered: frozenset[str]) -> Iterator[Term]:
    if not _SAYS.search(folded):
        return
    start, end = span
    text = document.text[start:end]
    marker = _ITEM.match(folded)
    offset = marker.end() if marker else 0
    found = introduction(text[offset:], folded[offset:], registered, _lexicon_names())
    place = (document.doc_id, start + offset, end)

    def original(at: Span, shift: int = 0) -> str:
        return text[at[0] + shift : at[1] + shift].strip()

    if found:
        others = [original(other, offset) for other in found.others]
        origin = "definition" if found.clear else "label"
        yield _term(original(found.name, offset), others, origin, place, defines=True)
    if "(" in folded:
        taken = found.name[1] + offset if found else 0
        for name, others_at in brackets(text, folded):
            if not found or name[0] >= taken:
                yield _term(original(name), map(original, others_at), "bracket", place)


@lru_cache(maxsize=1)
def _lexicon_names() -> frozenset[str]:
    return frozenset(fold(name) for term in lexicon().terms for name in names_of(term))


def heading_terms(documents: Sequence[Document]) -> tuple[Term, ...]:
    """Short headings that are noun phrases, as words to keep whole: `私域用户`, `指标体系`."""
    names = {heading_name(s.heading): None for d in documents for s in d.sections}
    phrase = re.compile(rf"[{HAN}A-Za-z0-9/]+")
    return tuple(
        Term(n, origin="phrase") for n in names if 3 <= len(n) <= 10 and phrase.fullmatch(n) and is_name(fold(n))
    )
