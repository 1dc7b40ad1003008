"""Writes training.safetensors: the losses of ten Adam steps of the thin discriminator and generator by PyTorch.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_training.py

Weights and batches are those of make_sync.py's files. Steps are of Adam's with eps 1e-8, at the rate that is trained with
(1e-4) and, where that is too coarse for ten steps to be told from rounding, at a tenth of it.
    NETWORK/RATE    [10]: the loss before each step, in float64
Metadata "float32" holds for each how far PyTorch's own float32 losses are from these at most, relative to them, over the
batch in four orders: its order changes nothing but the rounding.
"""

import copy

import numpy as np
import torch
from safetensors.numpy import load_file
from torch.nn import functional as F

from layout import HERE, nchw, nhwc, save
from make_sync import Generator, SyncDiscriminator, named, sync_loss

STEPS = 10


def stored(name):
    return {key: torch.tensor(array) for key, array in load_file(HERE / f"{name}.safetensors").items()}


def with_weights(model, name):
    """Fills a model with the weights of make_sync.py."""
    weights = stored(f"{name}_weights")
    with torch.no_grad():
        if isinstance(model, SyncDiscriminator):
            inputs = model.lstm.input_size
            kernel, bias = weights.pop("audio/lstm/kernel"), weights.pop("audio/lstm/bias")
            model.lstm.weight_ih_l0.copy_(kernel[:inputs].T)
            model.lstm.weight_hh_l0.copy_(kernel[inputs:].T)
            model.lstm.bias_ih_l0.copy_(bias)
            model.lstm.bias_hh_l0.zero_().requires_grad_(False)
        for key, value in weights.items():
            # The same memory as the model's own, with its axes in our order.
            named(model, "", lambda p: p.data)[key].copy_(value)
    return model


def train(model, batch, loss_of, rate, dtype):
    model = copy.deepcopy(model).to(dtype).train()
    batch = {key: (t.to(dtype) / 255 if t.dtype == torch.uint8 else t.to(dtype)) for key, t in batch.items()}
    adam = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=rate, eps=1e-8)
    losses = []
    for _ in range(STEPS):
        adam.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        losses.append(loss.item())
        adam.step()
    return np.array(losses)


def discriminator_loss(model, batch):
    audio, video = model(nchw(batch["mel"]), nchw(batch["faces"]))
    return sync_loss(audio, video, batch["label"])


def generator_loss(model, batch):
    return F.l1_loss(nhwc(model(nchw(batch["mel"]), nchw(batch["faces"]))), batch["target"])


def main():
    cases = [
        ("sync_discriminator", SyncDiscriminator(0.125), discriminator_loss, ["mel", "faces", "label"], [1e-4, 1e-5]),
        ("generator", Generator(0.0625), generator_loss, ["mel", "faces", "target"], [1e-4]),
    ]
    tensors, float32 = {}, {}
    for name, model, loss_of, inputs, rates in cases:
        golden = stored(name)
        with_weights(model, name)
        batch = {key: golden[key] for key in inputs}
        size = len(batch["mel"])
        orders = [np.random.default_rng(seed).permutation(size) for seed in range(4)]
        for rate in rates:
            losses = train(model, batch, loss_of, rate, torch.float64)
            singles = [
                train(model, {key: t[order] for key, t in batch.items()}, loss_of, rate, torch.float32) for order in orders
            ]
            errors = [abs(single - losses) / losses for single in singles]
            key = f"{name}/{rate:g}"
            tensors[key], float32[key] = losses, max(error.max() for error in errors)
            print(key, np.round(losses, 4), *(np.array2string(error, precision=1) for error in errors), sep="\n  ")
    save("training", tensors, {"float32": float32, "adam": {"betas": [0.9, 0.999], "eps": 1e-8}})


main()
