"""Measurements used during training and by check.py."""
import numpy as np
import torch
import torch.nn.functional as F

from bpe import BOS

LENGTHS, DEPTHS = (128, 256, 512, 1024), (0.0, 0.25, 0.5, 0.75, 1.0)


@torch.no_grad()
def head_scores(model, prose, device="cpu", windows=None, K=32, count=8):
    """Per layer and head, mean attention.

    induction: BOS r r with K random tokens; rows of the second copy; column i - K + 1.
    previous:  the same input; column i - 1, all rows from 1.
    sink:      held-out prose, 64 tokens with BOS; column 0, all rows from 1.
    windows: those that the model was trained with at this point.
    """
    r = np.random.default_rng(7)
    seg = r.integers(3, model.config["vocab_size"], (count, K))
    ids = np.concatenate((np.full((count, 1), BOS), seg, seg), 1)
    keep = []
    model(torch.from_numpy(ids).to(device), keep=keep, windows=windows)
    a = torch.stack([x.mean(0) for x in keep])  # layer, head, row, column
    rows = torch.arange(K + 1, 2 * K + 1, device=device)
    induction = a[:, :, rows, rows - K + 1].mean(-1)
    rows = torch.arange(1, 2 * K + 1, device=device)
    previous = a[:, :, rows, rows - 1].mean(-1)
    at = r.integers(0, len(prose) - 63, 2 * count)
    ids = np.stack([np.concatenate(([BOS], prose[i:i + 63])) for i in at]).astype(np.int64)
    keep = []
    model(torch.from_numpy(ids).to(device), keep=keep, windows=windows)
    sink = torch.stack([x.mean(0) for x in keep])[:, :, 1:, 0].mean(-1)
    return {k: [[round(float(x), 4) for x in row] for row in v]
            for k, v in (("induction", induction), ("previous", previous), ("sink", sink))}


@torch.no_grad()
def needle_cell(model, maker, length, depth, samples, facts=4, device="cpu", seed=11):
    """Share of exact greedy answers. If every answer token is the argmax given the true answer
    before it, then greedy decoding gives exactly this answer, so one forward is enough."""
    r = np.random.default_rng([seed, length, int(depth * 100)])
    right, batch = 0, max(1, 4096 // length)
    docs = [maker.needle(r, length - 1, facts=facts, asks=1, depth=depth, plain=True) for _ in range(samples)]
    for i in range(0, samples, batch):
        part = docs[i:i + batch]
        ids = torch.tensor([d for d, _ in part], device=device)
        longest = max(n for _, n in part)
        best = model(ids[:, :-1], rows=slice(-longest, None)).argmax(-1)
        for j, (_, n) in enumerate(part):
            right += int((best[j, -n:] == ids[j, -n:]).all())
    return right / samples


def needle_table(model, maker, samples, lengths=LENGTHS, depths=DEPTHS, facts=4, device="cpu"):
    return {S: [needle_cell(model, maker, S, d, samples, facts, device) for d in depths] for S in lengths}


@torch.no_grad()
def prose_loss(model, tok, prose, tokens=40000, S=256, device="cpu"):
    """Nats per token and per byte on windows spread evenly over held-out prose; BOS before each."""
    at = np.linspace(0, len(prose) - S - 1, tokens // S).astype(int)
    nats = size = count = 0
    for i in range(0, len(at), 16):
        w = np.stack([prose[j:j + S] for j in at[i:i + 16]]).astype(np.int64)
        ids = torch.from_numpy(np.concatenate((np.full((len(w), 1), BOS), w), 1)).to(device)
        logits = model(ids[:, :-1])
        nats += float(F.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="sum"))
        count += w.size
        size += sum(len(tok.decode(x).encode()) for x in w.tolist())
    return nats / count, nats / size


def bigram_loss(tok, train, prose):
    """Nats per byte of a bigram model (interpolated with the unigram) over tokens: the baseline."""
    V = len(tok.vocab)
    two = np.bincount(train[:-1].astype(np.int64) * V + train[1:], minlength=V * V).reshape(V, V).astype(np.float64)
    one = (two.sum(0) + 0.5) / (two.sum() + 0.5 * V)
    row = two.sum(1)
    kinds = (two > 0).sum(1)
    a, b = prose[:-1].astype(np.int64), prose[1:].astype(np.int64)
    p = (two[a, b] + kinds[a] * one[b]) / np.maximum(row[a] + kinds[a], 1)  # Witten-Bell
    p = np.where(row[a] == 0, one[b], p)
    return float(-np.log(p).sum() / len(tok.decode(b.tolist()).encode()))
