"""Runs one notebook with Deno's kernel. Usage: run_notebook.py NOTEBOOK OUTPUT FOLDER

FOLDER is where the kernel runs, and what relative imports in cells start from. Parameters are environment
variables. Says on standard output, one JSON object a line, what happens: {"cell": 3, "cells": 9} when a code
cell starts, {"note": text} when a progress output changes, {"error": text, "cell": 3} when one fails.
OUTPUT is written whole at the end, with its outputs and without what differs from run to run; a notebook that
fails is not written.
"""
import json
import os
import re
import sys
import tempfile

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

METADATA = {
    "kernelspec": {"display_name": "Deno", "language": "typescript", "name": "deno"},
    "language_info": {"file_extension": ".ts", "mimetype": "text/x.typescript", "name": "typescript"},
}
# Seconds to wait for a kernel's start, and for outputs after a cell's end, where nbclient wants a number.
PATIENCE = 1_000_000
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def say(**message):
    print(json.dumps(message), flush=True)


def joined(text):
    return "".join(text) if isinstance(text, list) else text


class Client(NotebookClient):
    """nbclient, telling of progress outputs: they are the ones that are changed in place."""

    def process_message(self, message, cell, index):
        if message["msg_type"] == "update_display_data":
            text = joined(message["content"]["data"].get("text/plain", ""))
            say(note=text.strip().split("\n")[-1])
        return super().process_message(message, cell, index)


def scrubber(folder):
    """A function that takes this machine's paths out of a text: . for the project, ~ for the home folder."""
    project = os.path.dirname(os.path.abspath(folder))
    places = [("file://" + project, "."), (project, "."), (tempfile.gettempdir(), "tmp"),
              (os.path.expanduser("~"), "~")]
    # The longest first, since one place may lie in another; a longer name that begins like a place is another place.
    places.sort(key=lambda place: -len(place[0]))
    patterns = [(re.compile(re.escape(place) + r"(?![\w.-])"), name) for place, name in places if len(place) > 1]

    def scrub(text):
        for pattern, name in patterns:
            text = pattern.sub(name, text)
        return text

    return scrub


def strip(notebook, scrub):
    """Leaves only what the next run would make again: no times, no machine, no editor's state."""
    notebook.metadata = nbformat.from_dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k == "tags"})
        for output in cell.get("outputs", []):
            if "text" in output:
                output.text = scrub(joined(output.text))
            for kind, data in output.get("data", {}).items():
                if kind.startswith("text/") or kind.endswith("+xml"):
                    output.data[kind] = scrub(joined(data))


def run(path, out, folder):
    notebook = nbformat.read(path, as_version=4)
    code = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]
    number = {index: place + 1 for place, index in enumerate(code)}
    now = {"cell": 0}

    def started(cell, cell_index):
        now["cell"] = number.get(cell_index, now["cell"])
        if cell_index in number:
            say(cell=now["cell"], cells=len(code))

    # A busy machine may take long over anything, and a kernel that died is seen at once: no limit is of use.
    client = Client(notebook, timeout=None, startup_timeout=PATIENCE, iopub_timeout=PATIENCE, kernel_name="deno",
                    record_timing=False, resources={"metadata": {"path": folder}}, on_cell_start=started)
    scrub = scrubber(folder)
    try:
        client.execute()
    except CellExecutionError as error:
        text = COLOURS.sub("", error.evalue or error.ename).strip()
        if text == "Execution failed":  # all that the kernel says of code it cannot parse
            text = "the cell is not valid TypeScript"
        say(error=scrub(text.split("\n    at ")[0]), cell=now["cell"])
        return 1
    except DeadKernelError:
        say(error="the kernel died (out of memory, or killed)", cell=now["cell"])
        return 1
    strip(notebook, scrub)
    with open(out + ".part", "w", encoding="utf-8") as file:
        nbformat.write(notebook, file)
    os.replace(out + ".part", out)
    return 0


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:4]))
