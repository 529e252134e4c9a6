"""URLs of requests: endpoints, and ids that have to be percent-encoded."""

from __future__ import annotations

from typing import Final, Tuple

from conformance.generate.builder import FileBuilder, Flag

__all__ = ["generate"]

_BASE: Final = "https://api.venice.ai/api/v1"
_NONCE: Final = bytes(range(32)).hex()

_IDS: Final[Tuple[Tuple[str, str, str, str], ...]] = (
    ("unreserved", "The characters that stay as they are.", "Az09-._~", "Az09-._~"),
    ("slash", "Names of upstream models hold a slash.", "zai-org/GLM-5", "zai-org%2FGLM-5"),
    ("colon", "And some a colon.", "llama3:8b", "llama3%3A8b"),
    ("query-marks", "Unencoded, they add a parameter of their own: another nonce, for example.",
     "m&nonce=00?x=1#y", "m%26nonce%3D00%3Fx%3D1%23y"),
    ("space", "A space is %20; a plus sign is read as itself by some servers.", "a b", "a%20b"),
    ("plus", "A plus sign that is not encoded is read as a space.", "a+b", "a%2Bb"),
    ("percent", "What is encoded already is encoded again.", "100%25", "100%2525"),
    ("sub-delims", "encodeURIComponent of JavaScript leaves some of these.",
     "!$'()*,;@[]", "%21%24%27%28%29%2A%2C%3B%40%5B%5D"),
    ("line-end", "A line end would write a header.", "a\r\nb", "a%0D%0Ab"),
    ("control", "NUL and DEL.", "\x00\x7f", "%00%7F"),
    ("two-bytes", "Bytes of UTF-8, and not of Latin-1.", "\u00e9", "%C3%A9"),
    ("four-bytes", "One code point, and not two surrogates.", "\U0001f600", "%F0%9F%98%80"),
    ("not-normalised", "Letters stay as they are: e and an accent are two.", "e\u0301",
     "e%CC%81"),
    ("dots", "A path of dots must not be resolved.", "../../models", "..%2F..%2Fmodels"),
)  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill the file."""
    flag = builder.flag("Encoding", Flag(
        "AUTH_BYPASS",
        "An id holds characters that have a meaning in a URL.",
        "An id that comes from a setting, or from a list of models, changes the request.",
        "Encode every byte of its UTF-8 that is not unreserved, with capitals.",
        ("RFC 3986, 2.1", "RFC 3986, 2.3"),
    ))  # fmt: skip
    model = "e2ee-qwen3-5-122b-a10b"
    plain = {"base_url": _BASE, "endpoint": "attestation", "model": model, "nonce": _NONCE}
    url = f"{_BASE}/tee/attestation?model={model}&nonce={_NONCE}"
    builder.accept("attestation", "The ordinary request for evidence.", req=("REQ-9", "NET-17"),
                   given=plain, out={"url": url})  # fmt: skip
    builder.accept("models", "A request without a query has no question mark.", req=("NET-17",),
                   given={"base_url": _BASE, "endpoint": "models"},
                   out={"url": f"{_BASE}/models"})  # fmt: skip
    builder.accept(
        "base-with-slash", "A slash at the end of the base URL is not doubled.", req=("NET-17",),
        given={"base_url": "http://127.0.0.1:8080/", "endpoint": "models"},
        out={"url": "http://127.0.0.1:8080/models"},
    )  # fmt: skip
    for slug, why, text, encoded in _IDS:
        builder.accept(
            f"model-{slug}", why, req=("REQ-9",), flags=(flag,), given={**plain, "model": text},
            out={"url": f"{_BASE}/tee/attestation?model={encoded}&nonce={_NONCE}"},
        )  # fmt: skip
    for slug, request_id, encoded in (
        ("plain", "chatcmpl-1", "chatcmpl-1"),
        ("hostile", "chatcmpl-1&model=other", "chatcmpl-1%26model%3Dother"),
    ):
        builder.accept(
            f"signature-{slug}", "The request id is the server's text, and is encoded like one.",
            req=("REQ-9",), flags=(flag,),
            given={"base_url": _BASE, "endpoint": "signature", "model": model,
                   "request_id": request_id},
            out={"url": f"{_BASE}/tee/signature?model={model}&request_id={encoded}"},
        )  # fmt: skip
