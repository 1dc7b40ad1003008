"""The sync discriminator and the generator in PyTorch, for comparing speed and numbers with this project's own.

The same block tables, in PyTorch's own layout (NCHW) and with its own layers, as one would write them there; parts have
the names that they have in Wav2Lip's weight files, so that without CBAM and LSTM these are Wav2Lip's networks.
"""

import torch
from torch import nn
from torch.nn import functional as F


def row(filters, kernel, stride=1, padding=None, residual=False):
    """A row of a block table; padding keeps the size at stride 1 unless said otherwise."""
    return filters, kernel, stride, (kernel - 1) // 2 if padding is None else padding, residual


def residual(filters, times):
    """Residual rows of a block table: 3x3 and their input added before the ReLU."""
    return [row(filters, 3, residual=True)] * times


SYNC_FACE = [
    row(32, 7), row(64, 5, (1, 2), 1), *residual(64, 2),
    row(128, 3, 2), *residual(128, 3),
    row(256, 3, 2), *residual(256, 2),
    row(512, 3, 2), *residual(512, 2),
    row(512, 3, 2), row(512, 3, 1, 0), row(512, 1),
]
SYNC_AUDIO = [
    row(32, 3), *residual(32, 2),
    row(64, 3, (3, 1)), *residual(64, 2),
    row(128, 3, 3), *residual(128, 2),
    row(256, 3, (3, 2)), *residual(256, 2),
    row(512, 3, 1, 0), row(512, 1),
]
# The generator's audio encoder has one residual block of 256 filters fewer.
GENERATOR_AUDIO = SYNC_AUDIO[:11] + SYNC_AUDIO[12:]
# The generator's face encoder by resolution: 96, 48, 24, 12, 6, 3, 1; each one's output is kept for the decoder.
GENERATOR_FACE = [
    [row(16, 7)],
    [row(32, 3, 2), *residual(32, 2)],
    [row(64, 3, 2), *residual(64, 3)],
    [row(128, 3, 2), *residual(128, 2)],
    [row(256, 3, 2), *residual(256, 2)],
    [row(512, 3, 2), *residual(512, 1)],
    [row(512, 3, 1, 0), row(512, 1)],
]
# The decoder by resolution after a plain 1x1 block: 3, 6, 12, 24, 48, 96. Rows: filters, stride of the transposed
# convolution, residual blocks after it.
GENERATOR_DECODER = [(512, 1, 1), (512, 2, 2), (384, 2, 2), (256, 2, 2), (128, 2, 2), (64, 2, 2)]


def scaled(filters, width):
    """Filters of a layer in a network of this width: a half rounds up, and never fewer than 8."""
    return max(8, int(filters * width + 0.5))


class Cbam(nn.Module):
    """Woo et al. 2018: channel attention, then spatial attention; the planes of the 7x7 conv are mean, max."""

    def __init__(self, channels, reduction=16):
        super().__init__()
        hidden = max(2, channels // reduction)
        self.squeeze = nn.Linear(channels, hidden)
        self.excite = nn.Linear(hidden, channels)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3)

    def maps(self, x):
        """x [batch, c, h, w] -> output like x, channel map [batch, c], spatial map [batch, 1, h, w]."""
        shared = lambda pooled: self.excite(torch.relu(self.squeeze(pooled)))
        channel = torch.sigmoid(shared(x.mean((2, 3))) + shared(x.amax((2, 3))))
        x = x * channel[:, :, None, None]
        planes = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)
        spatial = torch.sigmoid(self.spatial(planes))
        return x * spatial, channel, spatial

    def forward(self, x):
        return self.maps(x)[0]


class Block(nn.Module):
    """conv -> CBAM (if asked for) -> batch norm -> + input (if residual) -> ReLU."""

    def __init__(self, inputs, row, width, cbam=False):
        super().__init__()
        filters, kernel, stride, padding, self.residual = row
        self.filters = scaled(filters, width)
        conv = nn.Conv2d(inputs, self.filters, kernel, stride, padding)
        attention = [Cbam(self.filters)] if cbam else []
        self.conv_block = nn.Sequential(conv, *attention, nn.BatchNorm2d(self.filters))

    def forward(self, x):
        y = self.conv_block(x)
        return F.relu(y + x if self.residual else y)


class Upsample(nn.Module):
    """Transposed conv (kernel 3) -> batch norm -> ReLU; stride 1 takes 1x1 to 3x3, stride 2 doubles."""

    def __init__(self, inputs, filters, stride):
        super().__init__()
        padding = 0 if stride == 1 else 1
        conv = nn.ConvTranspose2d(inputs, filters, 3, stride, padding, output_padding=padding)
        self.conv_block = nn.Sequential(conv, nn.BatchNorm2d(filters))

    def forward(self, x):
        return F.relu(self.conv_block(x))


def encoder(inputs, rows, width, cbam=False):
    """A chain of blocks, and how many channels come out of it."""
    blocks = []
    for row in rows:
        blocks.append(Block(inputs, row, width, cbam))
        inputs = blocks[-1].filters
    return nn.Sequential(*blocks), inputs


class SyncDiscriminator(nn.Module):
    """mel [batch, 1, 80, 16], face [batch, 15, 48, 96] -> embeddings [batch, n] of the sound and of the face."""

    def __init__(self, width=1.0, cbam=True, lstm=True):
        super().__init__()
        self.lstm = nn.LSTM(80, 80, batch_first=True) if lstm else None
        self.audio_encoder, _ = encoder(1, SYNC_AUDIO, width, cbam)
        self.face_encoder, _ = encoder(15, SYNC_FACE, width, cbam)

    def forward(self, mel, face):
        if self.lstm is not None:
            hidden, _ = self.lstm(mel[:, 0].transpose(1, 2))
            mel = hidden.transpose(1, 2)[:, None]
        return self.audio_encoder(mel).flatten(1), self.face_encoder(face).flatten(1)


class Generator(nn.Module):
    """mel [frames, 1, 80, 16], face [frames, 6, 96, 96] (masked pose, reference) -> frames [frames, 3, 96, 96]."""

    def __init__(self, width=1.0):
        super().__init__()
        self.audio_encoder, inputs = encoder(1, GENERATOR_AUDIO, width)
        self.face_encoder_blocks, channels, kept = nn.ModuleList(), 6, []
        for rows in GENERATOR_FACE:
            blocks, channels = encoder(channels, rows, width)
            self.face_encoder_blocks.append(blocks)
            kept.append(channels)
        first, outputs = encoder(inputs, [row(512, 1)], width)
        self.face_decoder_blocks = nn.ModuleList([first])
        for filters, stride, residuals in GENERATOR_DECODER:
            up = Upsample(outputs + kept.pop(), scaled(filters, width), stride)
            after, outputs = encoder(scaled(filters, width), residual(filters, residuals), width)
            self.face_decoder_blocks.append(nn.Sequential(up, *after))
        last, channels = encoder(outputs + kept.pop(), [row(32, 3)], width)
        self.output_block = nn.Sequential(*last, nn.Conv2d(channels, 3, 1), nn.Sigmoid())

    def forward(self, mel, face):
        kept = []
        for blocks in self.face_encoder_blocks:
            face = blocks(face)
            kept.append(face)
        x = self.audio_encoder(mel)
        for blocks in self.face_decoder_blocks:
            x = torch.cat([blocks(x), kept.pop()], 1)
        return self.output_block(x)


def sync_loss(audio, face, label):
    """Binary cross-entropy on the cosine of two embeddings [batch, n]; label [batch], 1 is in sync."""
    return F.binary_cross_entropy(F.cosine_similarity(audio, face), label)
