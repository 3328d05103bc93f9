"""Masked-language training of the trunk that the bi-encoder and the cross-encoder start from.

Texts are packed one behind the other into rows of the same length, so that no step is spent on padding.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kbqa.training.transformer import loops
from kbqa.training.transformer.config import TransformerConfig
from kbqa.training.transformer.tokenizer import END, MASK, PAD, START

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import BertConfig, PreTrainedTokenizerFast

_BATCH = 10_000


def pretrain(
    tokenizer: PreTrainedTokenizerFast, texts: Iterable[str], config: TransformerConfig, folder: Path, work: Path
) -> dict[str, Any]:
    """Train on packed texts; `folder` gets trunk and tokenizer.

    Returns:
        Facts for the card: parameters, rows, steps, loss.
    """
    from transformers import BertForMaskedLM, Trainer, TrainingArguments

    settings = config.pretrain
    loops.prepare(config)
    rows = pack(tokenizer.backend_tokenizer, texts, settings.tokens, config.seed)
    model = BertForMaskedLM(bert_config(len(tokenizer), config))
    trainer = Trainer(
        model=model,
        args=TrainingArguments(**loops.arguments(settings.loop, config, work), remove_unused_columns=False),
        train_dataset=rows,
        data_collator=collator(tokenizer, settings.mask_share),
    )
    facts = loops.train(trainer, work)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return {"parameters": model.num_parameters(), "rows": len(rows), "tokens": int(rows.size), **facts}


def bert_config(pieces: int, config: TransformerConfig) -> BertConfig:
    """The shape of the trunk for so many pieces."""
    from transformers import BertConfig

    trunk = config.trunk
    return BertConfig(
        vocab_size=pieces,
        hidden_size=trunk.width,
        num_hidden_layers=trunk.layers,
        num_attention_heads=trunk.heads,
        intermediate_size=trunk.feed_forward,
        hidden_dropout_prob=trunk.dropout,
        attention_probs_dropout_prob=trunk.dropout,
        max_position_embeddings=config.tokenizer.max_tokens,
        pad_token_id=PAD,
    )


def pack(tokenizer: Tokenizer, texts: Iterable[str], length: int, seed: int) -> NDArray[np.int32]:
    """Texts one behind the other, each closed by the end piece, cut into rows.

    Args:
        length: tokens of a row, its start piece included.
        seed: of the order of the rows.

    Returns:
        int32 [n, length]; what does not fill a row is left out.
    """
    tokenizer.no_truncation()
    parts = []
    source = iter(texts)
    while batch := list(islice(source, _BATCH)):
        encodings = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
        ids = chain.from_iterable((*encoding.ids, END) for encoding in encodings)
        parts.append(np.fromiter(ids, np.int32))
    stream = np.concatenate(parts) if parts else np.empty(0, np.int32)
    body = stream[: len(stream) // (length - 1) * (length - 1)].reshape(-1, length - 1)
    rows = np.insert(body, 0, START, axis=1)
    return rows[np.random.default_rng(seed).permutation(len(rows))]


def collator(tokenizer: PreTrainedTokenizerFast, mask_share: float) -> Any:
    """transformers' masking for rows that are packed already."""
    import torch
    from transformers import DataCollatorForLanguageModeling

    class PackedCollator(DataCollatorForLanguageModeling):
        """Stacks arrays instead of padding lists, and finds special pieces without asking the tokenizer row by row."""

        def torch_call(self, examples: Sequence[NDArray[np.int32]]) -> dict[str, Any]:
            rows = torch.from_numpy(np.stack(examples)).long()
            inputs, labels = self.torch_mask_tokens(rows, special_tokens_mask=rows <= MASK)
            return {"input_ids": inputs, "attention_mask": torch.ones_like(inputs), "labels": labels}

    return PackedCollator(tokenizer, mlm_probability=mask_share)
