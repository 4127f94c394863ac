"""Training documents: prose, needles, lists to recall, repeated and shuffled random words, code-like lines.

Each maker returns (ids, weights): S + 1 token ids that begin with BOS, and for each of the S
predictions its weight in the loss. Values that nothing in the text foretells get weight 0 where
they are stated and a large weight where they are asked for, so that only copying pays.

The wording of a needle (STATE, ASK) is that of the app's own needle task. The value words in
../tasks/words.json are never used as values here, and the books of ../tasks/haystack.txt are never read.
"""
import collections
import glob
import os
import re
import zlib

import numpy as np

from bpe import BOS, EOS

VALIDATION = ["novel_Stevenson_Treasure_1883", "novel_Burnett_Garden_1911", "nltk_carroll-alice"]
HAYSTACK = ["novel_Dickens_Bleak_1853", "novel_Eliot_Daniel_1876", "nltk_melville-moby_dick", "novel_Conrad_Nostromo_1904"]

NAMES = """Arthur Basil Beatrix Clara Conrad Cyril David Dora Dorothy Eleanor Elsa Frank Gertrude Gilbert Harriet Hector
Helen Hilda Ivan Jasper Julia Katharine Leonard Lucy Margaret Morris Nora Oliver Otto Patrick Percy Philip Phoebe Ralph
Roland Rufus Silas Simon Stephen Sylvia Theodore Ursula Vera Victor Vincent Walter Winifred""".split()
STATE, ASK = " They call {n} {v}.", "\nAs was said above, they call {n}"
OTHERS = [  # other wordings, so that the copying does not hang on one phrase
    (" Some people call {n} {v}.", "\nSome people call {n}"), (" The list begins with {n} {v}.", " On the list stood {n}"),
    (" Remember: {n} {v}.", " What was it? {n}"), (" In the village it was always {n} {v}.", " It was always {n}"),
    (" A letter came for {n} {v}.", " The letter was for {n}"), (" You know {n} {v}.", " Yes, I know {n}")]


def held(word):
    """A tenth of all value words is kept for evaluation."""
    return zlib.crc32(word.lower().encode()) % 10 == 0


def books(corpus, names=None, leave=()):
    """Texts by file order; hard-wrapped books get their lines joined."""
    for path in sorted(glob.glob(os.path.join(corpus, "*.txt"))):
        name = os.path.basename(path)[:-4]
        if (names is not None and name not in names) or name in leave:
            continue
        with open(path, encoding="utf-8") as f:
            text = f.read()
        lines = [len(x) for x in text.split("\n") if x]
        if sum(n > 90 for n in lines) < 0.02 * len(lines):
            text = re.sub(r"(?<=[^\n]{50})\n(?=[^\n])", " ", text)
        yield name, re.sub(r"\n{3,}", "\n\n", text)


def value_words(texts):
    """Common lower-case words, without the 200 most frequent."""
    count = collections.Counter()
    for t in texts:
        count.update(re.findall(r"(?<= )[a-z]{3,9}(?=[ ,.;])", t))
    return sorted(w for w, n in count.most_common(2200)[200:])


class Maker:
    def __init__(self, tok, ids, words):
        """ids: a long stream of prose tokens; words: those that values are made of."""
        self.tok, self.ids, self.words, self.size = tok, np.asarray(ids), words, len(tok.vocab)
        end = np.array([bool(re.search(r"[.!?][\"']?$", t)) for t in tok.vocab])
        begin = np.array([bool(re.match(r"Ġ[\"']?[A-Z]|Ġ\"", t)) for t in tok.vocab])
        self.starts = np.flatnonzero(end[self.ids[:-1]] & begin[self.ids[1:]]) + 1  # sentence beginnings

    # -- pieces ------------------------------------------------------------------
    def pick(self, r, xs):
        return xs[r.integers(len(xs))]

    def value(self, r):
        return self.pick(r, self.words) + " " + self.pick(r, self.words)

    def pad(self, ids, weights, S):
        n = S + 1 - len(ids)
        return ids[:S + 1] + [EOS] * n, weights[:S] + [0.0] * n

    # -- documents ---------------------------------------------------------------
    def text(self, r, S):
        if r.random() < 0.5:
            at = self.starts[r.integers(len(self.starts))]
        else:
            at = r.integers(len(self.ids))
        at = min(at, len(self.ids) - S)
        return [BOS] + self.ids[at:at + S].tolist(), [1.0] * S

    def needle(self, r, S, facts=None, asks=None, depth=None, plain=False):
        """Facts between the sentences of a prose passage, then questions. plain: the fixed evaluation form."""
        facts = facts or int(r.integers(1, max(2, min(11, S // 28))))
        asks = asks or int(r.integers(1, min(facts, 5) + 1))
        heavy = min(16.0, S / 24)
        names = [NAMES[i] for i in r.permutation(len(NAMES))[:facts]]
        items = [(n, self.value(r)) for n in names]
        state, ask = (STATE, ASK) if plain or r.random() < 0.6 else self.pick(r, OTHERS)
        enc = self.tok.encode
        parts = []  # (ids, weights)
        for n, v in items:
            head, _, last = state.partition(" {v}")
            h, v_ids, e = enc(head.format(n=n)), enc(" " + v), enc(last)
            parts.append((h + v_ids + e, [1.0] * len(h) + [0.0] * len(v_ids) + [1.0] * len(e)))
        tail, tw, answer = [], [], None
        for j, i in enumerate(r.permutation(facts)[:asks]):
            n, v = items[i]
            q = enc(ask.format(n=n))
            answer = enc(" " + v)
            asked = i
            tail += q + answer + enc(".")
            tw += [0.5] * len(q) + [heavy] * len(answer) + [1.0]
        if plain:  # evaluation: the prompt plus the answer fill the length exactly; nothing after
            tail, tw = tail[:-1], tw[:-1]
        else:
            tail, tw = tail + [EOS], tw + [1.0]
        room = S + 1 - 1 - len(tail) - sum(len(p) for p, _ in parts)
        if room < 8:
            return self.needle(r, S, 1, 1, depth, plain) if facts > 1 else self.text(r, S)
        s = int(self.starts[r.integers(len(self.starts))])
        s = min(s, len(self.ids) - room)
        cuts = self.starts[np.searchsorted(self.starts, s):np.searchsorted(self.starts, s + room)] - s
        cuts = np.concatenate(([0], cuts[cuts > 0], [room]))
        at = []
        for i in range(facts):
            d = depth if depth is not None and i == asked else r.random()
            at.append(int(cuts[np.argmin(np.abs(cuts - d * room))]))
        order = sorted(range(facts), key=lambda i: at[i])
        ids, w, done = [BOS], [], 0
        for i in order:
            hay = self.ids[s + done:s + at[i]].tolist()
            ids += hay + parts[i][0]
            w += [1.0] * len(hay) + parts[i][1]
            done = at[i]
        hay = self.ids[s + done:s + room].tolist()
        ids, w = ids + hay + tail, w + [1.0] * len(hay) + tw
        assert len(ids) == S + 1 and len(w) == S
        return (ids, len(answer)) if plain else (ids, w)

    def recall(self, r, S):
        """A list of names and values, maybe some prose, then the names again in another order."""
        enc, heavy = self.tok.encode, min(8.0, S / 48)
        n = int(r.integers(2, max(3, min(24, S // 16))))
        long = r.random() < 0.5
        items = [(NAMES[i], self.value(r) if long else self.pick(r, self.words)) for i in r.permutation(len(NAMES))[:n]]
        ids, w = [BOS], []

        def put(item, weight):
            k, v, e = enc("- " + item[0]), enc(" " + item[1]), enc("\n")
            ids.extend(k + v + e)
            w.extend([0.2] * len(k) + [weight] * len(v) + [1.0])
        for item in items:
            put(item, 0.0)
        if r.random() < 0.4 and S - len(ids) > 80:
            at = int(self.starts[r.integers(len(self.starts) - 1)])
            hay = self.ids[at:at + int(r.integers(10, S - len(ids) - 40))].tolist() + enc("\n")
            ids, w = ids + hay, w + [1.0] * len(hay)
        while len(ids) < S + 1:
            put(self.pick(r, items), heavy)
        return self.pad(ids, w, S)

    def words_again(self, r, S):
        """A few made-up words of random tokens in random order: what follows a token is known once it was seen."""
        n = int(r.integers(2, max(8, S // 10)))
        words = [r.integers(3, self.size, r.integers(2, 6)).tolist() for _ in range(n)]
        ids, w, seen = [BOS], [], set()
        while len(ids) < S + 1:
            k = int(r.integers(n))
            ids += words[k]
            w += [0.0] + [float(k in seen)] * (len(words[k]) - 1)
            seen.add(k)
        return ids[:S + 1], w[:S]

    def repeats(self, r, S, longest):
        """A segment over and over: random tokens, a few token types, or a piece of prose."""
        if S <= 64:  # the first stage
            k, before = int(r.integers(4, longest + 1)), 0
        else:
            k = int(np.exp(r.uniform(np.log(4), np.log(longest + 1))))
            before = int(r.integers(0, S // 4)) if r.random() < 0.3 else 0
        u = r.random()
        if u < 0.7:
            seg = r.integers(3, self.size, k)
        elif u < 0.85:
            seg = r.choice(r.integers(3, self.size, max(4, k // 2)), k)
        else:
            at = r.integers(len(self.ids) - k)
            seg = self.ids[at:at + k]
        ids = [BOS] + r.integers(3, self.size, before).tolist() + np.tile(seg, S // k + 1)[:S - before].tolist()
        return ids, ([0.0] * (before + k) + [1.0] * S)[:S]

    def code(self, r, S):
        """Lines that look like a small program; names recur as they do in code."""
        out = []
        while len(out) < S:
            f, x, y, z = (self.pick(r, self.words) for _ in range(4))
            n, m = int(r.integers(0, 10)), int(r.integers(2, 100))
            out += self.tok.encode(self.pick(r, [
                f"function {f}({x}, {y}) {{\n  let {z} = {n};\n  for (const item of {x}) {{\n    if (item > {y}) {{\n      {z} += item;\n    }}\n  }}\n  return {z};\n}}\n\n",
                f"def {f}({x}, {y}={n}):\n    {z} = []\n    for item in {x}:\n        if item != {y}:\n            {z}.append(item)\n    return {z}\n\n",
                f"const {x} = [{n}, {m}, {n + m}];\nconst {y} = {f}({x}, {n});\nconsole.log({y});\n\n",
                f"class {f.capitalize()}:\n    def __init__(self, {x}, {y}):\n        self.{x} = {x}\n        self.{y} = {y}\n\n    def {z}(self):\n        return self.{x} + self.{y}\n\n",
                f"while ({x} < {m}) {{\n  {x} = {x} + {n};\n  {y} = {f}({x});\n}}\nreturn {y};\n\n",
                f"# {f} the {x}\n{z} = {f}({x})\nif {z} is None:\n    raise ValueError(\"no {x}\")\nprint({z}, {m})\n\n"]))
        return [BOS] + out[:S], [1.0] * S

    def batch(self, r, count, S, mix, longest):
        """`count` rows, their kinds drawn by `mix` (systematic sampling, so each batch is near the shares)."""
        edges = np.cumsum(list(mix.values()))
        u = (np.arange(count) + r.random()) / count * edges[-1]
        kinds = [list(mix)[min(int(np.searchsorted(edges, x, "right")), len(mix) - 1)] for x in u]
        rows = [self.repeats(r, S, longest) if k == "repeats" else getattr(self, k)(r, S) for k in kinds]
        return (np.array([x for x, _ in rows], dtype=np.int64), np.array([w for _, w in rows], dtype=np.float32), kinds)
