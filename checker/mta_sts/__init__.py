"""MTA-STS (RFC 8461): a domain promises that its mail servers speak TLS with certificates that can be trusted.

A TXT record at ``_mta-sts.<domain>`` says that there is a policy, and its ``id`` changes with it. The policy is a file
at ``https://mta-sts.<domain>/.well-known/mta-sts.txt``: a mode, the names of the mail servers, and for how long a
sender may keep it. Under ``enforce`` a sender delivers only to a server that is listed and proves its name; under
``testing`` it reports what would have failed; ``none`` takes the promise back.
"""
