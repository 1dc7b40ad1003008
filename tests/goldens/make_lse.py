"""Writes lse.safetensors: the distances of syncnet_python's evaluation on made embeddings, by the same steps.

    pip install torch==2.11.0 numpy safetensors
    python tests/goldens/make_lse.py

Cases long, short (fewer windows than offsets) and unrelated, each with
    video, audio            embeddings [windows, n], not normalised
    distances               [windows, 31]: of a window's video to the audio at offsets -15 to 15 around it
    curve                   [31]: their mean over windows
    lse_d, lse_c            least of the curve; its median (the 16th of 31 sorted values) minus the least
    offset                  15 - index of the least, in frames
    frame_confidence        [windows]: the median of the curve minus a window's distance at the best offset, then a
                            running median over 9 windows with zeros beyond the ends
"""

import numpy as np
import torch
from torch.nn import functional as F

from layout import save

REACH = 15


def distances(video, audio):
    """[windows, n] twice -> [windows, 31]; audio is zero beyond its ends; 1e-6 is added to each difference."""
    padded = F.pad(audio, (0, 0, REACH, REACH))
    rows = []
    for k in range(len(video)):
        repeated = video[[k], :].repeat(2 * REACH + 1, 1)
        rows.append(F.pairwise_distance(repeated, padded[k : k + 2 * REACH + 1, :], eps=1e-6))
    return torch.stack(rows)


def running_median(values, size=9):
    padded = np.pad(values, size // 2)
    return np.array([np.median(padded[k : k + size]) for k in range(len(values))])


def evaluate(video, audio):
    table = distances(video, audio)
    curve = table.mean(0)
    least, index = curve.min(0)
    median = curve.median()
    return {
        "video": video,
        "audio": audio,
        "distances": table,
        "curve": curve,
        "lse_d": least,
        "lse_c": median - least,
        "offset": torch.tensor(REACH - index.item(), dtype=torch.int32),
        "frame_confidence": running_median((median - table[:, index]).numpy()),
    }


def embeddings(windows, size, shift, noise, seed):
    """Video and audio that share a drifting course, audio `shift` windows later."""
    rng = np.random.default_rng(seed)
    course = rng.standard_normal((windows + 40, size)) + 0.5 * rng.standard_normal((1, size))
    video = course[20 : 20 + windows] + noise * rng.standard_normal((windows, size))
    audio = course[20 - shift : 20 - shift + windows] + noise * rng.standard_normal((windows, size))
    return [torch.tensor((0.3 * x).astype(np.float32)).double() for x in (video, audio)]


def main():
    cases = {
        "long": embeddings(windows=60, size=1024, shift=-3, noise=0.6, seed=1),
        "short": embeddings(windows=9, size=64, shift=2, noise=0.4, seed=2),
        "unrelated": embeddings(windows=40, size=64, shift=20, noise=1.0, seed=3),
    }
    tensors = {}
    for name, (video, audio) in cases.items():
        found = evaluate(video, audio)
        tensors |= {f"{name}/{key}": value for key, value in found.items()}
        print(name, *(f"{key} {found[key].item():.4f}" for key in ("lse_d", "lse_c", "offset")))
    save(
        "lse",
        tensors,
        {"reach": REACH, "epsilon": 1e-6, "source": "syncnet_python, SyncNetInstance.evaluate"},
    )


if __name__ == "__main__":
    main()
