"""Every byte, count and time limit of the engine, in one place.

What a peer sends is hostile, so each read has a limit in bytes and in time, and each list a limit in length.
Times are seconds. Tests pass smaller ones; but for ``DEEP`` nothing else sets them. What is asked without a
``Network`` at hand goes by the constants.
"""

from dataclasses import dataclass

SLOW_GREETING_S = 2.0  # from here the report says "slow"
DNS_MESSAGE_BYTES = 65535  # the most that a DNS message can have
EXTENDED_ERRORS_KEPT = 3  # of one DNS response
EXTENDED_ERROR_CHARACTERS = 300  # of a resolver's own words in one of them
DANE_SENT = 40  # certificates behind a leaf that TLSA records are held against
DANE_GIVEN = 10  # certificates, and keys, that DNS gives in full
PATH_STEPS = 200  # on the ways from a leaf to what a TLSA record names
PATH_SIGNATURES = 100  # checked on those ways
PASTED_CHARACTERS = 65536  # of a bounce or a log that somebody pastes; what is behind them isn't looked at
PASTED_WORDS = 200  # characters of what was recognised in it, as they are kept
QUESTION_TRIES = 2  # of one question about TLS, where the answer is unclear
CHAINS_KEPT = 4  # of one address: two kinds of certificates, each with a change in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many connections an address gets from us over time, whoever asks. Policy hosts have ``at_once`` alone.

    ``network``: all addresses of a /24 or a /48 together, in ten minutes. ``deep``: what a deep scan may use of one
    address, which gets one in an hour.
    """

    at_once: int = 4
    ten_minutes: int = 40
    hour: int = 120
    network: int = 200
    deep: int = 160


NO_CAPS = Caps(ten_minutes=2**31, hour=2**31, network=2**31, deep=2**31)
"""For servers that are our own, and for counting what would have been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The limits of one scan, with the values of the product as defaults."""

    # DNS
    dns_query_s: float = 5.0  # one try of one resolver
    dns_total_s: float = 15.0  # one look-up, all tries, the CD query included
    cname_depth: int = 12  # RFC 5321 section 5.1 asks for "bounded"; resolvers stop at 8 to 16
    txt_records_kept: int = 20  # of one name
    txt_record_octets: int = 8192  # of one record; what is longer is cut, and is no policy record
    tlsa_records_kept: int = 20  # of one name
    caa_records_kept: int = 50  # likewise
    caa_names: int = 12  # a name and its parents, from below
    zones: int = 8  # whose signing is looked at: the domain's, and those of its first servers
    zone_records_kept: int = 20  # DS and DNSKEY, each
    # How much of a domain is looked at (the rest is named in the report's limits)
    servers: int = 20
    addresses_per_server: int = 4
    mx_records_kept: int = 100  # one answer has room for thousands, each of which would stand in the report
    addresses_kept: int = 50  # of one family of one server
    # SMTP (RFC 5321 section 4.5.3). Its client time-outs are minutes; a minute tells slow from dead.
    connect_s: float = 30.0
    greeting_s: float = 60.0
    greeting_again_s: float = 10.0  # from one that has greeted before, beside three times what that took
    reply_s: float = 30.0
    reply_line_bytes: int = 4096  # section 4.5.3.1.5 allows 512
    reply_lines: int = 100
    reply_bytes: int = 65536
    read_bytes: int = 16384  # asked of the socket at once
    slow_greeting_s: float = SLOW_GREETING_S
    quit_s: float = 5.0  # for the answer to QUIT, which nobody waits for
    let_go_s: float = 0.6  # after our FIN for the server's: some close late, and count us until then
    reply_line_characters: int = 512  # of one line, as it is kept and shown
    transcript_lines: int = 200  # of one endpoint
    # TLS
    handshake_s: float = 30.0
    handshake_bytes: int = 262144  # what the server may send in one handshake, certificates included
    hello_bytes: int = 16384  # kept of what a server says first: its hello, and below TLS 1.3 its chain and its key
    chain_certificates: int = 20
    tls_record_bytes: int = 1048576  # what may arrive in all inside TLS
    # The policy host (RFC 8461 section 3.3 suggests a minute and 64 kilobytes)
    policy_s: float = 60.0  # one address, from connecting to the last byte
    policy_bytes: int = 65536  # of the file, decoded
    policy_wire_bytes: int = 196608  # all that one visit may receive inside TLS: headers, framing and body
    policy_header_bytes: int = 32768  # all that comes before the body, provisional answers included
    policy_field_characters: int = 200  # of one header field, as it is kept and shown
    policy_addresses: int = 4  # of the policy host; the families take turns
    # Trying again (requirements GEN-3)
    tries: int = 2
    retry_pause_s: float = 1.0
    busy_pause_s: float = 60.0  # after a 421 or another 4xx: "come back later"
    patience: int = 4  # questions in a row that don't get as far as TLS: more than chance, so it counts as "later"
    # The whole scan: most domains end within the first, an endpoint that is slow may go on to the second
    scan_soft_s: float = 120.0
    scan_hard_s: float = 300.0
    told_after_s: float = 2.0  # from then on who watches is told what an address keeps us waiting for
    siblings_s: float = 5.0  # once one address has shaken hands, so long those beside it may take before it is asked
    addresses_at_once: int = 80  # over all servers of one scan: each address has its place, so none waits for others
    caps: Caps = Caps()
    connections_per_scan: int = 200  # in all
    slow_s: float = 600.0  # so long an address that greets slowly gets one connection at a time
    # Remembering what an endpoint showed
    memory_s: float = 600.0
    memory_failure_s: float = 60.0
    memory_entries: int = 2000
    # Asking about our own network
    control_s: float = 40.0  # one of them, connecting and greeting
    standing_s: float = 600.0  # how long an answer about port 25 holds: strangers are asked for it
    resolver_standing_s: float = 60.0  # likewise about our own resolver


DEEP = Bounds(scan_hard_s=600.0)  # the command line's --deep
