"""Deno's Jupyter kernel, made dependable: kernel.py CONNECTION_FILE DENO

Stands between Jupyter and the kernel, and hands every message on but for this:

- The kernel sends what a cell shows after it has said that the cell is done, so that it is lost or appears below the next
  cell. Here a cell is done when a marker, sent after it through the same queues, has come back: what comes until then is
  the cell's. The next cell is handed to the kernel after that.
- An interrupt is a signal that a training hears, and that kills the kernel where nothing does. Here something always does.
- Errors of timers and of promises that nobody awaits are swallowed. Here they are written below the cell that runs.
"""
import ctypes
import hashlib
import hmac
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import deque
from datetime import datetime, timezone

import zmq

DELIMITER = b"<IDS|MSG>"
CHANNELS = ["shell", "control", "stdin"]
# Seconds after which a cell that was interrupted, and still runs, is told how it stands.
PATIENCE = 3
STILL_RUNNING = (
    "Asked to stop. A training ends after the step it is at, with a checkpoint. What does not listen runs on to its end; "
    "restarting the kernel stops it.\n"
)
# Run once, before the first cell.
PREPARATION = """
Deno.addSignalListener("SIGINT", () => {});
addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  console.error("A promise that nobody awaits was rejected:", event.reason);
});
addEventListener("error", (event) => {
  event.preventDefault();
  console.error("An error outside of the cell's own course:", event.error);
});
undefined;
"""


class Message:
    """One message of Jupyter's protocol: the addresses before it, and its parts."""

    def __init__(self, frames):
        at = frames.index(DELIMITER)
        self.addresses = frames[:at]
        self.header, self.parent, self.metadata, self.content = [json.loads(f) for f in frames[at + 2:at + 6]]
        self.buffers = frames[at + 6:]

    @property
    def kind(self):
        return self.header["msg_type"]

    @property
    def id(self):
        return self.header["msg_id"]


class Gate:
    """Two sets of sockets, Jupyter's and the kernel's, and what is on its way between them."""

    def __init__(self, connection, deno):
        self.key = connection["key"].encode()
        self.session = uuid.uuid4().hex
        self.context = zmq.Context()
        address = f"{connection['transport']}://{connection['ip']}:"
        kinds = {"shell": zmq.ROUTER, "control": zmq.ROUTER, "stdin": zmq.ROUTER, "iopub": zmq.PUB, "hb": zmq.REP}
        self.outer = {}
        for name, kind in kinds.items():
            self.outer[name] = self.context.socket(kind)
            self.outer[name].linger = 1000
            self.outer[name].bind(address + str(connection[f"{name}_port"]))
        self.inner, self.kernel = self.start(connection, deno)
        self.poller = zmq.Poller()
        for socket in [*self.outer.values(), *self.inner.values()]:
            if socket is not self.outer["iopub"]:
                self.poller.register(socket, zmq.POLLIN)
        # Whom the reply to a request goes to.
        self.askers = {}
        # Requests to execute that wait for the cell before them to be done.
        self.waiting = deque()
        # The cell that runs, or that ran last, as its request's header; and what is held back until it is done.
        self.cell = None
        self.running = False
        self.held = []
        self.reply = None
        # The marker that is on its way: its request's id, its text, and where it has not come back yet.
        self.marker = None
        self.interrupted = None

    def start(self, connection, deno):
        """The kernel, on ports of its own, and sockets to it; its connection file is nobody else's to read."""
        chosen, ports = [], {}
        for name in ["shell", "iopub", "stdin", "control", "hb"]:
            probe = self.context.socket(zmq.REP)
            ports[f"{name}_port"] = probe.bind_to_random_port("tcp://127.0.0.1")
            chosen.append(probe)
        for probe in chosen:
            probe.close(linger=0)
        self.folder = tempfile.mkdtemp(prefix="kit-kernel-")
        path = os.path.join(self.folder, "connection.json")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump({**connection, "transport": "tcp", "ip": "127.0.0.1", **ports}, file)
        kernel = subprocess.Popen([deno, "jupyter", "--kernel", "--conn", path], preexec_fn=die_with_parent)
        inner = {}
        for name in [*CHANNELS, "iopub"]:
            inner[name] = self.context.socket(zmq.SUB if name == "iopub" else zmq.DEALER)
            inner[name].linger = 0
            if name == "iopub":
                inner[name].subscribe(b"")
            else:
                # The kernel asks for input at the address that the request came from.
                inner[name].setsockopt(zmq.IDENTITY, self.session.encode())
            inner[name].connect(f"tcp://127.0.0.1:{ports[f'{name}_port']}")
        return inner, kernel

    def send(self, socket, message):
        parts = [json.dumps(part).encode() for part in
                 (message.header, message.parent, message.metadata, message.content)]
        digest = hmac.new(self.key, digestmod=hashlib.sha256)
        for part in parts:
            digest.update(part)
        signature = digest.hexdigest().encode() if self.key else b""
        socket.send_multipart([*message.addresses, DELIMITER, signature, *parts, *message.buffers])

    def made(self, kind, content, parent=None):
        """A message of our own."""
        header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": self.session, "username": "kernel",
                  "date": datetime.now(timezone.utc).isoformat(), "version": "5.3"}
        message = Message([DELIMITER, b"", json.dumps(header).encode(), b"{}", b"{}", b"{}"])
        message.parent, message.content = parent or {}, content
        return message

    def ask(self, code):
        """Has the kernel run code that no cell holds; returns the request's id."""
        request = self.made("execute_request", {"code": code, "silent": True, "store_history": False,
                                                "user_expressions": {}, "allow_stdin": False, "stop_on_error": False})
        self.send(self.inner["shell"], request)
        return request.id

    def prepare(self):
        """Waits until the kernel publishes what it does, and prepares it; False when it has died."""
        while self.kernel.poll() is None:
            request = self.made("kernel_info_request", {})
            self.send(self.inner["shell"], request)
            if self.idle(request.id, 500):
                break
        self.forget_connection()  # it has been read
        return self.kernel.poll() is None and self.idle(self.ask(PREPARATION))

    def forget_connection(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def idle(self, request, limit=None):
        """Reads what the kernel publishes until a request is done; False when it has died, or after `limit` ms."""
        since = time.monotonic()
        while self.kernel.poll() is None:
            if self.inner["iopub"].poll(100):
                message = Message(self.inner["iopub"].recv_multipart())
                if message.parent.get("msg_id") == request and message.content.get("execution_state") == "idle":
                    return True
            elif limit is not None and 1000 * (time.monotonic() - since) > limit:
                return False
        return False

    def run(self):
        """Hands messages on until the kernel ends; returns its exit code."""
        if not self.prepare():
            return self.kernel.wait()
        names = {socket: ("outer", name) for name, socket in self.outer.items()}
        names.update({socket: ("inner", name) for name, socket in self.inner.items()})
        while self.kernel.poll() is None:
            for socket, _ in self.poller.poll(200):
                side, name = names[socket]
                frames = socket.recv_multipart()
                if name == "hb":
                    socket.send_multipart(frames)
                elif side == "outer":
                    self.asked(name, Message(frames))
                elif name == "iopub":
                    self.published(Message(frames))
                else:
                    self.answered(name, Message(frames))
            self.tell_interrupted()
        return self.kernel.returncode

    def asked(self, name, message):
        """A message from Jupyter."""
        self.askers[message.id] = message.addresses
        message.addresses = []
        if message.kind == "interrupt_request":
            os.kill(self.kernel.pid, signal.SIGINT)
            self.interrupted = time.monotonic() if self.running else None
            reply = self.made("interrupt_reply", {"status": "ok"}, message.header)
            reply.addresses = self.askers.pop(message.id)
            self.send(self.outer[name], reply)
        elif message.kind == "execute_request":
            self.waiting.append(message)
            self.next()
        else:
            self.send(self.inner[name], message)

    def next(self):
        """Hands the next cell to the kernel, if none is on its way."""
        if self.running or not self.waiting:
            return
        request = self.waiting.popleft()
        self.cell, self.running, self.held, self.reply = request.header, True, [], None
        self.send(self.inner["shell"], request)

    def answered(self, name, message):
        """A reply of the kernel, or its request for input."""
        parent = message.parent.get("msg_id")
        addresses = self.askers.get(parent)
        if addresses is None:  # our own request
            return
        message.addresses = addresses
        if message.kind.endswith("_reply"):
            del self.askers[parent]
        if message.kind == "execute_reply":
            self.reply = message
            self.mark()
        else:
            self.send(self.outer[name], message)

    def mark(self):
        """Once the kernel has said of a cell that it is done, sends the marker after it."""
        if self.reply is None or not self.held or self.marker:
            return
        text = f"marker-{uuid.uuid4().hex}"
        name = json.dumps(text)
        request = self.ask(
            f"console.log({name}); console.error({name}); await Deno.jupyter.broadcast('display_data', "
            f"{{ data: {{ 'text/plain': {name} }}, metadata: {{}}, transient: {{}} }}); undefined;"
        )
        self.marker = {"request": request, "text": text, "due": {"stdout", "stderr", "display", "idle"}}

    def published(self, message):
        """What the kernel publishes: the cell's own goes on at once, its end when the marker has come back."""
        parent, state = message.parent.get("msg_id"), message.content.get("execution_state")
        if self.running and parent == self.cell["msg_id"] and state == "idle":
            self.held.append(message)
            return self.mark()
        if message.parent.get("session") != self.session:
            return self.send(self.outer["iopub"], message)
        # Of a request of our own, such as the marker: what is shown is the cell's before it.
        marker = self.marker
        if marker and parent == marker["request"] and state == "idle":
            marker["due"].discard("idle")
        elif marker and marker["text"] in json.dumps(message.content):
            if message.kind == "stream":
                marker["due"].discard(message.content["name"])
                message.content["text"] = message.content["text"].replace(marker["text"] + "\n", "")
                if message.content["text"]:
                    self.belated(message)
            elif message.kind == "display_data":
                marker["due"].discard("display")
        elif message.kind not in ("status", "execute_input"):
            self.belated(message)
        if marker and not marker["due"]:
            self.done()

    def belated(self, message):
        message.parent = self.cell or {}
        self.send(self.outer["iopub"], message)

    def done(self):
        """The cell has said all: its end is told, and the next one begins."""
        for message in self.held:
            self.send(self.outer["iopub"], message)
        self.send(self.outer["shell"], self.reply)
        self.marker, self.running, self.interrupted = None, False, None
        self.next()

    def tell_interrupted(self):
        if self.interrupted and time.monotonic() - self.interrupted > PATIENCE:
            self.interrupted = None
            self.send(self.outer["iopub"], self.made("stream", {"name": "stderr", "text": STILL_RUNNING}, self.cell))


def die_with_parent():
    """The kernel ends with this process, however that ends (Linux's prctl, PR_SET_PDEATHSIG)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main(path, deno):
    with open(path, encoding="utf-8") as file:
        gate = Gate(json.load(file), deno)
    # Jupyter of other kinds interrupts by a signal: the kernel gets it, and this process goes on.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: gate.kernel.terminate())
    try:
        return gate.run()
    finally:
        gate.kernel.kill()
        gate.forget_connection()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
