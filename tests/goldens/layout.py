"""PyTorch's tensors in this project's layout, and golden files of them.

Activations [batch, h, w, c]; conv kernels [kh, kw, in, out]; transposed conv kernels [kh, kw, out, in]; dense
kernels [in, out]; LSTM kernel [in + units, 4 units] and bias [4 units] with the gates in the order i, f, c, o
(input, forget, cell, output: PyTorch's, and that of TensorFlow's BlockLSTMV2; its BlockLSTM had i, c, f, o).
References are computed in float64 from float32 inputs, so that the error seen in a test is the test's own.
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent


def random(*shape, seed, scale=1.0):
    """A normal tensor that float32 holds exactly, in float64."""
    values = np.random.default_rng(seed).standard_normal(shape).astype(np.float32) * np.float32(scale)
    return torch.tensor(values, dtype=torch.float64)


def nchw(x):
    """[batch, h, w, c] -> [batch, c, h, w]"""
    return x.permute(0, 3, 1, 2)


def nhwc(x):
    """[batch, c, h, w] -> [batch, h, w, c]"""
    return x.permute(0, 2, 3, 1)


def conv_kernel(weight):
    """Conv2d [out, in, kh, kw] -> [kh, kw, in, out], and ConvTranspose2d [in, out, kh, kw] -> [kh, kw, out, in]."""
    return weight.permute(2, 3, 1, 0)


def dense_kernel(weight):
    """Linear [out, in] -> [in, out]"""
    return weight.T


def lstm_kernel(weight_ih, weight_hh):
    """[4 units, in] and [4 units, units] -> [in + units, 4 units]"""
    return torch.cat([weight_ih, weight_hh], 1).T


def save(name, tensors, metadata):
    """Writes NAME.safetensors beside this file: float32 unless it holds integers; metadata values as JSON."""
    arrays = {}
    for key, value in tensors.items():
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        assert np.isfinite(array).all() and key not in arrays, key
        arrays[key] = np.ascontiguousarray(array).reshape(array.shape)
    path = HERE / f"{name}.safetensors"
    save_file(arrays, path, {key: v if isinstance(v, str) else json.dumps(v) for key, v in metadata.items()})
    print(f"{path.name}: {len(arrays)} tensors, {path.stat().st_size / 1e3:.0f} kB")
