"""The web server: `python -m web.server`."""

from __future__ import annotations

import uvicorn

from facilitator.bootstrap import Bootstrap
from facilitator.logs import configure_logs
from web.app import build_app

SLOW_CLIENT_S = 15


def main() -> None:
    configure_logs()
    built = Bootstrap()
    settings = built.settings
    uvicorn.run(
        build_app(built),
        host=settings.facilitator_host,
        port=settings.facilitator_port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=SLOW_CLIENT_S,
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
