"""Writes parity.safetensors: what five published networks, whole, answer with weights made by a formula.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_parity.py

The weights and the inputs of a network at full width would be 400 MB, so a test makes them anew by the same formula: the
values of a tensor are uniform numbers by Mulberry32, seeded by an FNV hash of its name, in the order of PyTorch's layout.
Spreads: made() below and metadata "gains", chosen so that outputs neither vanish nor saturate.
    NETWORK/OUTPUT    float32 [batch, ...] as PyTorch lays it out; pictures only at every fourth row and column
"""

import pathlib
import sys

import numpy as np
import torch

from layout import save

sys.path.append(str(pathlib.Path(__file__).parents[2] / "lib" / "models"))
from pytorch_published import NETWORKS

# Scale of the kernels beside the one that keeps the spread of what a ReLU lets through.
GAINS = {"wav2lip": 0.6, "wav2lip-expert": 0.7, "visual-quality": 1.25, "syncnet": 1.0, "inception": 1.0}
# Inputs of each network, as PyTorch takes them, and the range of their values.
INPUTS = {
    "wav2lip": [((2, 1, 80, 16), -4, 4), ((2, 6, 96, 96), 0, 1)],
    "wav2lip-expert": [((2, 1, 80, 16), -4, 4), ((2, 15, 48, 96), 0, 1)],
    "visual-quality": [((2, 3, 48, 96), 0, 1)],
    "syncnet": [((2, 1, 13, 20), -20, 20), ((2, 3, 5, 224, 224), 0, 255)],
    # One side is drawn larger and the other smaller on the way to 299 x 299.
    "inception": [((2, 3, 120, 340), 0, 1)],
}


def hashed(name):
    value = 2166136261
    for byte in name.encode():
        value = (value ^ byte) * 16777619 % 2**32
    return value


def uniform(name, count):
    """Numbers in [-1, 1) by Mulberry32 from the hash of a name, float64 [count]."""
    with np.errstate(over="ignore"):
        t = np.uint32(hashed(name)) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (t ^ t >> 15) * (t | 1)
        t ^= t + (t ^ t >> 7) * (t | 61)
        return 2 * ((t ^ t >> 14) / 2**32) - 1


def made(name, shape, gain):
    """One tensor: kernels by fan-in (what an output of the first axis sees), batch norm around the identity."""
    u = uniform(name, int(np.prod(shape))).reshape(shape)
    if len(shape) > 1:
        return u * gain * np.sqrt(6 / np.prod(shape[1:]))
    if name.endswith("running_var"):
        return 1 + 0.5 * u
    return 0.3 * u + (1 if name.endswith(".weight") else 0)


def picture(name, shape, low, high):
    """Inputs: half the spread is each channel's own, the other half each value's."""
    own = uniform(f"{name}/own", int(np.prod(shape[:2]))).reshape(shape[:2] + (1,) * (len(shape) - 2))
    value = 0.5 + 0.25 * (own + uniform(name, int(np.prod(shape))).reshape(shape))
    return low + (high - low) * value


def answers(name, gain):
    model = NETWORKS[name]().eval()
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                tensor.copy_(torch.tensor(made(key, tuple(tensor.shape), gain).astype(np.float32)))
        model.double()
        inputs = [
            torch.tensor(picture(f"{name}/{k}", *described).astype(np.float32)).double()
            for k, described in enumerate(INPUTS[name])
        ]
        return model(*inputs)


def main():
    tensors = {}
    for name in sys.argv[1:] or NETWORKS:
        for key, value in answers(name, GAINS[name]).items():
            apart = (value[0] - value[1]).abs().mean() / value.std()
            print(f"{name}/{key} {list(value.shape)} {value.min():.3g} to {value.max():.3g}, inputs apart {apart:.2g}")
            tensors[f"{name}/{key}"] = value[:, :, ::4, ::4] if value.dim() == 4 else value
    if not sys.argv[1:]:
        save("parity", tensors, {"gains": GAINS, "inputs": INPUTS, "source": "PyTorch in float64"})


main()
