"""CoNeTTE's voice: a transformer that turns frame embeddings into words, and the beam search through them.

Source: Labbé et al., CoNeTTE: An Efficient Audio Captioning System Leveraging Multiple Datasets with Task
Embedding, 2023.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

_LONGEST = 5000


@dataclass(frozen=True)
class DecoderSizes:
    """The sizes of the network; the defaults are the published ones, but for the vocabulary's."""

    vocabulary: int = 64
    heard: int = 768
    width: int = 256
    heads: int = 8
    layers: int = 6
    hidden: int = 2048


class Search(NamedTuple):
    """How words are searched for; the defaults are the published ones.

    Attributes:
        beams: how many prefixes are followed at once.
        shortest: tokens before the end may come.
        longest: tokens in all, the end included.
        end: id of the end.
    """

    beams: int = 3
    shortest: int = 3
    longest: int = 20
    end: int = 2


class Found(NamedTuple):
    """Ids of a caption, the end included where it came, and their average log-probability."""

    ids: tuple[int, ...]
    score: float


class Positions(nn.Module):
    """Fixed sinusoids, sines and cosines by turns, added to embeddings."""

    pos_embedding: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        rates = torch.exp(-torch.arange(0, width, 2) * math.log(10_000) / width)
        angles = torch.arange(_LONGEST)[:, None] * rates
        table = torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1)
        self.register_buffer("pos_embedding", table[:, None])

    def forward(self, embedded: Tensor) -> Tensor:
        """Return (beams, tokens, width)."""
        return embedded + self.pos_embedding[: embedded.shape[1], 0]


class Decoder(nn.Module):
    """Post-norm transformer layers between word embeddings and the logits of the next word."""

    def __init__(self, sizes: DecoderSizes) -> None:
        super().__init__()
        self.emb_layer = nn.Embedding(sizes.vocabulary, sizes.width)
        self.pos_encoding = Positions(sizes.width)
        self.layers = nn.ModuleList(
            nn.TransformerDecoderLayer(sizes.width, sizes.heads, sizes.hidden, activation="gelu", batch_first=True)
            for _ in range(sizes.layers)
        )
        self.classifier = nn.Linear(sizes.width, sizes.vocabulary)

    def forward(self, ids: Tensor, memory: Tensor) -> Tensor:
        """Return logits, (beams, tokens, vocabulary), of ids, (beams, tokens), given what is heard.

        Args:
            ids: the task's token, then words.
            memory: projected frames, (beams, frames, width).
        """
        hidden = self.pos_encoding(self.emb_layer(ids) * math.sqrt(self.emb_layer.embedding_dim))
        length = ids.shape[1]
        later = torch.ones(length, length, dtype=torch.bool, device=ids.device).triu(1)
        for layer in self.layers:
            hidden = layer(hidden, memory, tgt_mask=later)
        return self.classifier(hidden)  # type: ignore[no-any-return]


class Captioner(nn.Module):
    """Projection of frames and the decoder."""

    def __init__(self, sizes: DecoderSizes) -> None:
        super().__init__()
        self.projection = nn.ModuleList([nn.Identity(), nn.Identity(), nn.Linear(sizes.heard, sizes.width)])
        self.decoder = Decoder(sizes)

    def project(self, frames: Tensor) -> Tensor:
        """Return (clips, frames, width) of (clips, heard, frames)."""
        return nn.functional.relu(self.projection[2](frames.transpose(1, 2)))

    def search(self, memory: Tensor, task: int, once: Tensor | None, search: Search) -> list[Found]:
        """Return the captions of one clip that were followed to their end, the best first.

        A beam that ends is set aside and not replaced, so fewer and fewer go on.

        Args:
            memory: projected frames, (1, frames, width).
            task: the token that says which dataset's captions are meant.
            once: which words may come only once, (vocabulary,); None for none.
            search: beams and lengths.
        """
        prefixes = torch.tensor([[task]], device=memory.device)
        sums = torch.zeros(1, device=memory.device)
        found: list[Found] = []
        for step in range(search.longest):
            logits = self.decoder(prefixes, memory.expand(len(prefixes), -1, -1))[:, -1].float()
            if step < search.shortest:
                logits[:, search.end] = -math.inf
            if once is not None:
                said = torch.zeros_like(logits, dtype=torch.bool).scatter_(1, prefixes, True)
                logits = logits.masked_fill(said & once, -math.inf)
            totals = sums[:, None] + logits.log_softmax(1)
            live = search.beams - len(found)
            sums, places = totals.flatten().topk(live)
            beams, words = places // totals.shape[1], places % totals.shape[1]
            prefixes = torch.cat([prefixes[beams], words[:, None]], dim=1)
            ended = (words == search.end) | (step + 1 == search.longest)
            averages = (sums / (step + 1)).tolist()
            for place in ended.nonzero().flatten().tolist():
                found.append(Found(tuple(prefixes[place, 1:].tolist()), averages[place]))
            prefixes, sums = prefixes[~ended], sums[~ended]
            if not len(prefixes):
                break
        return sorted(found, key=lambda one: -one.score)
