"""What the shortener has to do: only what the task says. No socket is opened."""

import io
import json
import re
from urllib.parse import urlencode
from wsgiref.util import setup_testing_defaults

import pytest
from app import make_app

URL = "https://example.org/a/long/path?with=query&and=more"


class Client:
    """Calls a WSGI application."""

    def __init__(self, app):
        self.app = app

    def __call__(self, method, path, form=None):
        body = urlencode(form or {}).encode()
        environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": ""}
        if form is not None:
            environ |= {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body))}
        setup_testing_defaults(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        seen = {}

        def start_response(status, headers, exc_info=None):
            seen["status"], seen["headers"] = int(status.split()[0]), {name.lower(): value for name, value in headers}
            return io.BytesIO().write

        text = b"".join(self.app(environ, start_response)).decode()
        return seen["status"], seen["headers"], text

    def shortened(self, url):
        status, _, text = self("POST", "/shorten", {"url": url})
        assert status == 201
        return text.strip()


@pytest.fixture
def client(tmp_path):
    return Client(make_app(str(tmp_path / "urls.db")))


def test_a_url_gets_a_short_address(client):
    assert re.fullmatch(r"/[A-Za-z0-9]+", client.shortened(URL))


def test_a_short_address_leads_to_the_url(client):
    status, headers, _ = client("GET", client.shortened(URL))
    assert (status, headers["location"]) == (302, URL)


def test_a_url_keeps_its_address_and_others_have_others(client):
    assert client.shortened(URL) == client.shortened(URL)
    assert len({client.shortened(f"https://example.org/{number}") for number in range(20)}) == 20


@pytest.mark.parametrize("url", ["", "no url", "javascript:alert(1)", "ftp://example.org/file"])
def test_what_is_no_web_address_is_refused(client, url):
    assert client("POST", "/shorten", {"url": url})[0] == 400


def test_a_form_without_a_url_is_refused(client):
    assert client("POST", "/shorten", {"link": URL})[0] == 400


def test_an_unknown_code_is_not_found(client):
    assert client("GET", "/nothing1")[0] == 404
    assert client("GET", "/stats/nothing1")[0] == 404


def test_visits_are_counted(client):
    short = client.shortened(URL)
    assert json.loads(client("GET", f"/stats{short}")[2]) == {"url": URL, "visits": 0}
    client("GET", short)
    client("GET", short)
    status, _, text = client("GET", f"/stats{short}")
    assert (status, json.loads(text)) == (200, {"url": URL, "visits": 2})


def test_everything_is_there_when_it_is_started_again(tmp_path):
    short = Client(make_app(str(tmp_path / "urls.db"))).shortened(URL)
    status, headers, _ = Client(make_app(str(tmp_path / "urls.db")))("GET", short)
    assert (status, headers["location"]) == (302, URL)


def test_databases_are_apart(tmp_path):
    short = Client(make_app(str(tmp_path / "one.db"))).shortened(URL)
    assert Client(make_app(str(tmp_path / "two.db")))("GET", short)[0] == 404
