"""An SMTP server with STARTTLS on one port and TLS on another, one account, and a sender it refuses.

Arguments: certificate, key, user, password. Prints both ports, and ends with its input.
"""

import socket
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

certificate, key, user, password = sys.argv[1:]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == user.encode() and data.password == password.encode()
    return AuthResult(success=good, handled=good)


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        if address.startswith("refused@"):
            return "550 5.7.1 you may not send as this sender"
        envelope.mail_from = address
        return "250 ok"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        return "250 2.0.0 Ok: queued as " + envelope.rcpt_tos[0].split("@")[0].upper()


def start(**options):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    Controller(Handler(), hostname="127.0.0.1", port=port, authenticator=authenticate, **options).start()
    return port


starttls = start(tls_context=context, require_starttls=True, auth_required=True)
tls = start(ssl_context=context, auth_required=True, auth_require_tls=False)
print(starttls, tls, flush=True)
sys.stdin.read()
