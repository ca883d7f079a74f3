"""From facts to a verdict, pure: level, score, findings in order, what each kind of sender does, what an attacker can.

Everything here is a function of ``DomainFacts`` and a moment. Nothing is looked up and no clock is read, so a stored
scan can be judged again. The level comes first and gives the band; findings only move the score inside it.
"""
