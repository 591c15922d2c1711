"""Who may ask: the token, the Host, the Origin, and what every answer forbids."""

import pytest
from support.workbench import Client, Running, workbench

STRANGER = "http://evil.example"


@pytest.mark.parametrize("path", ["/", "/api/state", "/page/workbench.css", "/x" * 20 + "/", "/api/sessions"])
def test_nothing_is_served_without_the_token(served: Running, path):
    assert served.client.ask("GET", path, is_absolute=True).status == 403


def test_a_token_that_is_nearly_right_is_wrong(served: Running):
    base = served.client.base
    wrong = base[:-2] + ("A" if base[-2] != "A" else "B") + "/"
    assert served.client.ask("GET", wrong, is_absolute=True).status == 403


def test_two_servers_have_different_tokens(served: Running, tmp_path):
    with workbench(tmp_path) as other:
        assert other.client.base != served.client.base
        assert len(other.client.base) >= 32


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example", "10.1.2.3", ""]
)
def test_a_host_that_is_not_this_machine_is_refused(served: Running, host):
    assert served.client.get("", host=host).status in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2:1234", "[::1]:80", "LOCALHOST:80"])
def test_this_machine_is_known_by_its_addresses(served: Running, host):
    assert served.client.get("api/state", host=host).status == 200


@pytest.mark.parametrize("origin", [STRANGER, "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_is_refused(page: Client, method, origin):
    reply = page.ask(method, "api/state" if method == "GET" else "api/sessions", b"{}", {"origin": origin})
    assert reply.status == 403
    assert not any(name.startswith("access-control") for name in reply.headers)


def test_a_request_that_the_browser_says_comes_from_another_site_is_refused(page: Client):
    sent = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert page.ask("POST", "api/sessions", b"{}", sent).status == 403
    assert page.ask("GET", "api/state", None, sent).status == 403
    followed = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert page.ask("GET", "", None, followed).status == 200, "a person may follow a link to the page"


def test_a_form_of_another_page_is_no_request_of_this_one(page: Client):
    simple = {"content-type": "text/plain"}
    assert page.ask("POST", "api/goals/parse", b'{"text": "Dmax < 5 Gy"}', simple).status == 415


def test_a_preflight_allows_nothing(page: Client):
    asked = {"origin": STRANGER, "access-control-request-method": "POST"}
    reply = page.ask("OPTIONS", "api/sessions", None, asked)
    assert reply.status in (403, 405)
    assert "access-control-allow-origin" not in reply.headers


def test_every_answer_forbids_what_the_page_does_not_need(served: Running):
    for path in ("", "api/state", "page/workbench.css", "page/none.js", "api/none"):
        headers = served.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert "set-cookie" not in headers
        assert "server" not in headers


def test_the_page_holds_no_inline_script_or_style_and_loads_nothing_from_elsewhere(served: Running):
    html = served.client.get("").body.decode()
    assert "style=" not in html
    assert "onclick" not in html
    assert html.count("<script") == html.count('<script src="page/') + html.count('<script type="module" src="page/')
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "https://" not in html


@pytest.mark.parametrize(
    "path", ["page/../../../etc/passwd", "page/%2e%2e/app.py", "page//etc/passwd", "page/js/../../app.py"]
)
def test_no_file_outside_the_page_is_given(served: Running, path):
    assert served.client.get(path).status == 404


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b'"x"', b"{" * 100_000])
def test_a_request_that_is_no_json_object_is_refused_in_a_sentence(page: Client, body):
    reply = page.ask("POST", "api/goals/parse", body, {"content-type": "application/json"})
    assert reply.status == 400
    assert reply.error["code"] == "web.bad-request"


def test_a_request_larger_than_any_question_is_refused(page: Client):
    reply = page.ask("POST", "api/goals/parse", b" " * (3 * 1024**2), {"content-type": "application/json"})
    assert reply.status == 413


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"edits": [{"base": -1}]}, "base"),
        ({"edits": "x"}, "edits"),
        ({"edits": [{"goal": "x" * 500}]}, "goal"),
        ({"dose_scale": 9}, "dose_scale"),
        ({"dose_scale": float("nan")}, ""),
        ({"aliases": ["x"]}, "aliases"),
        ({"reference_date": "soon"}, "reference_date"),
        ({"override": {"dose_is": "sometimes"}}, "dose_is"),
        ({"override": {"fractions": 0}}, "fractions"),
        ({"number": True}, "number"),
        ({"number": 10**400}, "number"),
        ({"override": {"fractions": 10**400}}, "fractions"),
        ({"override": {"dose_rx": {"PTV": 10**400}}}, "PTV"),
        ({"edits": [{"base": 10**400}]}, "base"),
        ({"unit": ["Gy"]}, "unit"),
    ],
)
def test_a_question_that_is_not_as_the_schema_says_names_the_field(common: Client, values, where):
    case = common.open_served("apatinib_50gy")
    reply = common.post(f"api/cases/{case}/check", {"protocol": "apatinib", **values})
    assert reply.status == 400
    assert where in reply.error["text"]


def test_a_warning_tells_what_an_open_address_means(tmp_path):
    with workbench(tmp_path, "--host", "0.0.0.0") as running:
        assert "TLS" in running.log.read_text()
        port = running.client.address.split(":")[2].split("/")[0]
        client = Client(f"http://127.0.0.1:{port}{running.client.base}")
        assert client.get("api/state").status == 200
        assert client.get("api/state", host="192.168.7.7").status == 200, "an address cannot be rebound"
        assert client.get("api/state", host="evil.example").status == 403
