"""Scans and their links: asking for one, carrying it out under a lease, showing what it found."""
