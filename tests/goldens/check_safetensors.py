"""Reads written_by_kit.safetensors with the reference library and compares every number and text.

tests/weights/safetensors_test.ts holds that the kit writes this file byte for byte. Run it again after a change of
the writer (pip install numpy torch safetensors); a difference raises.
"""

from pathlib import Path

import torch
from safetensors import safe_open

path = Path(__file__).with_name("written_by_kit.safetensors")
expected = {
    "audio/0/conv/kernel": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
    "steps": torch.tensor([-1, 2**40]),
    "double": torch.tensor(1 / 3, dtype=torch.float64),
    "half": torch.tensor([1.5, -65504, 2.0**-24], dtype=torch.float16),
    "brain": torch.tensor([1.0, -3.0], dtype=torch.bfloat16),
    "counts": torch.tensor([[-7, 8]], dtype=torch.int32),
    "sound": torch.tensor([-32768, 32767], dtype=torch.int16),
    "signs": torch.tensor([-128, 0, 127], dtype=torch.int8),
    "frames": torch.tensor([0, 1, 2, 254, 255], dtype=torch.uint8),
    "mask": torch.tensor([True, False]),
    "empty": torch.zeros(0, 4),
    '"ünï"\n': torch.tensor([3], dtype=torch.uint8),
}
with safe_open(path, framework="pt") as file:
    assert file.metadata() == {"network": "wav2lip", "ünï": '“quoted” "text"'}, file.metadata()
    assert sorted(file.keys()) == sorted(expected), file.keys()
    for name, value in expected.items():
        found = file.get_tensor(name)
        assert found.dtype == value.dtype and found.shape == value.shape and torch.equal(found, value), name
print(f"{path.name}: {len(expected)} tensors as expected")
