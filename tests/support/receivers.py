"""Stand-ins for the other side: a webhook's receiver as a process of its own, and a mail server.

``python receivers.py PORT FILE`` answers each POST with the status in FILE.status (200 when there is none), after it
has written what came to FILE, one JSON object a line.
"""

import json
import os
import socketserver
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


class _Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        path = Path(sys.argv[2])
        status = path.with_suffix(".status")
        code = int(status.read_text()) if status.exists() else 200
        with path.open("a") as file:
            headers = {name.lower(): value for name, value in self.headers.items()}
            file.write(json.dumps({"body": body, "headers": headers, "answered": code}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.send_response(code)
        self.send_header("Content-Length", "0")
        if code == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()

    def log_message(self, *_) -> None:
        """Say nothing."""


class _MailHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        recipients: list[str] = []
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (each := self.rfile.readline()) != b".\r\n":
                    lines.append(each.removeprefix(b".") if each.startswith(b"..") else each)
                self.server.mails.append((recipients, b"".join(lines)))
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                if word == b"RCPT":
                    recipients.append(line.split(b"<")[1].split(b">")[0].decode())
                self.wfile.write(b"250 ok\r\n")


@contextmanager
def mail_server():
    """A server that takes any mail, as (port, list of (recipients, message))."""
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _MailHandler) as server:
        server.daemon_threads = True
        server.mails = []
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1], server.mails
        finally:
            server.shutdown()
            thread.join()


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", int(sys.argv[1])), _Hook).serve_forever()
