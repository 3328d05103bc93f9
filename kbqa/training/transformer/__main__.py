"""Train the small bi-encoder and the reranker from files of pairs, stage by stage.

python -m kbqa.training.transformer --data DIR --out DIR --config FILE [--exclude BEIR_DIR...]

A finished stage is kept, an interrupted one goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kbqa.errors import KbqaError
from kbqa.training.transformer.config import TransformerConfig
from kbqa.training.transformer.data import OWN_PAIRS, Places
from kbqa.training.transformer.stages import STAGES

BASE = Path(__file__).with_name("base.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit code. Progress goes to stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m kbqa.training.transformer", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of NAME.jsonl.gz")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results of all stages")
    parser.add_argument("--config", type=Path, default=BASE, help="YAML; base.yaml of this package without it")
    parser.add_argument("--own", type=Path, default=OWN_PAIRS, help="folder of the project's own pairs, *.tsv")
    parser.add_argument("--exclude", type=Path, nargs="*", default=[], help="retrieval sets in BEIR layout")
    parser.add_argument("--stage", choices=(*STAGES, "all"), nargs="+", default=["all"], help="what to do")
    parser.add_argument("--force", action="store_true", help="do finished stages again")
    given = parser.parse_args(arguments)
    if not given.data.is_dir():
        parser.error(f"no folder {given.data}")
    stages = STAGES if "all" in given.stage else given.stage
    try:
        from kbqa.training.transformer.run import Run

        config = TransformerConfig.from_file(given.config)
        places = Places(given.data, given.own, tuple(given.exclude))
        Run(places, given.out, config, lambda line: print(line, file=sys.stderr, flush=True)).do(stages, given.force)
    except KbqaError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
