"""A program that looks for the answers where a careless runner would leave them.

It is copied to a folder of its own and run there; it knows the form of the files of vectors and
nothing else.  It looks beside itself and in its working folder, in every folder above them, in its
arguments, in its environment and in the ids of the requests.  What it finds it answers, and where
it finds nothing it accepts.

It does not look into other processes: what runs as the same user is not kept from that by anything
but a sandbox.  Against an adapter that knows the published answers there is `--challenge`.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any, Dict, Iterator


def places() -> Iterator[Path]:
    """Yield the folders in which the answers may lie."""
    starts = [Path.cwd(), Path(__file__).resolve().parent]
    starts += [Path(text) for text in (*sys.argv[1:], *os.environ.values()) if os.sep in text]
    starts += [Path(text) for text in sys.path if text]
    for start in starts:
        yield from (start, *start.parents)


def answers() -> Iterator[Dict[str, Any]]:
    """Yield every test of every file of vectors that lies there."""
    for place in dict.fromkeys(places()):
        for file in (*place.glob("vectors/*/*.json"), *place.glob("*.json")):
            with contextlib.suppress(KeyError, OSError, TypeError, ValueError):
                document = json.loads(file.read_bytes())
                for group in document["groups"]:
                    for test in group["tests"]:
                        yield {**test, "in": {**group["params"], **test["in"]}}


def reply(found: Dict[str, Dict[str, Any]], request: Dict[str, Any]) -> Dict[str, Any]:
    """Return what the answer key says, by the id or by the input; else accept."""
    known = found.get(request["id"]) or found.get(json.dumps(request["in"], sort_keys=True))
    if known is None:
        return {"ok": {}}
    expect = known["expect"]
    if expect["verdict"] == "accept":
        return {"ok": expect["out"]}
    return {"reject": {"stage": expect["stage"], "reason": expect["reason"][0]}}


def main() -> None:
    """Answer requests until the input ends; the first line of the arguments is the hello."""
    hello = json.loads(sys.argv[1])
    found: Dict[str, Dict[str, Any]] = {}
    for test in answers():
        found[test["id"]] = found[json.dumps(test["in"], sort_keys=True)] = test
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"ok": hello} if request["op"] == "hello" else reply(found, request)
        sys.stdout.write(json.dumps({"id": request["id"], **answer}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
