"""Writes cbam, lstm, batch_norm, conv, conv_transpose and block .safetensors: layers and gradients by PyTorch.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_networks.py

Every case holds x, the weights, output, r (like output) and grad/NAME: the gradient of sum(output * r) with respect
to x and every weight. Layouts: layout.py. Names of cases stand before the first slash: small/x, small/grad/x.
"""

import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional as F

from layout import conv_kernel, dense_kernel, lstm_kernel, nchw, nhwc, random, save

sys.path.append(str(pathlib.Path(__file__).parents[2] / "lib" / "bench"))
from pytorch_networks import Block, Cbam


def randomise(module, seed):
    """Fills every weight with values of a sensible size that float32 holds exactly."""
    module.double()
    scales = [m.weight for m in module.modules() if isinstance(m, nn.BatchNorm2d) and m is not module]
    with torch.no_grad():
        for index, weight in enumerate(module.parameters()):
            fan_in = weight[0].numel() if weight.dim() > 1 else 16
            weight.copy_(random(*weight.shape, seed=seed + index, scale=fan_in**-0.5))
            if any(weight is scale for scale in scales):
                weight.add_(1)
    return module


def case(name, x, forward, weights, seed):
    """The tensors of one case. forward(x) -> output or {name: tensor} with "output"; weights() -> {name: tensor}."""
    x.requires_grad_()
    outputs = forward(x)
    outputs = outputs if isinstance(outputs, dict) else {"output": outputs}
    r = random(*outputs["output"].shape, seed=seed)
    (outputs["output"] * r).sum().backward()
    tensors = {"x": x, **weights(lambda p: p), **outputs, "r": r, "grad/x": x.grad}
    tensors |= {f"grad/{key}": value for key, value in weights(lambda p: p.grad).items()}
    return {f"{name}/{key}": value for key, value in tensors.items()}


def cbam_weights(cbam, of):
    return {
        "mlp/0/kernel": dense_kernel(of(cbam.squeeze.weight)),
        "mlp/0/bias": of(cbam.squeeze.bias),
        "mlp/1/kernel": dense_kernel(of(cbam.excite.weight)),
        "mlp/1/bias": of(cbam.excite.bias),
        "spatial/kernel": conv_kernel(of(cbam.spatial.weight)),
        "spatial/bias": of(cbam.spatial.bias),
    }


def cbam():
    tensors = {}
    for name, shape in {"small": (2, 12, 12, 32), "odd": (3, 7, 10, 64), "narrow": (2, 5, 6, 8)}.items():
        module = randomise(Cbam(shape[3]), seed=shape[3])

        def forward(x):
            output, channel, spatial = module.maps(nchw(x))
            return {"output": nhwc(output), "channel_map": channel, "spatial_map": nhwc(spatial)}

        x = random(*shape, seed=1)
        tensors |= case(name, x, forward, lambda of: cbam_weights(module, of), seed=2)
    save("cbam", tensors, {"planes": "mean, max", "reduction": 16, "least_hidden": 2})


def lstm():
    module = randomise(nn.LSTM(80, 80, batch_first=True), seed=10)

    def forward(x):
        tensors = {"output": module(x)[0]}
        # The gates by hand, since PyTorch does not return them: each [batch, steps, units] after its sigmoid.
        hidden = cell = torch.zeros(x.shape[0], 80, dtype=x.dtype)
        rows = []
        for step in x.unbind(1):
            i, f, c, o = (
                F.linear(step, module.weight_ih_l0, module.bias_ih_l0)
                + F.linear(hidden, module.weight_hh_l0, module.bias_hh_l0)
            ).chunk(4, 1)
            cell = f.sigmoid() * cell + i.sigmoid() * c.tanh()
            hidden = o.sigmoid() * cell.tanh()
            rows.append((i.sigmoid(), cell, f.sigmoid(), o.sigmoid(), hidden))
        columns = [torch.stack(column, 1) for column in zip(*rows)]
        assert torch.allclose(columns.pop(), tensors["output"])
        return tensors | {f"gates/{n}": c for n, c in zip(["input", "cell", "forget", "output"], columns)}

    def weights(of):
        grad = of(module.bias_ih_l0) is not module.bias_ih_l0
        # Both biases have the same gradient, which is the summed bias's too.
        bias = of(module.bias_ih_l0) if grad else module.bias_ih_l0 + module.bias_hh_l0
        return {"kernel": lstm_kernel(of(module.weight_ih_l0), of(module.weight_hh_l0)), "bias": bias}

    tensors = case("lstm", random(3, 16, 80, seed=3), forward, weights, seed=4)
    # The two biases were summed in float64; float32 rounds the sum by 1e-8.
    save("lstm", tensors, {"gates": "i, f, c, o", "x": "batch, steps, in", "state": "starts at zero"})


def batch_norm():
    tensors = {}
    for name, training in {"training": True, "evaluation": False}.items():
        module = randomise(nn.BatchNorm2d(12), seed=20).train(training)
        with torch.no_grad():
            module.weight.add_(1)
            module.running_mean.copy_(random(12, seed=22))
            module.running_var.copy_(random(12, seed=23).abs() + 0.5)
        before = {"moving_mean": module.running_mean.clone(), "moving_variance": module.running_var.clone()}
        x = 2 * random(4, 5, 6, 12, seed=24) + random(12, seed=25)
        x = x.float().double()
        weights = lambda of: {"scale": of(module.weight), "offset": of(module.bias)}
        tensors |= case(name, x, lambda x: nhwc(module(nchw(x))), weights, seed=26)
        tensors |= {f"{name}/{key}": value for key, value in before.items()}
        tensors[f"{name}/after/moving_mean"] = module.running_mean
        tensors[f"{name}/after/moving_variance"] = module.running_var
    save("batch_norm", tensors, {"epsilon": 1e-5, "momentum": 0.1, "moving_variance": "unbiased"})


def conv():
    # Kernel, stride (height, width), padding on all four sides: every shape that the block tables have.
    shapes = {
        "k3": (3, (1, 1), 1),
        "k7": (7, (1, 1), 3),
        "k5_wide": (5, (1, 2), 1),
        "k3_halved": (3, (2, 2), 1),
        "k3_thirds": (3, (3, 1), 1),
        "k3_thirds_both": (3, (3, 3), 1),
        "k3_thirds_halved": (3, (3, 2), 1),
        "k3_unpadded": (3, (1, 1), 0),
        "k1": (1, (1, 1), 0),
    }
    tensors = {}
    for index, (name, (kernel, stride, padding)) in enumerate(shapes.items()):
        module = randomise(nn.Conv2d(5, 6, kernel, stride, padding), seed=30 + 2 * index)
        weights = lambda of: {"kernel": conv_kernel(of(module.weight)), "bias": of(module.bias)}
        # Odd and even extents, so that a padding put on the wrong side shows.
        x = random(2, 9, 12, 5, seed=60 + index)
        tensors |= case(name, x, lambda x: nhwc(module(nchw(x))), weights, seed=80 + index)
    rows = {name: {"kernel": k, "stride": s, "padding": p} for name, (k, s, p) in shapes.items()}
    save("conv", tensors, {"cases": rows})


def conv_transpose():
    tensors = {}
    for name, stride, shape in [("doubled", 2, (2, 5, 6, 12)), ("unpadded", 1, (2, 1, 1, 12))]:
        padding = stride - 1
        module = randomise(nn.ConvTranspose2d(12, 8, 3, stride, padding, output_padding=padding), seed=100)
        weights = lambda of: {"kernel": conv_kernel(of(module.weight)), "bias": of(module.bias)}
        x = random(*shape, seed=101)
        tensors |= case(name, x, lambda x: nhwc(module(nchw(x))), weights, seed=102)
    cases = {
        "doubled": {"kernel": 3, "stride": 2, "padding": 1, "output_padding": 1},
        "unpadded": {"kernel": 3, "stride": 1, "padding": 0, "output_padding": 0},
    }
    save("conv_transpose", tensors, {"cases": cases})


def block():
    tensors = {}
    rows = {
        "residual": (16, 3, (1, 1), 1, True),
        "strided": (32, 5, (1, 2), 1, False),
        "plain": (16, 3, (1, 1), 1, True),
    }
    for index, (name, row) in enumerate(rows.items()):
        attention = name != "plain"
        module = randomise(Block(16, row, 1.0, attention), seed=110 + 20 * index)
        convolution, *rest, norm = module.conv_block

        def weights(of):
            return {
                "conv/kernel": conv_kernel(of(convolution.weight)),
                "conv/bias": of(convolution.bias),
                **({f"cbam/{k}": v for k, v in cbam_weights(rest[0], of).items()} if attention else {}),
                "norm/scale": of(norm.weight),
                "norm/offset": of(norm.bias),
            }

        x = random(3, 8, 10, 16, seed=170 + index)
        tensors |= case(name, x, lambda x: nhwc(module(nchw(x))), weights, seed=180 + index)
        tensors[f"{name}/after/moving_mean"] = norm.running_mean
        tensors[f"{name}/after/moving_variance"] = norm.running_var
    fields = ["filters", "kernel", "stride", "padding", "residual"]
    save(
        "block", tensors, {"cases": {n: dict(zip(fields, row)) for n, row in rows.items()}, "training": True}
    )


for make in [cbam, lstm, batch_norm, conv, conv_transpose, block]:
    make()
