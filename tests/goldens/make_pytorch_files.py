"""Writes pytorch/: small files in every form that the importer must read or refuse, and what they hold.

Run in an environment with PyTorch 2 (pip install torch numpy safetensors). Files named *_zip are torch.save's form
since 1.6, *_stream the one before. pytorch/expected.safetensors holds the tensors of all of them as 32-bit floats,
under FILE/NAME; pytorch/pickles.json holds pickles in base64 and what they hold as JSON.
"""

import base64
import collections
import io
import json
import pathlib
import pickle
import struct
import zipfile

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

HERE = pathlib.Path(__file__).parent / "pytorch"
HERE.mkdir(exist_ok=True)
torch.manual_seed(20)
expected = {}


def expect(name, tensors):
    for key, value in tensors.items():
        # A plain copy, since what is saved may be a view of anything.
        expected[f"{name}/{key}"] = value.detach().to(torch.float32).contiguous().clone()


def save(name, value, tensors, **options):
    for form, new in [("zip", True), ("stream", False)]:
        torch.save(value, HERE / f"{name}_{form}.pt", _use_new_zipfile_serialization=new, **options)
    expect(name, tensors)


class Net(nn.Module):
    """One layer of each kind whose axes lie otherwise here."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(6, 4, (2, 3))
        self.norm = nn.BatchNorm2d(4)
        self.up = nn.ConvTranspose2d(4, 3, 2)
        self.film = nn.Conv3d(3, 2, (5, 2, 2), bias=False)
        self.out = nn.Linear(6, 5)


net = Net()
optimizer = torch.optim.Adam(net.parameters())
for parameter in net.parameters():
    parameter.grad = torch.randn_like(parameter)
optimizer.step()
net.norm.running_mean.normal_()
state = net.state_dict()
assert isinstance(state, collections.OrderedDict) and hasattr(state, "_metadata")

# As Wav2Lip saves, trained on several GPUs; and as SyncNet and Inception are: a state dict alone.
checkpoint = {
    "state_dict": {f"module.{key}": value for key, value in state.items()},
    "optimizer": optimizer.state_dict(),
    "global_step": 7,
    "global_epoch": np.int64(3),
    "losses": np.array([0.5, 0.25]),
    "settings": collections.defaultdict(list, {"device": torch.device("cpu"), "dtype": torch.float32, "set": {1, 2}}),
}
save("checkpoint", checkpoint, state)
save("state", state, state)
save("protocol4", state, state, pickle_protocol=4)
save_file({f"module.{key}": value.clone() for key, value in state.items()}, HERE / "state.safetensors")

values = torch.tensor([0.0, 1.0, -2.0, 1 / 3, 100.0, -127.0])
dtypes = {
    str(dtype).removeprefix("torch."): values.to(dtype)
    for dtype in "float64 float32 float16 bfloat16 int64 int32 int16 int8".split()
    for dtype in [getattr(torch, dtype)]
}
dtypes["uint8"] = torch.tensor([0, 1, 255], dtype=torch.uint8)
dtypes["bool"] = torch.tensor([True, False, True])
dtypes["large"] = torch.tensor([2**40 + 1, -(2**53) - 3])
dtypes["tiny"] = torch.tensor([1e-300, 1e300, 1e-40], dtype=torch.float64)
dtypes["halves"] = torch.tensor([65504.0, 2.0**-24, float("inf"), float("nan")], dtype=torch.float16)
save("dtypes", dtypes, dtypes)

block = torch.arange(60.0)
views = {
    "start": block[:6].view(2, 3),
    "offset": block[7:19].view(3, 2, 2),
    "transposed": block[:12].view(3, 4).t(),
    "every_second": block[1:20:2],
    "expanded": torch.tensor([1.0, 2.0]).view(2, 1).expand(2, 3),
    "channels_last": block.view(1, 3, 4, 5).contiguous(memory_format=torch.channels_last),
    "windows": block.as_strided((4, 3), (1, 1), 5),
    "scalar": torch.tensor(2.5),
    "empty": torch.zeros(0, 3),
    "parameter": nn.Parameter(block[:4].view(2, 2).t(), requires_grad=False),
}
save("views", views, views)


def rewrite(source, target, change=lambda name, data: data, limit=None):
    """Copies a zip file entry by entry; below `limit` bytes a size counts as too large for 32 bits."""
    usual = zipfile.ZIP64_LIMIT
    zipfile.ZIP64_LIMIT = usual if limit is None else limit
    with zipfile.ZipFile(HERE / source) as old, zipfile.ZipFile(HERE / target, "w") as new:
        for entry in old.infolist():
            with new.open(zipfile.ZipInfo(entry.filename), "w", force_zip64=limit is not None) as file:
                file.write(change(entry.filename, old.read(entry)))
    zipfile.ZIP64_LIMIT = usual


# As a big-endian machine writes: the numbers of every storage turned around.
sizes = {f"dtypes_zip/data/{k}": value.element_size() for k, value in enumerate(dtypes.values())}


def turned(name, data):
    if name.endswith("/byteorder"):
        return b"big"
    size = sizes.get(name, 1)
    return np.frombuffer(data, f"V{size}").view(f"u{size}").byteswap().tobytes()


rewrite("dtypes_zip.pt", "big_endian_zip.pt", turned)
expect("big_endian", dtypes)
rewrite("state_zip.pt", "zip64_zip.pt", limit=100)
expect("zip64", state)


class PartPickler(pickle.Pickler):
    """Names storages as PyTorch below 1.0 did when they were parts of other storages."""

    def persistent_id(self, value):
        if isinstance(value, Part):
            return ("storage", torch.FloatStorage, "root", "cpu", 20, ("part", value.offset, value.length))


class Part:
    def __init__(self, offset, length):
        self.offset, self.length = offset, length


class PartTensor:
    def __init__(self, *arguments):
        self.arguments = arguments

    def __reduce__(self):
        return torch._utils._rebuild_tensor_v2, (*self.arguments, False, collections.OrderedDict())


part = Part(4, 10)
with open(HERE / "parts_stream.pt", "wb") as file:
    for value in [0x1950A86A20F9469CFC6C, 1001, {"protocol_version": 1001, "little_endian": True}]:
        pickle.dump(value, file, protocol=2)
    tensors = {"a": PartTensor(part, 1, (2, 3), (3, 1)), "b": PartTensor(part, 0, (10,), (1,))}
    PartPickler(file, protocol=2).dump(tensors)
    pickle.dump(["root"], file, protocol=2)
    file.write(struct.pack("<q", 20) + np.arange(20, dtype="<f4").tobytes())
expect("parts", {"a": torch.arange(5.0, 11).view(2, 3), "b": torch.arange(4.0, 14)})

# What is refused.
whole = io.BytesIO()
torch.jit.save(torch.jit.script(nn.Linear(2, 2)), whole)
with zipfile.ZipFile(whole) as old, zipfile.ZipFile(HERE / "script.pt", "w") as new:
    for entry in old.infolist():
        if not entry.filename.endswith(".debug_pkl"):  # names files of the machine that ran this
            new.writestr(entry, old.read(entry))  # compressed where PyTorch compresses: the code
torch.save(net, HERE / "module_zip.pt")
torch.save([torch.zeros(2)], HERE / "list_zip.pt")
torch.save({"a": state, "b": state}, HERE / "several_zip.pt")
torch.save({"epoch": 3, "names": ["x"]}, HERE / "no_tensors_zip.pt")
with open(HERE / "plain.pkl", "wb") as file:
    pickle.dump(state, file)
np.savez(HERE / "arrays.npz", a=np.zeros(2))

save_file(expected, HERE / "expected.safetensors")

# Pickles of plain data; a tuple, a list and a set are all lists in JSON.
data = {
    "none": None,
    "flags": [True, False],
    "numbers": [0, 255, 256, 65535, 65536, -1, -(2**31), 2**31, 2**53 - 1, -(2**53) + 1],
    "floats": [0.5, -1e300, 2.0**-1074],
    "texts": ["", "a", "Ünïcödé “x”", "y" * 300],
    "nested": {"tuple": (1,), "two": (1, 2), "three": (1, 2, 3), "four": (1, 2, 3, 4), "none": (), "list": [[], {}]},
    "long list": list(range(2500)),
}
shared = ["shared"]
data["shared"] = [shared, shared]
pickles = [
    {"protocol": protocol, "pickle": base64.b64encode(pickle.dumps(data, protocol)).decode()}
    for protocol in range(1, 6)
]
(HERE / "pickles.json").write_text(json.dumps({"value": data, "pickles": pickles}))

for path in sorted(HERE.iterdir()):
    print(path.name, path.stat().st_size)
