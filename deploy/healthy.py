"""For health checks inside a container: `healthy.py ADDRESS [VARIABLE]`. Exits with 0 when the address answers 200.

VARIABLE names the setting that holds the bearer token (itself, or in the file named by VARIABLE_FILE), so that the token is never an
argument that others can see. Standard library only: it runs in both images.
"""

import http.client
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

TIMEOUT_S = 4


def is_healthy(address: str, variable: str = "") -> bool:
    """Whether the address (http, this container's own) answers 200 within four seconds."""
    parts = urlsplit(address)
    headers = {"Authorization": f"Bearer {_token(variable)}"} if variable else {}
    connection = http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path, headers=headers)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _token(variable: str) -> str:
    path = os.environ.get(f"{variable}_FILE")
    return Path(path).read_text(encoding="utf-8").strip() if path else os.environ.get(variable, "")


if __name__ == "__main__":
    raise SystemExit(0 if is_healthy(*sys.argv[1:3]) else 1)
