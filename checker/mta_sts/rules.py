"""What follows from a domain's MTA-STS by itself: its record, its policy host and its file (RFC 8461).

The one rule of this file: it only puts together, in the order in which a sender goes; what follows from servers and
policy together is judged in ``assessment``.
"""

from checker.finding import Rule
from checker.mta_sts.host_rules import HOST_RULES
from checker.mta_sts.policy_rules import POLICY_RULES
from checker.mta_sts.published import PublishedPolicy
from checker.mta_sts.record_rules import RECORD_RULES
from checker.mta_sts.response_rules import RESPONSE_RULES

RULES: tuple[Rule[PublishedPolicy], ...] = (*RECORD_RULES, *HOST_RULES, *RESPONSE_RULES, *POLICY_RULES)
