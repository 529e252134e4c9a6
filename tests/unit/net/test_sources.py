from __future__ import annotations

import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Callable, List, Optional, Tuple

import pytest

from tests.intel import DAY, MEMO, NOW, Intel, moment
from tests.unit.net.pcs_answers import Clock
from venice_ref.errors import (
    EvidenceError,
    MalformedError,
    TransportError,
    VeniceError,
)
from venice_ref.evidence.tdx.collateral import parse_collateral, verify_collateral
from venice_ref.evidence.tdx.exchange import encode_collateral
from venice_ref.evidence.tdx.intel import INTEL_ROOT
from venice_ref.evidence.tdx.needs import CollateralNeeds
from venice_ref.evidence.tdx.verify import verify_quote
from venice_ref.net.cache import DiskCache
from venice_ref.net.sources import CACHE, NETWORK, CollateralSource, KeySetSource

INTEL = Intel()
QUOTE = INTEL.quote()
RAW = encode_collateral(INTEL.collateral())
OFFLINE = TransportError("no network")


class Service:
    """Intel's service without a network: returns bytes, or raises what it is told to."""

    def __init__(self, raw: bytes = RAW, base_url: str = "https://pcs.example") -> None:
        self.raw = raw
        self.base_url = base_url
        self.error: Optional[VeniceError] = None
        self.asked: List[CollateralNeeds] = []

    def collateral(self, needs: CollateralNeeds) -> bytes:
        self.asked.append(needs)
        if self.error is not None:
            raise self.error
        return self.raw


class Setup:
    """A source with everything around it in hand."""

    def __init__(self, folder: Optional[Path], intel: Intel = INTEL) -> None:
        self.intel = intel
        self.folder = folder
        self.clock = Clock(NOW)
        self.service = Service(encode_collateral(intel.collateral()))
        self.said: List[Tuple[str, str]] = []
        self.source = self.make()

    def make(self) -> CollateralSource:
        return CollateralSource(
            self.service,
            DiskCache(self.folder),
            anchor=self.intel.anchor,
            memo=MEMO,
            clock=self.clock,
            on_source=lambda source, sentence: self.said.append((source, sentence)),
        )

    @property
    def sources(self) -> List[str]:
        return [source for source, _ in self.said]

    @property
    def path(self) -> Path:
        assert self.folder is not None
        (found,) = self.folder.glob("collateral-*.json")
        return found

    def overwrite(self, raw: bytes, age: timedelta = timedelta(0)) -> None:
        self.path.write_bytes(raw)
        at = (self.clock.now - age).timestamp()
        os.utime(self.path, (at, at))


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path / "venice-ref")


def warmed(setup: Setup) -> Setup:
    assert setup.source.collateral(QUOTE, NOW) == setup.service.raw
    setup.said.clear()
    return setup


# --- Collateral ---------------------------------------------------------------------------------


def test_the_first_is_fetched_and_the_second_is_cached(setup: Setup) -> None:
    first = setup.source.find(QUOTE, NOW)
    second = setup.source.find(QUOTE, NOW)
    assert (first.raw, second.raw) == (RAW, RAW)
    assert [first.source, second.source] == [NETWORK, CACHE]
    assert setup.service.asked == [("TDX", INTEL.sgx.fmspc, "platform")]  # [COL-20]
    assert setup.said == [
        (NETWORK, "asking https://pcs.example for collateral for TDX on FMSPC 90c06f000000"),
        (CACHE, "collateral for TDX on FMSPC 90c06f000000 from the cache"),
    ]


def test_what_comes_with_it_verifies_a_quote(setup: Setup) -> None:
    for _ in range(2):
        found = setup.source.find(QUOTE, NOW)
        assert found.verified is not None
        assert verify_quote(QUOTE, found.verified, now=NOW).status == "UpToDate"


def test_the_file_is_a_collateral_file(setup: Setup) -> None:
    warmed(setup)
    assert setup.path.read_bytes() == RAW
    assert parse_collateral(setup.path.read_bytes()) == INTEL.collateral()
    assert setup.path.name.startswith("collateral-tdx-90c06f000000-platform-")


def disable_cache(setup: Setup) -> None:
    setup.folder = None
    setup.source = setup.make()


def test_without_a_cache_each_is_fetched(setup: Setup) -> None:
    disable_cache(setup)
    for _ in range(2):
        assert setup.source.collateral(QUOTE, NOW) == RAW
    assert setup.sources == [NETWORK, NETWORK]


def flipped(position: int) -> bytes:
    """Return the collateral with one bit of a byte of its TCB info changed."""
    at = RAW.index(b"tcbEvaluationDataNumber") + position
    return RAW[:at] + bytes([RAW[at] ^ 1]) + RAW[at + 1 :]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"null", RAW[:-1], RAW[: len(RAW) // 2], flipped(27), b"\xff" * 100],
    ids=["empty", "object", "null", "cut", "half", "bit", "bytes"],
)
def test_a_file_that_does_not_verify_is_passed_over_and_replaced(setup: Setup, raw: bytes) -> None:
    warmed(setup).overwrite(raw)
    assert setup.source.collateral(QUOTE, NOW) == RAW  # [NET-12]
    assert setup.sources == [NETWORK]
    assert setup.path.read_bytes() == RAW


def test_an_expired_file_is_passed_over_and_replaced(setup: Setup) -> None:
    warmed(setup)
    later = NOW + 40 * DAY
    renewed = INTEL.copy()
    for document in (renewed.tcb_info, renewed.qe_identity):
        document.update(issueDate=moment(later - DAY), nextUpdate=moment(later + DAY))
    for revoked in (renewed.root_list, renewed.ca_list):
        revoked.this_update, revoked.next_update = later - DAY, later + DAY
    setup.service.raw = encode_collateral(renewed.collateral())
    setup.overwrite(RAW)
    setup.clock.now = later
    os.utime(setup.path, (later.timestamp(), later.timestamp()))  # as if it were new
    found = setup.source.find(QUOTE, later)
    assert (found.raw, found.source) == (setup.service.raw, NETWORK)  # [NET-12]
    assert setup.path.read_bytes() == setup.service.raw


@pytest.mark.parametrize("expired", [NOW + 28 * DAY + timedelta(seconds=1), NOW - 3 * DAY])
def test_nothing_is_used_outside_of_its_validity_even_offline(
    setup: Setup, expired: datetime
) -> None:
    warmed(setup)
    setup.service.error = OFFLINE
    setup.clock.now = expired
    os.utime(setup.path, (expired.timestamp(), expired.timestamp()))
    with pytest.raises(TransportError):  # [NET-12]
        setup.source.collateral(QUOTE, expired)


def test_the_last_second_of_its_validity_counts(setup: Setup) -> None:
    warmed(setup)
    setup.service.error = OFFLINE
    setup.clock.now = NOW + 28 * DAY
    assert setup.source.find(QUOTE, setup.clock.now).source == CACHE


@pytest.mark.parametrize("age", [DAY + timedelta(seconds=1), -timedelta(seconds=1)])
def test_an_old_file_is_asked_for_again(setup: Setup, age: timedelta) -> None:
    warmed(setup).overwrite(RAW, age)
    assert setup.source.find(QUOTE, NOW).source == NETWORK  # [NET-12]
    assert setup.source.find(QUOTE, NOW).source == CACHE  # its time is new


def test_a_file_of_a_day_is_used(setup: Setup) -> None:
    warmed(setup).overwrite(RAW, DAY)
    assert setup.source.find(QUOTE, NOW).source == CACHE


@pytest.mark.parametrize("error", [OFFLINE, MalformedError("not Intel's", rule="NET-10")])
def test_an_old_file_serves_where_nothing_newer_is_to_be_had(
    setup: Setup, error: VeniceError
) -> None:
    warmed(setup).overwrite(RAW, 2 * DAY)
    setup.service.error = error
    found = setup.source.find(QUOTE, NOW)
    assert (found.raw, found.source) == (RAW, CACHE)
    assert found.verified is not None
    assert setup.sources == [NETWORK, CACHE]
    assert "still holds" in setup.said[-1][1]


def test_an_old_file_is_better_than_what_does_not_verify(setup: Setup) -> None:
    warmed(setup).overwrite(RAW, 2 * DAY)
    setup.service.raw = flipped(27)
    found = setup.source.find(QUOTE, NOW)
    assert (found.raw, found.source) == (RAW, CACHE)
    assert setup.path.read_bytes() == RAW


@pytest.mark.parametrize("error", [OFFLINE, MalformedError("not Intel's", rule="NET-10")])
def test_with_nothing_cached_the_error_says_why(setup: Setup, error: VeniceError) -> None:
    setup.service.error = error
    with pytest.raises(type(error)) as caught:
        setup.source.collateral(QUOTE, NOW)
    assert caught.value is error


@pytest.mark.parametrize("raw", [flipped(27), b"{}", b""])
def test_what_does_not_verify_is_returned_and_not_kept(setup: Setup, raw: bytes) -> None:
    setup.service.raw = raw
    found = setup.source.find(QUOTE, NOW)
    assert (found.raw, found.source, found.verified) == (raw, NETWORK, None)
    assert setup.folder is not None
    assert not setup.folder.exists()
    with pytest.raises(VeniceError):  # the caller's verification says what is wrong
        verify_collateral(parse_collateral(found.raw), now=NOW, anchor=INTEL.anchor)


def test_a_document_that_was_issued_after_the_evidence_is_kept(setup: Setup) -> None:
    """Intel may sign after the answer came: the file is judged by the clock, not by `now`."""
    before = NOW - 2 * DAY  # of the issue of the TCB info
    found = setup.source.find(QUOTE, before)
    assert found.source == NETWORK
    assert found.verified is not None
    assert setup.source.find(QUOTE, NOW).source == CACHE
    assert setup.source.find(QUOTE, before).source == NETWORK  # [NET-12] not yet valid then


# --- For whom -----------------------------------------------------------------------------------


def other_platform() -> Intel:
    other = INTEL.copy()
    other.sgx.fmspc = bytes.fromhex("00a06f050000")
    other.tcb_info["fmspc"] = "00A06F050000"
    return other


def other_tee() -> Intel:
    return Intel(tdx=False)


def other_ca() -> Intel:
    other = INTEL.copy()
    other.ca.cn = "Intel SGX PCK Processor CA"
    other.sgx.platform_ca = False
    return other


@pytest.mark.parametrize("make", [other_platform, other_tee, other_ca])
def test_each_platform_has_its_file(setup: Setup, make: Callable[[], Intel]) -> None:
    warmed(setup)
    other = make()
    setup.service.raw = encode_collateral(other.collateral())
    assert setup.source.find(other.quote(), NOW).source == NETWORK
    assert setup.source.find(other.quote(), NOW).source == CACHE
    assert setup.source.find(QUOTE, NOW).raw == RAW
    assert setup.folder is not None
    assert len(list(setup.folder.iterdir())) == 2


@pytest.mark.parametrize("make", [other_platform, other_tee, other_ca])
def test_a_file_of_another_platform_is_passed_over(setup: Setup, make: Callable[[], Intel]) -> None:
    warmed(setup).overwrite(encode_collateral(make().collateral()))
    assert setup.source.find(QUOTE, NOW).source == NETWORK
    assert setup.path.read_bytes() == RAW


def test_another_service_and_another_root_have_their_files(setup: Setup) -> None:
    warmed(setup)
    setup.service.base_url = "https://pccs.example"
    assert setup.source.find(QUOTE, NOW).source == NETWORK
    other_root = CollateralSource(
        setup.service, DiskCache(setup.folder), anchor=INTEL_ROOT, clock=setup.clock
    )
    found = other_root.find(QUOTE, NOW)
    assert (found.source, found.verified) == (NETWORK, None)
    with pytest.raises(EvidenceError):
        verify_collateral(parse_collateral(found.raw), now=NOW)


def test_a_quote_without_a_platform_asks_nobody(setup: Setup) -> None:
    broken = INTEL.copy()
    broken.ca.cn = "Some CA"
    with pytest.raises(MalformedError) as caught:
        setup.source.collateral(broken.quote(), NOW)
    assert caught.value.rule == "COL-20"
    assert (setup.service.asked, setup.said) == ([], [])


# --- Keys ---------------------------------------------------------------------------------------

JWKS = json.dumps({"keys": []}).encode()
HOUR = 3600


class Keys:
    """NVIDIA's service without a network."""

    base_url = "https://nras.example"

    def __init__(self, raw: bytes = JWKS) -> None:
        self.raw = raw
        self.asked = 0
        self.error: Optional[TransportError] = None

    def jwks(self) -> bytes:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.raw


class KeySetup:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = Keys()
        self.clock = Clock(NOW)
        self.said: List[str] = []
        self.source = KeySetSource(
            self.keys,
            DiskCache(folder),
            clock=self.clock,
            on_source=lambda source, _: self.said.append(source),
        )

    @property
    def path(self) -> Path:
        (found,) = self.folder.glob("jwks-*.json")
        return found


@pytest.fixture
def keys(tmp_path: Path) -> KeySetup:
    return KeySetup(tmp_path / "venice-ref")


def test_keys_are_cached_for_an_hour(keys: KeySetup) -> None:
    assert keys.source.jwks() == JWKS
    keys.clock.advance(HOUR)
    assert keys.source.jwks() == JWKS
    assert keys.said == [NETWORK, CACHE]
    keys.clock.advance(1)
    assert keys.source.jwks() == JWKS
    assert keys.said == [NETWORK, CACHE, NETWORK]  # [NET-13]
    assert keys.path.read_bytes() == JWKS


def test_keys_are_fetched_where_fresh_ones_are_asked_for(keys: KeySetup) -> None:
    keys.source.jwks()
    keys.keys.raw = b'{"keys":[{"kid":"x"}]}'
    assert keys.source.jwks() == JWKS
    assert keys.source.jwks(fresh=True) == keys.keys.raw
    assert keys.source.jwks() == keys.keys.raw


def test_keys_from_the_future_are_passed_over(keys: KeySetup) -> None:
    keys.source.jwks()
    keys.clock.advance(-1)
    keys.source.jwks()
    assert keys.said == [NETWORK, NETWORK]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"{}", b'{"keys":[{}]}', b'{"a":1,"a":2}'])
def test_what_is_no_key_set_is_neither_kept_nor_used(keys: KeySetup, raw: bytes) -> None:
    keys.keys.raw = raw
    assert keys.source.jwks() == raw  # for the caller, whose verification says what is wrong
    assert not keys.folder.exists()
    keys.keys.raw = JWKS
    keys.source.jwks()
    keys.path.write_bytes(raw)
    os.utime(keys.path, (NOW.timestamp(), NOW.timestamp()))
    assert keys.source.jwks() == JWKS
    assert keys.said == [NETWORK, NETWORK, NETWORK]


def test_old_keys_do_not_serve_offline(keys: KeySetup) -> None:
    keys.source.jwks()
    keys.clock.advance(HOUR + 1)
    keys.keys.error = OFFLINE
    with pytest.raises(TransportError):  # [NET-13]
        keys.source.jwks()
