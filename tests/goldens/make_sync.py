"""Writes the whole discriminator and generator, thin, as PyTorch computes them: weights, outputs, gradients, losses.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_sync.py

sync_discriminator_weights and generator_weights .safetensors hold parameters under this project's names and nothing
else. sync_discriminator and generator .safetensors hold one fixed batch and what follows from it:
    mel; faces, target (integers 0 to 255, to be divided by 255); label
    training/OUTPUT, evaluation/OUTPUT    outputs by the batch's statistics and by the moving ones
    after/NAME                            some moving statistics after that one pass in training
    grad/NAME                             some gradients of the loss; grad_norm/NAME: the norm of every one
    losses                                of 10 Adam steps from these weights on this batch, before each step
Outputs and gradients are computed in float64. Metadata "float32" holds how far PyTorch's own float32 is from them,
relative to the largest value: what a test can ask for.
"""

import copy
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from layout import conv_kernel, dense_kernel, lstm_kernel, nchw, nhwc, random, save

sys.path.append(str(pathlib.Path(__file__).parents[2] / "lib" / "bench"))
from pytorch_networks import Block, Cbam, Generator, SyncDiscriminator, Upsample, sync_loss

STEPS = 10


def named(module, path, of, statistics=True):
    """A module's parameters by this project's names, in its layout; of(parameter) picks values or gradients."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        return {f"{path}/kernel": conv_kernel(of(module.weight)), f"{path}/bias": of(module.bias)}
    if isinstance(module, nn.Linear):
        return {f"{path}/kernel": dense_kernel(of(module.weight)), f"{path}/bias": of(module.bias)}
    if isinstance(module, nn.BatchNorm2d):
        moving = {f"{path}/moving_mean": module.running_mean, f"{path}/moving_variance": module.running_var}
        learned = {f"{path}/scale": of(module.weight), f"{path}/offset": of(module.bias)}
        return learned | (moving if statistics else {})
    if isinstance(module, (Block, Upsample)):
        conv, *attention, norm = module.conv_block
        parts = {"conv": conv, "norm": norm, **({"cbam": attention[0]} if attention else {})}
    elif isinstance(module, Cbam):
        parts = {"mlp/0": module.squeeze, "mlp/1": module.excite, "spatial": module.spatial}
    elif isinstance(module, nn.LSTM):
        # The second bias is held at zero, so the first one and its gradient are those of the sum.
        kernel = lstm_kernel(of(module.weight_ih_l0), of(module.weight_hh_l0))
        return {f"{path}/kernel": kernel, f"{path}/bias": of(module.bias_ih_l0)}
    elif isinstance(module, SyncDiscriminator):
        parts = {"audio/lstm": module.lstm, "audio": module.audio_encoder, "video": module.face_encoder}
    elif isinstance(module, Generator):
        last, colours, _ = module.output_block
        parts = {
            "face": module.face_encoder_blocks,
            "audio": module.audio_encoder,
            "decoder": module.face_decoder_blocks,
            "output/0": last,
            "output/rgb": colours,
        }
    elif isinstance(module[0], Upsample):
        parts = {"up": module[0], **{str(k): block for k, block in enumerate(module[1:])}}
    else:
        parts = {str(k): part for k, part in enumerate(module)}
    found = {}
    for name, part in parts.items():
        found |= named(part, f"{path}/{name}" if path else name, of, statistics)
    return found


def blobs(shape, seed, colours):
    """Pictures of soft random blobs, each with colours of its own: integers 0 to 255 [batch, h, w, c]."""
    rng = np.random.default_rng(seed)
    batch, height, width, channels = shape
    coarse = torch.tensor(rng.uniform(0, 1, (batch, channels, 6, 6)))
    fine = torch.tensor(rng.uniform(0, 1, (batch, channels, height, width)))
    smooth = F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False)
    # How much pictures differ as a whole: batch norm at 1x1 divides by the spread of a handful of values.
    colour = torch.tensor(rng.uniform(0, 1, (batch, channels, 1, 1)))
    contrast = torch.tensor(rng.uniform(0.3, 1, (batch, 1, 1, 1)))
    picture = colours * (colour - 0.5) + (1 - colours) * contrast * (0.9 * smooth + 0.1 * fine - 0.5) + 0.5
    return nhwc((255 * picture).round().clamp(0, 255).to(torch.uint8))


def starting_point(model, forward):
    """Random parameters that float32 holds, and moving statistics that fit them."""
    with torch.no_grad():
        norms = [p for m in model.modules() if isinstance(m, nn.BatchNorm2d) for p in m.parameters()]
        for index, weight in enumerate(model.parameters()):
            if any(weight is p for p in norms):
                weight.add_(random(*weight.shape, seed=1000 + index, scale=0.2))
        if isinstance(model, SyncDiscriminator):
            model.lstm.bias_hh_l0.zero_().requires_grad_(False)
        else:
            model.output_block[1].weight.mul_(0.25)
        for _ in range(30):
            forward(model)
    return model.float().double()


def relative(a, b):
    return ((a.double() - b).abs().max() / b.abs().max().clamp(min=1e-30)).item()


def results(model, forward, loss_of):
    """Everything that one precision gives: outputs, statistics, gradients and losses."""
    model = copy.deepcopy(model)
    with torch.no_grad():
        evaluation = forward(model.eval())
    model.train()
    adam = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=1e-4, eps=1e-8)
    losses = []
    for step in range(STEPS):
        adam.zero_grad()
        outputs = forward(model)
        loss = loss_of(outputs)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            training = {name: value.detach() for name, value in outputs.items()}
            gradients = named(model, "", lambda p: p.grad.clone(), statistics=False)
            statistics = {n: v.clone() for n, v in named(model, "", lambda p: p).items() if "/moving_" in n}
        adam.step()
    return training, evaluation, statistics, gradients, torch.tensor(losses, dtype=torch.float64)


def write(name, model, batch, forward_of, loss_of, chosen, metadata):
    """batch: {name: tensor}; forward_of(model, batch) -> {name: output}; chosen(name): is it stored whole?"""
    torch.set_default_dtype(torch.float64)
    as_type = lambda dtype: {
        k: (v.to(dtype) / 255 if v.dtype == torch.uint8 else v.to(dtype)) for k, v in batch.items()
    }
    doubles, singles = as_type(torch.float64), as_type(torch.float32)
    model = starting_point(model.double(), lambda m: forward_of(m, doubles))
    exact = results(model, lambda m: forward_of(m, doubles), lambda o: loss_of(o, doubles))
    single = results(model.float(), lambda m: forward_of(m, singles), lambda o: loss_of(o, singles))

    training, evaluation, statistics, gradients, losses = exact
    # A bias before a batch norm has no gradient but rounding, so it tells nothing of the precision.
    sizes = {n: g.norm().item() for n, g in gradients.items()}
    errors = {
        n: relative(single[3][n], g) for n, g in gradients.items() if sizes[n] > 1e-6 * max(sizes.values())
    }
    worst = max(errors, key=errors.get)
    float32 = {
        "training": max(relative(single[0][n], v) for n, v in training.items()),
        "evaluation": max(relative(single[1][n], v) for n, v in evaluation.items()),
        "statistics": max(relative(single[2][n], v) for n, v in statistics.items()),
        "gradients": errors[worst],
        "stored_gradients": max(error for n, error in errors.items() if chosen(n)),
        "losses": relative(single[4], losses),
    }
    print(name, float32, worst, [round(loss, 5) for loss in losses.tolist()])

    save(f"{name}_weights", named(model.double(), "", lambda p: p), metadata)
    tensors = dict(batch)
    tensors |= {f"training/{n}": v for n, v in training.items()}
    tensors |= {f"evaluation/{n}": v for n, v in evaluation.items()}
    tensors |= {f"after/{n}": v for n, v in statistics.items() if chosen(n)}
    tensors |= {f"grad/{n}": v for n, v in gradients.items() if chosen(n)}
    tensors |= {f"grad_norm/{n}": torch.tensor(v) for n, v in sizes.items()}
    tensors["losses"] = losses
    save(
        name,
        tensors,
        metadata | {"float32": float32, "adam": {"rate": 1e-4, "betas": [0.9, 0.999], "eps": 1e-8}},
    )


def sync_discriminator(width=0.125, batch=6):
    inputs = {
        "mel": random(batch, 80, 16, 1, seed=1) + 2 * random(batch, 80, 1, 1, seed=2),
        "faces": blobs((batch, 48, 96, 15), seed=3, colours=0.0),
        "label": (torch.arange(batch) % 2).double(),
    }
    inputs["mel"] = inputs["mel"].clamp(-4, 4).float().double()

    def forward(model, data):
        audio, video = model(nchw(data["mel"]), nchw(data["faces"]))
        return {"audio": audio, "video": video, "cosine": F.cosine_similarity(audio, video)}

    chosen = lambda n: n.startswith(
        ("audio/lstm", "audio/0/", "audio/6/", "audio/13/norm", "video/1/", "video/4/")
    )
    torch.manual_seed(0)
    write(
        "sync_discriminator",
        SyncDiscriminator(width),
        inputs,
        forward,
        lambda outputs, data: sync_loss(outputs["audio"], outputs["video"], data["label"]),
        chosen,
        {"width": width, "lstm": "front", "cbam": True, "loss": "binary cross-entropy on the cosine"},
    )


def generator(width=0.0625, batch=4):
    inputs = {
        "mel": random(batch, 80, 16, 1, seed=11) + 2 * random(batch, 80, 1, 1, seed=12),
        "faces": blobs((batch, 96, 96, 6), seed=13, colours=0.5),
        "target": blobs((batch, 96, 96, 3), seed=14, colours=0.5),
    }
    inputs["mel"] = inputs["mel"].clamp(-4, 4).float().double()
    inputs["faces"][:, 48:, :, :3] = 0
    # Dark or bright, never near the untrained output's greys: |output - target| has a kink where they meet, and a
    # pixel on the other side of it would change small gradients by a hundredth.
    dark, bright = inputs["target"] // 4, 255 - (255 - inputs["target"]) // 4
    inputs["target"] = torch.where(inputs["target"] < 128, dark, bright)

    def forward(model, data):
        return {"face": nhwc(model(nchw(data["mel"]), nchw(data["faces"])))}

    chosen = lambda n: n.startswith(
        ("audio/0/", "face/0/", "face/5/0/", "decoder/1/up/", "decoder/2/up/", "output/")
    )
    torch.manual_seed(1)
    write(
        "generator",
        Generator(width),
        inputs,
        forward,
        lambda outputs, data: F.l1_loss(outputs["face"], data["target"]),
        chosen,
        {"width": width, "loss": "mean absolute difference"},
    )


if __name__ == "__main__":
    sync_discriminator()
    generator()
