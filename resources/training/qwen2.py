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
    "intermediate_size": 704,
    "num_hidden_layers": 4,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 32,
    "hidden_act": "silu",
    "max_position_embeddings": 1024,
    "rms_norm_eps": 1e-6,
    "rope_theta": 100000.0,
    "rope_scaling": None,
    "attention_bias": True,
    "attention_dropout": 0.0,
    "tie_word_embeddings": True,
    "use_sliding_window": False,
    "sliding_window": None,
    "max_window_layers": 4,
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


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        d, self.h, self.kv, self.dh = c["hidden_size"], c["num_attention_heads"], c["num_key_value_heads"], c["head_dim"]
        self.q_proj = nn.Linear(d, self.h * self.dh)
        self.k_proj = nn.Linear(d, self.kv * self.dh)
        self.v_proj = nn.Linear(d, self.kv * self.dh)
        self.o_proj = nn.Linear(self.h * self.dh, d, bias=False)

    def forward(self, x, cos, sin, mask, keep):
        B, S, _ = x.shape
        q = self.q_proj(x).view(B, S, self.h, self.dh).transpose(1, 2)
        k = self.k_proj(x).view(B, S, self.kv, self.dh).transpose(1, 2)
        v = self.v_proj(x).view(B, S, self.kv, self.dh).transpose(1, 2)
        q, k = rotate(q, cos, sin) * self.dh ** -0.5, rotate(k, cos, sin)
        k, v = (t.repeat_interleave(self.h // self.kv, 1) for t in (k, v))
        a = (q @ k.transpose(-1, -2)).add_(mask).softmax(-1)
        if keep is not None:
            keep.append(a)
        return self.o_proj((a @ v).transpose(1, 2).reshape(B, S, -1))


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
                # Large embeddings keep the token's identity visible beside the layers' outputs, which
                # induction needs; the small final norm makes up for them at the tied output.
                std = 0.3 if "embed" in name else 0.5 * p.shape[1] ** -0.5
                if name.endswith(("o_proj.weight", "down_proj.weight")):
                    std /= (2 * config["num_hidden_layers"]) ** 0.5
                nn.init.normal_(p, 0.0, std)
            elif name.endswith("bias"):
                nn.init.zeros_(p)
        nn.init.constant_(self.model.norm.weight, 0.15)
        self.seed_circuit()

    @torch.no_grad()
    def seed_circuit(self):
        """Start with one previous-token head (L0H0) and one induction head (L1H0) that uses it.

        Without this the pair took far more steps to appear than a CPU affords. All other heads start
        from random weights, and these two are trained like the others.
        """
        c = self.config
        dh, half = c["head_dim"], c["head_dim"] // 2
        theta = c["rope_theta"] ** (-torch.arange(half) / half)
        one, two = (layer.self_attn for layer in self.model.layers[:2])
        # L0H0: biases alone, on the four fastest RoPE pairs, turned so that the offset -1 scores best.
        fast = torch.arange(4)
        one.k_proj.bias[fast] = 6.0
        one.q_proj.bias[fast], one.q_proj.bias[fast + half] = 6.0 * torch.cos(theta[:4]), -6.0 * torch.sin(theta[:4])
        one.q_proj.weight[:dh].mul_(0.1)
        # It carries a code of the previous token into a subspace of its own ...
        slow = torch.arange(6, half)  # RoPE pairs that hardly turn over a few hundred positions
        dims = torch.cat((slow, slow + half))
        n, d = len(dims), c["hidden_size"]
        basis = torch.linalg.qr(torch.randn(d, 2 * n + dh))[0].t()
        read, write, copy = basis[:n], basis[n:2 * n], basis[2 * n:]
        one.v_proj.weight[:n] = read
        one.o_proj.weight[:, :n] = write.t()
        # ... where the keys of L1H0 read it, to be matched with the same code of the present token.
        two.k_proj.weight[dims], two.q_proj.weight[dims] = 1.3 * write, 1.3 * read
        two.v_proj.weight[:dh], two.o_proj.weight[:, :dh] = copy, copy.t()

    def forward(self, ids, keep=None, rows=None):
        """Logits for all positions, or for the positions `rows`. `keep` gets each layer's attention."""
        c, m = self.config, self.model
        S, dtype, device = ids.shape[1], m.embed_tokens.weight.dtype, ids.device
        half = c["head_dim"] // 2
        inv = c["rope_theta"] ** (-torch.arange(half, dtype=torch.float64, device=device) / half)
        ang = torch.arange(S, dtype=torch.float64, device=device)[:, None] * inv
        cos, sin = (torch.cat((f(ang), f(ang)), -1).to(dtype) for f in (torch.cos, torch.sin))
        mask = torch.full((S, S), float("-inf"), dtype=dtype, device=device).triu(1)
        x = m.embed_tokens(ids)
        for layer in m.layers:
            x = x + layer.self_attn(layer.input_layernorm(x), cos, sin, mask, keep)
            x = x + layer.mlp(layer.post_attention_layernorm(x))
        if rows is not None:
            x = x[:, rows]
        return m.norm(x) @ m.embed_tokens.weight.t()


def orthogonalise(g, steps=5):
    """Newton-Schulz iteration (quintic), on a stack of equally shaped matrices."""
    tall = g.shape[-2] > g.shape[-1]
    x = g.transpose(-1, -2) if tall else g
    x = x / (x.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        a = x @ x.transpose(-1, -2)
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
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
