"""The resolver as a server: one process, or several that share a port."""

import gc
import os

import uvicorn
from fastapi import FastAPI
from prometheus_client import start_http_server
from uvicorn.supervisors import Multiprocess

from resolver.app import create_app
from resolver.services import Services, build_services
from resolver.settings import Settings
from resolver.web.head_deadline import HeadDeadline
from schemas import logs
from schemas.errors import Misconfigured


def application() -> FastAPI:
    """The application that the environment describes.

    :raises Misconfigured: a setting is missing or wrong.
    """
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_format, settings.log_level)
    services = build_services(settings)
    _serve_metrics(settings, services)
    app = create_app(services)
    # Routes and models stay for good: a collection that walks over them all keeps every request waiting meanwhile.
    gc.collect()
    gc.freeze()
    return app


def _serve_metrics(settings: Settings, services: Services) -> None:
    """Serve /metrics in a thread, at the first free one of as many ports as there are workers.

    :raises Misconfigured: none is free.
    """
    if not settings.metrics_port:
        return
    for port in range(settings.metrics_port, settings.metrics_port + settings.workers):
        try:
            start_http_server(port, settings.metrics_host, services.registry)
        except OSError:
            continue
        return
    raise Misconfigured(
        f"SUYUAN_METRICS_PORT: {settings.metrics_host}:{settings.metrics_port} can't be listened on; another process"
        " has it, or it is not an address of this machine"
    )


def serve(settings: Settings) -> None:
    """Serve until Ctrl-C or SIGTERM.

    :raises Misconfigured: a setting is wrong, or the address can't be listened on.
    """
    several = settings.workers > 1
    config = uvicorn.Config(
        "resolver.server:application" if several else application(),
        factory=several,
        workers=settings.workers,
        host=settings.http_host,
        port=settings.http_port,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        http=HeadDeadline,
        limit_concurrency=settings.connections,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
        log_config=None,
        log_level="warning",
    )
    try:
        if several:
            logs.configure(settings.log_format, settings.log_level)
            build_services(settings)  # a wrong setting is told once, not by every process
            Multiprocess(config, sockets=[config.bind_socket()]).run()
        else:
            uvicorn.Server(config).run()
    except SystemExit:
        raise Misconfigured(
            f"can't listen on {settings.http_host}:{settings.http_port}; "
            "another process has it, or SUYUAN_HTTP_HOST is not an address of this machine"
        ) from None
    except KeyboardInterrupt:
        return
