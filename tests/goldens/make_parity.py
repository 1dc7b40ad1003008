"""Writes parity.safetensors: what five published networks, whole, answer with weights made by a formula.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_parity.py

The weights and the inputs of a network at full width would be 400 MB, so a test makes them anew by the
formula of made_weights.py. Metadata "gains" are chosen so that outputs neither vanish nor saturate.
    NETWORK/OUTPUT    float32 [batch, ...] as PyTorch lays it out; pictures only at every fourth row and column
"""

import pathlib
import sys

import torch

from layout import save
from made_weights import fill, picture

sys.path.append(str(pathlib.Path(__file__).parents[2] / "lib" / "bench"))
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


def answers(name, gain):
    model = NETWORKS[name]().eval()
    fill(model, gain)
    with torch.no_grad():
        return model(*[picture(f"{name}/{k}", *described) for k, described in enumerate(INPUTS[name])])


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
