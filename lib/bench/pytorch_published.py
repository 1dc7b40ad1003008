"""Five published networks in PyTorch under the names their weight files have, to hold this project's against.

Wav2Lip's generator, expert and visual quality discriminator, SyncNet, and the Inception that FID is defined by; width
scales every layer's filters, 1 is the published network. Inputs are PyTorch's, [batch, channels, height, width].
"""

import torch
from torch import nn
from torch.nn import functional as F

from pytorch_networks import GENERATOR_AUDIO, GENERATOR_DECODER, GENERATOR_FACE, SYNC_AUDIO, SYNC_FACE, scaled

# Groups of rows: filters, kernel, stride (height, width), padding.
QUALITY = [
    [(32, 7, (1, 1), 3)],
    [(64, 5, (1, 2), 2), (64, 5, (1, 1), 2)],
    [(128, 5, (2, 2), 2), (128, 5, (1, 1), 2)],
    [(256, 5, (2, 2), 2), (256, 5, (1, 1), 2)],
    [(512, 3, (2, 2), 1), (512, 3, (1, 1), 1)],
    [(512, 3, (2, 2), 1), (512, 3, (1, 1), 1)],
    [(512, 3, (1, 1), 0), (512, 1, (1, 1), 0)],
]


class Block(nn.Module):
    """conv -> batch norm (unless plain) -> + input (if residual) -> activation."""

    def __init__(self, inputs, row, width, plain=False):
        super().__init__()
        filters, kernel, stride, padding = row[:4]
        self.residual = len(row) > 4 and row[4]
        self.filters = scaled(filters, width)
        conv = nn.Conv2d(inputs, self.filters, kernel, stride, padding)
        self.conv_block = nn.Sequential(conv) if plain else nn.Sequential(conv, nn.BatchNorm2d(self.filters))
        self.act = nn.LeakyReLU(0.01) if plain else nn.ReLU()

    def forward(self, x):
        y = self.conv_block(x)
        return self.act(y + x if self.residual else y)


class Upsample(nn.Module):
    """Transposed conv (kernel 3) -> batch norm -> ReLU; stride 1 takes 1x1 to 3x3, stride 2 doubles."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        padding = 0 if stride == 1 else 1
        conv = nn.ConvTranspose2d(inputs, filters, 3, stride, padding, output_padding=padding)
        self.conv_block = nn.Sequential(conv, nn.BatchNorm2d(filters))

    def forward(self, x):
        return F.relu(self.conv_block(x))


def chain(inputs, rows, width, plain=False):
    """Blocks one after the other, and how many channels come out."""
    blocks = []
    for row in rows:
        blocks.append(Block(inputs, row, width, plain))
        inputs = blocks[-1].filters
    return nn.Sequential(*blocks), inputs


class Wav2Lip(nn.Module):
    """mel [frames, 1, 80, 16], faces [frames, 6, 96, 96] (masked pose, reference; BGR) -> [frames, 3, 96, 96]."""

    def __init__(self, width=1.0):
        super().__init__()
        self.face_encoder_blocks, channels, kept = nn.ModuleList(), 6, []
        for rows in GENERATOR_FACE:
            blocks, channels = chain(channels, rows, width)
            self.face_encoder_blocks.append(blocks)
            kept.append(channels)
        self.audio_encoder, inputs = chain(1, GENERATOR_AUDIO, width)
        self.face_decoder_blocks = nn.ModuleList()
        for (filters, stride, residuals), skip in zip(GENERATOR_DECODER, reversed(kept)):
            outputs = scaled(filters, width)
            if stride == 0:
                blocks, _ = chain(inputs, [(filters, 1, (1, 1), 0)], width)
            else:
                after, _ = chain(outputs, [(filters, 3, (1, 1), 1, True)] * residuals, width)
                blocks = nn.Sequential(Upsample(inputs, outputs, stride), *after)
            self.face_decoder_blocks.append(blocks)
            inputs = outputs + skip
        last, channels = chain(inputs, [(32, 3, (1, 1), 1)], width)
        self.output_block = nn.Sequential(last[0], nn.Conv2d(channels, 3, 1), nn.Sigmoid())

    def forward(self, mel, faces):
        kept, x = [], faces
        for blocks in self.face_encoder_blocks:
            x = blocks(x)
            kept.append(x)
        x = self.audio_encoder(mel)
        for blocks in self.face_decoder_blocks:
            x = torch.cat([blocks(x), kept.pop()], 1)
        return {"face": self.output_block(x)}


class Expert(nn.Module):
    """mel [batch, 1, 80, 16], faces [batch, 15, 48, 96] (BGR, frame by frame) -> embeddings before their norm."""

    def __init__(self, width=1.0):
        super().__init__()
        self.face_encoder, _ = chain(15, SYNC_FACE, width)
        self.audio_encoder, _ = chain(1, SYNC_AUDIO, width)

    def forward(self, mel, faces):
        return {"audio": self.audio_encoder(mel).flatten(1), "video": self.face_encoder(faces).flatten(1)}


class VisualQuality(nn.Module):
    """faces [batch, 3, 48, 96] (lower halves, BGR) -> probability of being real [batch]."""

    def __init__(self, width=1.0):
        super().__init__()
        self.face_encoder_blocks, channels = nn.ModuleList(), 3
        for rows in QUALITY:
            blocks, channels = chain(channels, rows, width, plain=True)
            self.face_encoder_blocks.append(blocks)
        self.binary_pred = nn.Sequential(nn.Conv2d(channels, 1, 1), nn.Sigmoid())

    def forward(self, faces):
        for blocks in self.face_encoder_blocks:
            faces = blocks(faces)
        return {"real": self.binary_pred(faces).flatten()}


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


# Pools at the head of a branch; mean pools do not count their padding.
POOLS = {
    "mean": lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False),
    "max": lambda x: F.max_pool2d(x, 3, 1, 1),
    "halve": lambda x: F.max_pool2d(x, 3, 2),
}

# A block's branches: units (name, filters, kernel, and False where it halves without padding) or a pool's name; a list
# inside a branch are units side by side.
def block_a(pooled):
    return [
        [("branch1x1", 64, 1)],
        [("branch5x5_1", 48, 1), ("branch5x5_2", 64, 5)],
        [("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3)],
        ["mean", ("branch_pool", pooled, 1)],
    ]


def block_b():
    return [
        [("branch3x3", 384, 3, False)],
        [("branch3x3dbl_1", 64, 1), ("branch3x3dbl_2", 96, 3), ("branch3x3dbl_3", 96, 3, False)],
        ["halve"],
    ]


def block_c(n):
    row, column = (1, 7), (7, 1)
    return [
        [("branch1x1", 192, 1)],
        [("branch7x7_1", n, 1), ("branch7x7_2", n, row), ("branch7x7_3", 192, column)],
        [
            ("branch7x7dbl_1", n, 1),
            ("branch7x7dbl_2", n, column),
            ("branch7x7dbl_3", n, row),
            ("branch7x7dbl_4", n, column),
            ("branch7x7dbl_5", 192, row),
        ],
        ["mean", ("branch_pool", 192, 1)],
    ]


def block_d():
    seven = [("branch7x7x3_1", 192, 1), ("branch7x7x3_2", 192, (1, 7)), ("branch7x7x3_3", 192, (7, 1))]
    return [
        [("branch3x3_1", 192, 1), ("branch3x3_2", 320, 3, False)],
        [*seven, ("branch7x7x3_4", 192, 3, False)],
        ["halve"],
    ]


def block_e(pool):
    cross = lambda name: [(f"{name}a", 384, (1, 3)), (f"{name}b", 384, (3, 1))]
    return [
        [("branch1x1", 320, 1)],
        [("branch3x3_1", 384, 1), cross("branch3x3_2")],
        [("branch3x3dbl_1", 448, 1), ("branch3x3dbl_2", 384, 3), cross("branch3x3dbl_3")],
        [pool, ("branch_pool", 192, 1)],
    ]


class Mixed(nn.Module):
    def __init__(self, inputs, branches, width):
        super().__init__()
        self.branches, self.filters = [], 0

        def add(channels, name, filters, kernel, padded=True):
            unit = Unit(channels, scaled(filters, width), kernel, 1 if padded else 2, padded)
            setattr(self, name, unit)
            return unit.filters

        for branch in branches:
            steps, channels = [], inputs
            for step in branch:
                if isinstance(step, str):
                    steps.append(step)
                elif isinstance(step, list):
                    channels = sum([add(channels, *unit) for unit in step])
                    steps.append([unit[0] for unit in step])
                else:
                    channels = add(channels, *step)
                    steps.append([step[0]])
            self.branches.append(steps)
            self.filters += channels

    def forward(self, x):
        outputs = []
        for steps in self.branches:
            y = x
            for step in steps:
                if isinstance(step, str):
                    y = POOLS[step](y)
                else:
                    y = torch.cat([getattr(self, name)(y) for name in step], 1)
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
    "Mixed_7b": block_e("mean"),
    "Mixed_7c": block_e("max"),
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
