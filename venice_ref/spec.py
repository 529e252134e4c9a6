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

DEFAULT_PCS_URL: Final = "https://api.trustedservices.intel.com"
"""Intel's provisioning certification service: TCB info, QE identity, lists of PCK certificates."""

DEFAULT_ROOT_CRL_URL: Final = "https://certificates.trustedservices.intel.com"
"""Where Intel publishes the list of its root."""

DEFAULT_NRAS_URL: Final = "https://nras.attestation.nvidia.com"
"""NVIDIA's remote attestation service."""

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

MAX_DER_DEPTH: Final = 16
"""Nested elements of DER from a peer; a certificate has 5  [CRT-1, CRL-1]."""

MAX_CERTIFICATE_SIZE: Final = 16 * 1024
"""Bytes of one certificate; the largest observed has 1270  [CRT-1]."""

MAX_CRL_SIZE: Final = 1024 * 1024
"""Bytes of one revocation list; the largest observed has 3356  [CRL-1]."""

MAX_CRL_ENTRIES: Final = 10_000
"""Entries of one revocation list; the longest observed has 57  [CRL-1]."""

MAX_COLLATERAL_SIZE: Final = 4 * 1024 * 1024
"""Bytes of a collateral file; the largest observed has 36 thousand  [COL-1]."""

MAX_SIGNED_JSON_SIZE: Final = 1024 * 1024
"""Characters of a TCB info or a QE identity; the longest observed has 8877  [COL-6]."""

MAX_GPUS: Final = 64
"""Entries of `nvidia_payload.evidence_list`; the largest observed has 8  [GPU-4]."""

MAX_GPU_REPORT_SIZE: Final = 16 * 1024
"""Bytes of one GPU's attestation report; the largest observed has 4277  [GPU-5]."""

MAX_GPU_CHAIN_SIZE: Final = 64 * 1024
"""Bytes of one GPU's certificate chain in PEM; the largest observed has 4827  [GPU-5]."""

MAX_RIM_SIZE: Final = 1024 * 1024
"""Bytes of one reference manifest; the largest observed has 21 thousand  [GPU-27]."""

MAX_XML_DEPTH: Final = 16
"""Nested elements of a reference manifest; those of NVIDIA have 6  [GPU-27]."""

MAX_XML_NODES: Final = 10_000
"""Elements and attributes of a reference manifest; those of NVIDIA have 600  [GPU-27]."""

MAX_NRAS_SIZE: Final = 1024 * 1024
"""Bytes of an answer of NVIDIA's attestation service; 17 thousand for 8 GPUs  [TOK-1]."""

MAX_TOKEN_SIZE: Final = 16 * 1024
"""Characters of one token; the largest observed has 2070  [TOK-2]."""

MAX_JWKS_SIZE: Final = 1024 * 1024
"""Bytes of NVIDIA's key set; the largest observed has 91 thousand  [TOK-19]."""

MAX_JWKS_KEYS: Final = 256
"""Keys of NVIDIA's key set; the largest observed has 36  [TOK-19]."""

MAX_EVENTS: Final = 4096
"""Entries of a dstack event log; the longest observed has 33  [DST-1]."""

MAX_EVENT_NAME_SIZE: Final = 1024
"""Bytes of an event's name; the longest observed has 17  [DST-1]."""

MAX_EVENT_PAYLOAD_SIZE: Final = 64 * 1024
"""Bytes of an event's payload or preimage; the longest observed has 204  [DST-1]."""

MAX_MR_CONFIG_SIZE: Final = 64 * 1024
"""Bytes of the document behind MRCONFIGID of kind 3; one with all has 700  [DST-25]."""

MAX_ACTIONS: Final = 10_000
"""Deployments in a compose manager's record; the longest observed has 26  [DST-27]."""

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

VENDOR_TIMEOUT_SECONDS: Final = 30.0
"""Seconds of one exchange with a service of Intel or NVIDIA  [NET-3]."""

MAX_CACHE_FILES: Final = 64
"""Files of the cache on disk; the oldest go  [NET-14]."""

MAX_CACHE_FILE_SIZE: Final = MAX_COLLATERAL_SIZE
"""Bytes of one of them  [NET-14]."""

MAX_COLLATERAL_AGE_SECONDS: Final = 24 * 60 * 60
"""How long cached collateral is used without asking Intel for newer  [NET-12]."""

MAX_JWKS_AGE_SECONDS: Final = 60 * 60
"""How long a cached key set of NVIDIA's is used at all  [NET-13]."""
