"""Times one eager PyTorch training step of a network; called by the bench task, which makes the environment.

    python bench_pytorch.py --network discriminator --width 0.25 --batch 16 --steps 10
    python bench_pytorch.py --network generator --width 0.25 --batch 10

Prints one JSON object. Requirements, installed without their dependencies: bench_pytorch.txt.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import resource
import statistics
import sys
import time
import warnings

# Libraries that PyTorch's Linux wheel is linked with and never calls on a CPU.
CUDA_LIBRARIES = [
    "libcublas.so.13",
    "libcublasLt.so.13",
    "libcudnn.so.9",
    "libcufft.so.12",
    "libcufile.so.0",
    "libcupti.so.13",
    "libcurand.so.10",
    "libcusolver.so.12",
    "libcusparse.so.12",
    "libcusparseLt.so.0",
    "libnccl.so.2",
    "libnvrtc.so.13",
]


def allow_absent_cuda():
    """Lets PyTorch load without 2 GB of CUDA libraries.

    The index that pip uses by default has only the CUDA build for Linux on x86-64. Its libraries name CUDA's; each
    absent one is answered by a link to PyTorch's own libc10, and functions are bound when first called, so never.
    """
    sys.setdlopenflags(os.RTLD_LAZY)
    package = pathlib.Path(importlib.util.find_spec("torch").origin).parent
    if not (package / "lib" / "libtorch_cuda.so").exists():
        return
    present = {path.name for path in package.parent.glob("nvidia/*/lib/*")}
    for name in CUDA_LIBRARIES:
        link = package / "lib" / name
        if name not in present and not link.exists():
            link.symlink_to("libc10.so")


def make_step(network, width, batch):
    """A function that runs one training step on fixed random input and returns its loss."""
    import torch
    from torch.nn import functional as F

    from pytorch_networks import Generator, SyncDiscriminator, sync_loss

    torch.manual_seed(0)
    mel = torch.randn(batch, 1, 80, 16)
    if network == "discriminator":
        model = SyncDiscriminator(width)
        face, label = torch.rand(batch, 15, 48, 96), (torch.arange(batch) % 2).float()
        loss_of = lambda: sync_loss(*model(mel, face), label)
    else:
        model = Generator(width)
        face, target = torch.rand(batch, 6, 96, 96), torch.rand(batch, 3, 96, 96)
        loss_of = lambda: F.l1_loss(model(mel, face), target)
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step():
        adam.zero_grad()
        loss = loss_of()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def main():
    parser = argparse.ArgumentParser(description="Times one eager PyTorch training step.")
    parser.add_argument("--network", choices=["discriminator", "generator"], required=True)
    parser.add_argument("--width", type=float, default=0.25)
    parser.add_argument("--batch", type=int, help="windows, or frames of the generator (default 16, or 10)")
    parser.add_argument("--steps", type=int, default=10, help="steps that are timed")
    parser.add_argument("--warmup", type=int, default=2, help="steps before them")
    parser.add_argument("--threads", type=int, help="default: as many as PyTorch takes")
    options = parser.parse_args()
    batch = options.batch or (16 if options.network == "discriminator" else 10)

    allow_absent_cuda()
    warnings.filterwarnings("ignore", "Failed to initialize NumPy")  # no array is asked for
    import torch

    if options.threads:
        torch.set_num_threads(options.threads)
    step = make_step(options.network, options.width, batch)
    losses = [step() for _ in range(options.warmup)]
    times = []
    for _ in range(options.steps):
        start = time.perf_counter()
        losses.append(step())
        times.append(1000 * (time.perf_counter() - start))
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(
        json.dumps(
            {
                "network": options.network,
                "width": options.width,
                "batch": batch,
                "ms_per_step_median": round(statistics.median(times), 2),
                "ms_per_step_min": round(min(times), 2),
                "peak_rss_mb": round(peak),
                "threads": torch.get_num_threads(),
                "torch_version": torch.__version__,
                "loss_first": losses[0],
                "loss_last": losses[-1],
            }
        )
    )


if __name__ == "__main__":
    main()
