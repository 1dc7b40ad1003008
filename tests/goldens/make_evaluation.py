"""Writes evaluation.safetensors: distances of feature sets and statistics of paired scores, by scipy and numpy in float64.

    pip install numpy scipy opencv-python-headless python_speech_features safetensors
    python tests/goldens/make_evaluation.py

Feature sets many (120 of 24 numbers), few (16 of 24: singular covariances), wide (40 of 300), each with
    <set>/a, <set>/b        float32 features
    <set>/frechet           pytorch-fid's definition: scipy's square root of the product of the covariances, real part; of
                            singular ones the symmetric form by numpy's eigenvalues
    <set>/kernel            unbiased squared MMD under (x.y / d + 1)^3, by loops over pairs
Paired scores of two systems
    paired/ours, paired/theirs     [11] scores of the same videos
    paired/p_exact                 scipy.stats.permutation_test over all 2^11 signs, two-sided, of the mean difference
    paired/p_many                  [60 videos] the same by 99,999 drawn signs
    paired/many                    the 60 differences
    paired/interval                scipy.stats.bootstrap's percentile interval of the mean of the 60 differences
    holm/p, holm/adjusted          Holm's step-down adjustment, by hand
SyncNet's inputs
    inputs/frame                   [90, 120, 3] bytes, RGB
    inputs/lrs                     cv2.resize of its BGR to 224 x 224; every 4th row and column is kept: [56, 56, 3]
    inputs/boxes                   [20, 4] face boxes x0, y0, x1, y1
    inputs/track                   [20, 3] x, y, s as run_pipeline.py smooths them (scipy.signal.medfilt, 13)
    inputs/crops                   [3, 56, 56, 3]: its crops of that frame for boxes 0, 7 and 19 (crop scale 0.4, padded with
                                   110), every 4th row and column
    inputs/sound, inputs/mfcc      [16000] whole numbers of 16 bits; [windows, 13, 20] of 4 columns a frame
"""

import cv2
import numpy as np
import python_speech_features
from scipy import linalg, signal, stats

from layout import save


def statistics(x):
    return x.mean(0), np.cov(x, rowvar=False)


def frechet(a, b):
    (m, A), (n, B) = statistics(a), statistics(b)
    if min(len(a), len(b)) > a.shape[1]:
        root = np.trace(linalg.sqrtm(A @ B)).real
    else:
        values, vectors = np.linalg.eigh(A)
        half = vectors * np.sqrt(np.where(values > len(values) * 2.3e-16 * values.max(), values, 0))
        inner = np.linalg.eigvalsh(half.T @ B @ half)
        root = np.sqrt(np.where(inner > len(inner) * 2.3e-16 * inner.max(), inner, 0)).sum()
    return (m - n) @ (m - n) + np.trace(A) + np.trace(B) - 2 * root


def kernel(a, b):
    k = lambda x, y: (x @ y / len(x) + 1) ** 3
    n, m = len(a), len(b)
    xx = sum(k(a[i], a[j]) for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(k(b[i], b[j]) for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return xx + yy - 2 * sum(k(x, y) for x in a for y in b) / (n * m)


def features(n, d, seed):
    rng = np.random.default_rng(seed)
    mix = rng.standard_normal((d, d)) / np.sqrt(d)
    a = rng.standard_normal((n, d)) @ mix + 0.3
    b = 1.3 * rng.standard_normal((n + 5, d)) @ (mix + 0.2 * rng.standard_normal((d, d)) / np.sqrt(d)) + 0.45
    return a.astype(np.float32).astype(np.float64), b.astype(np.float32).astype(np.float64)


def sets():
    tensors = {}
    for name, (n, d) in {"many": (120, 24), "few": (16, 24), "wide": (40, 300)}.items():
        a, b = features(n, d, seed=n)
        found = {"frechet": frechet(a, b), "kernel": kernel(a, b)}
        print(name, found)
        tensors |= {f"{name}/a": a, f"{name}/b": b}
        # As text, since float32 would cost the digits that are tested.
        tensors |= {f"text:{name}/{key}": repr(float(value)) for key, value in found.items()}
    return tensors


def paired():
    rng = np.random.default_rng(4)
    ours = (6 + rng.standard_normal(11)).astype(np.float32).astype(np.float64)
    theirs = (ours + 0.4 + 0.7 * rng.standard_normal(11)).astype(np.float32).astype(np.float64)
    many = (0.12 + 0.5 * rng.standard_normal(60)).astype(np.float32).astype(np.float64)
    test = lambda x, **kw: stats.permutation_test((x,), np.mean, permutation_type="samples", **kw).pvalue
    bootstrap = stats.bootstrap((many,), np.mean, n_resamples=20000, method="percentile", rng=np.random.default_rng(5))
    p = np.array([0.012, 0.2, 0.001, 0.04, 0.03])
    adjusted = np.array([0.048, 0.2, 0.005, 0.09, 0.09])  # 4 x 0.012, 1 x 0.2, 5 x 0.001, then 3 x 0.03 twice
    found = {
        "paired/ours": ours,
        "paired/theirs": theirs,
        "paired/p_exact": test(ours - theirs, n_resamples=np.inf),
        "paired/many": many,
        "paired/p_many": test(many, n_resamples=99999, rng=np.random.default_rng(6)),
        "paired/interval": np.array(bootstrap.confidence_interval),
        "holm/p": p,
        "holm/adjusted": adjusted,
    }
    print({key: value for key, value in found.items() if np.size(value) < 6})
    return found


def smoothed(boxes):
    """Boxes [frames, 4] -> x, y and half the longer side [frames, 3], as run_pipeline.py smooths them."""
    s = signal.medfilt([max(b[3] - b[1], b[2] - b[0]) / 2 for b in boxes], kernel_size=13)
    y = signal.medfilt([(b[1] + b[3]) / 2 for b in boxes], kernel_size=13)
    x = signal.medfilt([(b[0] + b[2]) / 2 for b in boxes], kernel_size=13)
    return np.stack([x, y, s], 1)


def cropped(bgr, x, y, s, scale=0.4):
    """What run_pipeline.py cuts of a frame around a tracked face, drawn to 224 x 224."""
    pad = int(s * (1 + 2 * scale))
    padded = np.pad(bgr, ((pad, pad), (pad, pad), (0, 0)), "constant", constant_values=(110, 110))
    rows = slice(int(y + pad - s), int(y + pad + s * (1 + 2 * scale)))
    columns = slice(int(x + pad - s * (1 + scale)), int(x + pad + s * (1 + scale)))
    return cv2.resize(padded[rows, columns], (224, 224))


def inputs():
    rng = np.random.default_rng(8)
    frame = cv2.GaussianBlur(rng.integers(0, 256, (90, 120, 3), dtype=np.uint8), (0, 0), 2)
    frame = cv2.normalize(frame, None, 0, 255, cv2.NORM_MINMAX)
    bgr = frame[:, :, ::-1]
    boxes = np.array([[30, 15, 85, 80]]) + np.cumsum(rng.normal(0, 2, (20, 4)), 0)
    boxes = boxes.astype(np.float32).astype(np.float64)
    track = smoothed(boxes)
    crops = [cropped(bgr, *track[k]) for k in (0, 7, 19)]
    sound = (3000 * rng.standard_normal(16000)).astype(np.int16)
    cepstra = np.array(python_speech_features.mfcc(sound, 16000)).T
    windows = min(25, len(sound) // 640) - 5
    return {
        "inputs/frame": frame,
        "inputs/lrs": cv2.resize(bgr, (224, 224))[::4, ::4],
        "inputs/boxes": boxes,
        "inputs/track": track,
        "inputs/crops": np.stack(crops)[:, ::4, ::4],
        "inputs/sound": sound.astype(np.float64),
        "inputs/mfcc": np.stack([cepstra[:, 4 * k : 4 * k + 20] for k in range(windows)]),
    }


def main():
    found = sets() | paired() | inputs()
    texts = {key[5:]: value for key, value in found.items() if key.startswith("text:")}
    tensors = {key: value for key, value in found.items() if not key.startswith("text:")}
    save("evaluation", tensors, texts | {"source": "scipy, numpy, OpenCV, python_speech_features"})


if __name__ == "__main__":
    main()
