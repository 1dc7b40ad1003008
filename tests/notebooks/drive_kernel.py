"""Drives the registered kernel as Jupyter does: drive_kernel.py, with a JSON list of orders on standard input, of which each
one's answer is printed as a line of JSON. {"run": code} is answered with what the cell showed; with "interrupt": text it is
interrupted once it has printed the text. {"late": n} runs n cells that show something, each in one of four ways.
"""
import json
import os
import re
import sys
import time

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
KERNEL = "deno"
SHOWS = [
    "await Promise.resolve(); 'value {n}'",
    "await Deno.jupyter.display({{ [Symbol.for('Jupyter.display')]: () => ({{ 'text/plain': 'value {n}' }}) }})",
    "console.log('value {n}')",
    "Deno.jupyter.broadcast('display_data', {{ data: {{ 'text/plain': 'value {n}' }}, metadata: {{}}, transient: {{}} }});"
    " undefined",
]


def late(count):
    """Cells whose outputs are not exactly their own one, by number, as nbclient finds them."""
    cells = [nbformat.v4.new_code_cell(SHOWS[n % 4].format(n=n)) for n in range(count)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name=KERNEL, timeout=None, iopub_timeout=1_000_000).execute()
    shown = [re.findall(r"value \d+", json.dumps(cell.outputs)) for cell in notebook.cells]
    return [n for n, values in enumerate(shown) if values != [f"value {n}"]]


class Kernel:
    def __init__(self):
        self.manager = KernelManager(kernel_name=KERNEL)
        self.manager.start_kernel(stderr=open(os.devnull, "w"))
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready()

    def run(self, run, interrupt=None):
        request, shown, values, error = self.client.execute(run), "", [], None
        while True:
            message = self.client.get_iopub_msg()
            if message["parent_header"].get("msg_id") != request:
                continue
            content = message["content"]
            if message["msg_type"] == "stream":
                shown += content["text"]
            elif message["msg_type"] in ("execute_result", "display_data"):
                values.append(COLOURS.sub("", content["data"].get("text/plain", "")))
            elif message["msg_type"] == "error":
                error = COLOURS.sub("", content["evalue"])
            elif content.get("execution_state") == "idle":
                return {"shown": COLOURS.sub("", shown), "values": values, "error": error}
            if interrupt and interrupt in shown:
                self.manager.interrupt_kernel()
                interrupt = None

    def end(self):
        """Shuts the kernel down; whether its processes are gone."""
        pid = int(self.run("Deno.pid")["values"][0])
        self.client.stop_channels()
        self.manager.shutdown_kernel()
        while os.path.exists(f"/proc/{pid}"):
            time.sleep(0.05)
        return True


kernel = None
for order in json.load(sys.stdin):
    if "late" in order:
        answer = late(order["late"])
    elif "end" in order:
        answer = kernel.end()
    else:
        kernel = kernel or Kernel()
        answer = kernel.run(**order)
    print(json.dumps(answer), flush=True)
