"""Notes → index. Reads what changed, reuses what did not, and swaps the finished generation in.

An incremental build gives the same bytes as a fresh one: it reuses only a reading of the same file bytes by the same
reader, and a vector of the same encoded text by the same encoder.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from kbqa.errors import NotesError
from kbqa.indexing import store
from kbqa.indexing.chunking import chunk_document, join_duplicates
from kbqa.indexing.earlier import Earlier
from kbqa.indexing.encoder import Encoder, load_encoder
from kbqa.indexing.index import save_reports
from kbqa.indexing.parallel import parallel_map
from kbqa.indexing.segment import SEGMENTER
from kbqa.indexing.write import Progress, write_index
from kbqa.notes.reading import READER_VERSION, Reading, note_paths, other_paths, read_note, source_digest
from kbqa.settings import BuildSettings
from kbqa.terms.glossary import Glossary, lexicon, merge
from kbqa.terms.mining import first_of_each, heading_terms, mine_terms
from kbqa.text import squeeze_lines
from kbqa.types import Chunk, Document, FileReport, Term

_MIN_PARAGRAPH = 15
_PARALLEL_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: per file, and in total.

    Attributes:
        reused: notes whose earlier reading was kept.
        unchanged: the live index already was what this build would give; nothing was written.
        ignored: files in the folder that no reader takes.
    """

    files: tuple[FileReport, ...]
    manifest: store.Manifest
    reused: int
    unchanged: bool
    ignored: tuple[str, ...]

    @property
    def failed(self) -> tuple[FileReport, ...]:
        return tuple(f for f in self.files if f.error)


def build_index(
    notes: Path,
    index: Path,
    settings: BuildSettings | None = None,
    *,
    rebuild: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> BuildReport:
    """Index a folder of notes.

    Args:
        notes: the folder; every file with a reader under it is read.
        index: the index folder; made if missing.
        rebuild: take nothing over from the live generation.
        progress: called with a stage's name, how much is done and how much there is.

    Raises:
        NotesError: the folder is missing or empty, or no file in it could be read.
        IndexBusy: another process is writing this index.
        EncoderError: the model is missing or does not fit the notes.
    """
    settings = settings or BuildSettings()
    note_paths(notes)  # fail before anything is created
    encoder = load_encoder(settings.encoder)
    with store.writing(index) as folder:
        earlier = None if rebuild else Earlier.open(index, encoder)
        prepared = _prepare(notes, earlier, settings, progress)
        readings = [p.reading for p in prepared]
        reused = sum(p.reused for p in prepared)
        documents = [r.document for r in readings if r.document]
        if not documents:
            raise _nothing_readable(notes, readings)
        digest = _notes_digest(readings)
        glossary = build_glossary(documents, [term for p in prepared for term in p.terms])
        made_by = _made_by(notes, digest, settings, encoder, glossary)
        ignored = tuple(p.relative_to(notes).as_posix() for p in other_paths(notes))
        if earlier and earlier.made_by == made_by:
            return BuildReport(earlier.files, earlier.manifest, reused, True, ignored)
        chunks = join_duplicates([chunk for p in prepared for chunk in p.chunks])
        files = _file_reports(prepared, chunks)
        counts = write_index(folder, documents, chunks, glossary, encoder, settings, earlier, progress)
        save_reports(folder, files)
        manifest = store.Manifest(**made_by, **counts, files=store.file_table(folder))
        store.publish(index, folder, manifest)
    return BuildReport(files, manifest, reused, False, ignored)


def build_glossary(documents: Sequence[Document], mined: Sequence[Term]) -> Glossary:
    """The lexicon joined with what the notes introduce themselves."""
    base = lexicon()
    return Glossary(merge(base.terms, (*first_of_each(mined), *heading_terms(documents))), base.paraphrases)


def _nothing_readable(notes: Path, readings: Sequence[Reading]) -> NotesError:
    reasons = "\n".join(r.report.error or r.report.skipped for r in readings)
    return NotesError(
        f"文件夹 {notes} 里没有一个文件能读：\n{reasons}", f"No file in {notes} could be read; the reasons are above."
    )


# --- reading ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What can be made of one file alone: its reading, its chunks, the terms it introduces, hashes of its paragraphs."""

    reading: Reading
    chunks: tuple[Chunk, ...]
    terms: tuple[Term, ...]
    paragraphs: tuple[int, ...]
    reused: bool


def _prepare(notes: Path, earlier: Earlier | None, settings: BuildSettings, progress: Progress) -> list[_Prepared]:
    """Read, chunk and mine every note in order, taking over earlier readings of the same bytes."""
    paths = note_paths(notes)

    def prepare(path: Path) -> _Prepared:
        held = earlier.reading(path.relative_to(notes).as_posix(), source_digest(path)) if earlier else None
        reading = held or read_note(path, notes)
        if reading.document is None:
            return _Prepared(reading, (), (), (), False)
        chunks = tuple(chunk_document(reading.document, settings))
        terms, paragraphs = mine_terms([reading.document]), _paragraphs(reading.document)
        return _Prepared(reading, chunks, terms, paragraphs, held is not None)

    size = sum(path.stat().st_size for path in paths)
    prepared = []
    for one in parallel_map(prepare, paths, worthwhile=size > _PARALLEL_BYTES):
        prepared.append(one)
        progress("reading", len(prepared), len(paths))
    return prepared


def _notes_digest(readings: Sequence[Reading]) -> str:
    """SHA-256 over ids and contents of what was read, and over what was not."""
    digest = hashlib.sha256()
    for reading in readings:
        state = reading.document.source_digest if reading.document else reading.report.error or reading.report.skipped
        digest.update(f"{reading.report.doc_id}\0{state}\0".encode())
    return digest.hexdigest()


def _made_by(
    notes: Path, digest: str, settings: BuildSettings, encoder: Encoder, glossary: Glossary
) -> dict[str, object]:
    return {
        "format_version": store.FORMAT_VERSION,
        "notes": notes.name,
        "notes_digest": digest,
        "settings": asdict(settings),
        "encoder": encoder.name,
        "encoder_digest": encoder.digest,
        "dimension": encoder.dimension,
        "dictionary_digest": glossary.digest,
        "reader_version": READER_VERSION,
        "segmenter": SEGMENTER,
    }


# --- chunks and reports -----------------------------------------------------------------------------------------------


def _file_reports(prepared: Sequence[_Prepared], chunks: Sequence[Chunk]) -> tuple[FileReport, ...]:
    """The readers' reports with what only the whole shows: chunks kept, paragraphs that stood before."""
    per_file = Counter(c.doc_id for c in chunks)
    seen: set[int] = set()
    reports = []
    for one in prepared:
        repeated = 0
        for paragraph in one.paragraphs:
            repeated += paragraph in seen
            seen.add(paragraph)
        report = one.reading.report
        reports.append(replace(report, chunks=per_file[report.doc_id], duplicate_paragraphs=repeated))
    return tuple(reports)


def _paragraphs(document: Document) -> tuple[int, ...]:
    """Hashes of a document's paragraphs as they count for repetition, good within one build."""
    keys = squeeze_lines(document.text)
    return tuple(hash(key) for key in keys if len(key) >= _MIN_PARAGRAPH)
