"""A Qwen2-architecture decoder in plain torch, the Muon optimiser, and safetensors in and out.

Everything is written with elementary operations, so it runs on torch 1.13 (CPU) and on
current torch alike, and attention probabilities can be read out.
"""
import json
import struct

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

CONFIG = {
    "architectures": ["Qwen2ForCausalLM"],
    "model_type": "qwen2",
    "vocab_size": 2048,
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 6,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 32,
    "hidden_act": "silu",
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000.0,
    "rope_scaling": None,
    "attention_bias": True,
    "attention_dropout": 0.0,
    "tie_word_embeddings": True,
    "use_sliding_window": False,
    "sliding_window": None,
    "max_window_layers": 6,
    "use_cache": True,
    "initializer_range": 0.02,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 2,
    "torch_dtype": "float16",
}


class RMSNorm(nn.Module):
    def __init__(self, d, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(d)), eps

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps) * self.weight


def rotate(x, cos, sin):
    """RoPE as in Hugging Face: the first half is paired with the second half."""
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


def window_mask(windows, i, j):
    """-inf where row i .. j - 1 of a head is past its window and the key is not the first: [H, rows, keys]."""
    keys = torch.arange(j, device=windows.device)
    far = torch.arange(i, j, device=windows.device)[:, None] - keys >= windows.view(-1, 1, 1)
    return torch.zeros(far.shape, device=windows.device).masked_fill_(far & (keys > 0), float("-inf"))


class BlockAttention(torch.autograd.Function):
    """Causal softmax(q k^T) v by blocks of rows; nothing of size S x S is kept, masked blocks are never computed.

    q [B, H, S, dh], already scaled; k, v [B, G, S, dh], all of one type, which is that of the products; sums and
    exponentials are in float32. windows [H] or None: a head sees so many keys, itself included, and the first one.
    Exact: the backward pass recomputes the rows from their log-sum-exp.
    """
    BLOCK = 128

    @staticmethod
    def rows(q, k, windows, i, j):
        """Masked scores of rows i .. j - 1: [B, G, r, rows, keys]."""
        B, G, r, _, dh = q.shape
        s = (q[:, :, :, i:j].reshape(B, G, r * (j - i), dh) @ k[:, :, :j].transpose(-1, -2)).float().view(B, G, r, j - i, j)
        s[..., i:] += torch.full((j - i, j - i), float("-inf"), device=s.device).triu_(1)
        if windows is not None:
            s += window_mask(windows, i, j).view(G, r, j - i, j)
        return s

    @staticmethod
    def forward(ctx, q, k, v, windows):
        B, H, S, dh = q.shape
        G = k.shape[1]
        grouped, out = q.view(B, G, H // G, S, dh), torch.empty_like(q)
        lse = torch.empty(B, G, H // G, S, 1, device=q.device)
        for i in range(0, S, BlockAttention.BLOCK):
            j = min(S, i + BlockAttention.BLOCK)
            s = BlockAttention.rows(grouped, k, windows, i, j)
            lse[:, :, :, i:j] = s.logsumexp(-1, keepdim=True)
            p = s.sub_(lse[:, :, :, i:j]).exp_().to(v.dtype).view(B, G, -1, j)
            out[:, :, i:j] = (p @ v[:, :, :j]).view(B, H, j - i, dh)
        ctx.save_for_backward(q, k, v, out, lse)
        ctx.windows = windows
        return out

    @staticmethod
    def backward(ctx, grad):
        q, k, v, out, lse = ctx.saved_tensors
        B, H, S, dh = q.shape
        G = k.shape[1]
        r = H // G
        grad = grad.contiguous()
        delta = (grad.float() * out.float()).sum(-1).view(B, G, r, S, 1)
        dq, dk, dv = torch.empty_like(q), torch.zeros_like(k, dtype=torch.float32), torch.zeros_like(v, dtype=torch.float32)
        q, grad = q.view(B, G, r, S, dh), grad.view(B, G, r, S, dh)
        for i in range(0, S, BlockAttention.BLOCK):
            j = min(S, i + BlockAttention.BLOCK)
            qi, gi = (t[:, :, :, i:j].reshape(B, G, -1, dh) for t in (q, grad))
            p = BlockAttention.rows(q, k, ctx.windows, i, j).sub_(lse[:, :, :, i:j]).exp_()
            dv[:, :, :j] += p.to(v.dtype).view(B, G, -1, j).transpose(-1, -2) @ gi
            ds = (gi @ v[:, :, :j].transpose(-1, -2)).float().view_as(p).sub_(delta[:, :, :, i:j]).mul_(p)
            ds = ds.to(q.dtype).view(B, G, -1, j)
            dq[:, :, i:j] = (ds @ k[:, :, :j]).view(B, H, j - i, dh)
            dk[:, :, :j] += ds.transpose(-1, -2) @ qi
        return dq, dk.to(k.dtype), dv.to(v.dtype), None


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.h, self.kv, self.dh = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        self.q_proj = nn.Linear(d, self.h * self.dh)
        self.k_proj = nn.Linear(d, self.kv * self.dh)
        self.v_proj = nn.Linear(d, self.kv * self.dh)
        self.o_proj = nn.Linear(self.h * self.dh, d, bias=False)

    def forward(self, x, cos, sin, keep, windows):
        B, S, _ = x.shape
        parts = (self.q_proj, self.k_proj, self.v_proj)
        joint = F.linear(x, torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts]))
        heads = joint.view(B, S, -1, self.dh).transpose(1, 2)
        q, k, v = heads.split((self.h, self.kv, self.kv), 1)
        q, k = rotate(q, cos, sin) * self.dh ** -0.5, rotate(k, cos, sin)
        if keep is not None:
            scores = q.float() @ k.float().repeat_interleave(self.h // self.kv, 1).transpose(-1, -2)
            scores = scores + torch.full((S, S), float("-inf"), device=x.device).triu(1)
            keep.append((scores if windows is None else scores + window_mask(windows, 0, S)).softmax(-1))
        with torch.autocast(x.device.type, enabled=False):
            z = BlockAttention.apply(*(t.to(v.dtype).contiguous() for t in (q, k, v)), windows)
        return self.o_proj(z.transpose(1, 2).reshape(B, S, -1))


class MLP(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, f = c["hidden_size"], c["intermediate_size"]
        self.gate_proj = nn.Linear(d, f, bias=False)
        self.up_proj = nn.Linear(d, f, bias=False)
        self.down_proj = nn.Linear(f, d, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])
        self.mlp = MLP(c)


class Inner(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab_size"], c["hidden_size"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["num_hidden_layers"]))
        self.norm = RMSNorm(c["hidden_size"], c["rms_norm_eps"])


class Model(nn.Module):
    """Parameter names are those of the Hugging Face checkpoint."""

    def __init__(self, config):
        super().__init__()
        self.config, self.model = config, Inner(config)
        for name, p in self.named_parameters():
            if p.dim() == 2:
                std = 0.02 if "embed" in name else 0.036
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    std /= (2 * config["num_hidden_layers"]) ** 0.5
                nn.init.normal_(p, 0.0, std)
            elif name.endswith(("q_proj.bias", "k_proj.bias")):
                nn.init.normal_(p, 0.0, 0.5)  # heads start with differing preferences for distances
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, ids, keep=None, rows=None, windows=None):
        """Logits for all positions, or for the positions `rows`. `keep` gets each layer's attention.

        windows: for training only, [H] per layer: keys that a head sees.
        """
        c, m = self.config, self.model
        S, device = ids.shape[1], ids.device
        half = c["head_dim"] // 2
        inv = c["rope_theta"] ** (-torch.arange(half, dtype=torch.float64, device=device) / half)
        ang = torch.arange(S, dtype=torch.float64, device=device)[:, None] * inv
        x = m.embed_tokens(ids)
        cos, sin = (torch.cat((f(ang), f(ang)), -1).to(x.dtype) for f in (torch.cos, torch.sin))
        for i, layer in enumerate(m.layers):
            x = x + layer.self_attn(layer.input_layernorm(x), cos, sin, keep, None if windows is None else windows[i])
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        if rows is not None:
            x = x[:, rows]
        return F.linear(m.norm(x), m.embed_tokens.weight)


def orthogonalise(g, steps=5):
    """Newton-Schulz iteration (quintic), on a stack of equally shaped matrices."""
    tall = g.shape[-2] > g.shape[-1]
    x = g.transpose(-1, -2) if tall else g
    x = (x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)).bfloat16()
    for _ in range(steps):
        a = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    x = x.float()
    return x.transpose(-1, -2) if tall else x


class Muon(torch.optim.Optimizer):
    """Momentum, then an orthogonalised update; for the matrices inside the layers."""

    def __init__(self, params, lr=0.02, momentum=0.95, decay=0.1):
        super().__init__(list(params), dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            shapes = {}
            for p in group["params"]:
                shapes.setdefault(tuple(p.shape), []).append(p)
            for shape, params in shapes.items():
                ups = []
                for p in params:
                    s = self.state[p]
                    if "m" not in s:
                        s["m"] = torch.zeros_like(p)
                    s["m"].lerp_(p.grad, 1 - group["momentum"])
                    ups.append(p.grad.lerp(s["m"], group["momentum"]))
                scale = max(1.0, shape[0] / shape[1]) ** 0.5
                for p, u in zip(params, orthogonalise(torch.stack(ups))):
                    p.mul_(1 - group["lr"] * group["decay"]).add_(u, alpha=-group["lr"] * scale)


def save_safetensors(state, path):
    """All tensors as F16, little endian, in name order."""
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(state):
        data = state[name].detach().cpu().to(torch.float16).contiguous().numpy().astype("<f2")
        assert np.isfinite(data).all(), name
        header[name] = {"dtype": "F16", "shape": list(data.shape), "data_offsets": [at, at + data.nbytes]}
        blobs.append(data.tobytes())
        at += data.nbytes
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def load_safetensors(path, dtype):
    with open(path, "rb") as f:
        n, = struct.unpack("<Q", f.read(8))
        header, data = json.loads(f.read(n)), f.read()
    out = {}
    for name, t in header.items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            out[name] = torch.from_numpy(np.frombuffer(data[a:b], "<f2").reshape(t["shape"]).copy()).to(dtype)
    return out


def load(folder, dtype=torch.float32):
    """The exported model, with its F16 weights widened to `dtype`."""
    with open(f"{folder}/config.json") as f:
        model = Model(json.load(f)).to(dtype)
    model.load_state_dict(load_safetensors(f"{folder}/model.safetensors", dtype))
    return model.eval()
