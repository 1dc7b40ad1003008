#!/bin/bash
# Deno's Jupyter kernel says "idle" before it has sent what the cell shows.
#
# Package    deno 2.9.6 (npm), `deno jupyter`; seen through jupyter_client 8.10.0
# Behaviour  After some cells the message "status: idle", which ends a cell, comes before the cell's own execute_result.
# One would  guess that nothing of a cell comes after its idle: the protocol says so (jupyter-client's documentation,
#            "Messaging in Jupyter", on the status message), and clients close a cell's output there. nbclient drops what
#            comes later, JupyterLab shows it below the next cell.
# Seen       "cells whose value came after idle: 25 of 300", status 0
# Source     https://jupyter-client.readthedocs.io/en/stable/messaging.html#kernel-status, and the review of
#            https://github.com/denoland/deno/pull/20337, where a pause of some milliseconds is to cover it
#
# Fails where no value comes late any more.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export HOME="$folder" npm_config_update_notifier=false DENO_NO_UPDATE_CHECK=1
npm install --silent --no-audit --no-fund deno@2.9.6
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check jupyter_client==8.10.0
mkdir -p share/kernels/deno
cat > share/kernels/deno/kernel.json <<END
{ "argv": ["$folder/node_modules/.bin/deno", "jupyter", "--kernel", "--conn", "{connection_file}"],
  "display_name": "Deno", "language": "typescript" }
END
cat > count.py <<'END'
import os
import queue
import sys

from jupyter_client import KernelManager

CELLS = 300
manager = KernelManager(kernel_name="deno")
manager.start_kernel(stderr=open(os.devnull, "w"))
client = manager.client()
client.start_channels()
client.wait_for_ready()
ended, late = set(), set()


def read(seconds):
    message = client.get_iopub_msg(timeout=seconds)
    cell = message["parent_header"].get("msg_id")
    if message["msg_type"] == "execute_result" and cell in ended:
        late.add(cell)
    if message["content"].get("execution_state") == "idle":
        ended.add(cell)


for n in range(CELLS):
    cell = client.execute(f"await Promise.resolve(); {n}")
    while cell not in ended:
        read(600)
    try:
        read(0.05)  # what is late comes within a few milliseconds
    except queue.Empty:
        pass
client.stop_channels()
manager.shutdown_kernel()
print(f"cells whose value came after idle: {len(late)} of {CELLS}")
sys.exit(0 if late else 1)
END
JUPYTER_PATH="$folder/share" venv/bin/python count.py
