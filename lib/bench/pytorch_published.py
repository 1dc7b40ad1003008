"""Five published networks in PyTorch under the names their weight files have, to hold this project's against.

Wav2Lip's generator, expert and visual quality discriminator, SyncNet, and the Inception that FID is defined by; width
scales every layer's filters, 1 is the published network. Inputs are PyTorch's, [batch, channels, height, width].
"""

import torch
from torch import nn
from torch.nn import functional as F

from pytorch_networks import Generator, SyncDiscriminator, row, scaled

# Groups of rows.
QUALITY = [
    [row(32, 7)],
    [row(64, 5, (1, 2)), row(64, 5)],
    [row(128, 5, 2), row(128, 5)],
    [row(256, 5, 2), row(256, 5)],
    [row(512, 3, 2), row(512, 3)],
    [row(512, 3, 2), row(512, 3)],
    [row(512, 3, 1, 0), row(512, 1)],
]


class Wav2Lip(Generator):
    """mel [frames, 1, 80, 16], faces [frames, 6, 96, 96] (masked pose, reference; BGR) -> [frames, 3, 96, 96]."""

    def forward(self, mel, faces):
        return {"face": super().forward(mel, faces)}


class Expert(SyncDiscriminator):
    """mel [batch, 1, 80, 16], faces [batch, 15, 48, 96] (BGR, frame by frame) -> embeddings before their norm."""

    def __init__(self, width=1.0):
        super().__init__(width, cbam=False, lstm=False)

    def forward(self, mel, faces):
        return dict(zip(["audio", "video"], super().forward(mel, faces)))


class Plain(nn.Module):
    """conv -> leaky ReLU."""

    def __init__(self, inputs, row, width):
        super().__init__()
        filters, kernel, stride, padding, _ = row
        self.conv_block = nn.Sequential(nn.Conv2d(inputs, scaled(filters, width), kernel, stride, padding))

    def forward(self, x):
        return F.leaky_relu(self.conv_block(x), 0.01)


class VisualQuality(nn.Module):
    """faces [batch, 3, 48, 96] (lower halves, BGR) -> probability of being real [batch]."""

    def __init__(self, width=1.0):
        super().__init__()
        self.face_encoder_blocks, channels = nn.Sequential(), 3
        for rows in QUALITY:
            blocks = nn.Sequential()
            for row in rows:
                blocks.append(Plain(channels, row, width))
                channels = scaled(row[0], width)
            self.face_encoder_blocks.append(blocks)
        self.binary_pred = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, faces):
        return {"real": self.binary_pred(self.face_encoder_blocks(faces)).flatten()}


class SyncNet(nn.Module):
    """mfcc [batch, 1, 13, 20], faces [batch, 3, 5, 224, 224] (BGR in 0..255) -> embeddings [batch, 1024] each."""

    def __init__(self, width=1.0):
        super().__init__()
        c = lambda filters: scaled(filters, width)

        def tower(conv, norm, rows):
            layers, inputs = [], rows[0][0]
            for _, filters, kernel, options, pool in rows:
                outputs = c(filters)
                layers += [conv(inputs, outputs, kernel, **options), norm(outputs), nn.ReLU()]
                layers += [pool] if pool else []
                inputs = outputs
            return nn.Sequential(*layers)

        def dense():
            return nn.Sequential(
                nn.Linear(c(512), c(512)), nn.BatchNorm1d(c(512)), nn.ReLU(), nn.Linear(c(512), c(1024))
            )

        self.netcnnaud = tower(nn.Conv2d, nn.BatchNorm2d, [
            (1, 64, 3, {"padding": 1}, nn.MaxPool2d(1)),
            (0, 192, 3, {"padding": 1}, nn.MaxPool2d(3, (1, 2))),
            (0, 384, 3, {"padding": 1}, None),
            (0, 256, 3, {"padding": 1}, None),
            (0, 256, 3, {"padding": 1}, nn.MaxPool2d(3, 2)),
            (0, 512, (5, 4), {}, None),
        ])
        self.netfcaud, self.netfclip = dense(), dense()
        space = lambda side: (1, side, side)
        padded, halved = (0, 1, 1), (1, 2, 2)
        self.netcnnlip = tower(nn.Conv3d, nn.BatchNorm3d, [
            (3, 96, (5, 7, 7), {"stride": halved}, nn.MaxPool3d(space(3), halved)),
            (0, 256, space(5), {"stride": halved, "padding": padded}, nn.MaxPool3d(space(3), halved, padded)),
            (0, 256, space(3), {"padding": padded}, None),
            (0, 256, space(3), {"padding": padded}, None),
            (0, 256, space(3), {"padding": padded}, nn.MaxPool3d(space(3), halved)),
            (0, 512, space(6), {}, None),
        ])

    def forward(self, mfcc, faces):
        audio, lip = self.netcnnaud(mfcc).flatten(1), self.netcnnlip(faces).flatten(1)
        return {"audio": self.netfcaud(audio), "lip": self.netfclip(lip)}


class Unit(nn.Module):
    """conv without bias -> batch norm (eps 1e-3) -> ReLU; pads to keep the size unless told otherwise."""

    def __init__(self, inputs, filters, kernel, stride=1, padded=True):
        super().__init__()
        rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
        padding = ((rows - 1) // 2, (columns - 1) // 2) if padded else 0
        self.filters = filters
        self.conv = nn.Conv2d(inputs, filters, (rows, columns), stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(filters, eps=1e-3)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


MEAN = nn.AvgPool2d(3, 1, 1, count_include_pad=False)
MAX = nn.MaxPool2d(3, 1, 1)
HALVE = nn.MaxPool2d(3, 2)
ROW, COLUMN = (1, 7), (7, 1)


def units(name, *rows):
    """Units one after the other, counted from 1."""
    return [(f"{name}_{k}", *row) for k, row in enumerate(rows, 1)]


# A block's branches: units (name, filters, kernel, and False where it halves without padding) or a pool; a list inside a
# branch are units side by side.
def block_a(pooled):
    return [
        [("branch1x1", 64, 1)],
        units("branch5x5", (48, 1), (64, 5)),
        units("branch3x3dbl", (64, 1), (96, 3), (96, 3)),
        [MEAN, ("branch_pool", pooled, 1)],
    ]


def block_b():
    return [[("branch3x3", 384, 3, False)], units("branch3x3dbl", (64, 1), (96, 3), (96, 3, False)), [HALVE]]


def block_c(n):
    return [
        [("branch1x1", 192, 1)],
        units("branch7x7", (n, 1), (n, ROW), (192, COLUMN)),
        units("branch7x7dbl", (n, 1), (n, COLUMN), (n, ROW), (n, COLUMN), (192, ROW)),
        [MEAN, ("branch_pool", 192, 1)],
    ]


def block_d():
    return [
        units("branch3x3", (192, 1), (320, 3, False)),
        units("branch7x7x3", (192, 1), (192, ROW), (192, COLUMN), (192, 3, False)),
        [HALVE],
    ]


def block_e(pool):
    cross = lambda name: [(f"{name}a", 384, (1, 3)), (f"{name}b", 384, (3, 1))]
    return [
        [("branch1x1", 320, 1)],
        [*units("branch3x3", (384, 1)), cross("branch3x3_2")],
        [*units("branch3x3dbl", (448, 1), (384, 3)), cross("branch3x3dbl_3")],
        [pool, ("branch_pool", 192, 1)],
    ]


class Mixed(nn.Module):
    """Branches side by side; what comes out of them one after the other along the channels."""

    def __init__(self, inputs, branches, width):
        super().__init__()
        self.branches, self.filters = [], 0

        def add(channels, name, filters, kernel, padded=True):
            unit = Unit(channels, scaled(filters, width), kernel, 1 if padded else 2, padded)
            setattr(self, name, unit)
            return unit

        for branch in branches:
            steps, channels = [], inputs
            for step in branch:
                if isinstance(step, nn.Module):
                    steps.append([step])
                else:
                    steps.append([add(channels, *unit) for unit in (step if isinstance(step, list) else [step])])
                    channels = sum(unit.filters for unit in steps[-1])
            self.branches.append(steps)
            self.filters += channels

    def forward(self, x):
        outputs = []
        for steps in self.branches:
            y = x
            for step in steps:
                y = torch.cat([layer(y) for layer in step], 1)
            outputs.append(y)
        return torch.cat(outputs, 1)


MIXED = {
    "Mixed_5b": block_a(32),
    "Mixed_5c": block_a(64),
    "Mixed_5d": block_a(64),
    "Mixed_6a": block_b(),
    "Mixed_6b": block_c(128),
    "Mixed_6c": block_c(160),
    "Mixed_6d": block_c(160),
    "Mixed_6e": block_c(192),
    "Mixed_7a": block_d(),
    "Mixed_7b": block_e(MEAN),
    "Mixed_7c": block_e(MAX),
}


class Inception(nn.Module):
    """images [batch, 3, h, w] (RGB in 0..1) -> features [batch, 2048] and class scores [batch, 1008]."""

    def __init__(self, width=1.0):
        super().__init__()
        c = lambda filters: scaled(filters, width)
        self.Conv2d_1a_3x3 = Unit(3, c(32), 3, 2, padded=False)
        self.Conv2d_2a_3x3 = Unit(c(32), c(32), 3, padded=False)
        self.Conv2d_2b_3x3 = Unit(c(32), c(64), 3)
        self.Conv2d_3b_1x1 = Unit(c(64), c(80), 1)
        self.Conv2d_4a_3x3 = Unit(c(80), c(192), 3, padded=False)
        channels = c(192)
        for name, branches in MIXED.items():
            setattr(self, name, Mixed(channels, branches, width))
            channels = getattr(self, name).filters
        self.fc = nn.Linear(channels, 1008)

    def forward(self, images):
        x = F.interpolate(images, (299, 299), mode="bilinear", align_corners=False)
        x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(2 * x - 1)))
        x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(F.max_pool2d(x, 3, 2)))
        x = F.max_pool2d(x, 3, 2)
        for name in MIXED:
            x = getattr(self, name)(x)
        features = x.mean((2, 3))
        return {"features": features, "logits": self.fc(features)}


NETWORKS = {
    "wav2lip": Wav2Lip,
    "wav2lip-expert": Expert,
    "visual-quality": VisualQuality,
    "syncnet": SyncNet,
    "inception": Inception,
}
