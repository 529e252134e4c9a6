from __future__ import annotations

import pytest

from venice_ref.codec.layout import Layout
from venice_ref.evidence.tdx import layouts

SIZES = [
    (layouts.HEADER_V3, 48),
    (layouts.HEADER_V4, 48),
    (layouts.V5_BODY_DESCRIPTOR, 6),
    (layouts.SGX_REPORT, 384),
    (layouts.TD_REPORT_10, 584),
    (layouts.TD_REPORT_15, 648),
    (layouts.TD_REPORT_15EX, 885),
    (layouts.SIGNATURE_AND_KEY, 128),
    (layouts.SIGNED_QE_REPORT, 448),
    (layouts.PLAIN_PPID, 36),
    (layouts.ENCRYPTED_PPID_2048, 276),
    (layouts.ENCRYPTED_PPID_3072, 404),
]

# Offsets as they are counted in other implementations, from the start of the quote.
ABSOLUTE = {
    "td_attributes": 48 + 120,
    "mr_td": 48 + 136,
    "mr_config_id": 48 + 184,
    "rt_mr0": 48 + 328,
    "rt_mr3": 48 + 472,
    "report_data": 48 + 520,
    "tee_tcb_svn_2": 48 + 584,
    "mr_service_td": 48 + 600,
    "cur_servtd_attr": 48 + 877,
}


@pytest.mark.parametrize(("layout", "size"), SIZES)
def test_a_structure_has_its_size(layout: Layout, size: int) -> None:
    assert layout.size == size
    assert sum(field.size for field in layout.fields) == size


def test_the_fields_of_a_td_report_stand_where_everyone_reads_them() -> None:
    offsets = {field.name: 48 + field.offset for field in layouts.TD_REPORT_15EX.fields}
    assert {name: offsets[name] for name in ABSOLUTE} == ABSOLUTE


def test_a_longer_td_report_begins_with_the_shorter() -> None:
    td_10, td_15 = layouts.TD_REPORT_10.fields, layouts.TD_REPORT_15.fields
    assert td_15[: len(td_10)] == td_10
    assert layouts.TD_REPORT_15EX.fields[: len(td_15)] == td_15


def test_report_data_ends_an_enclave_report() -> None:
    assert layouts.SGX_REPORT.fields[-1] == (320, 64, "report_data")


def test_every_body_has_report_data_and_a_number_of_its_own() -> None:
    kinds = layouts.BODY_KINDS.values()
    assert [kind.body_type for kind in kinds] == [1, 2, 3, 4]
    for kind in kinds:
        assert "report_data" in {field.name for field in kind.layout.fields}


def test_the_header_of_version_3_has_the_svns() -> None:
    assert layouts.header_layout(3) is layouts.HEADER_V3
    assert layouts.header_layout(4) is layouts.header_layout(5) is layouts.HEADER_V4
    names = {field.name for field in layouts.HEADER_V3.fields}
    assert {"qe_svn", "pce_svn"} <= names
