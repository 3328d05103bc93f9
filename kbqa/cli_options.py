"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

IndexOption = Annotated[Path, typer.Option("--index", help="索引文件夹 Index folder")]
JsonOption = Annotated[bool, typer.Option("--json", help="输出 JSON Print JSON")]
NotesOption = Annotated[Path, typer.Option("--notes", help="笔记文件夹 Notes folder")]
DEFAULT_INDEX = Path("index")
DEFAULT_NOTES = Path("corpus")
