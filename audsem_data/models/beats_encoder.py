"""The transformer encoder of BEATs: a position convolution, then layers whose attention has a gated position bias.

Tokens are (clips, tokens, width). `padding` is (clips, tokens), true where a token only fills up the batch: no
true token sees one, so that a clip's output does not depend on what it is batched with.

Source: Chen et al., BEATs: Audio Pre-Training with Acoustic Tokenizers, ICML 2023; Chi et al., XLM-E, 2022
(gated relative position bias); Wang et al., DeepNet, 2022 (scaled residuals).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

_QUERIES = 512  # that attend at a time: memory then grows with a clip's length, not with its square


@dataclass(frozen=True)
class BeatsSizes:
    """The sizes of the network, by the names of the checkpoint's `cfg`; as published unless told."""

    input_patch_size: int = 16
    embed_dim: int = 512
    encoder_layers: int = 12
    encoder_embed_dim: int = 768
    encoder_ffn_embed_dim: int = 3072
    encoder_attention_heads: int = 12
    conv_pos: int = 128
    conv_pos_groups: int = 16
    num_buckets: int = 320
    max_distance: int = 800
    predictor_class: int = 527


class Encoder(nn.Module):
    """Return what every token is in the light of the others; the shape stays."""

    def __init__(self, sizes: BeatsSizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.pos_conv = nn.Sequential(PositionConvolution(sizes), nn.GELU())
        self.layer_norm = nn.LayerNorm(sizes.encoder_embed_dim)
        self.layers = nn.ModuleList(Layer(sizes) for _ in range(sizes.encoder_layers))

    def forward(self, tokens: Tensor, padding: Tensor) -> Tensor:
        """Return the encoded tokens."""
        tokens = tokens.masked_fill(padding[..., None], 0.0)
        tokens = self.layer_norm(tokens + self.pos_conv(tokens))
        buckets = relative_buckets(tokens.shape[1], self.sizes.num_buckets, self.sizes.max_distance)
        buckets = buckets.to(tokens.device, non_blocking=True)
        for layer in self.layers:
            tokens = layer(tokens, buckets, padding)
        return tokens


class PositionConvolution(nn.Module):
    """A grouped convolution over tokens, its weight normalised for each tap of the kernel."""

    def __init__(self, sizes: BeatsSizes) -> None:
        super().__init__()
        width, self.groups = sizes.encoder_embed_dim, sizes.conv_pos_groups
        self.weight_g = nn.Parameter(torch.ones(1, 1, sizes.conv_pos))
        self.weight_v = nn.Parameter(torch.ones(width, width // self.groups, sizes.conv_pos))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the convolution, as many tokens as came."""
        norm = torch.linalg.vector_norm(self.weight_v, dim=(0, 1), keepdim=True)
        weight, taps = self.weight_v * (self.weight_g / norm), self.weight_v.shape[2]
        sums = functional.conv1d(tokens.mT, weight, self.bias, padding=taps // 2, groups=self.groups)
        return sums[:, :, : tokens.shape[1]].mT  # an even kernel gives one more than came


class Layer(nn.Module):
    """Attention, then a feed-forward network, each added to its scaled input and normalised after."""

    def __init__(self, sizes: BeatsSizes) -> None:
        super().__init__()
        width, inner = sizes.encoder_embed_dim, sizes.encoder_ffn_embed_dim
        self.residual_scale = (2 * sizes.encoder_layers) ** 0.25
        self.self_attn = Attention(sizes)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor, buckets: Tensor, padding: Tensor) -> Tensor:
        """Return the layer's output; `buckets` are those of `relative_buckets`."""
        attended = self.self_attn(tokens, buckets, padding)
        tokens = self.self_attn_layer_norm(self.residual_scale * tokens + attended)
        fed = self.fc2(functional.gelu(self.fc1(tokens)))
        normalised: Tensor = self.final_layer_norm(self.residual_scale * tokens + fed)
        return normalised


class Attention(nn.Module):
    """Self-attention with a position bias that each head gates by its query.

    The layers were trained with one position embedding for all; the published weights repeat it in each.
    """

    def __init__(self, sizes: BeatsSizes) -> None:
        super().__init__()
        width, self.heads = sizes.encoder_embed_dim, sizes.encoder_attention_heads
        self.q_proj = nn.Linear(width, width)
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        self.grep_linear = nn.Linear(width // self.heads, 8)
        self.grep_a = nn.Parameter(torch.ones(1, self.heads, 1, 1))
        self.relative_attention_bias = nn.Embedding(sizes.num_buckets, self.heads)

    def forward(self, tokens: Tensor, buckets: Tensor, padding: Tensor) -> Tensor:
        """Return the attended tokens; `buckets` are those of `relative_buckets`."""
        count = tokens.shape[1]
        query, key, value = (
            projection(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )
        gates = self._gates(query)
        bias = self.relative_attention_bias(buckets).T
        windows = bias.unfold(1, count, 1)  # a view: the row count - 1 - i is the bias of query i to every key
        attended = []
        for start in range(0, count, _QUERIES):
            stop = min(start + _QUERIES, count)
            gated = gates[:, :, start:stop] * windows[:, count - stop : count - start].flip(1)
            gated = gated.masked_fill(padding[:, None, None], -math.inf)
            attended.append(
                functional.scaled_dot_product_attention(query[:, :, start:stop], key, value, attn_mask=gated)
            )
        joined: Tensor = self.out_proj(torch.cat(attended, dim=2).transpose(1, 2).flatten(2))
        return joined

    def _gates(self, query: Tensor) -> Tensor:
        """Return the factor of the position bias for every clip, head and query, (clips, heads, tokens, 1)."""
        sums: Tensor = self.grep_linear(query).unflatten(3, (2, 4)).sum(4)
        update, reset = sums.sigmoid().chunk(2, dim=3)
        return update * (reset * self.grep_a - 1.0) + 2.0


def relative_buckets(count: int, buckets: int, max_distance: int) -> Tensor:
    """Return the bucket of every offset from query to key, from 1 - count to count - 1, int64.

    Keys before the query, and itself, have the lower half of the buckets, keys after it the upper. Within a
    half, small distances have a bucket each; larger ones share buckets that widen logarithmically, and all
    from `max_distance` on share the last.
    """
    half = buckets // 2
    exact = half // 2
    offsets = torch.arange(1 - count, count)
    distances = offsets.abs()
    ratio = (distances.clamp(min=exact) / exact).log() / math.log(max_distance / exact)
    shared = (exact + (ratio * (half - exact)).long()).clamp(max=half - 1)
    return torch.where(distances < exact, distances, shared) + half * (offsets > 0)
