"""The two sentence models as PyTorch models that can be tuned: low-rank changes to the linear layers, biases, layer norms, and a head."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import base_minilm
import base_mpnet

from facilitator.encoder.tokenizer import token_ids as minilm_ids
from facilitator.safety.larger.model import token_ids as mpnet_ids

KINDS = ("crisis_self", "crisis_other", "distress", "safe")
MOST_TOKENS = 96
# Where there is no arithmetic for bfloat16, it is slower than float32.
NUMBERS = torch.float32 if torch.backends.cpu.get_cpu_capability() in ("DEFAULT", "AVX2") else torch.bfloat16
_START = 1234  # all members start from the same changes, so that they can be averaged


class Frozen(nn.Module):
    """A linear layer that stays as it is, kept in the numbers that are fastest here."""

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__()
        self.register_buffer("weight", plain.weight.detach().to(NUMBERS))
        self.register_buffer("bias", plain.bias.detach().to(NUMBERS))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        return functional.linear(states.to(NUMBERS), self.weight, self.bias)


class LowRank(nn.Module):
    """A frozen linear layer and what is learned on top of it: `down` then `up`. The bias is learned whole."""

    def __init__(self, plain: nn.Linear, rank: int) -> None:
        super().__init__()
        self.register_buffer("weight", plain.weight.detach().to(NUMBERS))
        self.bias = nn.Parameter(plain.bias.detach().clone())
        self.down = nn.Parameter(torch.randn(rank, plain.in_features) / plain.in_features**0.5 / 2)
        self.up = nn.Parameter(torch.zeros(plain.out_features, rank))

    def forward(self, states: torch.Tensor) -> torch.Tensor:
        change = functional.linear(functional.linear(states, self.down), self.up) * 2.0
        return functional.linear(states, self.weight, self.bias.to(states.dtype)) + change


class Screen(nn.Module):
    """`base`: "minilm", or the folder that the five packages of the larger model are installed in.

    `start`: the parts of a file of changes to go on from, which also says the rank.
    """

    def __init__(self, base: str, rank: int, start: Mapping[str, np.ndarray] | None = None) -> None:
        super().__init__()
        rank = next((part.shape[1] for name, part in (start or {}).items() if name.endswith(".down")), rank)
        self.small = base == "minilm"
        self.module = base_minilm if self.small else base_mpnet
        self.bert, self.names = base_minilm.load_base() if self.small else base_mpnet.load_base(Path(base))
        torch.manual_seed(_START)
        for name, weight in self.bert.named_parameters():
            weight.requires_grad = "encoder" in name and "LayerNorm" in name and _layer(name) >= self.module.FROZEN
        for name in self.names:
            owner, attribute = name.rsplit(".", 1)
            plain = self.bert.get_submodule(name)
            made = Frozen(plain) if _layer(name) < self.module.FROZEN else LowRank(plain, rank)
            setattr(self.bert.get_submodule(owner), attribute, made)
        self.head = nn.Linear(self.module.WIDTH, len(KINDS))
        self.drop = nn.Dropout(0.2)
        if start:
            self._go_on_from(start)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        weights = mask[..., None].float()
        return self.head(self.drop((states * weights).sum(1) / weights.sum(1)))

    def token_ids(self, text: str) -> list[int]:
        return (minilm_ids if self.small else mpnet_ids)(text)[:MOST_TOKENS]

    def padded(self, tokens: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        ids = torch.full((len(tokens), max(map(len, tokens))), self.module.PADDING, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, line in enumerate(tokens):
            ids[row, : len(line)], mask[row, : len(line)] = torch.tensor(line), 1
        return ids, mask

    def _go_on_from(self, start: Mapping[str, np.ndarray]) -> None:
        """The reverse of `export`: every weight that is learned takes the value it has in `start`."""
        found = {"head.weight": start["head.weights"], "head.bias": start["head.biases"]}
        for name, matrix in self.names.items():
            if f"{matrix}.down" in start:
                found[f"bert.{name}.down"] = start[f"{matrix}.down"].astype(np.float32).T / 2.0
                found[f"bert.{name}.up"] = start[f"{matrix}.up"].astype(np.float32).T
        for name, weight in self.named_parameters():
            if weight.requires_grad:
                value = found.get(name)
                value = start[f"{self.module.PREFIX}{name.removeprefix('bert.')}"] if value is None else value
                weight.data.copy_(torch.tensor(np.ascontiguousarray(value)))

    def export(self) -> dict[str, np.ndarray]:
        """What changed: `<matrix>.down` and `.up` to multiply and add, other names to replace; names as the runtime knows them."""
        parts: dict[str, np.ndarray] = {}
        for name, matrix in self.names.items():
            layer = self.bert.get_submodule(name)
            if isinstance(layer, LowRank):
                parts[f"{matrix}.down"] = (layer.down.detach().numpy().T * 2.0).astype(np.float16)
                parts[f"{matrix}.up"] = layer.up.detach().numpy().T.astype(np.float16)
                parts[f"{self.module.PREFIX}{name}.bias"] = layer.bias.detach().numpy().astype(np.float32)
        for name, weight in self.bert.named_parameters():
            if weight.requires_grad and "LayerNorm" in name:
                parts[f"{self.module.PREFIX}{name}"] = weight.detach().numpy().astype(np.float32)
        parts["head.weights"], parts["head.biases"] = self.head.weight.detach().numpy(), self.head.bias.detach().numpy()
        return parts


def _layer(name: str) -> int:
    """The number of the encoder's layer that a weight belongs to; -1 when to none."""
    parts = name.split(".")
    return int(parts[2]) if parts[:2] == ["encoder", "layer"] else -1
