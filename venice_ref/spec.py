"""Constants of the protocol, each with its requirement, and the limits that we set.

The first part is fixed by the servers and documented by the vendor's guide.  The second part is
decided here: every size, count and time that a peer controls has a named limit, far above what was
observed, so that a hostile peer costs little.
"""

from __future__ import annotations

from typing import Final

# --- The envelope -------------------------------------------------------------------------------

PUBLIC_KEY_SIZE: Final = 65
"""Bytes of an uncompressed SEC 1 point: 0x04 || X || Y  [ENV-1]."""

GCM_NONCE_SIZE: Final = 12
"""Bytes of the AES-GCM nonce  [ENV-3]."""

GCM_TAG_SIZE: Final = 16
"""Bytes of the AES-GCM tag  [ENV-3]."""

MIN_ENVELOPE_SIZE: Final = PUBLIC_KEY_SIZE + GCM_NONCE_SIZE + GCM_TAG_SIZE
"""(= 93) bytes: an empty plaintext  [ENV-4]."""

HKDF_INFO: Final = b"ecdsa_encryption"
"""HKDF info; the salt is empty  [ENV-2]."""

AES_KEY_SIZE: Final = 32
"""Bytes of the AES-256 key  [ENV-2]."""

# --- The request --------------------------------------------------------------------------------

HEADER_CLIENT_KEY: Final = "X-Venice-TEE-Client-Pub-Key"
HEADER_MODEL_KEY: Final = "X-Venice-TEE-Model-Pub-Key"
HEADER_ALGORITHM: Final = "X-Venice-TEE-Signing-Algo"
ALGORITHM: Final = "ecdsa"
"""The three headers that select encryption, and the only algorithm  [REQ-1]."""

PATH_MODELS: Final = "/models"
PATH_ATTESTATION: Final = "/tee/attestation"
PATH_SIGNATURE: Final = "/tee/signature"
PATH_CHAT: Final = "/chat/completions"
DEFAULT_BASE_URL: Final = "https://api.venice.ai/api/v1"
"""Where the vendor serves it; paths are appended to the base URL."""

# --- Attestation --------------------------------------------------------------------------------

NONCE_SIZE: Final = 32
"""Bytes of the client's nonce  [ATT-2]."""

REPORT_DATA_SIZE: Final = 64
"""address (20) || zero (12) || nonce (32)  [BND-1, BND-2, BND-3]."""

# --- Closed sets --------------------------------------------------------------------------------

ASSURANCE_LEVELS: Final = ("none", "binding", "dcap", "measured")
"""What was proven of the machine, weakest first  [POL-2]."""

GPU_LEVELS: Final = ("ignore", "report", "signed", "nras", "measured")
"""What was proven of its GPUs, weakest first; a separate axis  [POL-4]."""

SERVER_ERROR_KINDS: Final = (
    "encryption_rejected",  # the enclave could not decrypt what we sent
    "headers_rejected",  # an E2EE header is malformed
    "stale_key",  # the model key was replaced; attest again
    "authentication",  # 401, 403
    "payment",  # 402
    "not_found",  # 404, unknown model or request id
    "rate_limited",  # 429
    "tee_unavailable",  # 502 TEE_*
    "bad_request",  # any other 4xx
    "server",  # any other 5xx, and errors inside a stream
)
"""What a server's error means for the client  [NET-8]."""

# --- Limits that we set -------------------------------------------------------------------------

MAX_ENVELOPE_SIZE: Final = 16 * 1024 * 1024
"""Bytes of one envelope, sent or received  [ENV-13]."""

MAX_MESSAGES: Final = 10_000
"""Messages of one request  [MSG-11]."""

MAX_JSON_DEPTH: Final = 32
"""Nested arrays and objects in JSON from a peer  [ATT-1]."""

MAX_INTEGER_DIGITS: Final = 40
"""Decimal digits of an integer in JSON from a peer; 2^128 has 39."""

MAX_ATTESTATION_SIZE: Final = 8 * 1024 * 1024
"""Bytes of an attestation answer; the largest observed has 180 thousand  [ATT-1]."""

MAX_MODELS_SIZE: Final = 8 * 1024 * 1024
"""Bytes of the model list  [NET-3]."""

MAX_ERROR_BODY_SIZE: Final = 64 * 1024
"""Bytes of an error body that are read  [NET-3]."""

MAX_SIGNATURE_ANSWER_SIZE: Final = 1024 * 1024
"""Bytes of a signature answer  [NET-3]."""

MAX_QUOTE_SIZE: Final = 64 * 1024
"""Bytes of a quote; the largest observed has 25 thousand  [QUO-10]."""

MAX_SSE_LINE: Final = 2 * MAX_ENVELOPE_SIZE + 64 * 1024
"""Bytes of one line of an event stream: a full envelope in hex and its JSON  [SSE-8]."""

MAX_SSE_EVENT: Final = MAX_SSE_LINE
"""Bytes of the data of one event  [SSE-8]."""

MAX_STREAM_SIZE: Final = 1024 * 1024 * 1024
"""Bytes of one whole event stream  [SSE-8]."""

MAX_STREAM_EVENTS: Final = 4_000_000
"""Events of one stream  [STR-13]."""

SESSION_TTL_SECONDS: Final = 30 * 60
"""How long evidence is relied on before it is fetched again  [SES-2]."""

MAX_SESSION_REQUESTS: Final = 1_000
"""Requests under one client key  [SES-3]."""

MAX_ATTEMPTS: Final = 3
"""Attempts of one exchange, the first included  [NET-4]."""

MAX_RETRY_WAIT_SECONDS: Final = 30.0
"""Longest wait between two attempts, whatever the server asks for  [NET-4]."""

CONNECT_TIMEOUT_SECONDS: Final = 30.0
"""Seconds without a byte before a connection counts as dead  [NET-3]."""

IDLE_TIMEOUT_SECONDS: Final = 120.0
"""Seconds without a byte in the middle of a stream  [NET-3]."""

TOTAL_TIMEOUT_SECONDS: Final = 3600.0
"""Seconds of one exchange from first to last byte  [NET-3]."""
