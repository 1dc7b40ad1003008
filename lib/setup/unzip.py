"""Unpacks some members of a wheel. Usage: unzip.py WHEEL PATTERN FOLDER

PATTERN is a regular expression for member names; its first group is the path below FOLDER. Every file is
written as PATH.part and renamed, so that a file with its final name is whole (zipfile checks the CRC).
Prints one JSON object, {path: bytes}.
"""
import json
import os
import re
import shutil
import sys
import zipfile


def unpack(wheel, pattern, folder):
    sizes = {}
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            match = re.match(pattern, member.filename)
            if not match or member.is_dir():
                continue
            path = os.path.join(folder, match.group(1))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with archive.open(member) as source, open(path + ".part", "wb") as target:
                shutil.copyfileobj(source, target, 4 << 20)
            os.chmod(path + ".part", (member.external_attr >> 16) & 0o777 or 0o644)
            os.replace(path + ".part", path)
            sizes[match.group(1)] = member.file_size
    return sizes


if __name__ == "__main__":
    print(json.dumps(unpack(*sys.argv[1:4])))
