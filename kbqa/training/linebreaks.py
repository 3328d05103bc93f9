"""Trains `kbqa/notes/linebreaks.npz`: decks with their line breaks taken out, and where they had been.

    python -m kbqa.training.linebreaks --data DIR --corpus DIR --out FILE

Everything is drawn from seeded generators and trained on one thread, so the same input gives the same weights.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kbqa.notes import linebreak_network
from kbqa.notes.linebreak_network import DILATIONS, DISTANCES, FEATURES, KINDS, allowed, code_points, features
from kbqa.training.linebreak_counts import FACTORS, Start, count_start
from kbqa.training.linebreak_decks import Glued, compose, gather

if TYPE_CHECKING:
    import torch

WIDTHS = {"char": 32, "bigram": 24, "word": 24, "tag": 8, "back": 4, "ahead": 4, "last_mark": 8, "next_mark": 8}
CHARS = 3600
ROWS = {
    "char": CHARS, "bigram": linebreak_network.BIGRAM_BUCKETS, "word": linebreak_network.WORD_BUCKETS,
    "tag": linebreak_network.TAG_BUCKETS, "back": DISTANCES, "ahead": DISTANCES,
    "last_mark": linebreak_network.MARK_BUCKETS, "next_mark": linebreak_network.MARK_BUCKETS,
}  # fmt: skip
HIDDEN = 64
PAIR = 32
UNKNOWN = 0.2
WINDOW = 512
BATCH = 16


def char_table(texts: Iterable[str]) -> np.ndarray:
    """The most frequent code points, in ascending order."""
    counts: Counter[int] = Counter()
    for text in texts:
        counts.update(code_points(text).tolist())
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[: CHARS - 1]
    return np.array(sorted(code for code, _ in ranked), np.int32)


def windows(
    texts: Iterable[Glued], char_row: np.ndarray, known: linebreak_network.Vocabulary
) -> tuple[np.ndarray, np.ndarray]:
    """Feature rows int16 [m, features, WINDOW] and labels int8 [m, WINDOW]; -1 where no break may stand."""
    rows, labels = [], []
    for glued in texts:
        codes, buckets = features(glued.text, known)
        stack = np.concatenate([char_row[codes][None], buckets])
        target = np.where(allowed(glued.text), glued.labels, -1)
        for start in range(0, len(glued.text), WINDOW):
            piece, goal = stack[:, start : start + WINDOW], target[start : start + WINDOW]
            missing = WINDOW - piece.shape[1]
            rows.append(np.pad(piece, ((0, 0), (0, missing))).astype(np.int16))
            labels.append(np.pad(goal, (0, missing), constant_values=-1).astype(np.int8))
    return np.stack(rows), np.stack(labels)


def begin_from(network: torch.nn.Module, start: Start) -> None:
    """Put the counted columns into the tables, and let the product compare left factors with right ones."""
    import torch

    with torch.no_grad():
        network.tables[1].weight[:, :2] = torch.from_numpy(start.bigrams)
        network.tables[2].weight[:, : start.words.shape[1]] = torch.from_numpy(start.words)
        column = WIDTHS["char"] + WIDTHS["bigram"] + 2
        for i in range(FACTORS):
            network.left.weight[i] = 0.0
            network.right.weight[i] = 0.0
            network.left.weight[i, column + i] = 1.0
            network.right.weight[i, column + FACTORS + i] = 1.0


def build_network() -> torch.nn.Module:
    """The same network as `kbqa.notes.linebreak_network` runs, as a torch module."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.tables = nn.ModuleList(nn.Embedding(ROWS[name], WIDTHS[name]) for name in FEATURES)
            for table in self.tables:
                nn.init.normal_(table.weight, std=0.1)
            width = sum(WIDTHS.values())
            self.entry = nn.Linear(width, HIDDEN)
            self.left, self.right = nn.Linear(width, PAIR, bias=False), nn.Linear(width, PAIR, bias=False)
            self.out = nn.Linear(PAIR, HIDDEN, bias=False)
            self.layers = nn.ModuleList(nn.Conv1d(HIDDEN, HIDDEN, 3, dilation=d, padding=d) for d in DILATIONS)
            self.exit = nn.Linear(HIDDEN, 1 + len(KINDS))
            self.drop = nn.Dropout(0.1)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            if self.training:
                # New texts bring words that nobody trained on; the network has to have met the unknown.
                unknown = torch.rand(rows.shape[0], 2, rows.shape[2]) < UNKNOWN
                rows = torch.cat([rows[:, :1], rows[:, 1:3].masked_fill(unknown, 0), rows[:, 3:]], 1)
            parts = [table(rows[:, i]) for i, table in enumerate(self.tables)]
            seen = self.drop(torch.cat(parts, -1))
            pair = self.out(self.left(seen[:, :-1]) * self.right(seen[:, 1:]))
            hidden = torch.relu(self.entry(seen)) + nn.functional.pad(pair, (0, 0, 1, 0))
            hidden = hidden.transpose(1, 2)
            for layer in self.layers:
                hidden = hidden + torch.relu(layer(hidden))
            return self.exit(self.drop(hidden.transpose(1, 2)))

    return Network()


def train(
    network: torch.nn.Module, rounds: Iterable[tuple[np.ndarray, np.ndarray]], steps: int, rate: float = 3e-3
) -> torch.nn.Module:
    """Train on each round's windows once; the learning rate rises over 5 % of `steps` and falls to zero."""
    import torch

    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1, pct_start=0.05)
    step, running = 0, 0.0
    for rows, labels in rounds:
        order = np.random.default_rng(step).permutation(len(rows))
        for start in range(0, len(order), BATCH):
            if step >= steps:
                return network
            chosen = order[start : start + BATCH]
            logits = network(torch.from_numpy(rows[chosen].astype(np.int64))).flatten(0, 1)
            goal = torch.from_numpy(labels[chosen].astype(np.int64)).flatten()
            loss = torch.nn.functional.cross_entropy(logits, goal, ignore_index=-1)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            step, running = step + 1, 0.98 * running + 0.02 * loss.item()
            if step % 100 == 0:
                print(f"step {step}/{steps} loss {running / (1 - 0.98**step):.4f}", flush=True)
    return network


def export(network: torch.nn.Module, chars: np.ndarray, known: linebreak_network.Vocabulary, out: Path) -> None:
    """Tables as int8 with one scale each, the rest as float16."""
    state = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    data: dict[str, np.ndarray] = {"chars": chars}
    data |= {"words": known.words.astype(np.int16), "bigrams": known.bigrams.astype(np.int16)}
    for i, name in enumerate(FEATURES):
        table = state[f"tables.{i}.weight"]
        scale = np.float32(max(float(np.quantile(np.abs(table), 0.9999)) / 127, 1e-8))
        data[f"table_{name}"] = np.clip(np.round(table / scale), -127, 127).astype(np.int8)
        data[f"scale_{name}"] = scale
    for i in range(len(DILATIONS)):
        data[f"conv_{i}"] = state[f"layers.{i}.weight"].transpose(2, 1, 0).astype(np.float16)
        data[f"bias_{i}"] = state[f"layers.{i}.bias"].astype(np.float16)
    for name in ("entry", "exit"):
        data[name] = state[f"{name}.weight"].T.astype(np.float16)
        data[f"{name}_bias"] = state[f"{name}.bias"].astype(np.float16)
    for name in ("left", "right", "out"):
        data[f"pair_{name}"] = state[f"{name}.weight"].T.astype(np.float16)
    np.savez_compressed(out, **data)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of the documentation sections (.jsonl.gz)")
    parser.add_argument("--corpus", type=Path, required=True, help="folder of Markdown notes")
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.npz)")
    parser.add_argument("--millions", type=float, default=18.0, help="million characters to train on")
    settings = parser.parse_args(arguments)
    import torch

    torch.manual_seed(7)
    torch.set_num_threads(1)
    total = int(settings.millions * 1e6)
    material = gather(settings.data, settings.corpus, total)
    print(f"{len(material.sections)} sections, {len(material.notes)} notes, note share {material.note_share:.2f}")
    chars = char_table(glued.text for glued in compose(material, 1, 3_000_000))
    char_row = np.zeros(0x10000, np.int32)
    char_row[chars] = np.arange(1, len(chars) + 1)
    share = 1_000_000
    start = count_start(material.texts)
    print("counted", flush=True)
    glued = (compose(material, 100 + i, share) for i in range(total // share + 2))
    rounds = (windows(texts, char_row, start.known) for texts in glued)
    network = build_network()
    begin_from(network, start)
    train(network, rounds, total // (WINDOW * BATCH))
    export(network.eval(), chars, start.known, settings.out)


if __name__ == "__main__":
    main()
