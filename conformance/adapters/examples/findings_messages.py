"""Findings about keys, envelopes and requests.  The form is described in `findings_form.py`."""

from __future__ import annotations

from typing import Final

from conformance.adapters.examples.findings_form import ALL, GUIDE, JAVASCRIPT, NPM, PYTHON, Finding

__all__ = ["MESSAGES"]

MESSAGES: Final = (
    Finding(
        "key-forms",
        "Forms of a model key that servers send are refused, or sent on as they are",
        ("KEY-3", "KEY-4", "REQ-2"),
        ALL,
        (
            "key.parse:KEY-3",
            "key.parse:KEY-4",
            "key.parse/bare-*",
            "attestation.verify:KEY-3",
            "attestation.verify:KEY-4",
            "request.build:REQ-2",
            "request.build/model-key-*",
            "field.seal/recipient-of-128-digits",
        ),
        "A prefix 0x is refused. 128 digits without 04 are refused by the packages; the samples"
        " encrypt to such a key unless its X begins with 04, and send the header as they got it.",
        "Nothing. The client does not work where an honest machine names its key so, or the server"
        " does not find the machine by the header.",
    ),
    Finding(
        "key-lax",
        "What is not a model key is accepted as one",
        ("KEY-5", "KEY-6"),
        ALL,
        (
            "key.parse:KEY-5",
            "key.parse/point-*",
            "scenario/key-hybrid",
            "scenario/key-compressed",
        ),
        "The packages and the JavaScript sample accept the compressed form of 66 digits. The"
        " Python sample does not look at the first byte and, as bytes.fromhex does,"
        " leaves out white"
        " space; the JavaScript sample reads digits with gaps and coordinates above p.",
        "Two texts that differ are one key, so that a comparison of texts elsewhere can be misled.",
    ),
    Finding(
        "ephemeral-key",
        "One ephemeral key encrypts every message of a session",
        ("ENV-7",),
        NPM,
        (
            "field.seal:ENV-1",
            "field.seal:ENV-2",
            "field.seal:ENV-3",
            "field.seal/repeated-100",
            "field.seal/largest-of-each-length",
            "field.seal/pair-of-surrogates",
            "request.build:~ephemeral key came twice",
            "scenario/honest-twice",
            "scenario/chat-429-once",
            "scenario/chat-stale-key-*",
        ),
        "encryptMessage takes the client's session key as ephemeral key and one AES key for all"
        " messages; the nonces are random.",
        "Who gets hold of that one key, which stands in memory for up to 30 minutes, reads every"
        " prompt of the session. With random nonces of 12 bytes under one key the bound of AES-GCM"
        " is about 2^32 messages, which no session reaches.",
    ),
    Finding(
        "utf8",
        "Texts that are not UTF-8 are changed without a word",
        ("ENV-10", "ENV-11"),
        (JAVASCRIPT, *NPM),
        (
            "field.open:ENV-10",
            "stream.open:ENV-10",
            "field.seal:ENV-11",
            "field.seal/byte-order-mark",
            "scenario/chat-invalid-utf8",
        ),
        "TextDecoder and TextEncoder put U+FFFD in the place of what they cannot read or write, and"
        " TextDecoder drops a byte order mark.",
        "A text other than the one that was sent is shown as authentic. Nobody without the key can"
        " bring that about.",
    ),
    Finding(
        "envelope-form",
        "Texts that are not the form of an envelope are opened",
        ("ENV-15", "ENV-5"),
        ALL,
        (
            "field.open:ENV-15",
            "field.open:ENV-4",
            "field.open:ENV-5",
            f"{PYTHON}|stream.open/prefix-05",
            f"{PYTHON}|scenario/chat-bad-prefix",
        ),
        "The Python sample leaves out white space and does not look at the first byte; the"
        " JavaScript sample leaves out a prefix, an odd digit and takes coordinates above p. In"
        " 0.2.0 decryptChunk returns such a text as it came, as plaintext; 0.5.3 does so for an"
        " empty one.",
        "In 0.2.0 whoever writes into the stream shows the user a text of his own, see below. In"
        " the others two texts are one envelope.",
    ),
    Finding(
        "size",
        "Texts and requests of any size are sealed",
        ("ENV-13", "MSG-11"),
        ALL,
        ("field.seal:ENV-13", "request.build/messages-10001"),
        "There is no limit. The replies to these tests are longer than the protocol allows, or come"
        " after the time limit.",
        "Nothing. A mistake of the caller shows itself late.",
    ),
    Finding(
        "enable-e2ee",
        "venice_parameters.enable_e2ee is not sent",
        ("REQ-4",),
        GUIDE,
        ("request.build:~venice_parameters is missing",),
        "The body has model, messages and stream. The guide does not mention the member.",
        "Nothing while the service takes true for its default.",
    ),
    Finding(
        "roles",
        "Messages of roles other than user and system are sent in plaintext",
        ("MSG-1",),
        GUIDE,
        ("request.build/every-role",),
        "encrypt_messages_for_e2ee and encryptMessagesForE2EE leave assistant, tool and developer"
        " messages as they are. The guide says so; the servers refuse such a request.",
        "The proxy in front of the enclave reads the earlier answers of a conversation, before the"
        " enclave refuses it.",
    ),
    Finding(
        "members",
        "Other members of a message are sent in plaintext, and any role is accepted",
        ("MSG-6", "MSG-9"),
        ALL,
        ("request.build:MSG-6", "request.build:MSG-9"),
        "The samples copy every member of a message, such as `name` and `tool_calls`. The packages"
        " drop them (0.5.3 keeps `tool_call_id` of the role tool) where the"
        " specification asks for a"
        " refusal. No role is refused.",
        "In the samples what stands in such a member is read on the way. In the packages it is lost"
        " without a word.",
    ),
    Finding(
        "structured",
        "Content that is not a text is encrypted as another text",
        ("MSG-4", "MSG-5", "MSG-7", "MSG-12", "MSG-13", "MSG-2"),
        ALL,
        (
            "request.build:MSG-2",
            "request.build:MSG-3",
            "request.build:MSG-4",
            "request.build:MSG-5",
            "request.build:MSG-7",
            "request.build:MSG-10",
            "request.build:MSG-12",
            "request.build:MSG-13",
            "request.build:ENV-7",
        ),
        "Arrays, numbers, null and absent content are joined, written as `undefined` or"
        " `[object Object]`, or break with a TypeError. 0.5.3 joins parts of the type text and"
        " refuses some others. A text that is a JSON array, which servers read as structured"
        " content, is sent.",
        "Nothing is read by others. The model gets another prompt than the caller gave; with a text"
        " that is a JSON array whoever writes the text can add parts.",
    ),
    Finding(
        "request-checks",
        "Requests that the service misreads or refuses are sent",
        ("REQ-12", "REQ-13", "MSG-8", "MSG-11", "MSG-14"),
        ALL,
        (
            "request.build:REQ-1",
            "request.build:REQ-3",
            "request.build:REQ-12",
            "request.build:REQ-13",
            "request.build:MSG-8",
            "request.build:MSG-11",
            "request.build:MSG-14",
        ),
        "Model ids are not looked at, nor is the number of messages or of system messages.",
        "A model id from elsewhere can switch on what the caller did not ask for, such as a web"
        " search: the service reads members behind the first colon.",
    ),
    Finding(
        "capability",
        "The list of models is not asked",
        ("REQ-8",),
        ALL,
        ("scenario/models-*",),
        "The conversation begins without GET /models. The guide shows that request as its first"
        " step; the complete examples do not make it. The packages export isE2EEModel, which looks"
        " at the prefix of the id, and do not ask it.",
        "Nothing. Evidence and encryption decide.",
    ),
)
