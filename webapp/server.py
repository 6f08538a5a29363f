"""The application on waitress: what every answer carries, what is logged, and how it ends."""

import json
import logging
import os
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from waitress.server import create_server

from webapp.contract import error_body
from webapp.gate import Gate

HEADERS = [
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
]
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}


def log(event: str, **fields: Any) -> None:
    """Write one JSON line to stderr: at once, as print() would let other threads in between."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(json.dumps({"time": now, "event": event} | fields) + "\n")
    sys.stderr.flush()


class Shell:
    """Around the application: request id, security headers, one log line, and a plain 500.

    The log holds the route that matched and never the path, the query, a header or a body:
    nothing that a visitor can write. An exception is logged by its type and place alone, because
    its message may quote the text.
    """

    def __init__(
        self, app: Callable[..., Iterable[bytes]], origins: Sequence[str] = (), url: str = ""
    ) -> None:
        self.app, self.origins, self.url = app, origins, url

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        started = time.perf_counter()
        request_id = environ["request_id"] = secrets.token_hex(8)
        environ["public_url"] = self.url
        sent: list[Any] = []
        try:
            if is_utf8(environ["PATH_INFO"]):
                body = list(self.app(environ, lambda *answer: sent.extend(answer[:2])))
            else:  # Bottle would drop the bytes that are not, and serve what is left
                sent, body = plain_error(400, "invalid_path", "The path is not UTF-8.", request_id)
        except Exception as error:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            log(
                "error", id=request_id, type=type(error).__name__, at=f"{frame.name}:{frame.lineno}"
            )
            sent, body = plain_error(500, "internal", "Something went wrong here.", request_id)
        if environ["REQUEST_METHOD"] == "HEAD":
            body = []
        status, headers = sent
        if not any(name.lower() == "cache-control" for name, _ in headers):
            headers = [*headers, ("Cache-Control", "no-store")]
        shared = [*HEADERS, *self.sharing(environ), ("X-Request-Id", request_id)]
        start_response(status, [*headers, *shared])
        route, method = environ.get("bottle.route"), environ["REQUEST_METHOD"]
        log(
            "request",
            id=request_id,
            method=method if method in METHODS else "other",
            route=route.rule if route else None,
            status=int(status[:3]),
            ms=round(1000 * (time.perf_counter() - started), 1),
            bytes=sum(map(len, body)),
        )
        return body

    def sharing(self, environ: dict[str, Any]) -> list[tuple[str, str]]:
        """Headers that let pages of other origins read the answer, of those that were allowed.

        Source: https://fetch.spec.whatwg.org/#http-cors-protocol
        """
        if not self.origins:
            return []
        origin = environ.get("HTTP_ORIGIN")
        if "*" not in self.origins and origin not in self.origins:
            return [("Vary", "Origin")]
        found = [("Access-Control-Allow-Origin", "*" if "*" in self.origins else str(origin))]
        if environ["REQUEST_METHOD"] == "OPTIONS":
            allowed = "Content-Type, X-Goog-Api-Key, X-Goog-Api-Client, Authorization"
            found.append(("Access-Control-Allow-Headers", allowed))
            found.append(("Access-Control-Allow-Methods", "GET, POST"))
        return [*found, ("Access-Control-Expose-Headers", "Retry-After"), ("Vary", "Origin")]


def is_utf8(path: str) -> bool:
    """Whether the bytes of a WSGI path, which hides them in a latin-1 string, are UTF-8."""
    try:
        path.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def plain_error(status: int, code: str, message: str, request_id: str) -> tuple[list, list[bytes]]:
    """Status line, headers and body of an error that the application did not write itself."""
    body = json.dumps(error_body(status, code, message, request_id)).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    reason = {400: "Bad Request", 500: "Internal Server Error"}[status]
    return [f"{status} {reason}", headers], [body]


class JsonLines(logging.Handler):
    """What waitress itself has to say, in the same log, without the path that it names."""

    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage().partition(" serving ")[0]
        log("server", level=record.levelname.lower(), message=message)


def listen(
    app: Callable[..., Iterable[bytes]],
    host: str,
    port: int,
    threads: int,
    prefix: str = "",
    origins: Sequence[str] = (),
) -> Any:
    """A waitress server that is bound, but does not answer yet; raises OSError.

    `prefix` is the path under which a proxy shows it, whether it takes that off or not, or the
    whole address there; `origins` are the sites whose pages may read answers.
    """
    logger = logging.getLogger("waitress")
    logger.handlers, logger.propagate = [JsonLines()], False
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # the gate's 503s say it better
    try:
        return create_server(
            Shell(app, origins, prefix if "://" in prefix else ""),
            host=host,
            url_prefix=urlsplit(prefix).path,
            port=port,
            threads=threads,
            ident=None,
            connection_limit=200,
            channel_timeout=30,
            max_request_header_size=16 * 1024,
            max_request_body_size=1 << 20,
            inbuf_overflow=2 << 20,  # above the limit: no body ever goes to a temporary file
            clear_untrusted_proxy_headers=True,
            expose_tracebacks=False,
        )
    except (OSError, ValueError) as error:  # waitress: ValueError for a host that it cannot find
        hint = "--host 127.0.0.1" if isinstance(error, ValueError) else "another --port"
        reason = getattr(error, "strerror", None) or error
        raise OSError(f"cannot listen on {host} port {port}: {reason} (hint: {hint})") from None


def address(server: Any) -> str:
    """The URL of a server; of the first, where a host name has several addresses."""
    listening = getattr(server, "effective_listen", None)
    host, port = listening[0] if listening else (server.effective_host, server.effective_port)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def serve(server: Any, gate: Gate, greeting: str) -> None:
    """Print `greeting` and answer until SIGTERM or Ctrl-C; then finish what is running.

    What takes longer than 5 seconds then is dropped.
    """

    def stop(number: int, frame: Any) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit

    signal.signal(signal.SIGTERM, stop)
    print(greeting, flush=True)
    server.run()  # ends on SystemExit and KeyboardInterrupt, after its threads are done
    log("stopped", dropped=gate.inside)
    if gate.inside:
        os._exit(0)  # Python would wait for the threads that still compute
