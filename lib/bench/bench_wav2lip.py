"""Times Wav2Lip's own preprocess.py on a CPU; called by the bench task.

    python bench_wav2lip.py <checkout of Wav2Lip> <films> <out> <folder for ffmpeg and a place-holder>

`films` holds <speaker>/<clip>.mp4. The script runs as it stands in the checkout, but for four things that are set from
outside, because there may be no GPU and its detector's weights cannot be fetched any more:

1. The detector gets device "cpu" in place of "cuda:0".
2. Where the checkout has no face_detection/detection/sfd/s3fd.pth, the detector's weights are PyTorch's random start,
   with biases that call nothing a face: untrained ones would call every place of every frame one, and the script would
   spend its time on sorting them out. The network's time is the same, what follows it for a real face is left out.
3. Then a box in the middle of the frame stands for the face, so that crops are cut and written.
4. Modules that audio.py imports and preprocess.py never calls (librosa) are stood for by empty ones.

Prints one JSON object: seconds of the whole script, seconds until the detector was ready, frames it cropped.
"""

import contextlib
import json
import os
import pathlib
import runpy
import sys
import time
import types

started = time.perf_counter()
sys.path.insert(0, str(pathlib.Path(__file__).parent))
try:
    from bench_pytorch import allow_absent_cuda

    allow_absent_cuda()
finally:
    sys.path.pop(0)


def stand_in_for_librosa():
    for name in ["librosa", "librosa.filters"]:
        sys.modules[name] = types.ModuleType(name)


def faceless_weights():
    """Random weights of S3FD whose biases call nothing a face."""
    from face_detection.detection.sfd.net_s3fd import s3fd

    weights = s3fd().state_dict()
    for name, bias in weights.items():
        if name.endswith("_mbox_conf.bias"):
            bias.fill_(50.0)
            bias[-1] = -50.0
    return weights


def middle(image):
    height, width = image.shape[:2]
    return width // 4, height // 4, 3 * width // 4, 3 * height // 4


def main():
    checkout, films, out, scratch = (os.path.abspath(argument) for argument in sys.argv[1:])
    sys.path.insert(0, checkout)
    stand_in_for_librosa()
    import torch.utils.model_zoo

    has_weights = os.path.isfile(os.path.join(checkout, "face_detection/detection/sfd/s3fd.pth"))
    if not has_weights:
        torch.utils.model_zoo.load_url = lambda *_, **__: faceless_weights()
    import face_detection

    ready = []

    class FaceAlignment(face_detection.FaceAlignment):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **{**options, "device": "cpu"})
            ready.append(time.perf_counter() - started)

        def get_detections_for_batch(self, images):
            boxes = super().get_detections_for_batch(images)
            return boxes if has_weights else [box or middle(image) for box, image in zip(boxes, images)]

    face_detection.FaceAlignment = FaceAlignment

    # preprocess.py looks for the weights below the working folder.
    place = pathlib.Path(scratch, "face_detection/detection/sfd/s3fd.pth")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.touch()
    os.chdir(scratch)
    os.environ["PATH"] = scratch + os.pathsep + os.environ["PATH"]
    sys.argv = ["preprocess.py", "--data_root", films, "--preprocessed_root", out]
    with contextlib.redirect_stdout(sys.stderr):
        runpy.run_path(os.path.join(checkout, "preprocess.py"), run_name="__main__")
    seconds = time.perf_counter() - started
    crops = sum(1 for _ in pathlib.Path(out).glob("*/*/*.jpg"))
    sounds = sum(1 for _ in pathlib.Path(out).glob("*/*/audio.wav"))
    made = {"seconds": seconds, "start": ready[0], "crops": crops, "sounds": sounds, "trained": has_weights}
    print(json.dumps(made))


main()
