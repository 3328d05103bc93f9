"""The door: open an index, ask it, search it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from kbqa.answering.answer import answer
from kbqa.answering.clarify import clarify
from kbqa.answering.confidence import Calibration, load_calibration
from kbqa.answering.smalltalk import reply
from kbqa.answering.suggest import examples
from kbqa.indexing.index import Index
from kbqa.indexing.store import Manifest, current_generation
from kbqa.retrieval.courtesy import without_courtesy
from kbqa.retrieval.followup import Turn
from kbqa.retrieval.question import Question, check, understand
from kbqa.retrieval.regional import in_mainland_words
from kbqa.retrieval.search import Found, search
from kbqa.retrieval.senses import ambiguity, meaning_of
from kbqa.retrieval.smalltalk import talk
from kbqa.retrieval.spelling import Speller
from kbqa.settings import Settings
from kbqa.terms.lookup import TermHit, TermLookup
from kbqa.types import Answer, Document, FileReport, Hit, Term

if TYPE_CHECKING:
    from kbqa.indexing.build import BuildReport


_TURNS_READ = 6
_EXAMPLES = 3

_Made = TypeVar("_Made")


class _PerIndex(Generic[_Made]):
    """Something made from an index, kept until `refresh` brings another."""

    def __init__(self, make: Callable[[Index], _Made]) -> None:
        self._make = make
        self._kept: tuple[Index, _Made] | None = None

    def of(self, index: Index) -> _Made:
        kept = self._kept
        if kept is None or kept[0] is not index:
            kept = self._kept = index, self._make(index)
        return kept[1]


class KnowledgeBase:
    """A team's notes, indexed, as something that answers questions; any number of threads may ask at once.

    Example:
        >>> kb = KnowledgeBase.open("index")  # doctest: +SKIP
        >>> kb.ask("什么是LTV").citations[0].quote  # doctest: +SKIP
    """

    def __init__(self, path: Path, index: Index, settings: Settings) -> None:
        self.path = path
        self.settings = settings
        self._index = index
        self._names = _PerIndex(lambda index: TermLookup(index.glossary.terms))
        self._spellers = _PerIndex(_speller)
        self._calibrated: tuple[str, Calibration] | None = None
        self._opening = threading.Lock()

    @classmethod
    def open(cls, index: str | Path = "index", settings: Settings | None = None) -> KnowledgeBase:
        """Open the live generation of an index folder.

        Raises:
            IndexMissing: nothing was built there yet.
            IndexDamaged: a file is gone or its checksum does not fit.
            IndexMismatch: another format, another version of the model or, where `settings` are given, other
                settings made it.
            EncoderError: the model that made it is not on this machine.
        """
        path = Path(index)
        return cls(path, Index.open(path, settings.build if settings else None), settings or Settings())

    @staticmethod
    def build(
        notes: str | Path,
        index: str | Path = "index",
        settings: Settings | None = None,
        *,
        rebuild: bool = False,
        progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    ) -> BuildReport:
        """Index a folder of notes; see `kbqa.indexing.build.build_index` for arguments and errors."""
        from kbqa.indexing.build import build_index  # reads files, which asking never does

        made_by = (settings or Settings()).build
        return build_index(Path(notes), Path(index), made_by, rebuild=rebuild, progress=progress)

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """Answer from the notes, every sentence a quote; abstains when the notes do not say it.

        Greetings and attempts to change the rules get a kind word and questions to ask (`Answer.choices`).
        A question about a short form that the notes use for several things gets a question back, see `Answer.choices`.

        Args:
            question: Chinese (either script) or English.
            history: earlier turns, oldest first, each with `role` (`user` or `assistant`) and `content`.

        Raises:
            QuestionError: it is empty, too long, or has no words.
        """
        index = self._index  # one generation throughout, whatever `refresh` does meanwhile
        understood = self._understand(index, question, history)
        if kind := talk(understood.raw):
            return reply(understood, kind, examples(index, _EXAMPLES))
        if unclear := ambiguity(understood.text, index.segmenter, index.vocabulary.ids):
            if len(unclear.terms) > 1:
                return clarify(index, understood, unclear)
        return answer(index, search(index, understood, self.settings.query), self.settings.query, self.calibration)

    def find(self, question: str, history: Sequence[Turn] = (), k: int = 10) -> Found:
        """What retrieval finds for a question, with all that was learned on the way; same errors as `ask`."""
        index = self._index
        return search(index, self._understand(index, question, history), self.settings.query, k)

    def search(self, question: str, k: int = 10, history: Sequence[Turn] = ()) -> tuple[Hit, ...]:
        """The k best passages; same errors as `ask`."""
        index = self._index
        return search(index, self._understand(index, question, history), self.settings.query, k).hits

    @property
    def answer_threshold(self) -> float:
        """Confidence below which answers abstain: the settings', else the calibration's."""
        own = self.settings.query.answer_threshold
        return self.calibration.threshold if own is None else own

    @property
    def calibration(self) -> Calibration:
        """The calibration for the index in use, kept until `refresh` brings another."""
        digest, kept = self._index.manifest.encoder_digest, self._calibrated
        if kept is None or kept[0] != digest:
            kept = self._calibrated = digest, load_calibration(self.path, digest)
        return kept[1]

    def understand(self, question: str, history: Sequence[Turn] = ()) -> Question:
        """How a question is read; same errors as `ask`."""
        return self._understand(self._index, question, history)

    def document(self, doc_id: str) -> Document:
        """A note as indexed; raises KeyError for an unknown id."""
        return self._index.documents.get(doc_id)

    @property
    def doc_ids(self) -> tuple[str, ...]:
        return self._index.documents.ids

    @property
    def files(self) -> tuple[FileReport, ...]:
        """What reading did to every file."""
        return self._index.files

    def info(self) -> Manifest:
        """What the index holds and what made it."""
        return self._index.manifest

    @property
    def generation(self) -> str:
        """Name of the index generation in use; another build has another."""
        return self._index.folder.name

    @property
    def terms(self) -> tuple[Term, ...]:
        """The glossary: what the team and the notes introduce, then what only our lexicon knows, each with its origin."""
        return self._index.glossary.terms

    def find_terms(self, query: str, k: int = 20) -> tuple[TermHit, ...]:
        """The k best terms for a name, a part of one, pinyin, initials, or a slip of one character."""
        return self._names.of(self._index).search(query, k)

    def named(self, name: str) -> tuple[Term, ...]:
        """Every term that goes by a name; several if the name is ambiguous, none if it is unknown."""
        return self._names.of(self._index).exact(name)

    def examples(self, count: int = 6) -> tuple[str, ...]:
        """Questions that the notes answer, made from their own terms and headings."""
        return examples(self._index, count)

    def refresh(self) -> bool:
        """Switch to a newer generation if one was built; returns whether there was one."""
        with self._opening:  # of many who ask at once, one opens it
            if current_generation(self.path) == self._index.folder:
                return False
            self._index = Index.open(self.path)
            return True

    def _understand(self, index: Index, question: str, history: Sequence[Turn]) -> Question:
        asked = check(question)
        speller = self._spellers.of(index)

        def read(text: str, alone: bool) -> tuple[str, tuple[str, ...]]:
            text, meant = in_mainland_words(without_courtesy(text, alone), index.vocabulary.ids)
            text, mended = speller.correct(text)
            return text, (*meant, *mended)

        # A follow-up refers to what the turn before was understood as, not to its typo.
        turns: list[Turn] = []
        chat = False
        for turn in history[-_TURNS_READ:]:
            said = (
                turn.get("content", "").encode("utf-8", "ignore").decode("utf-8")
            )  # half a surrogate pair is no character
            if turn.get("role") == "user":
                chat = bool(talk(said))
                said = read(said, alone=not turns)[0]
            if said and not chat:  # neither thanks nor what was said to them
                turns.append({**turn, "content": said})
        corrected, words = read(asked, alone=not turns)
        unclear = ambiguity(corrected, index.segmenter, index.vocabulary.ids, turns)
        if unclear and len(unclear.terms) == 1:
            meant = meaning_of(index.glossary.terms[unclear.terms[0]], unclear.surface)
            corrected, words = unclear.put(corrected, meant), (*words, meant)
        notices = tuple(f"按「{word}」理解" for word in words)
        return understand(corrected, index.segmenter, turns, asked, notices)


def _speller(index: Index) -> Speller:
    return Speller(index.sounds, index.vocabulary.ids, index.segmenter, index.lexical.frequency, len(index.chunks))
