"""Deno's Jupyter kernel, made dependable: kernel.py CONNECTION_FILE DENO

Stands between Jupyter and the kernel, and hands every message on but for this:

- The kernel sends what a cell shows after it has said that the cell is done, so that it is lost or appears below the next
  cell. Here a cell is done when a marker, sent after it through the same queues, has come back: what comes until then is
  the cell's. The next cell is handed to the kernel after that.
- What the kernel publishes may be lost on its way, and a client that never hears that a cell is done waits for ever. Here that
  word is our own, and a marker that does not come back is sent again.
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
# Seconds after which a marker that the kernel has seen, and that has not come back, is sent again; and how often.
MARK_AGAIN = 1
MARKS = 10
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
            self.outer[name].sndhwm = 0
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
        # The cell that runs, or that ran last, as its request's header; and its reply, held back until it has shown all.
        self.cell = None
        self.running = False
        self.reply = None
        # The markers that were sent after the cell: their requests, their texts, the ways by which none has come back yet,
        # and when the kernel replied to the last one.
        self.marks = []
        self.texts = []
        self.past = deque(maxlen=MARKS)  # texts of earlier cells, which may still come back
        self.due = set()
        self.marked = None
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
                inner[name].rcvhwm = 0
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
        request = self.ask(PREPARATION)
        while self.kernel.poll() is None:
            if self.inner["shell"].poll(100):
                reply = Message(self.inner["shell"].recv_multipart())
                if reply.parent.get("msg_id") == request:
                    return True
        return False

    def forget_connection(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def idle(self, request, limit):
        """Reads what the kernel publishes until a request is done; False when it has died, or after `limit` ms."""
        since = time.monotonic()
        while self.kernel.poll() is None:
            if self.inner["iopub"].poll(100):
                message = Message(self.inner["iopub"].recv_multipart())
                if message.parent.get("msg_id") == request and message.content.get("execution_state") == "idle":
                    return True
            elif 1000 * (time.monotonic() - since) > limit:
                return False
        return False

    def run(self):
        """Hands messages on until the kernel ends; returns its exit code."""
        if not self.prepare():
            return self.kernel.wait()
        names = {socket: ("outer", name) for name, socket in self.outer.items()}
        names.update({socket: ("inner", name) for name, socket in self.inner.items()})
        while self.kernel.poll() is None and not orphaned():
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
            self.mark_again()
            self.tell_interrupted()
        self.kernel.kill()
        return self.kernel.wait()

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
        self.cell, self.running, self.reply = request.header, True, None
        self.send(self.inner["shell"], request)

    def answered(self, name, message):
        """A reply of the kernel, or its request for input."""
        parent = message.parent.get("msg_id")
        if parent in self.marks:
            self.marked = time.monotonic()
        addresses = self.askers.get(parent)
        if addresses is None:  # a request of our own
            return
        message.addresses = addresses
        if message.kind.endswith("_reply"):
            del self.askers[parent]
        if message.kind == "execute_reply":
            self.reply, self.due = message, {"stdout", "stderr", "display", "idle"}
            self.mark()
        else:
            self.send(self.outer[name], message)

    def mark(self):
        """Sends a marker after a cell of which the kernel has said that it is done."""
        self.marked = None
        self.texts.append(f"marker-{uuid.uuid4().hex}")
        text = json.dumps(self.texts[-1])
        self.marks.append(self.ask(
            f"console.log({text}); console.error({text}); await Deno.jupyter.broadcast('display_data', "
            f"{{ data: {{ 'text/plain': {text} }}, metadata: {{}}, transient: {{}} }}); undefined;"
        ))

    def mark_again(self):
        if self.marked and time.monotonic() - self.marked > MARK_AGAIN:
            if len(self.marks) < MARKS:
                self.mark()
            else:
                self.done()

    def published(self, message):
        """What the kernel publishes: it goes on at once, but for the word that a cell is done."""
        parent, state = message.parent.get("msg_id"), message.content.get("execution_state")
        if self.cell and parent == self.cell["msg_id"] and state == "idle":
            return
        if message.parent.get("session") != self.session:
            return self.send(self.outer["iopub"], message)
        # Of a request of our own, such as a marker: what is shown is the cell's before it.
        content = json.dumps(message.content)
        marks = [text for text in [*self.past, *self.texts] if text in content]
        came = {"stream": message.content.get("name"), "display_data": "display"}.get(message.kind)
        if state == "idle" and parent in self.marks:
            self.due.discard("idle")
        elif marks and came:
            if any(text in self.texts for text in marks):
                self.due.discard(came)
            rest = message.content.get("text", "")
            for text in marks:
                rest = rest.replace(text + "\n", "")
            if rest:
                message.content["text"] = rest
                self.belated(message)
        elif message.kind not in ("status", "execute_input"):
            self.belated(message)
        if self.reply and not self.due:
            self.done()

    def belated(self, message):
        message.parent = self.cell or {}
        self.send(self.outer["iopub"], message)

    def done(self):
        """The cell has shown all: its end is told, and the next one begins."""
        self.send(self.outer["iopub"], self.made("status", {"execution_state": "idle"}, self.cell))
        self.send(self.outer["shell"], self.reply)
        self.past.extend(self.texts)
        self.marks, self.texts, self.marked, self.reply = [], [], None, None
        self.running, self.interrupted = False, None
        self.next()

    def tell_interrupted(self):
        if self.interrupted and time.monotonic() - self.interrupted > PATIENCE:
            self.interrupted = None
            self.send(self.outer["iopub"], self.made("stream", {"name": "stderr", "text": STILL_RUNNING}, self.cell))


PARENT = os.getppid()


def orphaned():
    """Whether the Jupyter that started this process, and says so, has gone without shutting it down."""
    return os.environ.get("JPY_PARENT_PID") == str(PARENT) != str(os.getppid())


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
