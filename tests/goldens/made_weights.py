"""Weights and inputs that follow from their names, so that both PyTorch and a test can make them and none is stored.

The values of a tensor are uniform numbers by Mulberry32, seeded by an FNV hash of its name, in the order of PyTorch's
layout; tests/models/made_weights.ts has the same formula.
"""

import numpy as np
import torch


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
    """Inputs, float64 that float32 holds: half the spread is each channel's own, the other half each value's."""
    own = uniform(f"{name}/own", int(np.prod(shape[:2]))).reshape(shape[:2] + (1,) * (len(shape) - 2))
    value = 0.5 + 0.25 * (own + uniform(name, int(np.prod(shape))).reshape(shape))
    return torch.tensor((low + (high - low) * value).astype(np.float32)).double()


def fill(model, gain):
    """Gives a model made weights and statistics that float32 holds, in float64."""
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if not key.endswith("num_batches_tracked"):
                tensor.copy_(torch.tensor(made(key, tuple(tensor.shape), gain).astype(np.float32)))
    return model.double()
