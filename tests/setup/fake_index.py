"""Makes a folder of small wheels that stand for a package index. Usage: fake_index.py FOLDER TENSORFLOW_WHEEL

TensorFlow's libraries are some megabytes of noise; uv is a shell script that makes a .venv of empty programs,
slowly enough to be killed in the middle.
"""
import os
import random
import sys
import zipfile

UV = """#!/bin/sh
case "$1" in
venv)
  for last; do :; done
  rm -rf "$last"; mkdir -p "$last/bin"
  ;;
pip)
  sleep 0.2
  for name in python jupyter-lab jupyter-nbconvert; do echo > "$(dirname "$4")/$name"; done
  ;;
esac
"""


def wheel(folder, file_name, members):
    name, version = file_name.split("-")[:2]
    info = f"{name}-{version}.dist-info"
    members = {
        **members,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, file_name), "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path)
            member.external_attr = 0o755 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)


if __name__ == "__main__":
    folder, tensorflow = sys.argv[1:3]
    noise = random.Random(1).randbytes(4 << 20)
    extension = "2.dylib" if "macosx" in tensorflow else "so.2"
    wheel(folder, tensorflow, {
        f"tensorflow/libtensorflow_cc.{extension}": noise * 3,
        f"tensorflow/libtensorflow_framework.{extension}": noise[::-1],
        "tensorflow/python/not_wanted.py": "print()",
    })
    wheel(folder, "uv-0.13.9-py3-none-any.whl", {"uv-0.13.9.data/scripts/uv": UV})
