"""Being one of several processes: end when the parent ends.

`python -m facilitator.processes COMMAND…` asks the kernel to stop this process when its parent dies, then becomes COMMAND. So a killed
supervisor leaves nothing behind that holds a port. Linux only; elsewhere it just becomes COMMAND.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have the kernel send SIGTERM when the parent dies."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == 1 and os.getpid() != 1:
        raise SystemExit("the parent ended before this process began")


def main() -> None:
    end_with_parent()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606


if __name__ == "__main__":
    main()
