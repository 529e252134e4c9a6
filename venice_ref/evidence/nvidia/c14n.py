"""Canonical XML 1.1, inclusive, without comments, over the expat of the standard library.

    https://www.w3.org/TR/2008/REC-xml-c14n11-20080502/

The one canonical form of a document or of an element in it, which XML signatures are made over.
`xml.etree.ElementTree.canonicalize` is Canonical XML 2.0, another form: it drops namespaces that
are declared and not used, and NVIDIA's manifests have one.

`parse_xml` builds a small tree and refuses what no signed manifest needs and what attacks are made
of: a document type (and with it entities and default attributes), processing instructions, other
encodings than UTF-8, `xml:base`, and more size, depth or elements than the named limits.  It
resolves namespaces, by Namespaces in XML 1.0.  `canonicalize` writes the tree, or a part of it.

Standard says / we do / because: 1.3 renders processing instructions; they are refused, as there are
none in these documents and nothing reads them.  2.4 joins the values of `xml:base` where a part of
a document is taken; the attribute is refused, because that is the only rule that needs URIs.
"""

from __future__ import annotations

import re
from typing import Dict, Final, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union
from xml.parsers import expat

from venice_ref.codec.strict import decode_utf8, excerpt
from venice_ref.errors import MalformedError
from venice_ref.spec import MAX_RIM_SIZE, MAX_XML_DEPTH, MAX_XML_NODES

__all__ = ["Attribute", "XmlElement", "canonicalize", "parse_xml"]

_RULE: Final = "GPU-27"
_XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"
_XMLNS_NAMESPACE: Final = "http://www.w3.org/2000/xmlns/"
_INHERITED: Final = ("lang", "space")
"""Attributes of `xml:` that a part of a document takes over from around it.  2.4."""
_ABSOLUTE_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_MAX_NAMESPACES: Final = 64
"""Declarations of namespaces in a document; those of NVIDIA have 6."""


class Attribute(NamedTuple):
    """An attribute that is no declaration of a namespace."""

    uri: str
    """The namespace; empty for none."""
    local: str
    name: str
    """The name with its prefix, as written."""
    value: str
    """After the normalisation of XML 1.0, 3.3.3."""


class XmlElement:
    """An element: its names, the namespaces in scope, and what is inside of it."""

    __slots__ = ("attributes", "children", "local", "name", "parent", "scope", "uri")

    def __init__(
        self,
        name: str,
        scope: Mapping[str, str],
        attributes: Tuple[Attribute, ...],
        parent: Optional[XmlElement],
    ) -> None:
        prefix, self.local = _split_name(name)
        self.name = name
        """With its prefix, as written."""
        self.scope = scope
        """The namespaces in scope by prefix; the default one under the empty prefix."""
        self.uri = _resolve(prefix, scope)
        """The namespace; empty for none."""
        self.attributes = attributes
        """In canonical order: by namespace, then by local name.  2.2."""
        self.parent = parent
        self.children: List[Union[XmlElement, str]] = []

    @property
    def elements(self) -> List[XmlElement]:
        """The child elements."""
        return [child for child in self.children if isinstance(child, XmlElement)]

    @property
    def text(self) -> str:
        """The text between the child elements."""
        return "".join(child for child in self.children if isinstance(child, str))

    def attribute(self, local: str, uri: str = "") -> Optional[str]:
        """Return the value of an attribute; `None` where there is none."""
        for attribute in self.attributes:
            if attribute.local == local and attribute.uri == uri:
                return attribute.value
        return None


# --- Writing ------------------------------------------------------------------------------------


def canonicalize(apex: XmlElement, *, without: Optional[XmlElement] = None) -> bytes:
    """Return the canonical form of `apex` and all inside of it, but for `without`  [GPU-43].

    `without` is what the transform for enveloped signatures takes out: the signature itself.
    """
    out: List[str] = []
    _write(apex, {}, out, without, apex=True)
    return "".join(out).encode("utf-8")


def _write(
    element: XmlElement,
    rendered: Mapping[str, str],
    out: List[str],
    without: Optional[XmlElement],
    *,
    apex: bool = False,
) -> None:
    """Write an element below one that rendered these namespaces.  2.3."""
    out.append(f"<{element.name}")
    for prefix, uri in sorted(element.scope.items()):
        # The empty default is rendered only where it takes back another one.
        if rendered.get(prefix, "") != uri:
            name = f"xmlns:{prefix}" if prefix else "xmlns"
            out.append(f' {name}="{_escape_value(uri)}"')
    inherited = _inherited(element) if apex else ()
    attributes = sorted(element.attributes + inherited)
    out.extend(f' {attribute.name}="{_escape_value(attribute.value)}"' for attribute in attributes)
    out.append(">")
    for child in element.children:
        if isinstance(child, str):
            out.append(_escape_text(child))
        elif child is not without:
            _write(child, element.scope, out, without)
    out.append(f"</{element.name}>")


def _inherited(apex: XmlElement) -> Tuple[Attribute, ...]:
    """Return the nearest `xml:lang` and `xml:space` around an element that has none.  2.4."""
    found: Dict[str, Attribute] = {}
    around = apex.parent
    while around is not None:
        for attribute in around.attributes:
            if attribute.uri == _XML_NAMESPACE and attribute.local in _INHERITED:
                found.setdefault(attribute.local, attribute)
        around = around.parent
    own = {attribute.local for attribute in apex.attributes if attribute.uri == _XML_NAMESPACE}
    return tuple(attribute for local, attribute in found.items() if local not in own)


def _escape_text(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#xD;")


def _escape_value(value: str) -> str:
    value = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    return value.replace("\t", "&#x9;").replace("\n", "&#xA;").replace("\r", "&#xD;")


# --- Reading ------------------------------------------------------------------------------------


def parse_xml(raw: bytes, *, where: str = "xml") -> XmlElement:
    """Return the document element of an XML 1.0 document in UTF-8, of at most 1048576 bytes.

    Comments are dropped, and the text around them is one.

    Raises:
        MalformedError: not well-formed, or one of the things that are refused  [GPU-27].
    """
    if len(raw) > MAX_RIM_SIZE:
        raise MalformedError(
            f"XML of {len(raw)} bytes, at most {MAX_RIM_SIZE}", rule=_RULE, where=where
        )
    decode_utf8(raw, where=where, rule=_RULE)  # expat would take UTF-16 by its byte order mark
    builder = _Builder(where)
    parser = expat.ParserCreate("UTF-8")
    parser.buffer_text = True
    parser.ordered_attributes = True
    parser.XmlDeclHandler = builder.declaration
    parser.StartDoctypeDeclHandler = builder.document_type
    parser.ProcessingInstructionHandler = builder.instruction
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    try:
        parser.Parse(bytes(raw), True)
    except expat.ExpatError as error:
        # The message of expat names what is wrong, and never quotes the document.
        message = expat.ErrorString(error.code)
        raise MalformedError(
            f"not XML, {message}, line {error.lineno}", rule=_RULE, where=where
        ) from None
    finally:
        builder.release(parser)
    return builder.root()


class _Builder:
    """The handlers of expat, which build the tree."""

    __slots__ = ("_namespaces", "_nodes", "_open", "_root", "_where")

    def __init__(self, where: str) -> None:
        self._where = where
        self._root: Optional[XmlElement] = None
        self._open: List[XmlElement] = []
        self._nodes = 0
        self._namespaces = 0

    def root(self) -> XmlElement:
        """Return the document element."""
        if self._root is None:  # never: expat wants an element
            raise self._error("no element")
        return self._root

    def release(self, parser: expat.XMLParserType) -> None:
        """Let go of the handlers, which hold this object and are held by it."""
        parser.StartElementHandler = parser.EndElementHandler = None
        parser.CharacterDataHandler = parser.XmlDeclHandler = None
        parser.StartDoctypeDeclHandler = parser.ProcessingInstructionHandler = None

    def declaration(self, version: str, encoding: Optional[str], _standalone: int) -> None:
        """Accept `<?xml version="1.0" encoding="UTF-8"?>`, with the encoding or without."""
        if version != "1.0" or (encoding or "utf-8").lower() != "utf-8":
            raise self._error(f"XML {excerpt(version)} in {excerpt(encoding)}")

    def document_type(self, *_: object) -> None:
        """Refuse a document type, the only place where entities are declared."""
        raise self._error("a document type")

    def instruction(self, target: str, _data: str) -> None:
        """Refuse a processing instruction."""
        raise self._error(f"a processing instruction, {excerpt(target)}")

    def start(self, name: str, attributes: Sequence[str]) -> None:
        """Open an element; attributes come as name, value, name, value."""
        self._nodes += 1 + len(attributes) // 2
        if len(self._open) >= MAX_XML_DEPTH or self._nodes > MAX_XML_NODES:
            raise self._error(
                f"deeper than {MAX_XML_DEPTH} or more than {MAX_XML_NODES} elements and attributes"
            )
        parent = self._open[-1] if self._open else None
        pairs = list(zip(attributes[::2], attributes[1::2]))
        try:
            scope = self._scope(parent.scope if parent else {}, pairs)
            found = _attributes(pairs, scope)
            element = XmlElement(name, scope, found, parent)
        except MalformedError as error:
            raise self._error(error.message) from None
        if parent is None:
            self._root = element
        else:
            parent.children.append(element)
        self._open.append(element)

    def end(self, _name: str) -> None:
        """Close the element; expat holds that the names match."""
        self._open.pop()

    def characters(self, text: str) -> None:
        """Take text; expat has joined CDATA and resolved character references."""
        self._open[-1].children.append(text)

    def _scope(
        self, outer: Mapping[str, str], pairs: Sequence[Tuple[str, str]]
    ) -> Mapping[str, str]:
        """Return the namespaces in scope inside an element with these attributes."""
        declared = [pair for pair in pairs if pair[0] == "xmlns" or pair[0].startswith("xmlns:")]
        if not declared:
            return outer
        self._namespaces += len(declared)
        if self._namespaces > _MAX_NAMESPACES:
            raise self._error(f"more than {_MAX_NAMESPACES} declarations of namespaces")
        scope = dict(outer)
        for name, uri in declared:
            prefix = name[6:]
            _check_declaration(name, prefix, uri)
            scope[prefix] = uri
        return scope

    def _error(self, message: str) -> MalformedError:
        return MalformedError(message, rule=_RULE, where=self._where)


# --- Namespaces in XML 1.0 ----------------------------------------------------------------------


def _check_declaration(name: str, prefix: str, uri: str) -> None:
    """Refuse what Namespaces in XML, 3, reserves, and relative URIs as 1.3 of C14N demands."""
    if name != "xmlns" and (not prefix or ":" in prefix or not uri):
        raise MalformedError(f"{excerpt(name)} declares nothing")
    if prefix in ("xml", "xmlns") or uri in (_XML_NAMESPACE, _XMLNS_NAMESPACE):
        raise MalformedError(f"{excerpt(name)} is reserved")
    if uri and _ABSOLUTE_URI.match(uri) is None:
        raise MalformedError(f"the namespace {excerpt(uri)} is relative")


def _attributes(
    pairs: Sequence[Tuple[str, str]], scope: Mapping[str, str]
) -> Tuple[Attribute, ...]:
    """Return the attributes in canonical order, each expanded name once (Namespaces, 6.3)."""
    found: List[Attribute] = []
    for name, value in pairs:
        prefix, local = _split_name(name)
        if prefix == "xmlns" or name == "xmlns":
            continue
        # The default namespace is that of elements only (6.2).
        uri = _resolve(prefix, scope) if prefix else ""
        if uri == _XML_NAMESPACE and local == "base":
            raise MalformedError("xml:base")
        found.append(Attribute(uri, local, name, value))
    found.sort()
    for one, other in zip(found, found[1:]):
        if one[:2] == other[:2]:
            raise MalformedError(f"{excerpt(one.name)} and {excerpt(other.name)} are one attribute")
    return tuple(found)


def _split_name(name: str) -> Tuple[str, str]:
    """Return prefix and local name of a qualified name."""
    prefix, colon, local = name.rpartition(":")
    if ":" in prefix or (colon and (not prefix or not local)):
        raise MalformedError(f"{excerpt(name)} is no qualified name")
    return prefix, local


def _resolve(prefix: str, scope: Mapping[str, str]) -> str:
    """Return the namespace of a prefix."""
    if prefix == "xml":
        return _XML_NAMESPACE
    uri = scope.get(prefix, None if prefix else "")
    if uri is None:
        raise MalformedError(f"the prefix {excerpt(prefix)} is not declared")
    return uri
