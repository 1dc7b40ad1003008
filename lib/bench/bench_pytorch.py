"""Times one PyTorch training step of a network, eager unless asked otherwise; called by the bench task, which makes the environment.

    python bench_pytorch.py --network discriminator --width 0.25 --batch 16 --steps 10 --warmup 2

Prints one JSON object: milliseconds a step, median and least and of all cores together, and peak memory in MB. Requirements, installed without their dependencies: bench_pytorch.txt.
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


def make_step(network, width, batch, compiled):
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
    if compiled:
        model.compile()
    adam = torch.optim.Adam(model.parameters(), lr=1e-4)

    def step():
        adam.zero_grad()
        loss = loss_of()
        loss.backward()
        adam.step()
        return loss.item()

    return step


def main():
    parser = argparse.ArgumentParser(description="Times one PyTorch training step.")
    parser.add_argument("--network", choices=["discriminator", "generator"], required=True)
    parser.add_argument("--width", type=float, required=True)
    parser.add_argument("--batch", type=int, required=True, help="windows, or frames of the generator")
    parser.add_argument("--steps", type=int, required=True, help="steps that are timed")
    parser.add_argument("--warmup", type=int, required=True, help="steps before them")
    parser.add_argument("--compile", action="store_true", help="by torch.compile, which needs a C++ compiler")
    options = parser.parse_args()

    allow_absent_cuda()
    warnings.filterwarnings("ignore", "Failed to initialize NumPy")  # no array is asked for
    step = make_step(options.network, options.width, options.batch, options.compile)
    times = []
    for k in range(options.warmup + options.steps):
        if k == options.warmup:
            begun = time.process_time()
        start = time.perf_counter()
        step()
        times.append(1000 * (time.perf_counter() - start))
    cpu = 1000 * (time.process_time() - begun) / options.steps
    timed = times[options.warmup :]
    # Linux counts in KiB, macOS in bytes.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    print(json.dumps({"median": statistics.median(timed), "least": min(timed), "cpu": cpu, "peak": peak}))


if __name__ == "__main__":
    main()
