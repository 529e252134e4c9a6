"""Vectors of `gpu.chain`: what the certificates of a GPU have to say of it."""

from __future__ import annotations

from typing import Any, Dict, Final, Optional, Sequence, Tuple

from conformance.generate.builder import FileBuilder, Flag, Rebuilt
from conformance.generate.gpu.kit import NOW, World, pem_text
from conformance.mock_tee.pki.authority import extension
from conformance.mock_tee.pki.nvidia import (
    FWID,
    SHA384_OID,
    Chain,
    GpuDraft,
    composite_device_id,
    device_info,
    dice_tcb_info,
    make_factory,
)
from conformance.mock_tee.pki.nvidia_certificates import Draft, Issuer, authority, certify, name
from venice_ref.codec.der_encode import (
    implicit,
    integer,
    object_identifier,
    octet_string,
    sequence,
    time,
    utf8_string,
)
from venice_ref.codec.strict import parse_rfc3339
from venice_ref.evidence.nvidia.chain import COMPOSITE_DEVICE_ID, DICE_TCB_INFO

__all__ = ["generate"]

ALTERNATIVE: Final = "2.5.29.17"
DEVICE_INFO: Final = "1.3.6.1.4.1.412.274.1"
SHA256_OID: Final = "2.16.840.1.101.3.4.2.1"

FLAGS: Final[Dict[str, Flag]] = {
    "ChainLength": Flag(
        "AUTH_BYPASS",
        "The chain has more or fewer than five certificates.",
        "Somebody below the factory issues certificates, or an authority signs reports.",
        "Require five certificates, one for each role.",
    ),
    "ForgedRoot": Flag(
        "AUTH_BYPASS",
        "The chain ends in a root that is not NVIDIA's, or is not linked to it.",
        "Anyone makes GPUs.",
        "Compare the last certificate with the pinned one byte for byte, and verify every link.",
        ("RFC 5280, 6.1.1 (d)",),
    ),
    "WrongRole": Flag(
        "AUTH_BYPASS",
        "A certificate is not that of its place.",
        "The key of one GPU, once extracted, certifies others.",
        "Compare the name, the kind of key and the usages of every certificate.",
    ),
    "DeviceClass": Flag(
        "AUTH_BYPASS",
        "The device is not a GPU of the stated architecture.",
        "A switch, which NVIDIA certifies below the same root, stands for a GPU.",
        "Compare the chip in the name, and in the alternative name, with the architecture.",
        ("DMTF DSP0274, device information in a certificate",),
    ),
    "FirmwareId": Flag(
        "AUTH_BYPASS",
        "The extension with the FWID is missing, twice there, or not of its form.",
        "Nothing says which firmware holds the key, so that an old one signs as well.",
        "Parse the extension; never take its last 48 bytes.",
        ("TCG DICE Attestation Architecture 1.1, 6.1.1",),
    ),
    "DeviceKey": Flag(
        "AUTH_BYPASS",
        "The key that the extension repeats is not that of the GPU's certificate.",
        "A key that was made on one GPU is certified below another.",
        "Compare it with the SubjectPublicKeyInfo of the second certificate.",
    ),
    "UnknownCritical": Flag(
        "AUTH_BYPASS",
        "A certificate has a critical extension that nobody evaluates.",
        "A restriction of its issuer is ignored.",
        "Refuse critical extensions but the ones that are evaluated.",
        ("RFC 5280, 4.2",),
    ),
    "OutOfTime": Flag(
        "FRESHNESS",
        "A certificate is not valid at the time.",
        "A key that was withdrawn by its time signs on.",
        "Compare the validity of all five with the time.",
    ),
    "OtherForm": Flag(
        "INTEROP",
        "A form that another architecture or product has.",
        "Genuine GPUs are refused.",
        "Accept both forms of the FWID, critical or not, and every product's name.",
    ),
}  # fmt: skip


def generate(builder: FileBuilder) -> None:
    """Fill `gpu/chain`."""
    for flag_name, flag in FLAGS.items():
        builder.flag(flag_name, flag)
    file = _File(builder)
    file.accepted()
    file.lengths_and_roots()
    file.roles()
    file.classes()
    file.firmware()
    file.rest()


def with_leaf(
    gpu: GpuDraft, *extensions: bytes, common_name: Optional[str] = None, **changed: Any
) -> GpuDraft:
    """Return a GPU whose first certificate has these extensions, another name, or other parts."""
    if extensions:
        changed["extensions"] = extensions
    if common_name is not None:
        changed["subject"] = name(common_name)
    return gpu._replace(leaf=gpu.leaf._replace(**changed))


def firmware_digest(digest: bytes, oid: str = SHA384_OID) -> bytes:
    """Return a FWID, of which the hash may be another one."""
    return sequence(object_identifier(oid), octet_string(digest))


def tcb_info(*digests: bytes) -> bytes:
    """Return the extension as Blackwell has it, with these elements in [6] only."""
    return sequence(implicit(6, sequence(*digests)))


class _File:
    def __init__(self, builder: FileBuilder) -> None:
        self.builder = builder
        self.world = World.of(builder)
        self.gpu = self.world.gpu()
        self.alternative, self.firmware_id = self.gpu.leaf.extensions
        self.blackwell = self.world.gpu(1, chip="GB100")
        builder.group({"arch": "HOPPER", "root": self.world.root, "now": NOW})

    def issue(self, gpu: GpuDraft) -> Chain:
        return gpu.issue(self.world.factory)

    def accept(
        self, slug: str, why: str, gpu: GpuDraft, req: Sequence[str], *flags: str,
        chip: str = "GH100", chain: Optional[Chain] = None, **given: str,
    ) -> None:  # fmt: skip
        text = pem_text(self.issue(gpu) if chain is None else chain)
        out = {
            "chip": chip,
            "fwid": FWID.hex(),
            "ueid": str(gpu.leaf.serial),
            "device_serial": f"{gpu.device.serial:x}",
        }
        self.builder.accept(
            slug, why, req=req, given={"certificates": text, **given}, out=out, flags=flags
        )

    def reject(
        self, slug: str, what: str, breaks: str, flag: str, change: Optional[Tuple[str, Any, Any]],
        *, gpu: Optional[GpuDraft] = None, chain: Optional[Chain] = None, parent: str = "hopper",
        also: Sequence[str] = (), or_breaks: Sequence[str] = (), **given: str,
    ) -> None:  # fmt: skip
        if chain is None and gpu is not None:
            chain = self.issue(gpu)
        own = {} if chain is None else {"certificates": pem_text(chain)}
        self.builder.reject(
            slug, f"Finds a verifier that accepts {what}.", parent=parent, breaks=breaks,
            flags=[flag], given={**own, **given}, also=also, or_breaks=or_breaks,
            change=None if change is None else Rebuilt(*change),
        )  # fmt: skip

    def accepted(self) -> None:
        every = ("GPU-8", "GPU-9", "GPU-10", "GPU-12", "GPU-19", "GPU-20", "GPU-38")
        self.accept("hopper", "The ordinary chain of a Hopper GPU.", self.gpu, every)
        self.accept(
            "blackwell", "Finds a verifier that knows the FWID of Hopper only, or refuses it where"
            " it is critical.", self.blackwell, ("GPU-11", "GPU-12", "GPU-19", "GPU-39"),
            "OtherForm", chip="GB100", arch="BLACKWELL",
        )  # fmt: skip
        self.accept(
            "blackwell-20x", "Finds a list of chips without the one of RTX PRO 6000.",
            self.world.gpu(2, chip="GB20X"), ("GPU-12",), "OtherForm", chip="GB20X",
            arch="BLACKWELL",
        )  # fmt: skip
        critical = with_leaf(
            self.gpu,
            extension(ALTERNATIVE, device_info("NVIDIA:GH100:48B02D0000000001"), critical=True),
            extension(COMPOSITE_DEVICE_ID, composite_device_id(self.gpu.device_key), critical=True),
        )
        self.accept(
            "critical-extensions", "Finds a verifier that refuses the two extensions which it has"
            " to evaluate.", critical, ("GPU-11", "GPU-39"), "OtherForm",
        )  # fmt: skip
        self.accept(
            "no-alternative-name", "Finds a verifier that requires the alternative name.",
            with_leaf(self.gpu, self.firmware_id), ("GPU-12",), "OtherForm",
        )  # fmt: skip
        short = extension(ALTERNATIVE, device_info("NVIDIA:GH100"))
        self.accept(
            "alternative-name-without-serial", "Finds a verifier that requires the third part of"
            " the alternative name, which nothing is compared with.",
            with_leaf(self.gpu, short, self.firmware_id), ("GPU-12",), "OtherForm",
        )  # fmt: skip
        keys = [self.world.key(f"NVIDIA {of}") for of in ("root", "identity", "provisioner")]
        factory = make_factory(*keys)
        identity = certify(factory.root, keys[1], authority("NVIDIA HGX_B Identity", 2))
        issuer = certify(identity, keys[2], authority("NVIDIA HGX_B Provisioner ICA 12", 3))
        other = factory._replace(identity=identity, provisioner=issuer)
        self.accept(
            "other-product", "Finds a verifier that wants the chip in the name of the product.",
            self.gpu, ("GPU-10",), "OtherForm", chain=self.gpu.issue(other),
        )  # fmt: skip
        self.accept(
            "one-digest-of-firmware", "Finds a verifier that reads a second digest of firmware.",
            with_leaf(self.blackwell, extension(DICE_TCB_INFO, dice_tcb_info(FWID))), ("GPU-19",),
            "OtherForm", chip="GB100", arch="BLACKWELL",
        )  # fmt: skip
        further = tcb_info(firmware_digest(FWID), firmware_digest(FWID[:32], SHA256_OID))
        self.accept(
            "further-digest-of-other-hash", "Finds a verifier that wants the form of the first"
            " digest of firmware in the further ones.",
            with_leaf(self.blackwell, extension(DICE_TCB_INFO, further)), ("GPU-19",),
            "OtherForm", chip="GB100", arch="BLACKWELL",
        )  # fmt: skip

    def lengths_and_roots(self) -> None:
        chain = self.issue(self.gpu)
        for slug, what, other in (
            ("no-first", "a chain that begins with the GPU", chain[1:]),
            ("no-root", "a chain without its root", chain[:4]),
            ("root-twice", "the root twice", (*chain, chain[4])),
            ("first-twice", "a certificate before the first", (chain[0], *chain)),
            ("eight", "three certificates too many", (*chain, *chain[4:] * 3)),
        ):
            self.reject(slug, what, "GPU-8", "ChainLength", None, chain=other)
        self.reject(
            "nine", "more certificates than are parsed at all", "CRT-18", "ChainLength", None,
            chain=(*chain, *chain[4:] * 4),
        )  # fmt: skip
        keys = [self.world.key(f"forged {of}") for of in ("root", "identity", "provisioner")]
        forged = self.gpu.issue(make_factory(*keys))
        self.reject(
            "forged-root", "a root of the right name that signed itself", "CRT-13", "ForgedRoot",
            ("root.key", "the pinned one", "another one"), chain=forged,
            also=["GPU-9", "GPU-38"],
        )  # fmt: skip
        self.reject(
            "root-of-same-key", "another certificate of the root's key", "CRT-13", "ForgedRoot",
            ("root.serial", 1, 9), also=["GPU-9"],
            chain=(*chain[:4], certify(None, self.world.factory.root.key,
                                       authority("NVIDIA Device Identity CA", 9)).certificate),
        )  # fmt: skip
        self.reject(
            "real-root-behind-forged-chain", "a list with the pinned root in it", "CRT-12",
            "ForgedRoot", ("keys below the root", "certified by it", "of somebody else"),
            chain=(*forged[:4], chain[4]), also=["GPU-9"], or_breaks=["CRT-11"],
        )  # fmt: skip
        self.reject(
            "reversed", "a chain in the other order", "GPU-12", "WrongRole", None,
            chain=tuple(reversed(chain)), or_breaks=["GPU-19"], also=["GPU-8"],
        )  # fmt: skip

    def roles(self) -> None:
        gpu, factory = self.gpu, self.world.factory

        def below(*issuers: Issuer) -> Chain:
            return tuple(issuer.certificate for issuer in issuers)

        first = certify(factory.identity, self.world.key("first"), gpu.device)
        second = certify(first, gpu.device_key, gpu.device)
        leaf = certify(second, gpu.leaf_key, gpu.leaf)
        self.reject(
            "gpu-certifies-gpu", "a GPU that certifies another one", "CRT-10", "WrongRole",
            ("certificate[2]", "the factory", "a GPU"), also=["GPU-10"],
            chain=below(leaf, second, first, factory.identity, factory.root),
        )  # fmt: skip
        draft = authority("NVIDIA GH100 Provisioner ICA 2", 4)
        second = certify(factory.provisioner, gpu.device_key, draft)
        leaf = certify(second, gpu.leaf_key, gpu.leaf)
        self.reject(
            "factory-in-place-of-gpu", "a factory in the place of the GPU", "CRT-10", "WrongRole",
            ("certificate[1]", "GH100 A01 GSP BROM", "NVIDIA GH100 Provisioner ICA 2"),
            also=["GPU-10"],
            chain=below(leaf, second, factory.provisioner, factory.identity, factory.root),
        )  # fmt: skip
        drafts: Tuple[Tuple[str, str, str, str, Draft], ...] = (
            ("gpu-of-other-chip", "a GPU of another chip than its firmware", "CRT-10",
             "certificate[1].subject", gpu.device._replace(subject=name("GH200 A01 GSP BROM"))),
            ("gpu-without-constraints", "a GPU that is no authority", "CRT-15",
             "certificate[1].basicConstraints", gpu.device._replace(authority=False)),
        )  # fmt: skip
        for slug, what, breaks, at, draft in drafts:
            changed = gpu._replace(device=draft)
            self.reject(slug, what, breaks, "WrongRole", (at, "as it should be", slug),
                        gpu=changed, also=["GPU-10"])  # fmt: skip
        for slug, what, changes in (
            ("first-is-authority", "a signing key that is an authority", {"authority": True}),
            ("first-signs-certificates", "a signing key that may sign certificates",
             {"usages": ("digitalSignature", "keyCertSign")}),
            ("first-without-usage", "a key that is not for signatures",
             {"usages": ("keyAgreement",)}),
        ):  # fmt: skip
            self.reject(
                slug, what, "CRT-16", "WrongRole", ("certificate[0]", "digitalSignature", slug),
                gpu=with_leaf(gpu, **changes), also=["GPU-10"],
            )  # fmt: skip

    def classes(self) -> None:
        gpu = self.gpu
        for slug, what, common_name in (
            ("switch-called-hopper", "a switch", "LS_10 A01 GSP FMC LF"),
            ("boot-rom-signs", "a report by the key of the boot ROM", "GH100 A01 GSP BROM"),
        ):  # fmt: skip
            self.reject(
                slug, what, "GPU-12", "DeviceClass",
                ("certificate[0].subject", "GH100 A01 GSP FMC LF", common_name),
                gpu=with_leaf(gpu, self.firmware_id, common_name=common_name),
            )  # fmt: skip
        self.reject(
            "hopper-called-blackwell", "an architecture that nobody compared", "GPU-12",
            "DeviceClass", None, arch="BLACKWELL",
        )  # fmt: skip
        self.reject(
            "blackwell-called-hopper", "an architecture that nobody compared", "GPU-12",
            "DeviceClass", None, parent="blackwell", arch="HOPPER",
        )  # fmt: skip
        for slug, what, alternative in (
            ("alternative-of-switch", "an alternative name of a switch",
             device_info("NVIDIA:LS_10:48B02D0000000001")),
            ("alternative-of-other-maker", "an alternative name of another manufacturer",
             device_info("NVIDIA Corp:GH100:48B02D0000000001")),
            ("alternative-without-chip", "an alternative name without a chip",
             device_info("NVIDIA")),
            ("alternative-of-other-kind", "an alternative name of another kind",
             device_info("NVIDIA:GH100:1", oid="1.3.6.1.4.1.412.274.2")),
        ):  # fmt: skip
            self.reject(
                slug, what, "GPU-12", "DeviceClass",
                ("certificate[0].subjectAltName", "NVIDIA:GH100:...", alternative.hex()),
                gpu=with_leaf(gpu, extension(ALTERNATIVE, alternative), self.firmware_id),
            )  # fmt: skip

    def firmware(self) -> None:
        key = self.gpu.device_key.public_key_info
        fwid = firmware_digest
        composite = composite_device_id(self.gpu.device_key)
        cases: Tuple[Tuple[str, str, bytes], ...] = (
            ("fwid-of-sha256", "a digest of 32 bytes",
             sequence(integer(1), key, fwid(FWID[:32], SHA256_OID))),
            ("fwid-by-other-name", "48 bytes that are called SHA-256",
             sequence(integer(1), key, fwid(FWID, SHA256_OID))),
            ("fwid-version-two", "another version of the extension",
             sequence(integer(2), key, fwid(FWID))),
            ("fwid-twice-in-one", "a second digest, which the last 48 bytes are",
             sequence(integer(1), key, fwid(FWID), fwid(bytes(48)))),
            ("fwid-and-more", "bytes behind the extension, which the last 48 bytes are",
             composite + octet_string(bytes(48))),
        )  # fmt: skip
        for slug, what, value in cases:
            self.reject(
                slug, what, "GPU-19", "FirmwareId",
                ("certificate[0].fwid", "as it should be", slug),
                gpu=with_leaf(self.gpu, self.alternative, extension(COMPOSITE_DEVICE_ID, value)),
            )  # fmt: skip
        self.reject(
            "no-fwid", "a certificate without the extension", "GPU-19", "FirmwareId",
            ("certificate[0].fwid", "present", None), gpu=with_leaf(self.gpu, self.alternative),
        )  # fmt: skip
        self.reject(
            "both-forms", "two extensions, of which it reads one", "GPU-19", "FirmwareId",
            ("certificate[0].fwid", "one", "two"),
            gpu=with_leaf(self.gpu, self.firmware_id,
                          extension(DICE_TCB_INFO, dice_tcb_info(bytes(48)))),
        )  # fmt: skip
        for slug, what, parts in (
            ("tcb-info-without-fwids", "firmware without a digest",
             (implicit(0, utf8_string("NVIDIA")),)),
            ("tcb-info-out-of-order", "members in another order",
             (implicit(6, sequence(fwid(FWID))), implicit(0, utf8_string("NVIDIA")))),
            ("tcb-info-unknown-member", "a member that does not exist",
             (implicit(6, sequence(fwid(FWID))), implicit(11, octet_string(b"")))),
            ("tcb-info-first-by-sha256", "the first digest of SHA-384 in the place of the first",
             (implicit(6, sequence(fwid(FWID[:32], SHA256_OID), fwid(FWID))),)),
        ):  # fmt: skip
            self.reject(
                slug, what, "GPU-19", "FirmwareId", ("certificate[0].fwid", "DiceTcbInfo", slug),
                parent="blackwell", arch="BLACKWELL",
                gpu=with_leaf(self.blackwell, extension(DICE_TCB_INFO, sequence(*parts))),
            )  # fmt: skip
        other = composite_device_id(self.world.key("other device"))
        self.reject(
            "key-of-other-gpu", "firmware that was certified on another GPU", "GPU-20",
            "DeviceKey", ("certificate[0].fwid.deviceID", "that of certificate[1]", "another"),
            gpu=with_leaf(self.gpu, self.alternative, extension(COMPOSITE_DEVICE_ID, other)),
        )  # fmt: skip

    def rest(self) -> None:
        unknown = extension("1.3.6.1.4.1.99999.1", octet_string(b"x"), critical=True)
        for slug, what, gpu in (
            ("critical-first", "an unknown critical extension of the first certificate",
             with_leaf(self.gpu, self.firmware_id, unknown)),
            ("critical-gpu", "an unknown critical extension of the GPU",
             self.gpu._replace(device=self.gpu.device._replace(extensions=(unknown,)))),
        ):  # fmt: skip
            self.reject(slug, what, "CRT-9", "UnknownCritical",
                        ("critical extension", None, "1.3.6.1.4.1.99999.1"), gpu=gpu,
                        also=["GPU-39"], parent="critical-extensions")  # fmt: skip
        early = parse_rfc3339("2026-04-24T01:58:40Z")
        self.reject(
            "first-expired", "a signing key whose time is over", "CRT-14", "OutOfTime",
            ("certificate[0].notAfter", "9999-12-31T23:59:59Z", "2026-04-24T01:58:40Z"),
            gpu=with_leaf(self.gpu, not_after=time(early)), also=["GPU-10"],
        )  # fmt: skip
