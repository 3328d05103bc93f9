"""`kbqa export` and `kbqa import`: the whole base as one file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kbqa.cli_options import DEFAULT_INDEX, DEFAULT_NOTES, IndexOption, JsonOption, NotesOption
from kbqa.terminal import ProgressBar, new_console, print_json

app = typer.Typer()
FileArgument = Annotated[Path, typer.Argument(help="归档文件 The archive, .zip")]


@app.command("export")
def export_base(
    file: FileArgument,
    notes: NotesOption = DEFAULT_NOTES,
    index: IndexOption = DEFAULT_INDEX,
    state: Annotated[bool, typer.Option(help="连同反馈、进度、缺口 With feedback, progress, gaps")] = True,
    as_json: JsonOption = False,
) -> None:
    """导出整个知识库：笔记、术语表、索引清单、反馈与进度。The whole base as one file."""
    from kbqa.archive.export import export_archive

    with ProgressBar(as_json) as advance:
        archive = export_archive(file, notes, index, state=state, progress=lambda *p: advance("packing", *p))
    size = sum(size for size, _ in archive.files.values())
    if as_json:
        print_json({"file": str(file), "created": archive.created, "files": len(archive.files), "bytes": size})
    else:
        count = len(archive.files)
        new_console().print(f"{file}：{count} 个文件 files，{size / 2**20:.1f} MB", markup=False, soft_wrap=True)


@app.command("import")
def import_base(
    file: FileArgument,
    notes: NotesOption = DEFAULT_NOTES,
    index: IndexOption = DEFAULT_INDEX,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="覆盖同名文件 Replace files of one name")] = False,
    state: Annotated[bool, typer.Option("--state", help="连同反馈、进度 Feedback and progress, too")] = False,
    as_json: JsonOption = False,
) -> None:
    """导入 kbqa export 的归档；不加 --overwrite 从不覆盖。Take an exported base in; the index is built by kbqa index."""
    from kbqa.archive.restore import import_archive
    from kbqa.notes.folder import NotesFolder

    folder = NotesFolder(notes, index / "state" / "trash")
    with ProgressBar(as_json) as advance:
        done = import_archive(
            file, folder, index, overwrite=overwrite, state=state, progress=lambda *p: advance("unpacking", *p)
        )
    if as_json:
        print_json({**asdict(done), "archive": {"created": done.archive.created}})
        return
    console = new_console()
    for label, names in (
        ("新放入 added", done.added), ("换掉 replaced", done.replaced), ("本来就有 known", done.known),
        ("这里另有 kept", done.kept), ("反馈与进度 state", done.state),
    ):  # fmt: skip
        console.print(f"{label}：{len(names)}", markup=False)
    console.print(f"接着 then：kbqa index --notes {notes} --index {index}", markup=False, soft_wrap=True)
