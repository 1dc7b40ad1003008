"""Writes image_quality.safetensors: scores of made pictures by scikit-image and scipy.

    pip install scikit-image numpy scipy safetensors
    python tests/goldens/make_image_quality.py

    a, b          [3, 96, 96, 3] bytes, to be divided by 255: smooth colours; the same blurred, noisy, and shifted by a pixel
    l1            [3]: mean |a - b|
    psnr          [3]: peak_signal_noise_ratio with data range 1
    ssim          [3]: structural_similarity after Wang et al. 2004: Gaussian weights of sigma 1.5 over 11x11, biased
                  covariance, data range 1, the mean over the three channels
    sharpness_a   [3]: variance of scipy's Laplacian of the grey levels 0..255 (0.299 R + 0.587 G + 0.114 B), without the
    sharpness_b   outermost pixels
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file
from scipy.ndimage import gaussian_filter, laplace
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

SIZE = 96


def colours(seed):
    """A smooth picture with some fine grain, [96, 96, 3] in 0..1."""
    noise = np.random.default_rng(seed).standard_normal((SIZE, SIZE, 3))
    smooth = gaussian_filter(noise, (4, 4, 0)) * 2 + gaussian_filter(noise, (1, 1, 0)) * 0.2
    return np.clip(0.5 + smooth, 0, 1)


def sharpness(picture):
    grey = 255 * picture @ np.array([0.299, 0.587, 0.114])
    return laplace(grey)[1:-1, 1:-1].var()


def main():
    a = np.stack([colours(seed) for seed in range(3)])
    grain = np.random.default_rng(9).normal(0, 0.05, (SIZE, SIZE, 3))
    b = np.stack([
        gaussian_filter(a[0], (1.2, 1.2, 0)),
        np.clip(a[1] + grain, 0, 1),
        np.roll(a[2], 1, axis=1),
    ])
    a, b = (np.round(255 * x).astype(np.uint8) for x in (a, b))
    pairs = [(x / 255, y / 255) for x, y in zip(a, b)]
    wang = {
        "channel_axis": -1, "data_range": 1, "gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False,
    }
    found = {
        "l1": [np.abs(x - y).mean() for x, y in pairs],
        "psnr": [peak_signal_noise_ratio(x, y, data_range=1) for x, y in pairs],
        "ssim": [structural_similarity(x, y, **wang) for x, y in pairs],
        "sharpness_a": [sharpness(x) for x, _ in pairs],
        "sharpness_b": [sharpness(y) for _, y in pairs],
    }
    for name, values in found.items():
        print(name, *(f"{value:.5f}" for value in values))
    scores = {name: np.array(values, np.float32) for name, values in found.items()}
    save_file(
        {"a": a, "b": b} | scores,
        pathlib.Path(__file__).parent / "image_quality.safetensors",
        metadata={"source": "scikit-image, scipy"},
    )


main()
