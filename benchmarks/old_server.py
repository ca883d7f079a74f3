"""``python -m benchmarks.old_server ADDRESS PORT KEY CHAIN``: a mail server with the TLS of twenty years ago.

SSLv3 to TLS 1.2 with RC4, 3DES and NULL behind STARTTLS, which no OpenSSL of today has. It takes no mail.
"""

import contextlib
import socket
import socketserver
import sys
from pathlib import Path

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import BaseTLSException

IDLE_S = 30.0
_REPLIES = {"EHLO": "250-old.lab.test\r\n250 STARTTLS", "STARTTLS": "220 go ahead", "QUIT": "221 bye"}


class OldServer(socketserver.ThreadingTCPServer):
    """Holds the key and the settings that its visits share."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: str, port: int, key: Path, chain: Path) -> None:
        super().__init__((address, port), _Visit)
        self.key = parsePEMKey(key.read_text(), private=True)
        self.chain = X509CertChain()
        self.chain.parsePemList(chain.read_text())
        self.settings = HandshakeSettings()
        self.settings.minVersion, self.settings.maxVersion = (3, 0), (3, 3)
        self.settings.cipherNames = ["rc4", "3des", "aes128", "aes256", "null"]
        self.settings.macNames = ["md5", "sha", "sha256"]


class _Visit(socketserver.BaseRequestHandler):
    server: OldServer

    def handle(self) -> None:
        self.request.settimeout(IDLE_S)
        self._stream: socket.socket | TLSConnection = self.request
        with contextlib.suppress(OSError, BaseTLSException):
            self._say("220 old.lab.test ESMTP")
            while line := self._stream.recv(1024):  # who waits for each reply sends one line at a time
                verb = line.decode("ascii", "replace").strip().upper().partition(" ")[0]
                self._say(_REPLIES.get(verb, "502 not here"))
                if verb == "QUIT":
                    return
                if verb == "STARTTLS":
                    self._go_into_tls()

    def _say(self, text: str) -> None:
        self._stream.sendall(f"{text}\r\n".encode())

    def _go_into_tls(self) -> None:
        tls = TLSConnection(self.request)
        tls.handshakeServer(certChain=self.server.chain, privateKey=self.server.key, settings=self.server.settings)
        self._stream = tls


if __name__ == "__main__":
    with OldServer(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4])) as server:
        server.serve_forever()
