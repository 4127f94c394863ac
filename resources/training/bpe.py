"""Byte-level BPE in the style of GPT-2: train, encode, decode, write tokenizer.json.

Every one of the 256 bytes has its own token, so no text is unencodable. Only the
standard library is used. Words are cut with the GPT-2 pattern; Python's `re` has no
\\p{L}, so letters are written as [^\\W\\d_] (it differs from \\p{L} only for a few rare
number-like characters, which do not occur in the training text).
"""
import collections
import json
import re

SPECIAL = ["<|bos|>", "<|eos|>", "<|pad|>"]
BOS, EOS, PAD = 0, 1, 2
L = r"[^\W\d_]"
N = r"\d"
WORD = re.compile(
    rf"'(?:[sdmt]|ll|ve|re)| ?{L}+| ?{N}+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")


def byte_chars():
    """GPT-2's reversible map from bytes to printable characters."""
    keep = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, extra = {}, 0
    for b in range(256):
        if b in keep:
            table[b] = chr(b)
        else:
            table[b] = chr(256 + extra)
            extra += 1
    return table


BYTE_CHAR = byte_chars()
CHAR_BYTE = {c: b for b, c in BYTE_CHAR.items()}


def to_chars(word):
    return "".join(BYTE_CHAR[b] for b in word.encode("utf-8"))


def train(texts, size):
    """Learn merges from word counts until the vocabulary has `size` entries."""
    counts = collections.Counter()
    for text in texts:
        counts.update(WORD.findall(text))
    base = SPECIAL + [BYTE_CHAR[b] for b in sorted(BYTE_CHAR, key=lambda b: BYTE_CHAR[b])]
    words = [[list(to_chars(w)), n] for w, n in sorted(counts.items()) if n > 1]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for i, (sym, n) in enumerate(words):
        for p in zip(sym, sym[1:]):
            pairs[p] += n
            where[p].add(i)
    vocab, merges = list(base), []
    while len(vocab) < size:
        best = max(pairs, key=lambda p: (pairs[p], p))  # ties are broken by the pair itself
        merges.append(best)
        vocab.append(best[0] + best[1])
        for i in sorted(where.pop(best)):
            sym, n = words[i]
            new, j = [], 0
            while j < len(sym):
                if j + 1 < len(sym) and (sym[j], sym[j + 1]) == best:
                    new.append(sym[j] + sym[j + 1])
                    j += 2
                else:
                    new.append(sym[j])
                    j += 1
            for p in zip(sym, sym[1:]):
                pairs[p] -= n
            for p in zip(new, new[1:]):
                pairs[p] += n
                where[p].add(i)
            words[i][0] = new
        del pairs[best]
    return Tokenizer(vocab, merges)


class Tokenizer:
    def __init__(self, vocab, merges):
        self.vocab, self.merges = vocab, [tuple(m) for m in merges]
        self.id = {t: i for i, t in enumerate(vocab)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.cache = {}

    def word(self, word):
        ids = self.cache.get(word)
        if ids is None:
            sym = list(to_chars(word))
            while len(sym) > 1:
                rank, i = min((self.rank.get(p, 1 << 30), i) for i, p in enumerate(zip(sym, sym[1:])))
                if rank == 1 << 30:
                    break
                pair = self.merges[rank]
                new, j = [], 0
                while j < len(sym):
                    if j + 1 < len(sym) and (sym[j], sym[j + 1]) == pair:
                        new.append(sym[j] + sym[j + 1])
                        j += 2
                    else:
                        new.append(sym[j])
                        j += 1
                sym = new
            ids = self.cache[word] = [self.id[s] for s in sym]
        return ids

    def encode(self, text):
        out = []
        for w in WORD.findall(text):
            out.extend(self.word(w))
        return out

    def decode(self, ids):
        data = b"".join(
            SPECIAL[i].encode() if i < len(SPECIAL) else bytes(CHAR_BYTE[c] for c in self.vocab[i]) for i in ids)
        return data.decode("utf-8", "replace")

    def files(self, context):
        """tokenizer.json and tokenizer_config.json as Python objects."""
        def special(i):
            return {"id": i, "content": SPECIAL[i], "single_word": False, "lstrip": False,
                    "rstrip": False, "normalized": False, "special": True}
        bos = {"SpecialToken": {"id": SPECIAL[BOS], "type_id": 0}}
        seq = lambda name, t: {"Sequence": {"id": name, "type_id": t}}
        tok = {
            "version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [special(i) for i in range(len(SPECIAL))],
            "normalizer": None,
            "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
            "post_processor": {
                "type": "TemplateProcessing", "single": [bos, seq("A", 0)], "pair": [bos, seq("A", 0), seq("B", 1)],
                "special_tokens": {SPECIAL[BOS]: {"id": SPECIAL[BOS], "ids": [BOS], "tokens": [SPECIAL[BOS]]}}},
            "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "vocab": self.id, "merges": [f"{a} {b}" for a, b in self.merges]}}
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "add_eos_token": False,
            "bos_token": SPECIAL[BOS], "eos_token": SPECIAL[EOS], "pad_token": SPECIAL[PAD], "unk_token": None,
            "clean_up_tokenization_spaces": False, "model_max_length": context}
        return tok, config

    def save(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"vocab": self.vocab, "merges": self.merges}, f, ensure_ascii=False)

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as f:
            data = json.load(f)
        if "model" in data:  # a tokenizer.json
            vocab = sorted(data["model"]["vocab"], key=data["model"]["vocab"].get)
            return Tokenizer(vocab, [m.split(" ") for m in data["model"]["merges"]])
        return Tokenizer(data["vocab"], data["merges"])
