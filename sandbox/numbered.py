"""Demo domains without end: ``7.all-good.demo.test`` answers like ``all-good.demo.test``, for who needs many at once.

The one rule of this file: the number is taken out of the name that is asked for, and out of nothing that is answered.
So the MX hosts are the same, and only the policy host, whose name follows from the domain, needs a certificate anew.
"""

import re
from typing import Literal

from checker.names import DomainName, IPAddress
from checker.network.ports import CaaRecord, LookUp, MxRecord, TlsaRecord, TxtRecord
from checker.observation import Failed, Seen
from sandbox.demo import ZONE
from sandbox.resolver import TableResolver

_NUMBERED = re.compile(rf"(?P<before>(?:[^.]+\.)*?)[0-9]{{1,9}}\.(?P<after>[^.]+\.{re.escape(ZONE)})")


def without_number(name: DomainName) -> DomainName:
    """``mta-sts.7.enforced.demo.test`` is ``mta-sts.enforced.demo.test``; every other name is itself."""
    parts = _NUMBERED.fullmatch(name)
    return DomainName(parts["before"] + parts["after"]) if parts else name


class NumberedResolver(TableResolver):
    """A table's answers, for names with a number too."""

    async def look_up_mx(self, name: DomainName) -> LookUp[MxRecord]:
        """The MX RRset of a name, through aliases."""
        return await super().look_up_mx(without_number(name))

    async def look_up_addresses(self, name: DomainName, family: Literal[4, 6]) -> LookUp[IPAddress]:
        """The A (4) or AAAA (6) RRset of a name, through aliases."""
        return await super().look_up_addresses(without_number(name), family)

    async def look_up_txt(self, name: DomainName) -> LookUp[TxtRecord]:
        """The TXT RRset of a name, through aliases."""
        return await super().look_up_txt(without_number(name))

    async def look_up_tlsa(self, name: DomainName) -> LookUp[TlsaRecord]:
        """The TLSA RRset of a name, through aliases."""
        return await super().look_up_tlsa(without_number(name))

    async def look_up_caa(self, name: DomainName) -> LookUp[CaaRecord]:
        """The CAA RRset of a name, through aliases."""
        return await super().look_up_caa(without_number(name))

    async def look_up_zone(self, name: DomainName) -> Seen[DomainName] | Failed:
        """The zone that holds the name."""
        return await super().look_up_zone(without_number(name))

    async def look_up_alias(self, name: DomainName) -> LookUp[DomainName]:
        """The target of the name's own CNAME record."""
        return await super().look_up_alias(without_number(name))
