"""Measurements that are known to be good, for verification without a network.

The measurements of a GPU are digests of public firmware and of its settings: every GPU with the
same driver, VBIOS, board and mode has the same.  A row holds those of reports that NVIDIA's
attestation service vouched for, which compared them with NVIDIA's manifests; `source` says which
reports.  The indices are those that the manifests of this architecture list: 7 and 21 to 41 of the
driver, 0 to 6 and 8 to 12 of the VBIOS.

A row is trusted as this file is.  It does not expire, and it does not know whether NVIDIA has found
its driver wanting since: `FleetPolicy` names the drivers that a caller accepts.
"""

from __future__ import annotations

from typing import Dict, Final, List, NamedTuple, Optional, Sequence, Tuple

from venice_ref.codec.strict import decode_digits, decode_hex
from venice_ref.evidence.nvidia.measurements import GoldenValues
from venice_ref.evidence.nvidia.rim import DIGEST_SIZE
from venice_ref.evidence.nvidia.verify import SignedGpu

__all__ = ["KNOWN_GOOD", "KnownGood", "find_known_good"]


class KnownGood(NamedTuple):
    """The measurements of one combination."""

    chip: str
    driver_version: str
    vbios_version: str
    board: str
    mode: str
    source: str
    """The reports that the values are from, and who vouched for them."""
    digests: str
    """Lines of an index of manifests and a SHA-384 in hexadecimal; an alternative is a further line
    with the same index."""

    def matches(self, gpu: SignedGpu) -> bool:
        """Tell whether this is the row of a GPU, by what the GPU signed  [GPU-34]."""
        found = gpu.description
        return (
            self.chip == gpu.chip
            and self.driver_version == found.driver_version
            and self.vbios_version == found.vbios_version
            and self.board == found.board
            and self.mode == found.mode
        )

    def golden_values(self) -> GoldenValues:
        """Return the row as values to compare with."""
        found: Dict[int, List[bytes]] = {}
        for line in self.digests.splitlines():
            index, _, digest = line.partition(" ")
            values = found.setdefault(decode_digits(index, max_digits=2, where="known_good"), [])
            values.append(decode_hex(digest, size=DIGEST_SIZE, where="known_good"))
        return GoldenValues({i: tuple(values) for i, values in found.items()}, "known-good")


def find_known_good(
    gpu: SignedGpu, table: Optional[Sequence[KnownGood]] = None
) -> Optional[GoldenValues]:
    """Return the good values for a GPU; `None` where the table has no row for it  [GPU-34].

    Without a row nothing is known, neither that the measurements are good nor that they are bad
    [GPU-45].
    """
    for row in KNOWN_GOOD if table is None else table:
        if row.matches(gpu):
            return row.golden_values()
    return None


# --- The table ----------------------------------------------------------------------------------

KNOWN_GOOD: Final[Tuple[KnownGood, ...]] = (
    KnownGood(
        chip="GH100",
        driver_version="570.172.08",
        vbios_version="96.00.CF.00.02",
        board="G520_0280_895",
        mode="PPCIE",
        source="8 reports of one machine, 2026-04-24; NRAS, claims 2.0, result true for each",
        digests="""\
0 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
1 5393cd17c234358cc2488f1900f41c2e0bf52726533ee79279b7a2e505d89bedb9ac9fd7e027b1ba92a7d74f3e8bffc6
2 c60367dc2303c25c8b988b28271c01c915628ab335700dc835a3ffea18c20c2f17e3c17c8e10e4467da929b2a6ca3dd4
3 73bbf35822549e28ba8fb2671fb7b58f46424a0069205b3ecf1d0fa762adef90b538cc9d692eb5c050147f2f1e8214ab
4 2612eedc5b309d437e92a83e79a1752e8d97581696ed5029748df09b15998850eba7f0cdd0efb98c4d22888b0892ae21
5 c9e4fe668e9dc269a4657146b5e28a22347cde18a4b0e79d8146532f27ebc386f304400ea5d4bf4159b5a6916dd4564e
6 6850b0a82e7e77c0f51e0e6732163866003390c4eb286d8dfb26a72f711a9c8bcdf402a1fd4e5d70b97708107a785efc
7 a396b0188ae4ec41b12eb508636c67942249b68ff1006c3d825b0c06f7677ac20e53c59351db5615b232bd61b3b73848
8 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
9 e5dfe310f1e80403d1ec6f3c2d661b7864caabc36be168a7aef3c9e60de109786271c14c80410e87ca4370fc085eaaa1
10 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
11 8756c8e0d3f69e8bc73432ca2026a0284715261827065b1681b0b2c84d7a994706292da38b891e746bf6f626455bd0e6
12 e9bec0ccddde61f522f51f046d85302f4df5ec488e1df29099192b1d73612f6f0f6a6e07b8993688fc131826d3a6d3d7
21 5ce8d1408aedc53632d4f38cafed5a10a3224450c16447ef305216315e2fadec18dcf22b89ebbd8de7836667625e6773
22 3d1986718d044b7d88892ec81d59c4aa68aa8a09ec50888d5a3adf396cc7dba643ec6d7d4588669faf5d4af75e9fff35
23 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
24 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
25 7978c2742591e2430e15e7bbd557e6f2e3ba43f4feabbe75c7f271547d174daade8e87062cb8e751b78046b8331c9835
26 e34e158addcad3086f8af44097a65e32f2b7aafded181c3ee9e9360bc57addd63618bb60940f712cc4d8b5f4a1a2c6f7
27 a8d8e52125f7748b594dc1d9985411fdd9bdc4ad69a68bf1385435844089cd8f345b281866e001072bdaece92072be24
28 000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
29 480314d58900126e1e8ef34facaac0a063341b9203fb9b742427511ef9d79767c4a9395ce4d1d1dc5948e4dfbfefec07
30 4cdeb293c79d089d7ba8ccf305baa670e885cc4cdf7c2be0c66ef44f5a4575c70c87377d9f7da6ac063f6f1f5a55a029
31 073efc06df6c697cc28f437a742ee97a16cc25237b8ef95eb89902fc644277fd9af264091a54cd7fb1e7473582417f48
32 ec056c2b9e3a568261d0092b8aa1dadb19377382174ba5503a3059cabd2dd1ea82bef1b905ab8a3769832092ddefd30d
33 e28a36cdc648795fec9640d10173c9d43a0ee845546b92c20664f068427313593465c04bf282f4e5ace96cc53c6e2cb6
34 07bbc504d3327cb76d4c4f3b3f1daf8779e40cc31d60826cb11dcc5d09dc59a83bf693f0fb9b1f0b5e58ed4cdc3a580f
35 261148337ccf08ed5351584a95557b245326cbc5ef511ca5b22bc162b9932529fc118f0fe6939dd214545c9388158781
36 c3cbc9cb8c6164d9f37e2116555618e3d5dd1c89dc732c550e3516a72160623fd62fdd3b1f240032388e3f1b3024aaf1
37 fccd6efa76267f5b43fc4a7647ce843a3912f0944a9bcc907456408c368ad5e85bec4512d9d9aedebab31c3b80950627
38 c7ea135dca389918789454861bb593095dc44f8ad39035665daa81fa02cf6fbd3a18227b6224dced70288b9fd3161cc0
39 62b76e9988f50fcb666e5f0a1bfbd01407d4704d234c620946bdd24e1327e0991721002f8b41b947c229a6e33b9c7750
40 823818a95f189bbcda792f5498480619931a7231c3d80aa10d79563f4a0f17e4a3ebdb14440932bf82c95550640be409
41 4644f609f43e0a25aa91d7a3cfb13229575321549fb2a0913b1e168df0a978752d29782b04cfb7c1db194da96aafbc11
""",
    ),
)
