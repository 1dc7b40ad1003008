"""Writes quality_discriminator.safetensors: gradients and training of a thin visual quality discriminator by PyTorch.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_quality_discriminator.py

Weights and faces follow from their names (made_weights.py), so only answers are stored: labels are 1 for the first half of
the batch, the loss is the binary cross-entropy of the probability.
    real               [batch]
    grad_norm/NAME     size of the loss's gradient for every parameter, under PyTorch's name; grad/NAME: some whole
    losses             of 10 Adam steps (rate 1e-4, betas 0.5 and 0.999, Wav2Lip's) on this batch, before each step
Metadata "float32" is how far PyTorch's own float32 is from these float64 losses, relative to them.
"""

import copy
import pathlib
import sys

import torch
from torch.nn import functional as F

from layout import save
from made_weights import fill, picture

sys.path.append(str(pathlib.Path(__file__).parents[2] / "lib" / "bench"))
from pytorch_published import VisualQuality

WIDTH, GAIN, BATCH = 0.125, 1.25, 4
WHOLE = ("face_encoder_blocks.0.0.conv_block.0.bias", "face_encoder_blocks.3.0.conv_block.0.weight", "binary_pred.0.weight")


def train(model, faces, labels):
    adam = torch.optim.Adam(model.parameters(), lr=1e-4, betas=(0.5, 0.999))
    losses, first = [], None
    for _ in range(10):
        adam.zero_grad()
        real = model(faces)["real"]
        loss = F.binary_cross_entropy(real, labels)
        loss.backward()
        losses.append(loss.item())
        first = first or (real.detach(), {name: p.grad.clone() for name, p in model.named_parameters()})
        adam.step()
    return *first, torch.tensor(losses, dtype=torch.float64)


def main():
    model = fill(VisualQuality(WIDTH), GAIN)
    faces = picture("visual-quality/0", (BATCH, 3, 48, 96), 0, 1)
    labels = (torch.arange(BATCH) < BATCH // 2).double()
    _, _, single = train(copy.deepcopy(model).float(), faces.float(), labels.float())
    real, gradients, losses = train(model, faces, labels)
    float32 = ((single - losses).abs() / losses).max().item()
    print(real.tolist(), losses.tolist(), float32)
    tensors = {"real": real, "losses": losses}
    tensors |= {f"grad_norm/{name}": g.norm() for name, g in gradients.items()}
    tensors |= {f"grad/{name}": gradients[name] for name in WHOLE}
    save("quality_discriminator", tensors, {"width": WIDTH, "gain": GAIN, "batch": BATCH, "float32": float32})


main()
