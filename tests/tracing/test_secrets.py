"""Secrets never survive, in whatever encoding; ordinary words do."""

import base64
import html
import json
import random
import string
import urllib.parse

import pytest
from pydantic import BaseModel, SecretBytes, SecretStr

from llm_strategy.errors import ConfigurationError
from llm_strategy.tracing.secrets import Secrets, secrets_of

KEY = "wX7-qu!et/Ri+ver=42"
SIGNS = string.ascii_letters + string.digits + "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ éß€\U0001f511"
PROSE = (
    "The basic authentication of a well-known risk-management task uses the bearer principle. Set hf_hub_download, "
    "pk_orders_2024 and sk-learn-contribution; see https://example.com/a?page=2&sort=key and token_count = 5."
)


def u_escaped(text):
    return "".join(f"\\u{unit:04x}" for char in text for unit in units(char))


def units(char):
    code = ord(char)
    return [code] if code < 0x10000 else [0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)]


def in_base64(text, before=b"", after=b"", encode=base64.b64encode):
    return encode(before + text.encode() + after).decode()


ENCODINGS = {
    "plain": lambda text: text,
    "json": json.dumps,
    "json, unicode": lambda text: json.dumps(text, ensure_ascii=False),
    "json in json": lambda text: json.dumps(json.dumps({"key": text})),
    "json in json in json": lambda text: json.dumps(json.dumps(json.dumps([text]))),
    "percent": lambda text: urllib.parse.quote(text, safe=""),
    "percent, slashes": urllib.parse.quote,
    "percent, small": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "percent, plus": urllib.parse.quote_plus,
    "percent twice": lambda text: urllib.parse.quote(urllib.parse.quote(text)),
    "html": html.escape,
    "html, numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "html, hexadecimal": lambda text: "".join(f"&#x{ord(char):x};" for char in text),
    "repr": repr,
    "ascii": ascii,
    "repr of bytes": lambda text: repr(text.encode()),
    "u": u_escaped,
    "U": lambda text: "".join(f"\\U{ord(char):08x}" for char in text),
    "x": lambda text: "".join(f"\\x{byte:02X}" for byte in text.encode()),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "base64": in_base64,
    "base64, second place": lambda text: in_base64(text, b"u", b":rest"),
    "base64, third place": lambda text: in_base64(text, b"me", b"x"),
    "base64url": lambda text: in_base64(text, b"user:", b"??>>", base64.urlsafe_b64encode),
    "base64 in URL": lambda text: urllib.parse.quote(in_base64(text, b"a"), safe=""),
    "base64 of JSON": lambda text: in_base64(json.dumps({"key": text})),
    "base64 in lines": lambda text: base64.encodebytes(b"-" * 45 + text.encode() + b"x" * 50).decode(),
    "base64 in lines in JSON": lambda text: json.dumps(base64.encodebytes(b"-" * 50 + text.encode()).decode()),
    "base64 in mail": lambda text: base64.encodebytes(b"-" * 52 + text.encode()).decode().replace("\n", "\r\n\t"),
}


def random_secret(dice):
    return "".join(dice.choices(SIGNS, k=dice.randint(8, 60))).strip().ljust(8, "Q")


def random_text(dice):
    noise = [
        "The",
        "well-known",
        "x=5",
        "my_hub",
        "\n",
        "{",
        '"',
        "'",
        "\\",
        "\\n",
        "%",
        "%20",
        "&amp;",
        "é",
        "🔑",
        "a" * 30,
        "/usr/lib",
        " ",
    ]
    return "".join(dice.choices(noise, k=30))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_random_secrets_in_random_text_never_survive(encoding):
    dice = random.Random(encoding)
    for _ in range(100):
        secret = random_secret(dice)
        before, after = random_text(dice), random_text(dice)
        written = ENCODINGS[encoding](secret)
        told = Secrets().including(secret, random_secret(dice)).removed(f"{before} {written} {after}")

        assert told.startswith(f"{before} "), (secret, written, told)
        assert told.endswith(f" {after}"), (secret, written, told)
        left = told[len(before) + 1 : -len(after) - 1]
        assert "***" in left, (secret, written, left)
        assert not leaks(left, secret) if "base64" in encoding else set(left) <= AROUND, (secret, written, left)


AROUND = set("*[]{}'\"\\key: b")
"""What stands around the secret in an encoding; nothing else may be left."""


def leaks(left, secret):
    """Whether four bytes of the secret can be read out of what is left of base64."""
    parts = {secret.encode()[at : at + 4] for at in range(len(secret.encode()) - 3)}
    for piece in urllib.parse.unquote(left).replace("\\n", "\n").split("***"):
        digits = "".join(piece.split()).replace("-", "+").replace("_", "/").strip('="')
        for place in range(4):
            rest = digits[place : place + (len(digits) - place) // 4 * 4]
            if any(part in base64.b64decode(rest) for part in parts):
                return True
    return False


def test_a_line_break_anywhere_in_base64_hides_nothing():
    secrets = Secrets().including(KEY)
    for before in range(60):
        written = base64.encodebytes(b"." * before + KEY.encode() + b"." * 60).decode()
        data = written.replace("\n", "").encode()
        assert KEY.encode() in base64.b64decode(data)
        assert "***" in secrets.removed(written), before


FORMS = [
    "sk-proj-Ab12Cd34Ef56Gh78",
    "sk-ant-api03-Ab12Cd34Ef56-Gh78_x",
    "sk_live_Ab12Cd34Ef56Gh78",
    "AIzaSyA1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q",
    "gsk_Ab12Cd34Ef56Gh78Ij90",
    "hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678",
    "ghp_Ab12Cd34Ef56Gh78Ij90Kl12Mn34Op56Qr78",
    "github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv",
    "glpat-Ab12Cd34Ef56Gh78Ij90",
    "xoxb-1234567890-abcdefghij",
    "AKIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
]


@pytest.mark.parametrize("key", FORMS)
@pytest.mark.parametrize("around", ["{}", "Incorrect key: {}.", '{{"key": "{}"}}', "a={}&b=1", "Bearer {}", "({})\n"])
def test_keys_of_providers_are_known_by_their_form(key, around):
    told = Secrets().removed(around.format(key))

    assert key[-8:] not in told
    assert told == around.format("***")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Authorization: Bearer abc.def-1234", "Authorization: Bearer ***"),
        ('{"Authorization": "Bearer abcDEFghi"}', '{"Authorization": "Bearer ***"}'),
        ("authorization=token-4711-abc", "authorization=***"),
        ("Authorization: Basic dXNlcjpwYXNzd29yZA==", "Authorization: Basic ***"),
        ("curl -H 'basic dXNlcjpwYXNzd29yZA=='", "curl -H 'basic ***'"),
        ("https://host/v1?api_key=abcdefgh&x=1", "https://host/v1?api_key=***&x=1"),
        ("https://host/v1?x=1&key=abc", "https://host/v1?x=1&key=***"),
        ("https://host/?access_token=a&client_secret=b", "https://host/?access_token=***&client_secret=***"),
        ("postgres://me:pass%40word@host/db", "postgres://***@host/db"),
        ("x-api-key: 0123456789abcdef", "x-api-key: ***"),
        ("ChatOpenAI(api_key='local-key-1')", "ChatOpenAI(api_key='***')"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIEabc+/=\nxyz\n-----END RSA PRIVATE KEY-----\nNext.",
            "***\nNext.",
        ),
        (r'{"k": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}', r'{"k": "***\n"}'),
        ("-----BEGIN PRIVATE KEY-----\nMIIEcut off", "***"),
        (
            "redirect=https%3A%2F%2Fhost%3Fapi_key%3Dabcdefgh%26x%3D1",
            "redirect=https%3A%2F%2Fhost%3Fapi_key%3D***%26x%3D1",
        ),
    ],
)
def test_secrets_in_headers_addresses_and_files_are_known_by_their_place(text, told):
    assert Secrets().removed(text) == told


@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "",
        "basic information, Basic authentication2 and a bearer certificate",
        "Authorization: required",
        "hf_transfer_enabled, npm_config_cache2, risk-management-2024, task-12345678",
        "d[key=value1234], f(key=lambda row: row.name2), ?page=2",
        "a://b, c@d.example, mailto:me@example.com",
        "------------------------------------------------------------\n===================\n",
        "C:\\new\\Users\\x41 50% of 100 %zz &unknown; \\uZZZZ \\U99999999",
    ],
)
def test_ordinary_words_stay(text):
    assert Secrets().including(KEY).removed(text) == text


def test_what_is_removed_leaves_json_valid():
    secrets = Secrets().including(KEY, 'quote"and\\slash')
    data = {
        "a": KEY,
        KEY: ['quote"and\\slash', "https://h/?api_key=abcdefgh"],
        "nested": json.dumps({"q": 'quote"and\\slash"'}),
    }
    told = json.loads(secrets.removed(json.dumps(data)))

    assert told == {"a": "***", "***": ["***", "https://h/?api_key=***"], "nested": '{"q": "***\\""}'}


def test_secrets_that_overlap_are_removed_as_one():
    assert Secrets().including("abcdefgh", "efghijkl").removed("1abcdefghijkl2") == "1***2"
    assert Secrets().including("aaaa").removed("aaaaaaaab") == "******b"


def test_half_of_a_surrogate_pair_passes():
    text = "\ud83d and " + KEY
    assert Secrets().including(KEY).removed(text) == "\ud83d and ***"


def test_a_repr_tells_no_secret():
    assert KEY not in repr(Secrets().including(KEY))


def test_secrets_too_short_for_ordinary_words_are_refused_without_being_told():
    with pytest.raises(ConfigurationError, match="A secret of 3 characters cannot be removed") as caught:
        Secrets().including("xyz")
    assert "xyz" not in str(caught.value)


def test_the_environment_is_read_once():
    environment = {"OUR_API_KEY": "4711-abcdef"}
    secrets = Secrets.of_environment(environment)
    environment["OUR_API_KEY"] = "0815-ghijkl"

    assert secrets.removed("4711-abcdef 0815-ghijkl") == "*** 0815-ghijkl"


def test_the_environment_of_the_process_is_the_default(monkeypatch):
    monkeypatch.setenv("OUR_API_KEY", "4711-abcdef")
    assert Secrets.of_environment().removed("4711-abcdef") == "***"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "abc123def456"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        ("PGPASSWORD", "correct-horse-battery"),
        ("githubToken", "a1b2c3d4e5"),
        ("TOKEN_2", "a1b2c3d4e5"),
        ("SERVICE_CREDENTIALS", '{"id": "a", "private": "b1"}'),
        ("MY_AUTH", "us3r:passw0rd"),
        ("SECRET_KEY", " padded-4711 "),
    ],
)
def test_variables_that_hold_secrets_are_known_by_name(name, value):
    assert Secrets.of_environment({name: value}).removed(f"<{value.strip()}>") == "<***>"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOME_TOWN", "a1b2c3d4e5"),
        ("KEYBOARD_LAYOUT", "latin9-nodeadkeys"),
        ("AUTHOR", "Ann Example 2"),
        ("TOKENIZERS_PARALLELISM", "disabled1"),
        ("PWD", "/home/me/project"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-1/agent.1"),
        ("API_KEY_FILE", "secret4711.txt"),
        ("AUTH_URL", "login.example.com/v2"),
        ("TOKEN_ENDPOINT", "https://login.example.com/v2"),
        ("MAX_TOKENS", "100000000"),
        ("AUTH_METHOD", "kerberos5"),
        ("API_KEY", "not-needed"),
        ("API_KEY", "placeholder"),
        ("TOKEN", "short1"),
        ("SECRET_STORE", "vault-server-1"),
        ("API_KEY", ""),
        ("___", "a1b2c3d4e5"),
    ],
)
def test_other_variables_are_left_alone(name, value):
    assert Secrets.of_environment({name: value}).known == frozenset()


def test_a_password_in_an_address_of_the_environment_is_known():
    secrets = Secrets.of_environment({"DATABASE_URL": "postgres://me:hunter2hunter@db/x", "B": "x://me:no@h"})
    assert secrets.removed("hunter2hunter me db") == "*** me db"


def test_each_long_line_of_a_secret_is_one_of_its_own():
    lines = "-----BEGIN-----\nMIIEvQIBADANBgkqhkiG9w0B\nshort"
    secrets = Secrets.of_environment({"DEPLOY_KEY": lines})

    assert secrets.removed("line 2 is MIIEvQIBADANBgkqhkiG9w0B, line 3 short") == "line 2 is ***, line 3 short"


class Model(BaseModel):
    api_key: SecretStr = SecretStr("k3y-of-the-model")
    raw: SecretBytes = SecretBytes(b"bytes-of-the-model")
    empty: SecretStr = SecretStr("")
    short: SecretStr = SecretStr("x")
    access_token: str = "plain-t0ken"
    title: str = "not-s3cret-at-all"
    default_headers: dict[str, str] = {"Authorization": "Bearer h3ader-token", "Accept": "application/json1"}
    inner: object = None


def test_secrets_of_a_model_are_those_in_its_fields_and_in_models_inside():
    inner = Model(api_key=SecretStr("k3y-of-the-inner"))
    assert secrets_of(Model(inner=inner)) == {
        "k3y-of-the-model",
        "k3y-of-the-inner",
        "bytes-of-the-model",
        "plain-t0ken",
        "h3ader-token",
    }


def test_an_object_without_fields_holds_no_secrets():
    assert secrets_of(object()) == frozenset()
    assert secrets_of(Model) == frozenset()


def test_models_that_hold_each_other_are_looked_at_to_a_certain_depth():
    model = Model()
    model.inner = model
    assert "k3y-of-the-model" in secrets_of(model)


HOSTILE = [
    "sk-",
    "sk_",
    "eyJ",
    "://a:",
    "://",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "bearer ",
    "basic ",
    "=key",
]
HOSTILE += [
    "authorization:",
    "?key=",
    "api_key=",
    "%41",
    "\\",
    "\\u0041",
    "&#65",
    "&amp;",
    "a:",
    "AIza",
    "a" * 48 + "\n",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_work_grows_with_the_length_of_hostile_text_and_not_faster(piece):
    """A quadratic search would take minutes here; a linear one takes a part of a second."""
    secrets = Secrets().including(KEY)
    told = secrets.removed(piece * (300_000 // len(piece)) + KEY)

    assert KEY not in told
