"""Runs the server until it is told to stop: one process, or several that share the port."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict

import uvicorn
from uvicorn.supervisors import Multiprocess

from shelflens.serve.app import VARIABLE, application
from shelflens.serve.logs import configuration, log
from shelflens.serve.metrics import SHARED
from shelflens.serve.options import ServeOptions
from shelflens.serve.protocol import TimedConfig, TimedH11Protocol


def run(options: ServeOptions) -> None:
    """SIGTERM and SIGINT stop it when what was accepted is answered; SIGHUP replaces the workers one by one."""
    config = _config(options)
    config.configure_logging()
    log("serving", **{**asdict(options), "catalogues": [shelved.name for shelved in options.catalogues]})
    if options.workers == 1:
        uvicorn.Server(config).run()
        return
    with tempfile.TemporaryDirectory(prefix="shelflens-metrics-") as shared:
        os.environ[VARIABLE] = options.to_json()
        os.environ[SHARED] = shared
        sockets = [config.bind_socket()]
        Multiprocess(config, sockets=sockets).run()


def _config(options: ServeOptions) -> TimedConfig:
    one = options.workers == 1
    config = TimedConfig(
        application(options) if one else "shelflens.serve.app:from_environment_variable",
        factory=not one,
        host=options.host,
        port=options.port,
        workers=options.workers,
        http=TimedH11Protocol,
        ws="none",
        lifespan="on",
        loop="asyncio" if one else "shelflens.serve.listening:SharingLoop",
        log_config=configuration(),
        access_log=False,
        proxy_headers=False,
        server_header=False,
        limit_concurrency=options.max_connections,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=round(options.drain_seconds),
        h11_max_incomplete_event_size=32 * 1024,
        timeout_worker_healthcheck=60,
    )
    config.header_seconds = options.header_seconds
    return config
