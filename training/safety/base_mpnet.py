"""The larger sentence model (all-mpnet-base-v2) for tuning. Its weights are named as in the published file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from transformers import MPNetConfig, MPNetModel

from facilitator.safety.larger.base import read_weights

LAYERS, WIDTH, PADDING, PREFIX = 12, 768, 1, ""
FROZEN = 3  # the lowest layers stay as they are: a quarter less to compute
PARTS = ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "intermediate.dense", "output.dense")


def load_base(packages: Path) -> tuple[MPNetModel, dict[str, str]]:
    """The model, and the names of its linear layers (the same in the file as in the model)."""
    config = MPNetConfig(vocab_size=30527, max_position_embeddings=514, layer_norm_eps=1e-5, attn_implementation="eager")
    model = MPNetModel(config, add_pooling_layer=False)
    weights = {name: torch.from_numpy(values.copy()) for name, values in read_weights(packages).items() if not name.startswith("pooler")}
    missing, unknown = model.load_state_dict(weights, strict=False)
    if [name for name in missing + unknown if "position_ids" not in name]:
        raise KeyError(missing + unknown)
    for module in model.modules():  # chance on the states costs a tenth of the time; on attention and before the head it stays
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    for layer in model.encoder.layer:
        layer.attention.attn.dropout.p = 0.1
    return model, {name: name for name in (f"encoder.layer.{layer}.{part}" for layer in range(LAYERS) for part in PARTS)}
