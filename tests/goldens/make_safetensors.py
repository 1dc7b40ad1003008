"""Writes safetensors.safetensors with the reference library (pip install numpy safetensors)."""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

halves = [0.0, -0.0, 1.0, -2.0, 65504.0, 2.0**-24, -(2.0**-14), 1 / 3, np.inf, -np.inf, np.nan]
save_file(
    {
        "audio/0/kernel": np.arange(6, dtype=np.float32).reshape(2, 3) / 4,
        "scalar": np.array(-1.5, dtype=np.float64),
        "halves": np.array(halves, dtype=np.float16),
        "steps": np.array([1, -2, 2**40], dtype=np.int64),
        "counts": np.array([[7], [-8]], dtype=np.int32),
        "sound": np.array([-32768, 0, 32767], dtype=np.int16),
        "frames": np.arange(5, dtype=np.uint8),
        "empty": np.zeros((0, 4), dtype=np.float32),
    },
    Path(__file__).with_name("safetensors.safetensors"),
    metadata={"speaker": "s1", "ünï": "“quoted”"},
)
