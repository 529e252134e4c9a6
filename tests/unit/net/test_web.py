from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from tests.unit.net.server import (
    EVENTS,
    ScriptedServer,
    Step,
    chunked,
    dribble,
    reply,
)
from venice_ref import __version__
from venice_ref.errors import TransportError, TruncatedError, UsageError, VeniceError
from venice_ref.net.connection import secure_context
from venice_ref.net.web import HttpClient

KEY = "canary-api-key-5e1f"


def client(server: ScriptedServer, **options: float) -> HttpClient:
    return HttpClient(server.url, KEY, **options)  # type: ignore[arg-type]  # only times are given


def get(server: ScriptedServer, *, max_size: int = 1000, **times: float) -> bytes:
    with client(server, **times).get("/models", {}, max_size=max_size) as response:
        return response.read_all()


def failure(step: Step, *, idle_timeout: float = 5.0) -> TransportError:
    """Return the error of one GET that is answered by `step`."""
    with ScriptedServer(step) as server, pytest.raises(TransportError) as caught:
        get(server, idle_timeout=idle_timeout)
    assert KEY not in str(caught.value) + caught.value.hint
    return caught.value


# --- What a client is made of -------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "two\nlines", "tab\there", "caf\u00e9", "nul\0", 7, b"x"])
def test_an_api_key_that_no_header_can_carry_is_refused(key: Any) -> None:
    with pytest.raises(UsageError) as caught:
        HttpClient("https://example.org", key)
    assert not key or str(key) not in str(caught.value)


def test_the_key_is_not_in_the_repr() -> None:
    assert KEY not in repr(HttpClient("https://example.org", KEY))


@pytest.mark.parametrize("seconds", [0, -1.0])
def test_a_time_out_must_be_positive(seconds: float) -> None:
    with pytest.raises(UsageError):
        HttpClient("https://example.org", idle_timeout=seconds)


# --- What is sent -------------------------------------------------------------------------------


def test_a_get_carries_the_key_in_one_header_and_nowhere_else() -> None:
    with ScriptedServer(reply(b"{}")) as server:
        with client(server).get("/tee/x", {"model": "a&b", "n": "1"}, max_size=9) as response:
            assert response.read_all() == b"{}"
        (request,) = server.received
    assert (request.method, request.target) == ("GET", "/api/v1/tee/x?model=a%26b&n=1")
    assert request.header("Authorization") == f"Bearer {KEY}"
    assert request.raw.count(KEY.encode()) == 1
    assert request.header("User-Agent") == f"venice-ref/{__version__}"
    assert request.header("Accept-Encoding") == "identity"
    assert request.header("Host") == f"127.0.0.1:{server.port}"


def test_without_a_key_there_is_no_authorization_header() -> None:
    with ScriptedServer(reply(b"{}")) as server:
        HttpClient(server.url).get("/models", {}, max_size=9).read_all()
        assert "authorization" not in server.received[0].headers


def test_a_post_sends_the_callers_headers_once() -> None:
    with ScriptedServer(reply(b"ok", content_type=EVENTS)) as server:
        headers = {"X-Venice-TEE-Signing-Algo": "ecdsa", "content-type": "application/json"}
        with client(server).post_stream("/chat", headers, b"[1]", max_size=9) as response:
            assert response.status == 200
            assert response.headers.get("CONTENT-TYPE") == EVENTS
            assert b"".join(response.read_chunks()) == b"ok"
        (request,) = server.received
    assert request.body == b"[1]"
    assert request.header("X-Venice-TEE-Signing-Algo") == "ecdsa"
    assert request.header("Content-Type") == "application/json"


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-B: 2"},
        {"X-A\r\nX-B": "1"},
        {"X A": "1"},
        {"X-A": "caf\u00e9"},
        {"authorization": "Bearer other"},
        {"X-A": "1", "x-a": "2"},
    ],
)
def test_headers_cannot_be_injected_or_doubled(headers: dict[str, str]) -> None:
    with ScriptedServer(reply()) as server:
        with pytest.raises(UsageError):
            client(server).post_stream("/chat", headers, b"{}", max_size=9)
        assert server.received == []


# --- Redirects  [NET-2, NET-6] ------------------------------------------------------------------


def redirect(location: str, status: int = 302) -> bytes:
    return reply(b"elsewhere", status=status, headers=f"Location: {location}\r\n")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_origin_is_followed(status: int) -> None:
    with ScriptedServer(redirect("/api/v2/models?x=1", status), reply(b"found")) as server:
        assert get(server) == b"found"
        assert [request.target for request in server.received] == [
            "/api/v1/models",
            "/api/v2/models?x=1",
        ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_origin_is_refused_without_a_byte_sent(status: int) -> None:
    with ScriptedServer(reply(b"stolen")) as other:
        error = failure(redirect(f"{other.url}/models", status))
        assert other.received == []
    assert error.rule == "NET-2"


@pytest.mark.parametrize(
    "location",
    [
        "https://127.0.0.1/",
        "http://localhost:1/",
        "//evil.example/x",
        "http://user@127.0.0.1:1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "/a b",
        "/a\tb",
        "/x?a=b c",
        "http://[::1",
        "",
    ],
)
def test_a_redirect_that_is_no_url_of_ours_is_refused(location: str) -> None:
    with ScriptedServer(redirect(location)) as server:
        with pytest.raises(TransportError) as caught:
            get(server)
        assert len(server.received) == 1
    assert caught.value.rule == "NET-2"


def test_redirects_are_bounded() -> None:
    with ScriptedServer(redirect("/again")) as server:
        with pytest.raises(TransportError) as caught:
            get(server)
        assert len(server.received) == 4
    assert caught.value.rule == "NET-19"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_is_never_redirected(status: int) -> None:
    with ScriptedServer(redirect("/api/v1/other", status)) as server:
        with pytest.raises(TransportError) as caught:
            client(server).post_stream("/chat/completions", {}, b"{}", max_size=9)
        assert len(server.received) == 1
    assert caught.value.rule == "NET-18"


def test_a_key_that_a_server_repeats_is_not_shown() -> None:
    assert "[API key]" in str(failure(redirect(f"https://evil.example/?{KEY}")))


def test_a_proxy_is_not_used_for_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(reply(b"proxied")) as proxy, ScriptedServer(reply(b"direct")) as server:
        monkeypatch.setenv("http_proxy", proxy.origin)
        assert get(server) == b"direct"
        assert proxy.received == []


def test_a_proxy_never_sees_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = reply(status=407)
    with ScriptedServer(refusal) as proxy:
        monkeypatch.setenv("https_proxy", proxy.origin)
        monkeypatch.setenv("no_proxy", "")
        with pytest.raises(TransportError):
            HttpClient("https://api.example/v1", KEY).get("/models", {}, max_size=9)
        (request,) = proxy.received
    assert (request.method, request.target) == ("CONNECT", "api.example:443")
    assert KEY.encode() not in request.raw


# --- Sizes  [NET-3] -----------------------------------------------------------------------------


def test_an_announced_body_that_is_too_large_is_not_read() -> None:
    error = failure(reply(b"x", length=1001))
    assert (error.rule, "1000 bytes" in str(error)) == ("NET-3", True)


def test_a_body_of_exactly_the_limit_is_read() -> None:
    with ScriptedServer(reply(b"x" * 1000)) as server:
        assert len(get(server)) == 1000


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_an_unannounced_body_is_limited(framing: str) -> None:
    body = b"x" * 1001
    answer = chunked(body) if framing == "chunked" else b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n" + body
    assert failure(answer).rule == "NET-3"


def test_an_endless_body_costs_no_more_than_the_limit() -> None:
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    with ScriptedServer(endless) as server, pytest.raises(TransportError) as caught:
        get(server, max_size=200_000)
    assert caught.value.rule == "NET-3"


def test_headers_are_limited() -> None:
    flood = b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n"
    failure(flood)


def test_a_compressed_body_is_refused() -> None:
    assert failure(reply(b"x", headers="Content-Encoding: gzip\r\n")).rule == "NET-3"


def test_a_prefix_is_cut_and_never_fails() -> None:
    answers = [reply(b"y" * 5000), reply(b"short", length=50), chunked(b"cut", end=False)]
    with ScriptedServer(*answers) as server:
        http = client(server)
        shown = [http.get("/e", {}, max_size=9999).read_prefix(100) for _ in answers]
    assert shown == [b"y" * 100, b"short", b"cut"]


# --- Times  [NET-3] -----------------------------------------------------------------------------


def test_a_server_that_says_nothing_is_given_up() -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(b"")]
        started = time.monotonic()
        with pytest.raises(TransportError) as caught:
            get(server, idle_timeout=0.05)
        assert time.monotonic() - started < 3.0
    assert caught.value.rule == "NET-3"
    assert "took longer than 0.05 seconds" in str(caught.value)


def test_a_stream_that_stalls_is_given_up() -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(chunked(b"first", end=False))]
        http = client(server, idle_timeout=1.0)
        pieces = http.post_stream("/chat", {}, b"{}", max_size=99).read_chunks()
        assert next(pieces) == b"first"
        with pytest.raises(TransportError, match=r"no byte from 127\.0\.0\.1 for 1 seconds"):
            next(pieces)
        assert server.peer_closed.wait(3)


def test_an_answer_that_is_no_stream_has_the_shorter_time() -> None:
    error = failure(dribble(reply(b"x" * 500), 0.02), idle_timeout=0.15)
    assert "took longer than 0.15 seconds" in str(error)


def test_an_error_body_that_never_ends_does_not_hold_either() -> None:
    with ScriptedServer(dribble(b"HTTP/1.1 500 X\r\n\r\n" + b"y" * 500, 0.02)) as server:
        http = client(server, idle_timeout=1.0)
        started = time.monotonic()
        response = http.post_stream("/chat", {}, b"{}", max_size=9999)
        assert response.read_prefix(1000).startswith(b"yy")
        assert time.monotonic() - started < 5.0


@pytest.mark.parametrize("place", ["headers", "body", "chunk size"])
def test_a_byte_now_and_then_does_not_hold_an_exchange(place: str) -> None:
    answer = {
        "headers": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 500,
        "body": reply(b"z" * 500),
        "chunk size": chunked(end=False) + b"0" * 500,
    }[place]
    head = answer.index(b"\r\n\r\n") + 4 if place != "headers" else 10

    def step(connection: socket.socket) -> None:
        connection.sendall(answer[:head])
        dribble(answer[head:], 0.02)(connection)

    with ScriptedServer(step) as server:
        started = time.monotonic()
        with pytest.raises(TransportError) as caught:
            get(server, total_timeout=0.15)
        assert time.monotonic() - started < 5.0
    assert "took longer than 0.15 seconds" in str(caught.value)


def test_a_server_that_does_not_read_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        http = HttpClient(f"http://127.0.0.1:{listener.getsockname()[1]}", idle_timeout=0.1)
        with pytest.raises(TransportError):
            http.post_stream("/chat", {}, b"x" * 30_000_000, max_size=9)


def test_the_whole_exchange_has_a_deadline_by_an_injected_clock() -> None:
    now = [0.0]
    with ScriptedServer(chunked(b"one", end=False)) as server:
        server.steps[:] = [server.hold_until_closed(chunked(b"one", end=False))]
        http = HttpClient(server.url, total_timeout=50, monotonic=lambda: now[0])
        pieces = http.get("/models", {}, max_size=99).read_chunks()
        assert next(pieces) == b"one"
        now[0] = 50.0
        with pytest.raises(TransportError, match="took longer than 50 seconds"):
            next(pieces)


# --- Cut connections ----------------------------------------------------------------------------


def reset(first: bytes) -> Step:
    def step(connection: socket.socket) -> None:
        connection.sendall(first)
        time.sleep(0.02)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return step


@pytest.mark.parametrize(
    "answer",
    [
        reply(b"half", length=8),
        chunked(b"half", end=False),
        chunked(b"half", end=False) + b"5\r\nab",
    ],
    ids=["length", "chunks", "inside a chunk"],
)
def test_a_cut_body_yields_what_came_and_then_fails(answer: bytes) -> None:
    with ScriptedServer(answer) as server:
        pieces = client(server).get("/x", {}, max_size=99).read_chunks()
        assert next(pieces) == b"half"
        with pytest.raises(TruncatedError):
            list(pieces)


def test_a_cut_stream_names_the_rule_of_streams() -> None:
    with ScriptedServer(chunked(b"data: 1\n\n", end=False)) as server:
        response = client(server).post_stream("/chat", {}, b"{}", max_size=99)
        with pytest.raises(TruncatedError) as caught:
            list(response.read_chunks())
    assert caught.value.rule == "STR-1"


def test_a_reset_is_a_transport_error() -> None:
    failure(reset(chunked(b"half", end=False)))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x" * 70000,
        b"\x16\x03\x01\x02\x00",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcde\r\n",
    ],
)
def test_what_is_not_http_is_a_transport_error(answer: bytes) -> None:
    failure(answer)


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(TransportError, match="refused the connection") as caught:
        HttpClient(f"http://127.0.0.1:{port}").get("/models", {}, max_size=9)
    assert caught.value.hint


def test_a_name_that_does_not_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(TransportError, match="does not resolve"):
        HttpClient("https://nowhere.invalid", KEY).get("/models", {}, max_size=9)


def test_a_host_name_that_no_dns_can_carry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with pytest.raises(TransportError):
        HttpClient(f"https://{'a' * 64}.example").get("/models", {}, max_size=9)


def test_plain_http_behind_https_is_a_tls_error() -> None:
    with ScriptedServer(reply(b"{}")) as server:
        http = HttpClient(f"https://127.0.0.1:{server.port}", KEY, connect_timeout=0.1)
        with pytest.raises(TransportError):
            http.get("/models", {}, max_size=9)
    assert server.received == []


# --- Stopping early  [NET-9] --------------------------------------------------------------------


def test_a_reader_that_stops_closes_the_connection() -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(chunked(b"first", end=False))]
        pieces = client(server).post_stream("/chat", {}, b"{}", max_size=99).read_chunks()
        assert next(pieces) == b"first"
        pieces.close()  # type: ignore[attr-defined]  # the iterator is a generator
        assert server.peer_closed.wait(3)


def test_a_reader_that_is_dropped_closes_the_connection() -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(chunked(b"first", end=False))]
        for _ in client(server).post_stream("/chat", {}, b"{}", max_size=99).read_chunks():
            break
        assert server.peer_closed.wait(3)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, RuntimeError])
def test_an_exception_of_the_reader_closes_the_connection(kind: type[BaseException]) -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(chunked(b"first", end=False))]
        with pytest.raises(kind):  # noqa: PT012, SIM117  the block is what a reader does
            with client(server).post_stream("/chat", {}, b"{}", max_size=99) as response:
                for _ in response.read_chunks():
                    raise kind
        assert server.peer_closed.wait(3)


def test_an_interrupt_while_waiting_closes_the_connection() -> None:
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(chunked(b"first", end=False))]
        interrupt = threading.Event()

        def clock() -> float:
            if interrupt.is_set():
                raise KeyboardInterrupt
            return 0.0

        http = HttpClient(server.url, KEY, monotonic=clock)
        pieces = http.post_stream("/chat", {}, b"{}", max_size=99).read_chunks()
        assert next(pieces) == b"first"
        interrupt.set()
        with pytest.raises(KeyboardInterrupt):
            next(pieces)
        assert server.peer_closed.wait(3)


def test_a_kept_alive_connection_does_not_hold_the_reader() -> None:
    """A body of known length ends with its last byte, not with the connection."""
    with ScriptedServer(reply()) as server:
        server.steps[:] = [server.hold_until_closed(reply(b"all"))]
        assert get(server, idle_timeout=2.0) == b"all"
        assert server.peer_closed.wait(3)


def test_pieces_are_delivered_as_they_arrive() -> None:
    proceed = threading.Event()

    def step(connection: socket.socket) -> None:
        connection.sendall(chunked(b"first", end=False))
        assert proceed.wait(3)
        connection.sendall(b"6\r\nsecond\r\n0\r\n\r\n")

    with ScriptedServer(step) as server:
        pieces: Iterator[bytes] = client(server).get("/x", {}, max_size=99).read_chunks()
        assert next(pieces) == b"first"
        proceed.set()
        assert b"".join(pieces) == b"second"


def test_only_our_errors_leave_for_damaged_answers() -> None:
    """Every truncation of an answer, and every single damaged byte of its head."""
    whole = chunked(b"data: 1\n\n", b"data: 2\n\n")
    head = whole.index(b"\r\n\r\n") + 4
    damaged = [whole[:cut] for cut in range(0, len(whole), 3)]
    damaged += [whole[:at] + b"\xff" + whole[at + 1 :] for at in range(0, head, 4)]
    with ScriptedServer(*damaged) as server:
        http = client(server, idle_timeout=2.0)
        for _ in damaged:
            with contextlib.suppress(VeniceError):
                http.get("/x", {}, max_size=999).read_all()


@pytest.mark.skipif(sys.platform == "win32", reason="needs the openssl program")
def test_a_certificate_that_nobody_signed_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    import shutil
    import ssl
    import subprocess

    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl program is not here to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    command = [
        openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
    ]  # fmt: skip
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("this openssl cannot make the certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    seen: List[bytes] = []

    def serve(listener: socket.socket, connections: int) -> None:
        for _ in range(connections):
            plain, _ = listener.accept()
            with plain:
                try:
                    with context.wrap_socket(plain, server_side=True) as secure:
                        seen.append(secure.recv(65536))
                        secure.sendall(reply(b"trusted"))
                except OSError:
                    continue

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener, 2), daemon=True)
        thread.start()
        url = f"https://localhost:{listener.getsockname()[1]}"
        with pytest.raises(TransportError, match="does not verify") as caught:
            HttpClient(url, KEY).get("/models", {}, max_size=99)
        assert caught.value.hint
        assert seen == []  # nothing was sent before the certificate held
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
            assert HttpClient(url, KEY).get("/models", {}, max_size=99).read_all() == b"trusted"
        thread.join(timeout=3)
    assert seen[0].count(KEY.encode()) == 1


# --- Redaction, TLS and time-outs ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Bearer sk-0123456789abcdef!", "Bearer [API key]!"),
        ("SK-0123456789ABCDEF", "[API key]"),
        ("cut: 'sk-0123456789a'...", "cut: '[API key]'..."),
        ("sk-0123456789abcdefsk-0123456789abcdef", "[API key][API key]"),
        ("sk-01234567 is not enough", "sk-01234567 is not enough"),
        ("\u0130 sk-0123456789abcdef", "\u0130 [API key]"),
        ("", ""),
    ],
)
def test_a_key_is_cut_out_whole_cut_short_and_in_any_case(text: str, shown: str) -> None:
    assert HttpClient(api_key="sk-0123456789abcdef").redact(text) == shown  # [ERR-2]


def test_a_key_that_excerpts_escape_is_cut_out_as_well() -> None:
    key = "a\\b'c\"d" * 3
    assert "d" not in HttpClient(api_key=key).redact(ascii(key)).replace("[API key]", "")


def test_a_short_key_is_cut_out_where_it_stands_by_itself() -> None:
    redact = HttpClient(api_key="k1").redact
    assert redact("Bearer k1, k12 ak1") == "Bearer [API key], k12 ak1"


def test_an_encoding_that_repeats_the_key_does_not_show_it() -> None:
    key = "Canary-Api-Key-93b1"
    answer = reply(headers=f"Content-Encoding: {key}\r\n")
    with ScriptedServer(answer) as server, pytest.raises(TransportError) as caught:
        HttpClient(server.url, key).get("/x", {}, max_size=9)
    assert key.lower() not in str(caught.value).lower()  # [ERR-2]


def test_the_secrets_of_tls_are_not_written_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "secrets"))
    assert secure_context().keylog_filename is None  # [ERR-2]


def test_tls_that_cannot_be_set_up_is_the_users_to_mend(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "absent" / "secrets"))
    with pytest.raises(UsageError, match="FileNotFoundError"):
        HttpClient("https://127.0.0.1:1").get("/x", {}, max_size=9)


@pytest.mark.parametrize("value", ["x", None, True, 0, -1, float("nan"), float("inf"), 1e300])
@pytest.mark.parametrize("name", ["connect_timeout", "idle_timeout", "total_timeout"])
def test_a_time_out_is_a_number_that_sockets_take(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match="time-out"):  # [NET-3]
        HttpClient(**{name: value})
