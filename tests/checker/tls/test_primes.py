"""The primes' formulas, against the groups that OpenSSL has built in, and against arithmetic."""

import re
import subprocess

import pytest

from checker.tls.primes import prime_name

NAMES = {f"ffdhe{bits}": f"ffdhe{bits}" for bits in (2048, 3072, 4096, 6144, 8192)} | {
    f"modp_{bits}": name
    for bits, name in (
        (1536, "MODP group 5"),
        (2048, "MODP group 14"),
        (3072, "MODP group 15"),
        (4096, "MODP group 16"),
        (6144, "MODP group 17"),
        (8192, "MODP group 18"),
    )
}


def built_in(group: str) -> int:
    """The prime that the library knows by this name."""
    command = ["openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", f"group:{group}"]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    read = subprocess.run(["openssl", "asn1parse"], input=made, capture_output=True, check=True).stdout
    return max(int(number, 16) for number in re.findall(r"INTEGER +:([0-9A-F]+)", read.decode("ascii")))


@pytest.mark.parametrize(("group", "name"), NAMES.items())
def test_the_library_has_the_same_primes(group: str, name: str) -> None:
    assert prime_name(built_in(group)) == name


# RFC 2409 sections 6.1 and 6.2, their last 64 bits before the ones: what no current library has built in
@pytest.mark.parametrize(
    ("name", "prime"),
    [
        (
            "MODP group 1",
            "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
            "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a63a3620ffffffffffffffff",
        ),
        (
            "MODP group 2",
            "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd"
            "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed"
            "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff",
        ),
    ],
)
def test_the_short_ones(name: str, prime: str) -> None:
    assert prime_name(int(prime, 16)) == name


@pytest.mark.parametrize("prime", [0, 2, 2**1024 - 1, 2**2047 + 9])
def test_any_other_is_nobody_s(prime: int) -> None:
    assert prime_name(prime) is None
