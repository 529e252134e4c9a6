"""Canonical XML 1.1; the cases are those of its section 3 as far as they need no document type."""

from __future__ import annotations

from typing import Dict, Tuple

import pytest

from venice_ref.errors import MalformedError
from venice_ref.evidence.nvidia.c14n import XmlElement, canonicalize, parse_xml
from venice_ref.spec import MAX_RIM_SIZE, MAX_XML_DEPTH, MAX_XML_NODES


def canonical(text: str) -> str:
    return canonicalize(parse_xml(text.encode())).decode()


def find(element: XmlElement, local: str) -> XmlElement:
    if element.local == local:
        return element
    for child in element.elements:
        if local in canonicalize(child).decode():
            return find(child, local)
    raise AssertionError(local)


CASES: Dict[str, Tuple[str, str]] = {
    "3.1 outside of the document element": (
        '<?xml version="1.0"?>\n\n<doc>Hello, world!<!-- Comment 1 --></doc>\n<!-- Comment 2 -->\n',
        "<doc>Hello, world!</doc>",
    ),
    "3.2 white space": (
        (
            "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n"
            "      <clean>   </clean>\n      B\n   </mixed>\n</doc>"
        ),
        (
            "<doc>\n   <clean>   </clean>\n   <dirty>   A   B   </dirty>\n   <mixed>\n      A\n"
            "      <clean>   </clean>\n      B\n   </mixed>\n</doc>"
        ),
    ),
    "3.3 empty elements": ("<doc><e1   /><e2   ></e2></doc>", "<doc><e1></e1><e2></e2></doc>"),
    "3.3 order of attributes": (
        """<doc><e3   name = "elem3"   id='elem3'   /></doc>""",
        '<doc><e3 id="elem3" name="elem3"></e3></doc>',
    ),
    "3.3 order by namespace": (
        """<e5 a:attr="out" b:attr="sorted" attr2="all" attr="I'm"
            xmlns:b="http://www.ietf.org"
            xmlns:a="http://www.w3.org"
            xmlns="http://example.org"/>""",
        (
            '<e5 xmlns="http://example.org" xmlns:a="http://www.w3.org" xmlns:b="http://www.ietf.org"'
            """ attr="I'm" attr2="all" b:attr="sorted" a:attr="out"></e5>"""
        ),
    ),
    "3.3 superfluous declarations": (
        (
            '<e6 xmlns="" xmlns:a="http://www.w3.org"><e7 xmlns="http://www.ietf.org">'
            '<e8 xmlns="" xmlns:a="http://www.w3.org"><e9 xmlns="" xmlns:a="http://www.ietf.org"/>'
            "</e8></e7></e6>"
        ),
        (
            '<e6 xmlns:a="http://www.w3.org"><e7 xmlns="http://www.ietf.org">'
            '<e8 xmlns=""><e9 xmlns:a="http://www.ietf.org"></e9></e8></e7></e6>'
        ),
    ),
    "3.4 character references": (
        "<doc><text>First line&#x0d;&#10;Second line</text><value>&#x32;</value></doc>",
        "<doc><text>First line&#xD;\nSecond line</text><value>2</value></doc>",
    ),
    "3.4 CDATA": (
        """<compute><![CDATA[value>"0" && value<"10" ?"valid":"error"]]></compute>""",
        """<compute>value&gt;"0" &amp;&amp; value&lt;"10" ?"valid":"error"</compute>""",
    ),
    "3.4 attributes": (
        """<compute expr='value>"0" &amp;&amp; value&lt;"10" ?"valid":"error"'>valid</compute>""",
        (
            '<compute expr="value>&quot;0&quot; &amp;&amp; value&lt;&quot;10&quot; '
            '?&quot;valid&quot;:&quot;error&quot;">valid</compute>'
        ),
    ),
    "3.4 normalisation of attributes": (
        "<norm attr=' &apos;   &#x20;&#13;&#xa;&#9;   &apos; '/>",
        """<norm attr=" '    &#xD;&#xA;&#x9;   ' "></norm>""",
    ),
    "3.6 UTF-8": (
        '<?xml version="1.0" encoding="UTF-8"?><doc>&#169;</doc>',
        "<doc>\u00a9</doc>",
    ),
    "line ends": ("<a>1\r\n2\r3</a>", "<a>1\n2\n3</a>"),
    "white space in attributes": ('<a b="1\t2\n3"/>', '<a b="1 2 3"></a>'),
    "a comment inside of a word": ("<a>wo<!-- x -->rd</a>", "<a>word</a>"),
    "a declaration that is not used": (
        '<a xmlns:u="urn:u"><b xmlns:SHA384="urn:s"/></a>',
        '<a xmlns:u="urn:u"><b xmlns:SHA384="urn:s"></b></a>',
    ),
    "a prefix that changes its meaning": (
        '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c xmlns:p="urn:2"/></p:b></p:a>',
        '<p:a xmlns:p="urn:1"><p:b xmlns:p="urn:2"><p:c></p:c></p:b></p:a>',
    ),
    "two prefixes of one namespace": (
        '<a xmlns="urn:1" xmlns:p="urn:1" b="1" p:a="2"/>',
        '<a xmlns="urn:1" xmlns:p="urn:1" b="1" p:a="2"></a>',
    ),
    "order of declarations": (
        '<a xmlns:b="urn:1" xmlns:a="urn:2" xmlns="urn:3"/>',
        '<a xmlns="urn:3" xmlns:a="urn:2" xmlns:b="urn:1"></a>',
    ),
    "order by code points": (
        '<a \u4e00="1" \u00e9="2" z="3"/>',
        '<a z="3" \u00e9="2" \u4e00="1"></a>',
    ),
    "attributes of xml": ('<a xml:lang="de" b="1"/>', '<a b="1" xml:lang="de"></a>'),
}


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:  # GPU-27
    given, expected = CASES[name]
    assert canonical(given) == expected


@pytest.mark.parametrize("name", CASES)
def test_the_canonical_form_is_its_own(name: str) -> None:
    once = canonical(CASES[name][0])
    assert canonical(once) == once


def test_a_part_takes_over_the_namespaces_around_it() -> None:
    tree = parse_xml(
        b'<a xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q"><b xmlns:q="urn:r"><c p:x="1"/></b></a>'
    )
    assert canonicalize(find(tree, "c")) == (
        b'<c xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:r" p:x="1"></c>'
    )


def test_a_part_takes_over_language_and_space_and_not_the_id() -> None:
    """2.4: xml:lang and xml:space are inherited, the nearest first; xml:id no longer is."""
    tree = parse_xml(
        b'<a xml:lang="de" xml:space="preserve" xml:id="i"><b xml:lang="en"><c/></b></a>'
    )
    assert canonicalize(find(tree, "c")) == b'<c xml:lang="en" xml:space="preserve"></c>'
    assert canonicalize(find(tree, "b")) == b'<b xml:lang="en" xml:space="preserve"><c></c></b>'


def test_one_element_left_out() -> None:
    tree = parse_xml(b"<a>1<b>2<c/></b>3<b>4</b></a>")
    assert canonicalize(tree, without=tree.elements[0]) == b"<a>13<b>4</b></a>"


def test_the_tree() -> None:
    tree = parse_xml(b'<p:a xmlns:p="urn:p" p:x="1" x="2">t<b/>u</p:a>')
    assert (tree.local, tree.uri, tree.name) == ("a", "urn:p", "p:a")
    assert (tree.attribute("x"), tree.attribute("x", "urn:p")) == ("2", "1")
    assert tree.attribute("y") is None
    assert tree.text == "tu"
    assert [child.local for child in tree.elements] == ["b"]


REFUSED = {
    "nothing": "",
    "no XML": "x",
    "two document elements": "<a/><b/>",
    "an open element": "<a>",
    "a document type": "<!DOCTYPE a><a/>",
    "an entity": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "a bomb": '<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]><a>&d;</a>',
    "an external entity": '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    "an undeclared entity": "<a>&b;</a>",
    "a processing instruction": "<a><?b c?></a>",
    "an instruction before the element": "<?b c?><a/>",
    "another encoding": '<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
    "another version": '<?xml version="1.1"?><a/>',
    "an attribute twice": '<a b="1" b="2"/>',
    "an attribute twice by its namespace": '<a xmlns:p="urn:1" xmlns:q="urn:1" p:b="" q:b=""/>',
    "an undeclared prefix": "<p:a/>",
    "an undeclared prefix of an attribute": '<a p:b=""/>',
    "a prefix that is taken back": '<a xmlns:p="urn:1"><b xmlns:p=""/></a>',
    "xml declared": '<a xmlns:xml="http://www.w3.org/XML/1998/namespace"/>',
    "xmlns declared": '<a xmlns:xmlns="urn:1"/>',
    "the namespace of xml": '<a xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
    "the namespace of xmlns": '<a xmlns="http://www.w3.org/2000/xmlns/"/>',
    "xmlns as a prefix": "<xmlns:a/>",
    "a relative namespace": '<a xmlns="relative/uri"/>',
    "two colons": '<a:b:c xmlns:a="urn:1"/>',
    "an empty prefix": '<:a xmlns="urn:1"/>',
    "xml:base": '<a xml:base="http://example.org/"/>',
    "a null": "<a>\0</a>",
    "half of a pair": "<a>&#xD800;</a>",
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:  # GPU-27
    with pytest.raises(MalformedError) as caught:
        parse_xml(REFUSED[name].encode(), where="here")
    assert (caught.value.rule, caught.value.where) == ("GPU-27", "here")


def test_bytes_that_are_not_utf_8() -> None:  # GPU-27
    for raw in (b"<a>\xff</a>", b"\xff\xfe<\x00a\x00/\x00>\x00", b"<a>\xed\xa0\x80</a>"):
        with pytest.raises(MalformedError):
            parse_xml(raw)


def test_a_byte_order_mark_is_no_text() -> None:
    assert canonicalize(parse_xml(b"\xef\xbb\xbf<a/>")) == b"<a></a>"


def test_the_limits() -> None:  # GPU-27
    deep = "<a>" * MAX_XML_DEPTH + "</a>" * MAX_XML_DEPTH
    wide = "<a>" + "<b/>" * (MAX_XML_NODES - 1) + "</a>"
    names = "".join(f' xmlns:p{n}="urn:1"' for n in range(64))
    canonical(deep)
    canonical(wide)
    canonical(f"<a{names}/>")
    for text in (
        f"<a>{deep}</a>",
        wide.replace("<b/>", '<b c="1"/>', 1),
        f'<a{names}><b xmlns:q="urn:1"/></a>',
        f"<a>{' ' * MAX_RIM_SIZE}</a>",
    ):
        with pytest.raises(MalformedError) as caught:
            parse_xml(text.encode())
        assert caught.value.rule == "GPU-27"
