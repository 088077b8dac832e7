import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kit.auth.keys import Jwks, load_private, load_publics, thumbprint

KEY = ec.generate_private_key(ec.SECP256R1())
OTHERS = [
    ec.generate_private_key(ec.SECP384R1()),
    ec.generate_private_key(ec.SECP256K1()),
    ed25519.Ed25519PrivateKey.generate(),
    rsa.generate_private_key(65537, 2048),
]


def private_pem(key, protection=None) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection or NoEncryption())


def public_pem(key) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_thumbprint_is_that_of_rfc_7638():
    entry = {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
    }
    assert len(Jwks.from_dict({"keys": [entry]})) == 1


def test_private_key_is_loaded():
    assert thumbprint(load_private(private_pem(KEY))) == thumbprint(KEY)


@pytest.mark.parametrize("other", OTHERS)
def test_key_of_another_kind_is_refused(other):
    with pytest.raises(ValueError, match="P-256"):
        load_private(private_pem(other))
    with pytest.raises(ValueError, match="P-256"):
        load_publics(public_pem(KEY) + public_pem(other))


def test_encrypted_key_without_its_password_is_refused():
    with pytest.raises(TypeError):
        load_private(private_pem(KEY, BestAvailableEncryption(b"x")))


@pytest.mark.parametrize("pem", [b"", b"text", private_pem(KEY)])
def test_file_without_a_public_key_is_refused(pem):
    with pytest.raises(ValueError, match="P-256"):
        load_publics(pem)


def test_file_may_hold_two_keys_during_a_rotation():
    second = ec.generate_private_key(ec.SECP256R1())
    loaded = load_publics(b"# old\n" + public_pem(KEY) + b"\n# new\n" + public_pem(second))
    assert [thumbprint(each) for each in loaded] == [thumbprint(KEY), thumbprint(second)]


def test_key_set_travels_and_shows_nothing_private():
    document = Jwks([KEY.public_key()]).as_dict()
    [entry] = document["keys"]
    assert set(entry) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert entry["kid"] == thumbprint(KEY)
    again = Jwks.from_dict(document)
    assert again.get(entry["kid"]) is not None
    assert again.get("other") is None
    assert again.as_dict() == document


@pytest.mark.parametrize(
    "foreign", [{"kty": "RSA"}, {"crv": "P-384"}, {"use": "enc"}, {"alg": "ES384"}, {"kty": "oct"}]
)
def test_foreign_keys_of_a_set_are_left_out(foreign):
    [entry] = Jwks([KEY.public_key()]).as_dict()["keys"]
    assert len(Jwks.from_dict({"keys": [entry | foreign]})) == 0


@pytest.mark.parametrize(
    "document",
    [{}, {"keys": 1}, {"keys": [1]}, [], {"keys": [{"kty": "EC", "crv": "P-256"}]}],
)
def test_malformed_set_is_refused(document):
    with pytest.raises(ValueError, match="malformed"):
        Jwks.from_dict(document)


@pytest.mark.parametrize("change", [{"x": "AAAA"}, {"x": "A"}, {"x": "A" * 90}])
def test_point_off_the_curve_is_refused(change):
    [entry] = Jwks([KEY.public_key()]).as_dict()["keys"]
    with pytest.raises(ValueError):  # noqa: PT011 - whichever layer finds it
        Jwks.from_dict({"keys": [entry | change]})


def test_key_under_a_false_name_is_refused():
    [entry] = Jwks([KEY.public_key()]).as_dict()["keys"]
    with pytest.raises(ValueError, match="thumbprint"):
        Jwks.from_dict({"keys": [entry | {"kid": "mine"}]})
