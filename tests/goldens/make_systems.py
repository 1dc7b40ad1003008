"""Writes LipGAN's generator and discriminator and Speech2Vid, eight channels wide, as PyTorch computes them.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_systems.py

lipgan, speech2vid and contrastive_discriminator .safetensors, each with NAME_weights.safetensors beside it, are laid out
as make_sync.py says; of redrawn faces every fourth row and column is kept. The networks are written here in PyTorch's own
way from the published descriptions, apart from this project's code. contrastive_loss.safetensors: distances, labels (1 is
off sync or drawn), the loss with margin 1 and its gradient.
At full width they have the parameters printed at the end.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F

from layout import conv_kernel, nchw, nhwc, random, save
from make_sync import blobs, relative

STEPS = 3


class Conv(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, channels, filters, kernel, stride=1, padding=None, up=False):
        super().__init__()
        if up:
            extra = {"padding": (kernel - 1) // 2, "output_padding": 1} if stride == 2 else {}
            self.conv = nn.ConvTranspose2d(channels, filters, kernel, stride, **extra)
        else:
            padding = (kernel - 1) // 2 if padding is None else padding
            self.conv = nn.Conv2d(channels, filters, kernel, stride, padding)
        self.norm = nn.BatchNorm2d(filters)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Pair(nn.Module):
    def __init__(self, filters):
        super().__init__()
        self.first, self.second = Conv(filters, filters, 3), Conv(filters, filters, 3)

    def forward(self, x):
        return F.relu(self.second(self.first(x)) + x)


class Stage(nn.Module):
    def __init__(self, first, pairs):
        super().__init__()
        self.first = first
        self.pairs = nn.ModuleList(Pair(first.conv.out_channels) for _ in range(pairs))

    def forward(self, x):
        x = self.first(x)
        for pair in self.pairs:
            x = pair(x)
        return x

    def named(self, path, up):
        found = {f"{path}/up" if up else f"{path}/0": self.first}
        convs = [conv for pair in self.pairs for conv in (pair.first, pair.second)]
        return found | {f"{path}/{k + (0 if up else 1)}": conv for k, conv in enumerate(convs)}


class LipGan(nn.Module):
    def __init__(self, w):
        super().__init__()
        rows = [(6, 32, 7, 1, 0), (32, 64, 5, 2, 2), (64, 128, 3, 2, 3), (128, 256, 3, 2, 2), (256, 512, 3, 2, 2)]
        face = [Stage(Conv(i if i == 6 else w(i), w(o), k, s), p) for i, o, k, s, p in rows]
        face += [Stage(Conv(w(512), w(512), 3, 2), 0), Stage(Conv(w(512), w(512), 3, 1, 0), 0)]
        face += [Stage(Conv(w(512), w(512), 1), 0)]
        rows = [(1, 32, 1), (32, 64, (3, 1)), (64, 128, 3), (128, 256, (3, 2))]
        audio = [Stage(Conv(i if i == 1 else w(i), w(o), 3, s), 2) for i, o, s in rows]
        audio += [Stage(Conv(w(256), w(512), 3, 1, 0), 0), Stage(Conv(w(512), w(512), 1), 0)]
        rows = [(512, 512, 512, 1, 0), (512, 512, 512, 2, 2), (512, 512, 256, 2, 2), (256, 256, 128, 2, 2)]
        rows += [(128, 128, 64, 2, 2), (64, 64, 32, 2, 0)]
        up = [Stage(Conv(w(a) + w(b), w(o), 3, s, up=True), p) for a, b, o, s, p in rows]
        self.face, self.audio, self.up = nn.ModuleList(face), nn.ModuleList(audio), nn.ModuleList(up)
        self.output = nn.ModuleList([Conv(w(32) + w(32), w(16), 3), Conv(w(16), w(16), 3)])
        self.colours = nn.Conv2d(w(16), 3, 1)

    def forward(self, mel, faces):
        skips = []
        for stage in self.face:
            faces = stage(faces)
            skips.append(faces)
        for stage in self.audio:
            mel = stage(mel)
        x, skips = torch.cat([faces, mel], 1), skips[:-2]
        for stage in self.up:
            x = torch.cat([stage(x), skips.pop()], 1)
        for conv in self.output:
            x = conv(x)
        return torch.sigmoid(self.colours(x))

    def layers(self):
        found = {}
        for path, stages, up in [("face", self.face, False), ("audio", self.audio, False), ("decoder", self.up, True)]:
            for k, stage in enumerate(stages):
                found |= stage.named(f"{path}/{k}", up)
        return found | {f"output/{k}": conv for k, conv in enumerate(self.output)} | {"output/rgb": self.colours}


class Speech2Vid(nn.Module):
    def __init__(self, w):
        super().__init__()
        i = [Conv(3, w(96), 7, 2), Conv(w(96), w(256), 5, 2), Conv(w(256), w(512), 3), Conv(w(512), w(512), 3)]
        i += [Conv(w(512), w(512), 3), Conv(w(512), w(512), 6, padding=0), Conv(w(512), w(256), 1)]
        a = [Conv(1, w(64), 3), Conv(w(64), w(128), 3), Conv(w(128), w(256), 3), Conv(w(256), w(256), 3)]
        a += [Conv(w(256), w(512), 3), Conv(w(512), w(512), (10, 4), padding=0), Conv(w(512), w(256), 1)]
        d = [Conv(2 * w(256), w(512), 6, up=True), Conv(w(512), w(256), 5)]
        d += [Conv(2 * w(256), w(96), 5, 2, up=True), Conv(w(96) + w(256), w(96), 5, 2, up=True)]
        d += [Conv(2 * w(96), w(64), 5, 2, up=True)]
        self.identity, self.audio, self.decoder = nn.ModuleList(i), nn.ModuleList(a), nn.ModuleList(d)
        self.colours = nn.ConvTranspose2d(w(64), 3, 5, 2, 2, output_padding=1)

    def forward(self, mel, faces):
        x, skips = faces[:, 3:], []
        for k, conv in enumerate(self.identity):
            x = conv(x)
            if k < 2:
                skips.append(x)
                x = F.max_pool2d(x, 3, 2, 1)
                skips.append(x)
        for k, conv in enumerate(self.audio):
            mel = conv(mel)
            if k in (0, 1, 4):
                mel = F.max_pool2d(mel, 3, (2, 1) if k == 0 else 2, 1)
        y = self.decoder[0](torch.cat([mel, x], 1))
        _, *skips = skips
        for conv in self.decoder[1:]:
            y = conv(y)
            y = torch.cat([y, skips.pop()], 1) if skips else y
        return torch.sigmoid(self.colours(y))

    def layers(self):
        found = {}
        for path, convs in [("identity", self.identity), ("audio", self.audio), ("decoder", self.decoder)]:
            found |= {f"{path}/{k}": conv for k, conv in enumerate(convs)}
        return found | {"output/rgb": self.colours}


class WholeNorm(nn.Module):
    """Each example by the mean and deviation of all its values."""

    def __init__(self):
        super().__init__()
        self.scale, self.offset = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x):
        flat = x.flatten(1)
        mean, deviation = flat.mean(1), flat.var(1, unbiased=False).sqrt()
        shape = (-1, 1, 1, 1)
        return (x - mean.view(shape)) / (deviation.view(shape) + 1e-3) * self.scale + self.offset


class NormConv(nn.Module):
    def __init__(self, channels, filters, kernel, stride=1, padding=None, plain=False):
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, kernel, stride, (kernel - 1) // 2 if padding is None else padding)
        self.norm = None if plain else WholeNorm()

    def forward(self, x):
        y = self.conv(x)
        return F.leaky_relu(self.norm(y), 0.2) if self.norm else y


class ContrastiveDiscriminator(nn.Module):
    def __init__(self, w):
        super().__init__()
        f = [NormConv(3, w(64), 7, 2), NormConv(w(64), w(128), 5, 2), NormConv(w(128), w(256), 3, 2)]
        f += [NormConv(w(256), w(512), 3, 2), NormConv(w(512), w(512), 3, 2)]
        f += [NormConv(w(512), w(512), 3, 1, 0, plain=True)]
        a = [NormConv(1, w(32), 3), NormConv(w(32), w(64), 3, (3, 1)), NormConv(w(64), w(128), 3, 3)]
        a += [NormConv(w(128), w(256), 3, (3, 2)), NormConv(w(256), w(512), 3, 1, 0), NormConv(w(512), w(512), 1)]
        self.face, self.audio = nn.Sequential(*f), nn.Sequential(*a)

    def forward(self, mel, faces):
        face, audio = (F.normalize(n(x).flatten(1), dim=1) for n, x in [(self.face, faces), (self.audio, mel)])
        return (face - audio).norm(dim=1)

    def layers(self):
        return {f"{path}/{k}": c for path in ("face", "audio") for k, c in enumerate(getattr(self, path))}


def named(model, of, statistics=True):
    """Parameters by this project's names, in its layout; of(parameter) picks values or gradients."""
    found = {}
    for path, layer in model.layers().items():
        whole = isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))
        conv, norm = (layer, None) if whole else (layer.conv, layer.norm)
        at = path if whole else f"{path}/conv"
        found |= {f"{at}/kernel": conv_kernel(of(conv.weight)), f"{at}/bias": of(conv.bias)}
        if isinstance(norm, nn.BatchNorm2d):
            found |= {f"{path}/norm/scale": of(norm.weight), f"{path}/norm/offset": of(norm.bias)}
            if statistics:
                found[f"{path}/norm/moving_mean"] = norm.running_mean
                found[f"{path}/norm/moving_variance"] = norm.running_var
        elif norm is not None:
            found |= {f"{path}/norm/scale": of(norm.scale), f"{path}/norm/offset": of(norm.offset)}
    return found


def results(model, forward, loss_of):
    model = copy.deepcopy(model)
    with torch.no_grad():
        evaluation = forward(model.eval())
    model.train()
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, eps=1e-8)
    losses = []
    for step in range(STEPS):
        adam.zero_grad()
        outputs = forward(model)
        loss = loss_of(outputs)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            training = {name: value.detach() for name, value in outputs.items()}
            gradients = named(model, lambda p: p.grad.clone(), statistics=False)
            statistics = {n: v.clone() for n, v in named(model, lambda p: p).items() if "/moving_" in n}
        adam.step()
    return training, evaluation, statistics, gradients, torch.tensor(losses, dtype=torch.float64)


def thinned(outputs):
    return {n: v[:, ::4, ::4] if v.dim() == 4 else v for n, v in outputs.items()}


def write(name, model, batch, forward_of, loss_of, chosen):
    as_type = lambda dtype: {k: (v.to(dtype) / 255 if v.dtype == torch.uint8 else v.to(dtype)) for k, v in batch.items()}
    doubles, singles = as_type(torch.float64), as_type(torch.float32)
    model.double()
    with torch.no_grad():
        for index, (key, weight) in enumerate(model.named_parameters()):
            if "norm" in key:
                weight.add_(random(*weight.shape, seed=1000 + index, scale=0.2))
        for _ in range(30):
            forward_of(model, doubles)
    model = model.float().double()
    exact = results(model, lambda m: forward_of(m, doubles), lambda o: loss_of(o, doubles))
    single = results(model.float(), lambda m: forward_of(m, singles), lambda o: loss_of(o, singles))
    training, evaluation, statistics, gradients, losses = exact
    sizes = {n: g.norm().item() for n, g in gradients.items()}
    told = [n for n in gradients if sizes[n] > 1e-6 * max(sizes.values())]
    errors = {n: relative(single[3][n], gradients[n]) for n in told}
    float32 = {"stored_gradients": max(e for n, e in errors.items() if chosen(n)), "gradients": max(errors.values())}
    print(name, float32, [round(loss, 5) for loss in losses.tolist()])
    save(f"{name}_weights", named(model.double(), lambda p: p), {})
    tensors = dict(batch)
    tensors |= {f"training/{n}": v for n, v in thinned(training).items()}
    tensors |= {f"evaluation/{n}": v for n, v in thinned(evaluation).items()}
    tensors |= {f"after/{n}": v for n, v in statistics.items() if chosen(n)}
    tensors |= {f"grad/{n}": v for n, v in gradients.items() if chosen(n)}
    tensors |= {f"grad_norm/{n}": torch.tensor(v, dtype=torch.float64) for n, v in sizes.items()}
    tensors["losses"] = losses
    save(name, tensors, {"float32": float32})


def mels(batch, seed):
    mel = random(batch, 80, 16, 1, seed=seed) + 2 * random(batch, 80, 1, 1, seed=seed + 1)
    return mel.clamp(-4, 4).float().double()


def generator(name, model, chosen):
    batch = 3
    inputs = {"mel": mels(batch, 21), "faces": blobs((batch, 96, 96, 6), seed=23, colours=0.5)}
    inputs["faces"][:, 48:, :, :3] = 0
    target = blobs((batch, 96, 96, 3), seed=24, colours=0.5)
    # Dark or bright, away from the kink of |output - target|: see make_sync.py.
    inputs["target"] = torch.where(target < 128, target // 4, 255 - (255 - target) // 4)
    with torch.no_grad():
        model.colours.weight.mul_(0.25)
    forward = lambda m, data: {"face": nhwc(m(nchw(data["mel"]), nchw(data["faces"])))}
    write(name, model, inputs, forward, lambda o, data: F.l1_loss(o["face"], data["target"]), chosen)


def contrastive(distance, off):
    return ((1 - off) * distance**2 + off * (1 - distance).clamp(min=0) ** 2).mean()


def discriminator(model):
    batch = 6
    inputs = {
        "mel": mels(batch, 31),
        "faces": blobs((batch, 96, 96, 3), seed=33, colours=0.5),
        "off": (torch.arange(batch) % 2).double(),
    }
    forward = lambda m, data: {"distance": m(nchw(data["mel"]), nchw(data["faces"]))}
    loss = lambda o, data: contrastive(o["distance"], data["off"])
    write("contrastive_discriminator", model, inputs, forward, loss, lambda n: "/0/" in n or "/5/" in n)


def contrastive_loss():
    distance = torch.tensor([0.0, 0.25, 0.5, 1.0, 1.5, 2.0] * 2, dtype=torch.float64, requires_grad=True)
    off = torch.tensor([0.0] * 6 + [1.0] * 6, dtype=torch.float64)
    loss = contrastive(distance, off)
    loss.backward()
    save(
        "contrastive_loss",
        {"distance": distance, "off": off, "loss": loss.detach(), "gradient": distance.grad},
        {"margin": 1},
    )


if __name__ == "__main__":
    torch.set_default_dtype(torch.float64)
    eight = lambda filters: 8
    torch.manual_seed(2)
    generator("lipgan", LipGan(eight), lambda n: n.startswith(("audio/1/", "face/0/", "face/2/3", "decoder/1/")))
    generator("speech2vid", Speech2Vid(eight), lambda n: n.startswith(("audio/0/", "identity/1/", "decoder/2/", "output")))
    discriminator(ContrastiveDiscriminator(eight))
    contrastive_loss()
    for network in [LipGan, Speech2Vid, ContrastiveDiscriminator]:
        full = network(lambda filters: filters)
        print(network.__name__, sum(p.numel() for p in full.parameters()), "parameters at full width")
