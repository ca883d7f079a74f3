"""TXT records as the stub resolver reads them off the wire: every octet survives, and strings stay apart."""

import asyncio
from contextlib import AsyncExitStack
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checker.names import DomainName
from checker.network.bounds import Bounds
from checker.network.ports import Answer, LookUp, TxtRecord
from checker.network.resolver import StubResolver
from checker.network.upstreams import Upstream
from checker.observation import Failed, FailureKind, Seen

NAME = DomainName("_mta-sts.d.test")
QUICK = Bounds(dns_query_s=0.3, dns_total_s=3.0, tries=1)


class Zone(asyncio.DatagramProtocol):
    """A DNS server on loopback that answers with these TXT records, each as its strings on the wire.

    What is too long for a datagram is cut there and whole over TCP.
    """

    def __init__(self, *records: bytes, rcode: int = 0, alias: str | None = None) -> None:
        self._records, self._rcode, self._alias = records, rcode, alias

    async def look_up(self) -> LookUp[TxtRecord]:
        async with AsyncExitStack() as stack:
            tcp = await asyncio.start_server(self._talk, "127.0.0.1", 0)
            stack.push_async_callback(tcp.wait_closed)
            stack.callback(tcp.close)
            port = tcp.sockets[0].getsockname()[1]
            loop = asyncio.get_running_loop()
            self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", port))
            stack.callback(self._udp.close)
            return await StubResolver([Upstream(ip_address("127.0.0.1"), port)], QUICK).look_up_txt(NAME)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._answer(data)
        if len(answer) > 1232:
            cut = dns.message.make_response(dns.message.from_wire(data))
            cut.flags |= dns.flags.TC
            answer = cut.to_wire()
        self._udp.sendto(answer, addr)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = self._answer(await reader.readexactly(int.from_bytes(await reader.readexactly(2))))
        writer.write(len(answer).to_bytes(2) + answer)
        writer.close()
        await writer.wait_closed()

    def _answer(self, data: bytes) -> bytes:
        query = dns.message.from_wire(data)
        assert query.question[0].rdtype == dns.rdatatype.TXT
        made = dns.message.make_response(query, recursion_available=True)
        made.set_rcode(dns.rcode.Rcode(self._rcode))
        owner = query.question[0].name
        if self._alias:
            made.answer.append(dns.rrset.from_text(owner, 60, "IN", "CNAME", self._alias))
            owner = made.answer[0][0].target
        if self._records:
            rdatas = [
                dns.rdata.from_wire(dns.rdataclass.IN, dns.rdatatype.TXT, wire, 0, len(wire)) for wire in self._records
            ]
            made.answer.append(dns.rrset.from_rdata_list(owner, 300, rdatas))
        return made.to_wire(max_size=65535)


def strings(*texts: bytes) -> bytes:
    return b"".join(bytes([len(text)]) + text for text in texts)


async def test_records_and_their_strings() -> None:
    """In no particular order, and joined with nothing between (RFC 8461 section 3.1)."""
    found = await Zone(strings(b"v=STSv1; id=1;"), strings(b"v=ST", b"", b"Sv1; id=2;")).look_up()
    assert isinstance(found, Seen)
    assert (found.value.rcode, found.value.ttl, found.value.aliases) == ("noerror", 300, ())
    assert set(found.value.records) == {TxtRecord(("v=STSv1; id=1;",)), TxtRecord(("v=ST", "", "Sv1; id=2;"))}
    assert {record.text for record in found.value.records} == {"v=STSv1; id=1;", "v=STSv1; id=2;"}


@settings(max_examples=40)
@given(texts=st.lists(st.binary(max_size=255), min_size=1, max_size=12))
async def test_any_octets_survive(texts: list[bytes]) -> None:
    """One character per octet, whatever it is, over UDP or TCP."""
    found = await Zone(strings(*texts)).look_up()
    assert isinstance(found, Seen)
    (record,) = found.value.records
    assert [string.encode("iso-8859-1") for string in record.strings] == texts


async def test_a_record_as_long_as_dns_allows() -> None:
    """Cut to what is kept elsewhere: here it is whole."""
    found = await Zone(strings(*[b"x" * 255] * 200)).look_up()
    assert isinstance(found, Seen)
    assert found.value.records[0].text == "x" * 51000


async def test_a_delegated_record_keeps_its_aliases() -> None:
    """Providers have it published so (RFC 8461 section 8.2)."""
    found = await Zone(strings(b"v=STSv1; id=1;"), alias="_mta-sts.Provider.test.").look_up()
    assert isinstance(found, Seen)
    assert (found.value.aliases, found.value.ttl) == (("_mta-sts.provider.test",), 60)
    assert found.value.records == (TxtRecord(("v=STSv1; id=1;",)),)


@pytest.mark.parametrize(
    ("rcode", "expected"),
    [
        (0, Seen(Answer(rcode="noerror"))),
        (3, Seen(Answer(rcode="nxdomain"))),
        (2, FailureKind.SERVFAIL),
        (5, FailureKind.RESOLVER_REFUSED),
    ],
    ids=["no data", "no such name", "servfail", "refused"],
)
async def test_absence_and_failure_are_apart(rcode: int, expected: Seen[Answer[TxtRecord]] | FailureKind) -> None:
    """A look-up that failed is no absence: a policy that senders have cached still holds (STS-17)."""
    found = await Zone(rcode=rcode).look_up()
    assert (found.failure if isinstance(found, Failed) else found) == expected
