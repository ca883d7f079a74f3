"""The service for programs, under ``/api/v1/``: scans over HTTP and JSON, the formats, and a page that explains it.

No cookie is set or read, so nothing here needs a defence against forged forms; no other site's scripts may read it.
"""
