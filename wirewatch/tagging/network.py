"""The model's entity network in plain numpy: the entities that spaCy finds, several times faster.

spaCy embeds each word anew and steps through all words. Here a word's embedding is kept, the layers above are four
products of matrices, and only names are stepped through. Method: spaCy's transition-based recogniser, greedy: a word
begins a name (B), is inside (I) or ends one (L), is one alone (U) or none (O).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

KEPT = 30_000
"""Words whose embeddings are kept (12 MB); the one after them begins anew."""

BETWEEN = 4
"""Empty rows around each sentence, as many as there are layers: none sees over its end. The model was trained so."""


class Span(NamedTuple):
    """Words ``first``..``end - 1`` of the text with that number, and what the model calls them."""

    text: int
    first: int
    end: int
    label: str


class Maxout(NamedTuple):
    """A layer that takes the largest of three, normalised; ``weights`` holds the three side by side."""

    weights: Floats
    bias: Floats
    gain: Floats
    shift: Floats

    def __call__(self, rows: Floats) -> Floats:
        """The layer's output for each row."""
        width = len(self.gain)
        three = rows @ self.weights + self.bias
        best: Floats = np.maximum(three[:, :width], three[:, width : 2 * width])
        np.maximum(best, three[:, 2 * width :], out=best)
        best -= best.mean(axis=1, keepdims=True)
        best /= np.sqrt(np.einsum("ij,ij->i", best, best) / width + 1e-8)[:, None]
        best *= self.gain
        best += self.shift
        return best


def _maxouts(model: Any) -> list[Maxout]:
    nodes = list(model.walk())
    layers = zip([n for n in nodes if n.name == "maxout"], [n for n in nodes if n.name == "layernorm"], strict=True)
    return [
        Maxout(
            np.ascontiguousarray(maxout.get_param("W").transpose(2, 1, 0)).reshape(maxout.get_dim("nI"), -1),
            maxout.get_param("b").T.ravel(),
            norm.get_param("G"),
            norm.get_param("b"),
        )
        for maxout, norm in layers
    ]


class Network:
    """The network of a loaded entity recogniser of spaCy; not for two threads at once."""

    def __init__(self, recogniser: Any) -> None:
        model = recogniser.model
        words, _, narrow = model.get_ref("tok2vec").layers
        embed, encode = words.layers
        self._columns = ["ORTH", "IS_SPACE", *embed.layers[0].attrs["columns"]]
        self._tables = embed.layers[2].layers[0]
        (self._mix,) = _maxouts(embed)
        self._encoder = _maxouts(encode)
        lower, upper = model.get_ref("lower"), model.get_ref("upper")
        # Two linear layers in a row are one; its columns: what a word says as the next, the first, the last of a name.
        by_role = lower.get_param("W").transpose(0, 2, 1, 3).reshape(-1, lower.get_dim("nI"))
        self._states = np.ascontiguousarray((by_role @ narrow.get_param("W")).T)
        self._states_bias = by_role @ narrow.get_param("b")
        self._role = len(by_role) // 3
        self._bias = lower.get_param("b").T.ravel()
        absent = lower.get_param("pad")[0].transpose(0, 2, 1).reshape(3, self._role)
        self._outside = self._bias + absent[1] + absent[2]
        moves = {recogniser.moves.get_class_name(i): i for i in range(recogniser.moves.n_moves)}
        self._labels = [name[2:] for name in moves if name.startswith("B-")]
        begin, inside, last, alone = ([moves[f"{move}-{label}"] for label in self._labels] for move in "BILU")
        weights, bias = upper.get_param("W"), upper.get_param("b")
        start = [*begin, *alone, moves["O"]]
        self._start, self._start_bias = np.ascontiguousarray(weights[start].T), bias[start]
        # How much rather a name ends here than goes on.
        self._end, self._end_bias = weights[last] - weights[inside], bias[last] - bias[inside]
        self._kept = np.empty((KEPT, len(self._mix.gain)), np.float32)
        self._row_of: dict[int, int] = {}

    def spans(self, docs: Sequence[Any]) -> Iterator[Span]:
        """The entities in tokenised texts, each text for itself, from left to right."""
        lengths = np.array([len(doc) for doc in docs], np.int64)
        if not lengths.any():
            return
        features = np.concatenate([doc.to_array(self._columns) for doc in docs])
        ends = np.cumsum(lengths)
        states = self._encoded(self._embedded(features), lengths) @ self._states + self._states_bias
        scores = self._hidden(states[:, : self._role] + self._outside) @ self._start + self._start_bias
        scores[features[:, 1] == 1, :-1] = -np.inf  # no name begins with white space
        scores[ends - 1, : len(self._labels)] = -np.inf  # nor one of several words with the last
        best = scores.argmax(axis=1)
        begins = np.flatnonzero(best < scores.shape[1] - 1)
        at = 0
        for first, text in zip(begins.tolist(), np.searchsorted(ends, begins, "right").tolist(), strict=True):
            if first < at:
                continue
            several, label = divmod(int(best[first]), len(self._labels))
            at = first + 1 if several else self._end_of(states, first, int(ends[text]), label)
            before = int(ends[text] - lengths[text])
            yield Span(text, first - before, at - before, self._labels[label])

    def _embedded(self, features: npt.NDArray[np.uint64]) -> Floats:
        """One row a word: what it is, whatever stands around it."""
        words = (features[:, 0] * np.uint64(3) + features[:, 2]).tolist()  # its letters and its norm
        unknown = {word: i for i, word in enumerate(words) if word not in self._row_of}
        if len(self._row_of) + len(unknown) > KEPT:
            self._row_of.clear()
            unknown = {word: i for i, word in enumerate(words)}
        if len(unknown) > KEPT:
            return self._mix(self._tables.predict(features[:, 2:]))
        if unknown:
            start = len(self._row_of)
            rows = self._mix(self._tables.predict(features[list(unknown.values()), 2:]))
            self._kept[start : start + len(rows)] = rows
            self._row_of.update(zip(unknown, range(start, start + len(rows)), strict=True))
        return self._kept[[self._row_of[word] for word in words]]

    def _encoded(self, words: Floats, lengths: npt.NDArray[np.int64]) -> Floats:
        """One row a word: what it is among its neighbours, four to each side."""
        count, width = words.shape
        places = np.arange(count) + np.repeat(np.arange(1, len(lengths) + 1) * BETWEEN, lengths)
        rows = np.zeros((count + BETWEEN * (len(lengths) + 1), width), np.float32)
        rows[places] = words
        three = np.zeros((len(rows), 3 * width), np.float32)
        for layer in self._encoder:
            three[1:, :width], three[:, width : 2 * width], three[:-1, 2 * width :] = rows[:-1], rows, rows[1:]
            rows += layer(three)
        return rows[places]

    def _hidden(self, states: Floats) -> Floats:
        half = self._role // 2
        return np.maximum(states[..., :half], states[..., half:])

    def _end_of(self, states: Floats, first: int, stop: int, label: int) -> int:
        """Where the name of several words ends that begins at word ``first``; at ``stop`` the text does."""
        role, weights, bias = self._role, self._end[label], self._end_bias[label]
        begun = states[first, role : 2 * role] + self._bias
        for i in range(first + 1, stop - 1):
            state = states[i, :role] + begun + states[i - 1, 2 * role :]
            if self._hidden(state) @ weights + bias > 0:
                return i + 1
        return stop
