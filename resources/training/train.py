"""Train the small model that ships with the app: tokenizer, data, training, evaluation, export.

    python3 train.py --corpus DIR --work DIR --out ../model

Run it again with the same arguments to go on from the last checkpoint in --work. Random numbers
of a step depend only on --seed and the step, so a resumed run equals an uninterrupted one; the same
seed, machine and thread count give the same weights. CPU torch 1.13 and current torch (also
--device cuda). On two CPU cores with OpenBLAS, OPENBLAS_CORETYPE=SkylakeX helps where AVX-512 exists.
"""
import argparse
import csv
import json
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

import bpe
from documents import HAYSTACK, NAMES, VALIDATION, Maker, books, held, value_words
from evaluate import head_scores, needle_table, prose_loss
from qwen2 import CONFIG, Model, Muon, save_safetensors

FIRST = {"text": 0.28, "words_again": 0.36, "repeats": 0.36}
MIX = {"text": 0.46, "needle": 0.3, "recall": 0.08, "repeats": 0.05, "words_again": 0.07, "code": 0.04}
# Keys that a head sees in a stage: of layer 0, of the other heads but those in FAR. None = all. Short windows at first
# leave layer 0 the previous token to look at, and to few heads the looking further; the last stage has none.
STAGES = [  # steps, tokens per step, lengths (in turn), mix, longest repeated segment, Muon lr, windows
    dict(steps=300, tokens=4096, lengths=[64], mix=FIRST, longest=11, lr=0.02, windows=(2, 8)),
    dict(steps=500, tokens=4096, lengths=[128], mix=MIX, longest=63, lr=0.02, windows=(8, 32)),
    dict(steps=700, tokens=4096, lengths=[128, 256, 512], mix=MIX, longest=100, lr=0.015, windows=(64, 64)),
    dict(steps=3000, tokens=4096, lengths=[256, 128, 512, 1024], mix=MIX, longest=200, lr=0.015, windows=None),
]
FAR = {1: [0, 1, 2, 3], 3: [0, 1]}  # layer: heads without a window
DECAY = 1000      # the last steps, over which the learning rates fall linearly to 2 %
EMBED, SMALL, BIAS = 3e-3, 3e-3, 2e-2  # AdamW for the embeddings, norms and q, k biases; each at a Muon lr of 0.02
MICRO = 4096     # tokens per forward; larger steps accumulate
HEAD_STEPS = [0, 100, 200, 300, 500, 800, 1500, 2200, 3000, 3800]  # and the last step
SAVE_EVERY = 50


def prepare(args):
    """Tokenizer and token streams, kept in --work."""
    path = lambda n: os.path.join(args.work, n)
    if not os.path.exists(path("data.npz")):
        t = time.time()
        train = dict(books(args.corpus, leave=VALIDATION + HAYSTACK))
        r = np.random.default_rng(args.seed)
        words = value_words(train.values())
        stub = Maker(bpe.Tokenizer(bpe.SPECIAL, []), np.zeros(2, int), words)
        names = "".join(" " + n for n in NAMES) * 2500  # so that every name gets a token of its own
        tok = bpe.train([*train.values(), code_sample(stub, r), names], CONFIG["vocab_size"])
        print(f"tokenizer {time.time() - t:.0f} s", flush=True)
        enc = lambda texts: np.concatenate([np.array(tok.encode(x), np.uint16) for x in texts])
        np.savez(path("data.npz"), train=enc(train.values()),
                 val=enc(x for _, x in books(args.corpus, VALIDATION)),
                 hay=enc(x for _, x in books(args.corpus, HAYSTACK)), words=np.array(words))
        tok.save(path("bpe.json"))
        print(f"data {time.time() - t:.0f} s", flush=True)
    return bpe.Tokenizer.load(path("bpe.json")), np.load(path("data.npz"))


def code_sample(maker, r):
    """A little code-like text, so that indentation and brackets get tokens of their own."""
    out = []
    maker.tok.encode = lambda s: out.append(s) or [0] * 50
    for _ in range(400):
        maker.code(r, 2000)
    return "".join(out)


def stage_of(step):
    for s in STAGES:
        if step < s["steps"]:
            return s, step
        step -= s["steps"]
    raise IndexError(step)


def head_windows(stage, device):
    """[H] per layer, or None."""
    if stage["windows"] is None:
        return None
    first, others = stage["windows"]
    rows = torch.full((CONFIG["num_hidden_layers"], CONFIG["num_attention_heads"]), others, device=device)
    rows[0] = first
    for layer, heads in FAR.items():
        rows[layer, heads] = CONFIG["max_position_embeddings"]
    return list(rows)


def replace(path, write):
    write(path + ".tmp")
    os.replace(path + ".tmp", path)


def dump(obj, indent=None):
    def write(path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(obj, f, ensure_ascii=False, indent=indent)
            f.write("\n")
    return write


def export(args, model, tok, log, heads):
    os.makedirs(args.out, exist_ok=True)
    at = lambda n: os.path.join(args.out, n)
    tokenizer, config = tok.files(CONFIG["max_position_embeddings"])
    replace(at("config.json"), dump(CONFIG, 2))
    replace(at("tokenizer.json"), dump(tokenizer))
    replace(at("tokenizer_config.json"), dump(config, 2))
    replace(at("model.safetensors"), lambda p: save_safetensors(model.state_dict(), p))
    replace(at("training-heads.json"), dump({
        "scores": "see head_scores in resources/training/evaluate.py; [layer][head]", "checkpoints": heads}))

    def write_log(path):
        with open(path, "w", newline="") as f:
            w = csv.writer(f, lineterminator="\n")
            w.writerow(["step", "tokens", "length", "lr", "text", "needle_answer", "recall_answer", "repeats", "words_again", "seconds"])
            w.writerows(log)
    replace(at("training-log.csv"), write_log)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--corpus", required=True)
    p.add_argument("--work", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=2)
    p.add_argument("--device", default="cpu")
    p.add_argument("--float32", action="store_true", help="matrix products in float32 instead of bfloat16")
    p.add_argument("--stop", type=int, default=10 ** 9, help="stop after this step")
    p.add_argument("--export", action="store_true", help="only export the last checkpoint")
    args = p.parse_args()
    os.makedirs(args.work, exist_ok=True)
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    tok, data = prepare(args)
    val, words = data["val"], data["words"].tolist()
    maker = Maker(tok, data["train"], [w for w in words if not held(w)])
    tester = Maker(tok, data["hay"], [w for w in words if held(w)])
    model = Model(CONFIG).to(args.device)
    named = dict(model.named_parameters())
    embed = [named.pop("model.embed_tokens.weight")]
    turn = [named.pop(n) for n in list(named) if n.endswith(("q_proj.bias", "k_proj.bias"))]
    matrices, small = ([q for q in named.values() if q.dim() == n] for n in (2, 1))
    muon = Muon(matrices)
    adam = torch.optim.AdamW([dict(params=embed), dict(params=small), dict(params=turn)], betas=(0.9, 0.95), weight_decay=0.0)
    amp = lambda: torch.autocast(torch.device(args.device).type, dtype=torch.bfloat16, enabled=not args.float32)
    step, tokens, seconds, log, heads = 0, 0, 0.0, [], []
    ckpt = os.path.join(args.work, "checkpoint.pt")
    if os.path.exists(ckpt):
        c = torch.load(ckpt, map_location=args.device)
        model.load_state_dict(c["model"])
        muon.load_state_dict(c["muon"])
        adam.load_state_dict(c["adam"])
        step, tokens, seconds, log, heads = c["step"], c["tokens"], c["seconds"], c["log"], c["heads"]
    total = sum(s["steps"] for s in STAGES)
    print(f"{sum(q.numel() for q in model.parameters())} parameters, {len(data['train'])} training tokens, "
          f"{total} steps, at step {step}", flush=True)
    if args.export:
        return export(args, model, tok, log, heads)
    sums, began = {}, time.time()

    def measure():
        nats, per_byte = prose_loss(model, tok, val, tokens=12000, device=args.device)
        h = head_scores(model, val, args.device, head_windows(stage_of(max(0, step - 1))[0], args.device))
        heads.append(dict(step=step, tokens=tokens, loss=round(nats, 4), nats_per_byte=round(per_byte, 4), **h))
        top = {k: sorted((x for row in v for x in row), reverse=True)[:4] for k, v in h.items()}
        t = needle_table(model, tester, 8, lengths=[128] if step <= 1200 else [128, 512], device=args.device)
        print(f"== step {step} prose {nats:.3f} nats/token {per_byte:.3f} nats/byte; {top}; needle {t}", flush=True)

    while True:
        if (step in HEAD_STEPS or step == total) and not any(h["step"] == step for h in heads):
            measure()
        if step >= min(total, args.stop):
            break
        stage, inside = stage_of(step)
        windows = head_windows(stage, args.device)
        S = stage["lengths"][inside % len(stage["lengths"])]
        fade = min(1.0, (step + 1) / 30, 0.02 + 0.98 * (total - step) / DECAY)
        for group in muon.param_groups:
            group["lr"] = stage["lr"] * fade
        for group, lr in zip(adam.param_groups, (EMBED, SMALL, BIAS)):
            group["lr"] = lr * stage["lr"] / 0.02 * fade
        ids, weights, kinds = maker.batch(np.random.default_rng([args.seed, step]), stage["tokens"] // S, S, stage["mix"], stage["longest"])
        ids, weights = torch.from_numpy(ids).to(args.device), torch.from_numpy(weights).to(args.device)
        norm, rows = weights.sum(), max(1, MICRO // S)
        for i in range(0, len(ids), rows):
            x, w = ids[i:i + rows], weights[i:i + rows]
            with amp():
                logits = model(x[:, :-1], windows=windows)
            loss = F.cross_entropy(logits.float().flatten(0, 1), x[:, 1:].flatten(), reduction="none").view_as(w)
            ((loss * w).sum() / norm).backward()
            loss = loss.detach()
            for j, kind in enumerate(kinds[i:i + rows]):
                part = w[j] > 1 if kind in ("needle", "recall") else w[j] > 0  # the answers only
                a = sums.setdefault(kind, [0.0, 0])
                a[0] += float(loss[j][part].sum())
                a[1] += int(part.sum())
        torch.nn.utils.clip_grad_norm_(embed + small + turn, 1.0)
        muon.step()
        adam.step()
        model.zero_grad(set_to_none=True)
        step, tokens = step + 1, tokens + ids[:, 1:].numel()
        if step % 20 == 0 or step == total:
            mean = lambda k: round(sums[k][0] / max(1, sums[k][1]), 4) if k in sums else ""
            t = seconds + time.time() - began
            log.append([step, tokens, S, round(stage["lr"] * fade, 5), mean("text"), mean("needle"), mean("recall"), mean("repeats"), mean("words_again"), round(t)])
            print(*log[-1], f"{tokens / t:.0f} tok/s", flush=True)
            sums = {}
        if step % SAVE_EVERY == 0 or step in (total, args.stop):
            replace(ckpt, lambda q: torch.save(dict(
                model=model.state_dict(), muon=muon.state_dict(), adam=adam.state_dict(), step=step, tokens=tokens,
                seconds=seconds + time.time() - began, log=log, heads=heads), q))
    export(args, model, tok, log, heads)


if __name__ == "__main__":
    main()
