"""Which servers take a domain's mail (RFC 5321 section 5.1, RFC 7505).

Ask for MX first. Without any, the domain's own addresses are an implicit MX; with some, those addresses may
not be used even if every MX is useless. A lone ``0 .`` says that the domain takes no mail. Lower preferences
come first, equals in random order. A temporary DNS error means "queue", never "guess".
"""
