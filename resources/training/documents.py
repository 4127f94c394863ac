"""Training documents: prose, needles, key-value lists, code-like lines and repeated segments.

Each maker returns (ids, weights): S + 1 token ids that begin with BOS, and for each of the S
predictions its weight in the loss. Values that nothing in the text foretells get weight 0 where
they are stated and a large weight where they are asked for, so that only copying pays.
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

NAMES = """Maren Tobin Elsa Rufus Ingrid Jonas Petra Oskar Lydia Walter Agnes Felix Clara Hugo Nora Edmund Iris Basil
Greta Simon Helen Victor Rosa Conrad Judith Arnold Beatrix Martin Sylvia Leopold Hanna Gideon Marta Silas Vera Anton
Dinah Caspar Edith Roland Freda Milo Olga Percy Thora Ulric Wilma Xavier Yvonne Zelda Amos Bertha Cyril Dora Ernest
Flora Gilbert Hilda Ivan Julia Karl Laura Morris Nadia Otto Paula Quentin Rachel Stefan Tessa Ursula Viola Alice Peter
Emma Thomas Henry Margaret Robert Susan George Lucy Daniel Grace Arthur Ellen Samuel Kate David Anne Philip Jane""".split()
PLACES = """Oslo Lisbon Vienna Tangier Bergen Cairo Dover Genoa Havana Kyoto Lima Malta Nairobi Porto Quito Riga Seville
Turin Utrecht Verona Warsaw York Zurich Athens Bristol Calais Dresden Exeter Florence Ghent""".split()
OWNED = ["secret word", "secret code", "password", "magic word", "hidden phrase", "lucky charm", "real name", "favourite thing",
         "code word", "watchword", "secret sign", "private mark"]
STATE = ["The {a} of {n} is {v}.", "The {a} of {n} is {v}.", "{n}'s {a} is {v}.", "Remember that the {a} of {n} is {v}.",
         "They say that the {a} of {n} is {v}.", "It is known that the {a} of {n} is {v}.", "For {n}, the {a} is {v}."]
ASK = ["Question: What is the {a} of {n}? Answer:", "Question: What is the {a} of {n}? Answer:",
       "Question: What is {n}'s {a}? Answer:", "Once more: the {a} of {n} is", "What is the {a} of {n}? It is",
       "As was said, the {a} of {n} is"]
ONSET = "b br c cr d dr f fl g gr h j k kl l m n p pr qu r s st t tr v w z sh th".split()
NUCLEUS = "a e i o u ai ea ou".split()
CODA = "n r l s m t k x nd rt".split() + [""] * 6


def held(word):
    """A tenth of all names and value words is kept for evaluation."""
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
    """Common lower-case words, without the most frequent ones."""
    count = collections.Counter()
    for t in texts:
        count.update(re.findall(r"(?<= )[a-z]{3,9}(?=[ ,.;])", t))
    return sorted(w for w, n in count.most_common(4200)[200:])


class Maker:
    def __init__(self, tok, ids, words, test=False):
        """ids: a long stream of prose tokens; test: draw only names and values never used in training."""
        self.tok, self.ids, self.test, self.size = tok, np.asarray(ids), test, len(tok.vocab)
        end = np.array([bool(re.search(r"[.!?][\"']?$", t)) for t in tok.vocab])
        begin = np.array([bool(re.match(r"Ġ[\"']?[A-Z]|Ġ\"", t)) for t in tok.vocab])
        self.starts = np.flatnonzero(end[self.ids[:-1]] & begin[self.ids[1:]]) + 1  # sentence beginnings
        self.words = [w for w in words if held(w) == test]
        self.names = [w for w in NAMES + PLACES if held(w) == test]

    # -- pieces ------------------------------------------------------------------
    def coin(self, r):
        while True:
            w = "".join(ONSET[r.integers(len(ONSET))] + NUCLEUS[r.integers(len(NUCLEUS))] for _ in range(r.integers(1, 3)))
            w += CODA[r.integers(len(CODA))]
            if len(w) > 3 and held(w) == self.test:
                return w

    def pick(self, r, xs):
        return xs[r.integers(len(xs))]

    def name(self, r):
        return self.pick(r, self.names) if r.random() < 0.5 else self.coin(r).capitalize()

    def value(self, r, plain=False):
        u = r.random()
        if plain or u < 0.6:
            return self.pick(r, self.words) + " " + self.pick(r, self.words)
        if u < 0.75:
            return self.coin(r)
        if u < 0.85:
            return self.coin(r) + " " + self.pick(r, self.words)
        while True:
            n = str(r.integers(1000, 100000))
            if held(n) == self.test:
                return n

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
        facts = facts or int(r.integers(1, max(2, min(9, S // 32))))
        asks = asks or int(r.integers(1, min(facts, 4) + 1))
        heavy = min(32.0, S / 16)
        used, items = set(), []
        while len(items) < facts:
            n, a = self.name(r), self.pick(r, OWNED)
            if plain:
                a = "secret word"
            if n not in used:
                used.add(n)
                items.append((n, a, self.value(r, plain)))
        enc = self.tok.encode
        parts = []  # (ids, value mask)
        for n, a, v in items:
            head, _, last = (STATE[0] if plain else self.pick(r, STATE)).partition("{v}")
            h, v_ids = enc(" " + head.format(a=a, n=n).rstrip()), enc(" " + v)
            parts.append((h + v_ids + enc(last), [1.0] * len(h) + [0.0] * len(v_ids) + [1.0] * len(enc(last))))
        tail, tw, answer = [], [], None
        for j, i in enumerate(r.permutation(facts)[:asks]):
            n, a, v = items[i]
            sep = "\n" if j == 0 and (plain or r.random() < 0.5) else " "
            q = enc(sep + (ASK[0] if plain else self.pick(r, ASK)).format(a=a, n=n))
            answer = enc(" " + v)
            asked = i
            tail += q + answer + enc(".")
            tw += [1.0] * len(q) + [heavy] * len(answer) + [1.0]
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

    def single(self, r, S):
        """One fact, asked for once."""
        return self.needle(r, S, 1, 1)

    def pairs(self, r, S):
        """A list of keys and values, then the keys again in another order."""
        enc, heavy = self.tok.encode, min(16.0, S / 32)
        mid, end = self.pick(r, [(":", "\n"), (" =", "\n"), (" is", "."), (" =", ";"), (" ->", ",")])
        n = int(r.integers(2, max(3, min(24, S // 20))))
        keys, ids, w = {}, [BOS], []
        while len(keys) < n:
            keys[self.name(r) if r.random() < 0.7 else self.pick(r, self.words)] = self.value(r)

        def put(key, weight):
            k, v = enc(("" if end == "\n" else " ") + key + mid), enc(" " + keys[key])
            ids.extend(k + v + enc(end))
            w.extend([0.2] * len(k) + [weight] * len(v) + [1.0] * len(enc(end)))
        for key in keys:
            put(key, 0.0)
        if r.random() < 0.5 and S - len(ids) > 80:
            at = int(self.starts[r.integers(len(self.starts) - 1)])
            hay = self.ids[at:at + int(r.integers(10, S - len(ids) - 40))].tolist()
            ids, w = ids + hay, w + [1.0] * len(hay)
            nl = enc("\n")
            ids, w = ids + nl, w + [1.0] * len(nl)
        names = list(keys)
        while len(ids) < S + 1:
            put(self.pick(r, names), heavy)
        return self.pad(ids, w, S)

    def repeats(self, r, S, longest):
        """A segment over and over: random tokens, a few token types, or a piece of prose."""
        if S <= 64:  # the first stage: the plainest form, long segments as often as short ones
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
