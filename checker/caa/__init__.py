"""CAA (RFC 8659): records that say which authorities may issue certificates for a name.

An authority looks at the name, then at each parent, and takes the first RRset that it finds (section 3). ``issue``
names who may; ``;`` names nobody; without any ``issue`` everybody may. ``issuewild`` counts for wildcards.
"""
