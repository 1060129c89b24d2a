"""nginx with the configuration that is shipped, moved to a port of this machine."""

import os
from pathlib import Path

from typing_extensions import override

from scripts.commands.siege.certificates import Certificates
from scripts.environment import ROOT
from scripts.system.embedded.port import LOOPBACK, answers, free_port
from scripts.system.embedded.process import Process, program
from scripts.system.embedded.service import Service

HINT = "install nginx (Debian: apt-get install nginx-light)"
_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class ShippedProxy(Service):
    """TLS on ``port``, before a resolver on ``resolver_port``. What is not the site's is nginx's own default."""

    def __init__(self, state: Path, resolver_port: int, certificates: Certificates) -> None:
        self.state, self._resolver_port, self._certificates = state.absolute(), resolver_port, certificates
        self.port = free_port()
        self.process = Process("nginx", self.state, self.state / "nginx.log")

    @property
    def base_url(self) -> str:
        """Where people come in."""
        return f"https://{LOOPBACK}:{self.port}"

    @override
    def start(self, seconds: float = 30) -> None:
        nginx = program("nginx", Path("/usr/sbin"), Path("/usr/local/sbin"), hint=HINT)
        with self.process.claim():
            site = (ROOT / "deploy" / "proxy" / "suyuan.conf").read_text(encoding="utf-8")
            for shipped, here in (
                ("listen 8443", f"listen {LOOPBACK}:{self.port}"),
                ("listen 8080", f"listen {LOOPBACK}:{free_port()}"),
                ("/run/secrets/proxy-certificate", str(self._certificates.certificate)),
                ("/run/secrets/proxy-key", str(self._certificates.key)),
                ("resolver:8000", f"{LOOPBACK}:{self._resolver_port}"),
            ):
                if shipped not in site:
                    raise ValueError(f"deploy/proxy/suyuan.conf has no {shipped!r} any more")
                site = site.replace(shipped, here)
            (self.state / "site.conf").write_text(site, encoding="utf-8")
            (self.state / "nginx.conf").write_text(self._main(), encoding="utf-8")
            self.process.start([nginx, "-c", str(self.state / "nginx.conf"), "-e", str(self.state / "error.log")])
        self.process.wait_until(lambda: answers(self.port), seconds)

    def _main(self) -> str:
        """The main file, as the image has it in what matters: workers by cores, 1024 connections each."""
        places = "".join(f"{name}_temp_path {self.state}/{name};" for name in _TEMPORARY)
        root = "user root; " if os.geteuid() == 0 else ""  # nobody can't get into the folders of ours
        return (
            f"{root}daemon off; worker_processes auto; pid {self.state}/pid; error_log {self.state}/error.log notice;"
            " events { worker_connections 1024; }"
            f" http {{ access_log off; sendfile on; keepalive_timeout 65; {places} include {self.state}/site.conf; }}\n"
        )
