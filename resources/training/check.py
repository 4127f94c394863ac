"""Check an exported model from its files alone, with the F16 weights widened to float64.

    python3 check.py ../model                                  examples, and parity.json if missing
    python3 check.py ../model --write                          the same, and write parity.json anew
    python3 check.py ../model --work DIR                       also losses, head scores, needle table
    python3 check.py ../model --work DIR --write               also bigram.json, the baseline for held-out prose

--work is the folder used by train.py (it holds the encoded corpus). What the app claims of the model is checked
by the app itself, with `npm run model:check`.
"""
import argparse
import json
import os

import numpy as np
import torch
import torch.nn.functional as F

import bpe
from documents import Maker, held
from evaluate import DEPTHS, LENGTHS, bigram_loss, head_scores, needle_table, prose_loss
from qwen2 import load


@torch.no_grad()
def examples(folder, tok, model, write):
    with open(os.path.join(folder, "examples.json"), encoding="utf-8") as f:
        items = json.load(f)
    for e in items:
        ids = [bpe.BOS] + tok.encode(e["text"])
        assert tok.decode(ids[1:]) == e["text"]
        p, top = model(torch.tensor([ids]))[0, -1].softmax(-1).topk(5)
        print(f"{e['id']}: {len(ids)} tokens with BOS; next:",
              ", ".join(f"{tok.decode([int(i)])!r} {float(x):.3f}" for x, i in zip(p, top)))
        more = list(ids)
        for _ in range(12):
            more.append(int(model(torch.tensor([more]))[0, -1].argmax()))
        print("   greedy:", repr(tok.decode(more[len(ids):])))
        if e["id"] == "story" and (write or not os.path.exists(os.path.join(folder, "parity.json"))):
            ids = ids[:64]
            logits = model(torch.tensor([ids]))[0]
            value, at = logits[-1].topk(5)
            nll = F.cross_entropy(logits[:-1], torch.tensor(ids[1:]), reduction="none")
            out = {"note": "float64 forward of the F16 weights; text is the beginning of the example 'story', ids with BOS; "
                           "nll[i] is the negative log likelihood (nats) of ids[i + 1]",
                   "text": tok.decode(ids[1:]), "ids": ids, "top5": [[int(i), round(float(v), 6)] for v, i in zip(value, at)],
                   "nll": [round(float(x), 6) for x in nll]}
            with open(os.path.join(folder, "parity.json"), "w", encoding="utf-8") as f:
                f.write("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in out.items()) + "\n}\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("model")
    p.add_argument("--work")
    p.add_argument("--samples", type=int, default=40)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--write", action="store_true")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    tok = bpe.Tokenizer.load(os.path.join(args.model, "tokenizer.json"))
    if os.path.exists(os.path.join(args.model, "examples.json")):
        examples(args.model, tok, load(args.model, torch.float64), args.write)
    if not args.work:
        return
    model, data = load(args.model), np.load(os.path.join(args.work, "data.npz"))
    nats, per_byte = prose_loss(model, tok, data["val"], tokens=100000)
    base = bigram_loss(tok, data["train"], data["val"])
    print(f"held-out prose: {nats:.3f} nats/token, {per_byte:.4f} nats/byte; bigram {base:.4f} ({100 * (1 - per_byte / base):.1f} % lower)")
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tasks", "haystack.txt"), encoding="utf-8") as f:
        hay = np.array(tok.encode(f.read()))
    hay_nats, hay_byte = prose_loss(model, tok, hay, tokens=len(hay))
    hay_base = bigram_loss(tok, data["train"], hay)
    print(f"task prose:     {hay_nats:.3f} nats/token, {hay_byte:.4f} nats/byte; bigram {hay_base:.4f} ({100 * (1 - hay_byte / hay_base):.1f} % lower)")
    if args.write:
        with open(os.path.join(args.model, "bigram.json"), "w", encoding="utf-8") as f:
            json.dump({"note": "nats per byte of a bigram model over the same tokens, trained on the same books",
                       "validation": round(base, 4), "haystack": round(hay_base, 4)}, f, indent=2)
            f.write("\n")
    for name, rows in head_scores(model, data["val"]).items():
        flat = sorted(((x, f"L{l}H{h}") for l, row in enumerate(rows) for h, x in enumerate(row)), reverse=True)
        print(f"{name}: over 0.3: {sum(x > 0.3 for x, _ in flat)} of {len(flat)};", ", ".join(f"{n} {x:.2f}" for x, n in flat[:6]))
    maker = Maker(tok, data["hay"], [w for w in data["words"].tolist() if held(w)])
    print(f"needle, 4 facts, {args.samples} samples a cell, depths {DEPTHS}")
    for S in LENGTHS:
        row = needle_table(model, maker, args.samples, lengths=[S])[S]
        print(f"  {S:5d}", " ".join(f"{x:.2f}" for x in row), f"  mean {np.mean(row):.3f}", flush=True)


if __name__ == "__main__":
    main()
