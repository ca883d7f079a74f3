"""The well-known primes of Diffie-Hellman groups, made from their formulas (RFC 2409, RFC 3526, RFC 7919).

The one rule of this file: a prime that many servers share is no fault by itself; its size is, and who knows.
"""

from functools import cache

# bits: the number that the RFC adds to the digits of pi (RFC 2409 sections 6.1 and 6.2, RFC 3526 sections 2 to 7) ...
_OF_PI = {
    768: 149686, 1024: 129093, 1536: 741804, 2048: 124476, 3072: 1690314, 4096: 240904, 6144: 929484, 8192: 4743158,
}  # fmt: skip
# ... and of e (RFC 7919 appendix A)
_OF_E = {2048: 560316, 3072: 2625351, 4096: 5736041, 6144: 15705020, 8192: 10965728}
_MODP = {768: "MODP group 1", 1024: "MODP group 2", 1536: "MODP group 5"} | {
    bits: f"MODP group {14 + place}" for place, bits in enumerate((2048, 3072, 4096, 6144, 8192))
}


def prime_name(prime: int) -> str | None:
    """The name of a well-known prime: ``ffdhe2048``, ``MODP group 14``. Null: a server's own, or one of a product."""
    return _primes().get(prime)


@cache
def _primes() -> dict[int, str]:
    pi, e = _pi(8200), _e(8200)
    found = {_prime(bits, pi >> 8200 - (bits - 130), added): _MODP[bits] for bits, added in _OF_PI.items()}
    return found | {_prime(bits, e >> 8200 - (bits - 130), added): f"ffdhe{bits}" for bits, added in _OF_E.items()}


def _prime(bits: int, digits: int, added: int) -> int:
    return (1 << bits) - (1 << bits - 64) + (digits + added << 64) - 1


def _pi(bits: int) -> int:
    """Pi times 2 to the power of ``bits``, rounded down (Machin's formula)."""
    guard = bits + 64
    return (16 * _arctan_of_inverse(5, guard) - 4 * _arctan_of_inverse(239, guard)) >> 64


def _arctan_of_inverse(number: int, bits: int) -> int:
    power = total = (1 << bits) // number
    divisor, sign = 1, 1
    while power:
        power //= number * number
        divisor, sign = divisor + 2, -sign
        total += sign * (power // divisor)
    return total


def _e(bits: int) -> int:
    """e times 2 to the power of ``bits``, rounded down."""
    term = total = 1 << bits + 64
    count = 1
    while term:
        term //= count
        total, count = total + term, count + 1
    return total >> 64
