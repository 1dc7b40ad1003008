"""Saves a published network with random weights in both of PyTorch's file forms, and what it answers.

    python parity_pytorch.py --network wav2lip --out <folder>

Called by the parity task, which makes the environment (that of bench_pytorch.py).
Into the folder go zip.pth and stream.pth, weights as such files hold them, and answers.pth, a dict of float32 tensors
input/0, input/1, ... and output/NAME. One JSON object on standard output tells the counts.
"""

import argparse
import json
import pathlib
import sys

from bench_pytorch import allow_absent_cuda

allow_absent_cuda()
import torch
from torch import nn

from pytorch_published import NETWORKS

NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
# Shape and range of each input.
INPUTS = {
    "wav2lip": [((4, 1, 80, 16), -4, 4), ((4, 6, 96, 96), 0, 1)],
    "wav2lip-expert": [((4, 1, 80, 16), -4, 4), ((4, 15, 48, 96), 0, 1)],
    "visual-quality": [((4, 3, 48, 96), 0, 1)],
    "syncnet": [((4, 1, 13, 20), -20, 20), ((4, 3, 5, 224, 224), 0, 255)],
    "inception": [((4, 3, 120, 340), 0, 1)],
}


def made_input(shape, low, high):
    """Half of the spread is each channel's own, half each value's."""
    own = torch.rand(*shape[:2], *(1 for _ in shape[2:]))
    return low + (high - low) * (own + torch.rand(shape)) / 2


def randomise(model, inputs):
    """Kernels that keep the spread, batch norm of every kind, and moving statistics near those of the inputs."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Conv3d, nn.Linear, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight)
            if not any(isinstance(other, NORMS) for other in model.modules()):
                module.weight.mul_(1.25)  # or the biases outweigh the input in the end
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.1)
        elif isinstance(module, NORMS):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.2)
            module.momentum = None  # the mean over all batches
    model.train()
    model(*inputs)
    for module in model.modules():
        if isinstance(module, NORMS):
            module.running_mean.add_(0.2 * torch.randn_like(module.running_mean) * module.running_var.sqrt())
            module.running_var.mul_(0.5 + 1.5 * torch.rand_like(module.running_var))
    model.eval()


def as_published(name, model):
    """What the published files hold: Wav2Lip's a training state, from several GPUs; the others the weights alone."""
    weights = model.state_dict()
    if not name.startswith(("wav2lip", "visual")):
        return weights
    optimizer = torch.optim.Adam(model.parameters()).state_dict()
    prefixed = {f"module.{key}": tensor for key, tensor in weights.items()}
    return {"state_dict": prefixed, "optimizer": optimizer, "global_step": 1000, "global_epoch": 3}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=NETWORKS, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    model = NETWORKS[options.network]()
    inputs = [made_input(*described) for described in INPUTS[options.network]]
    with torch.no_grad():
        randomise(model, inputs)
        outputs = model(*inputs)
    file = as_published(options.network, model)
    torch.save(file, options.out / "zip.pth")
    torch.save(file, options.out / "stream.pth", _use_new_zipfile_serialization=False)
    answers = {f"input/{k}": tensor for k, tensor in enumerate(inputs)}
    answers |= {f"output/{name}": tensor.contiguous() for name, tensor in outputs.items()}
    torch.save(answers, options.out / "answers.pth")
    # How far apart the answers to two inputs are, relative to the largest: what a comparison can tell.
    apart = [((t[0] - t[1]).abs().max() / t.abs().max()).item() for t in outputs.values()]
    parameters = sum(p.numel() for p in model.parameters())
    print(json.dumps({"tensors": len(model.state_dict()), "parameters": parameters, "apart": min(apart)}))


main()
