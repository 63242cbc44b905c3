"""The tuned larger model as an ONNX graph: int8 weights and arithmetic in the linear layers, floats for the rest.

Built here rather than exported, so that nothing but `onnx` and numpy is needed. tests/unit/safety/test_larger.py compares it with the
plain formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Floats = NDArray[np.float32]
_EPSILON = 1e-5
# Each run of 64 weights has a scale of its own, and so has each run of 64 states when it is read. One scale for all the states
# of a layer took half the time and lost the meaning: cosine to the float model down to 0.82, where it is 0.998 so.
_BLOCK = 64
_INT8_ARITHMETIC = 4
_QKV = ("q", "k", "v")


@dataclass(frozen=True)
class Shape:
    """How large the model is."""

    layers: int = 12
    heads: int = 12
    width: int = 768


def build(weights: Mapping[str, Floats], shape: Shape = Shape()) -> onnx.ModelProto:
    """A model from token ids to mean-pooled vectors.

    Inputs: `ids` (texts, tokens), `mask` (the same, 1.0 for a token and 0.0 for padding), `buckets` (tokens, tokens): how far apart
    two tokens are, as `model.buckets` counts it. Output: `vectors` (texts, width).
    """
    graph = _Graph(weights, shape)
    states = graph.embedded()
    bias = graph.attention_bias()
    for layer in range(shape.layers):
        states = graph.layer(states, bias, f"encoder.layer.{layer}")
    graph.pooled(states)
    return graph.model()


class _Graph:
    """Nodes and weights as they are added. Each method returns the name of what it computes."""

    def __init__(self, weights: Mapping[str, Floats], shape: Shape) -> None:
        self._weights, self._shape = weights, shape
        self._nodes: list[onnx.NodeProto] = []
        self._kept: dict[str, onnx.TensorProto] = {}

    def embedded(self) -> str:
        words, scales = _int8(self._weights["embeddings.word_embeddings.weight"])
        self._keep("words", words)
        self._keep("words.scale", scales[:, None])
        rows = self._add("Gather", ["words", "ids"])
        plain = self._add("Mul", [self._add("Cast", [rows], to=TensorProto.FLOAT), self._add("Gather", ["words.scale", "ids"])])
        # positions start at 2; padding stands last, and what its position is does not matter
        self._keep("positions", self._weights["embeddings.position_embeddings.weight"][2:])
        self._keep("zero", np.array([0], np.int64))
        self._keep("one", np.array([1], np.int64))
        length = self._add("Slice", [self._add("Shape", ["ids"]), "one", self._number([2])])
        places = self._add("Slice", ["positions", "zero", length])
        return self._norm(self._add("Add", [plain, places]), "embeddings.LayerNorm")

    def attention_bias(self) -> str:
        """How near two tokens are, and that padding is not looked at: (texts, heads, tokens, tokens)."""
        self._keep("near", self._weights["encoder.relative_attention_bias.weight"])
        near = self._add("Transpose", [self._add("Gather", ["near", "buckets"])], perm=[2, 0, 1])
        hidden = self._add("Mul", [self._add("Sub", ["mask", self._float(1.0)]), self._float(10000.0)])
        hidden = self._add("Unsqueeze", [hidden, self._number([1, 2])])
        return self._add("Add", [self._add("Unsqueeze", [near, self._number([0])]), hidden])

    def layer(self, states: str, bias: str, name: str) -> str:
        attended = self._attention(states, bias, f"{name}.attention.attn")
        states = self._norm(self._add("Add", [attended, states]), f"{name}.attention.LayerNorm")
        inner = self._add("Gelu", [self._linear(states, [f"{name}.intermediate.dense"])], domain="com.microsoft")
        return self._norm(self._add("Add", [self._linear(inner, [f"{name}.output.dense"]), states]), f"{name}.output.LayerNorm")

    def pooled(self, states: str) -> None:
        weights = self._add("Unsqueeze", ["mask", self._number([2])])
        total = self._add("ReduceSum", [self._add("Mul", [states, weights]), "one"], keepdims=0)
        self._add("Div", [total, self._add("ReduceSum", [weights, "one"], keepdims=0)], output="vectors")

    def model(self) -> onnx.ModelProto:
        inputs = [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"]),
            helper.make_tensor_value_info("mask", TensorProto.FLOAT, ["texts", "tokens"]),
            helper.make_tensor_value_info("buckets", TensorProto.INT64, ["tokens", "tokens"]),
        ]
        output = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", self._shape.width])
        graph = helper.make_graph(self._nodes, "screen", inputs, [output], list(self._kept.values()))
        opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=9)

    def _attention(self, states: str, bias: str, name: str) -> str:
        heads, width = self._shape.heads, self._shape.width
        split = [f"{name}.{part}" for part in _QKV]
        joined = self._linear(states, split)
        self._nodes.append(helper.make_node("Split", [joined, self._number([width] * 3)], split, axis=2))
        fold = self._number([0, 0, heads, width // heads])
        query, value = (self._add("Transpose", [self._add("Reshape", [part, fold])], perm=[0, 2, 1, 3]) for part in (split[0], split[2]))
        key = self._add("Transpose", [self._add("Reshape", [split[1], fold])], perm=[0, 2, 3, 1])
        scores = self._add("Mul", [self._add("MatMul", [query, key]), self._float((width // heads) ** -0.5)])
        shares = self._add("Softmax", [self._add("Add", [scores, bias])], axis=-1)
        mixed = self._add("Transpose", [self._add("MatMul", [shares, value])], perm=[0, 2, 1, 3])
        return self._linear(self._add("Reshape", [mixed, self._number([0, 0, width])]), [f"{name}.o"])

    def _linear(self, states: str, names: Sequence[str]) -> str:
        """Linear layers side by side, as one multiplication."""
        at = names[0]
        matrix = np.vstack([self._weights[f"{name}.weight"] for name in names])
        whole, scales = _int8(matrix.reshape(len(matrix), -1, _BLOCK))
        self._keep(f"{at}.int8", (whole.astype(np.int16) + 128).astype(np.uint8))  # 128 stands for zero
        self._keep(f"{at}.scale", scales)
        self._keep(f"{at}.bias", np.concatenate([self._weights[f"{name}.bias"] for name in names]))
        sizes = {"N": matrix.shape[0], "K": matrix.shape[1], "bits": 8, "block_size": _BLOCK, "accuracy_level": _INT8_ARITHMETIC}
        product = self._add("MatMulNBits", [states, f"{at}.int8", f"{at}.scale"], domain="com.microsoft", **sizes)
        return self._add("Add", [product, f"{at}.bias"])

    def _norm(self, states: str, name: str) -> str:
        for part in ("weight", "bias"):
            self._keep(f"{name}.{part}", self._weights[f"{name}.{part}"])
        return self._add("LayerNormalization", [states, f"{name}.weight", f"{name}.bias"], axis=-1, epsilon=_EPSILON)

    def _add(self, kind: str, inputs: Sequence[str], output: str = "", domain: str = "", **settings: Any) -> str:
        output = output or f"{kind}.{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **settings))
        return output

    def _keep(self, name: str, values: NDArray[np.generic]) -> None:
        self._kept[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)

    def _number(self, values: Sequence[int]) -> str:
        name = "n" + "_".join(map(str, values))
        self._keep(name, np.array(values, np.int64))
        return name

    def _float(self, value: float) -> str:
        self._keep(f"f{value}", np.array(value, np.float32))
        return f"f{value}"


def _int8(values: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Whole numbers from -127 to 127, and the scale that gives the values of each last row back."""
    scales = np.maximum(np.abs(values).max(axis=-1), 1e-12).astype(np.float32) / 127
    return np.rint(values / scales[..., None]).astype(np.int8), scales
