"""Writes judges.safetensors: published judges from the film to the score, by PyTorch, OpenCV and scipy in float64.

    pip install torch==2.11.0 numpy scipy opencv-python-headless python_speech_features safetensors
    python tests/goldens/make_judges.py

SyncNet and Inception are thin ("width") and have weights made by the formula of made_weights.py; film, sound and crops are
made by it too, so none of them is stored.
    clip/boxes               [40, 4] crop boxes x0, y0, x1, y1 of a clip that begins at the film's frame 2
    PROTOCOL/curve           [31] mean distances of syncnet_python's evaluation, for LRS (whole frames) and real (tracked faces)
    PROTOCOL/lse_d, lse_c, offset
    PROTOCOL/video, audio    [windows, n] embeddings
    fid/real, fid/drawn      [12, d] pool features of 12 crops of 96 x 96 each
Metadata: shapes, and the distances of the two sets as text.
"""

import pathlib
import sys

import cv2
import numpy as np
import python_speech_features
import torch

from layout import save
from made_weights import fill, picture, uniform
from make_evaluation import cropped, frechet, kernel, smoothed
from make_lse import evaluate

sys.path.append(str(pathlib.Path(__file__).parents[2] / "lib" / "bench"))
from pytorch_published import Inception, SyncNet

WIDTH = {"syncnet": 0.1, "inception": 0.03}
FILM = {"frames": 43, "height": 90, "width": 120, "first": 2}
CLIP = {"frames": 40, "samples": 24000}
CROPS = 12
# Of the lips' last layer: with made weights their embeddings would be ten times as long as those of sound.
LIPS = 0.1


def frames():
    """RGB [frames, height, width, 3]: each frame's colours are its own, with noise in every pixel."""
    made = picture("film", (FILM["frames"], 3, FILM["height"], FILM["width"]), 0, 255)
    return made.numpy().astype(np.uint8).transpose(0, 2, 3, 1)


def sound():
    """Noise whose level changes from frame to frame, int16 [samples]."""
    level = np.repeat(np.abs(uniform("sound/level", CLIP["frames"])), 640)[: CLIP["samples"]]
    return np.trunc(9000 * level * uniform("sound", CLIP["samples"])).astype(np.int16)


def crop_boxes():
    rng = np.random.default_rng(3)
    boxes = np.array([[36, 22, 80, 73]]) + np.cumsum(rng.normal(0, 1.2, (CLIP["frames"], 4)), 0)
    return boxes.astype(np.float32).astype(np.float64)


def face_boxes(crops):
    """Brow to chin is 1 / 1.16 of a crop's height, 0.04 below its top; a detector's box reaches 0.3 above the brows."""
    height = (crops[:, 3] - crops[:, 1]) / 1.16
    boxes = crops.copy()
    boxes[:, 1] += (0.04 - 0.3) * height
    boxes[:, 3] -= 0.12 * height
    return boxes


def judged(model, pictures, wave):
    """SyncNetInstance.evaluate on BGR pictures [224, 224, 3], one a frame."""
    windows = min(len(pictures), len(wave) // 640) - 5
    cepstra = np.array(python_speech_features.mfcc(wave, 16000)).T
    mfcc = torch.tensor(np.stack([cepstra[None, :, 4 * k : 4 * k + 20] for k in range(windows)]))
    film = torch.tensor(np.stack(pictures).astype(np.float64)).permute(3, 0, 1, 2)
    video, audio = [], []
    with torch.no_grad():
        for k in range(windows):
            answer = model(mfcc[k : k + 1], film[None, :, k : k + 5])
            video.append(answer["lip"])
            audio.append(answer["audio"])
    return evaluate(torch.cat(video), torch.cat(audio))


def lse_of_film():
    model = fill(SyncNet(WIDTH["syncnet"]).eval(), 1.0)
    with torch.no_grad():
        for weights in model.netfclip[3].parameters():
            weights *= LIPS
    film = frames()[FILM["first"] : FILM["first"] + CLIP["frames"], :, :, ::-1]
    track = smoothed(face_boxes(crop_boxes()))
    pictures = {
        "LRS": [cv2.resize(frame, (224, 224)) for frame in film],
        "real": [cropped(frame, *place) for frame, place in zip(film, track)],
    }
    tensors = {"clip/boxes": crop_boxes()}
    for name, seen in pictures.items():
        found = judged(model, seen, sound())
        print(name, *(f"{key} {found[key].item():.5f}" for key in ("lse_d", "lse_c", "offset")))
        kept = ("curve", "lse_d", "lse_c", "offset", "video", "audio")
        tensors |= {f"{name}/{key}": found[key].double() for key in kept}
    return tensors


def fid_of_crops():
    model = fill(Inception(WIDTH["inception"]).eval(), 1.0)
    features = {}
    for name in ("real", "drawn"):
        # Bytes, as crops are.
        crops = torch.floor(picture(f"crops/{name}", (CROPS, 3, 96, 96), 0, 255)) / 255
        with torch.no_grad():
            features[name] = model(crops)["features"].numpy()
    distances = {
        key: of(features["real"], features["drawn"]) for key, of in (("frechet", frechet), ("kernel", kernel))
    }
    print("fid", distances)
    return {f"fid/{name}": value for name, value in features.items()}, distances


def main():
    tensors = lse_of_film()
    features, distances = fid_of_crops()
    texts = {key: repr(float(value)) for key, value in distances.items()}
    save(
        "judges",
        tensors | features,
        texts | {"width": WIDTH, "lips": LIPS, "film": FILM, "clip": CLIP, "crops": CROPS, "source": "PyTorch in float64"},
    )


if __name__ == "__main__":
    main()
