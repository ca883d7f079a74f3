"""What can be said of a domain's MTA-STS: its record, its policy host with the certificate, and its file (RFC 8461).

The one rule of this file: it only puts together, in the order of the report; the words stand by subject.
"""

from checker.finding import Entry
from checker.mta_sts.certificate_catalogue import CERTIFICATE_ENTRIES
from checker.mta_sts.host_catalogue import HOST_ENTRIES
from checker.mta_sts.policy_catalogue import POLICY_ENTRIES
from checker.mta_sts.record_catalogue import RECORD_ENTRIES

CATALOGUE: tuple[Entry, ...] = (*RECORD_ENTRIES, *HOST_ENTRIES, *CERTIFICATE_ENTRIES, *POLICY_ENTRIES)
