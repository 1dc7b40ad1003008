"""JupyterLab, with the command line's arguments, that ends with its kernels when standard input closes.

Whoever starts it holds the other end, which the system closes when that process ends in whichever way.
"""
import os
import signal
import sys
import threading

from jupyterlab.labapp import main


def end_with_input():
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=end_with_input, daemon=True).start()
    sys.exit(main())
