"""Signing in with the organisation's own accounts, against a provider on loopback that signs with real keys."""

from __future__ import annotations

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from html import unescape

import pyotp
import pytest
from sqlalchemy import select, update

from facilitator.coordinators import accounts, audit, provider, sessions
from facilitator.coordinators.provider import Begun
from facilitator.coordinators.rights import Post
from facilitator.storage import conversations as store
from facilitator.storage.models import AuditRow, ConversationRow, CoordinatorRow, CoordinatorSessionRow, SignInFailureRow
from tests.integration.review import people
from tests.integration.review.people import PASSWORD, Browser
from tests.integration.web import running
from tests.provider_stand_in import CLIENT_ID, SECRET, SHARED_KEY, STRANGERS_KEY, provider_stand_in
from web.review import sealed

LEAVE, BACK = "/review/sign-in/organisation", "/review/sign-in/organisation/back"
ADA = {"email": "Ada@Example.org", "email_verified": True}


@pytest.fixture
def theirs():
    with provider_stand_in() as stand_in:
        stand_in.claims = dict(ADA)
        yield stand_in


def settings_of(theirs) -> dict[str, str]:
    names = {"issuer": theirs.issuer, "client_id": CLIENT_ID, "client_secret": SECRET, "name": "Northtown Trust"}
    return {f"facilitator_oidc_{name}": value for name, value in names.items()}


@pytest.fixture
async def linked(address, tmp_path, database, theirs):
    up = running(address, tmp_path, **settings_of(theirs))
    yield up
    await up.parts.link.close()
    up.built.database.dispose()


async def leave(browser: Browser, wanted: str = "") -> str:
    """Press the button; returns the provider's address."""
    response = await browser.http.get(LEAVE, params={"next": wanted}, follow_redirects=False)
    assert response.status_code == 303, response.text
    return response.headers["location"]


async def come_in(system, theirs, wanted: str = "", **changed: str) -> Browser:
    browser = Browser(people.client(system))
    browser.page = await browser.http.get(BACK, params={**theirs.authorise(await leave(browser, wanted)), **changed})
    return browser._judge()


def rows(system, kind):
    with system.built.database.reading() as session:
        return list(session.scalars(select(kind)))


def why(system) -> str | None:
    """What the last row of the audit says of a failure."""
    with system.built.database.reading() as session:
        audit.check(session)
        row = session.scalar(select(AuditRow).order_by(AuditRow.seq.desc()).limit(1))
    return row.details.get("why") if row and row.action == "sign_in_failed" else None


def is_outside(system, browser: Browser, status: int, fault: str) -> None:
    assert (browser.status, why(system)) == (status, fault)
    assert "You are not signed in" in browser.text and "canary" not in browser.html
    assert rows(system, CoordinatorSessionRow) == [] and "review-session" not in browser.http.cookies


async def test_the_first_time_the_verified_e_mail_finds_the_account_and_later_the_subject_alone(linked, theirs):
    ada = people.account(linked, "Ada", Post.ADMIN)
    browser = await come_in(linked, theirs, "/review/flags?kind=crisis")
    assert str(browser.page.url) == "http://test/review/flags?kind=crisis" and browser.status == 200
    assert "review-organisation" not in browser.http.cookies
    assert [row.action for row in rows(linked, AuditRow)][-2:] == ["account_linked", "signed_in"]
    theirs.claims = {"email": "married@example.org", "email_verified": False}
    assert (await come_in(linked, theirs)).path == "/review"
    assert [(row.id, row.email) for row in rows(linked, CoordinatorRow)] == [(ada, "ada@example.org")]
    assert [row.action for row in rows(linked, AuditRow)].count("account_linked") == 1
    assert "one-7" not in str([vars(row) for kind in (CoordinatorRow, AuditRow) for row in rows(linked, kind)])


async def test_from_then_on_no_password_opens_the_account_until_a_new_link_gives_one(linked, theirs):
    ada = people.account(linked, "Ada", Post.ADMIN)
    before = people.signed_in(linked, ada)
    browser = await come_in(linked, theirs)
    assert (await before.get("/review")).path == "/review/sign-in", "whoever was signed in is out"
    await before.send("/review/sign-in", email="ada@example.org", password=PASSWORD)
    assert before.status == 422
    await browser.get("/review/me")
    assert "no password here" in browser.text and 'action="/review/me/password"' not in browser.html
    await browser.get("/review/accounts")
    assert "with the sign-in at work" in browser.text
    with linked.built.database.unit_of_work() as session:
        token = accounts.link_for(session, audit.COMMAND_LINE, accounts.account(session, ada))
    await before.get(f"/review/welcome/{token}")
    await before.send(f"/review/welcome/{token}", password="eight blue umbrellas")
    assert before.path == "/review"
    assert [(row.subject, bool(row.password_hash)) for row in rows(linked, CoordinatorRow)] == [(None, True)]


async def test_somebody_without_an_account_gets_none(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    theirs.claims = {"email": "canary@example.org", "email_verified": True}
    is_outside(linked, await come_in(linked, theirs), 403, "unknown_person")
    assert len(rows(linked, CoordinatorRow)) == 1 and "canary" not in str([vars(row) for row in rows(linked, AuditRow)])


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_e_mail_that_is_not_verified_finds_nobody(linked, theirs, verified):
    people.account(linked, "Ada", Post.ADMIN)
    theirs.claims["email_verified"] = verified
    is_outside(linked, await come_in(linked, theirs), 403, "unknown_person")
    assert [row.subject for row in rows(linked, CoordinatorRow)] == [None]


async def test_another_subject_with_the_same_e_mail_does_not_take_over_a_linked_account(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    await come_in(linked, theirs)
    with linked.built.database.unit_of_work() as session:
        accounts.sign_out_everywhere(session, session.scalar(select(CoordinatorRow)))
    theirs.claims["sub"] = "another-8"
    is_outside(linked, await come_in(linked, theirs), 403, "unknown_person")


@pytest.mark.parametrize("was_linked", [True, False])
async def test_a_closed_account_stays_closed(linked, theirs, was_linked):
    people.account(linked, "Bo", Post.ADMIN)
    ada = people.account(linked, "Ada", Post.COORDINATOR)
    if was_linked:
        await come_in(linked, theirs)
    with linked.built.database.unit_of_work() as session:
        accounts.set_closed(session, audit.COMMAND_LINE, accounts.account(session, ada), closed=True)
    is_outside(linked, await come_in(linked, theirs), 403, "account_closed")


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another-client"]},
        {"iss": "https://evil.example"},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iat": int(time.time()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"at_hash": "of another token"},
        {"azp": "another-client"},
    ],
)
async def test_an_id_token_that_does_not_hold_opens_nothing(linked, theirs, changed):
    people.account(linked, "Ada", Post.ADMIN)
    theirs.claims |= changed
    is_outside(linked, await come_in(linked, theirs), 403, "token")


@pytest.mark.parametrize("forged", ["another key", "the shared secret", "none"])
async def test_an_id_token_the_provider_did_not_sign_opens_nothing(linked, theirs, forged):
    people.account(linked, "Ada", Post.ADMIN)
    if forged == "another key":
        theirs.key = STRANGERS_KEY
    else:
        theirs.key, theirs.header = SHARED_KEY, {"alg": "HS256" if forged == "the shared secret" else "none"}
    is_outside(linked, await come_in(linked, theirs), 403, "token")


@pytest.mark.parametrize("changed", [{"state": "another"}, {"state": ""}, {"iss": "https://evil.example"}], ids=str)
async def test_what_was_not_begun_in_this_browser_opens_nothing(linked, theirs, changed):
    people.account(linked, "Ada", Post.ADMIN)
    is_outside(linked, await come_in(linked, theirs, **changed), 403, "state")
    assert "/token" not in theirs.asked


async def test_an_answer_meant_for_another_browser_opens_nothing_and_a_stray_visit_counts_for_nothing(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    evil, victim, stranger = (Browser(people.client(linked)) for _ in range(3))
    brought = theirs.authorise(await leave(evil))
    await leave(victim)
    victim.page = await victim.http.get(BACK, params=brought)
    is_outside(linked, victim, 403, "state")
    before = len(rows(linked, AuditRow))
    stranger.page = await stranger.http.get(BACK, params=brought)
    assert stranger.status == 403 and len(rows(linked, AuditRow)) == before


def part(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


ODD_HEADERS = (["alg"], {"alg": "HS256", "crit": 5}, {"alg": "HS256", "crit": [["x"]]}, {"alg": 5}, {}, None, "alg")


def test_only_what_was_sealed_here_and_not_changed_is_unsealed():
    begun = Begun("state", "nonce", "verifier")
    sealed_here = sealed.seal(b"secret", begun, "/review")
    assert sealed.unseal(b"secret", sealed_here) == sealed.Kept(begun, "/review")
    header, claims, signature = sealed_here.split(".")
    held = json.loads(urlsafe_b64decode(claims + "=="))
    forged = (
        sealed.seal(b"another secret", begun, "/review"),
        f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        f"{header}.{part({**held, 'next': '/review/people'})}.{signature}",
        f"{header}.{part({**held, 'exp': held['exp'] + 1})}.{signature}",
    )
    assert [sealed.unseal(b"secret", each) for each in forged] == [None] * len(forged)


@pytest.mark.parametrize("made_up", ["e30=.made-up", "e30.e30.", "a.b.c.d", ".", *(f"{part(odd)}.e30.e30" for odd in ODD_HEADERS)])
async def test_what_was_begun_ends_with_its_time_and_cannot_be_made_up(linked, theirs, monkeypatch, made_up):
    people.account(linked, "Ada", Post.ADMIN)
    browser = Browser(people.client(linked))
    brought = theirs.authorise(await leave(browser))
    later = store.now() + timedelta(seconds=sealed.LIVES_S + 1)
    with monkeypatch.context() as patch:
        patch.setattr(sealed, "now", lambda: later)
        browser.page = await browser.http.get(BACK, params=brought)
    is_outside(linked, browser, 403, "state")
    browser.http.cookies.set("review-organisation", made_up, path="/review")
    browser.page = await browser.http.get(BACK, params=brought)
    is_outside(linked, browser, 403, "state")


async def test_the_same_answer_does_not_open_twice(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    browser = Browser(people.client(linked))
    brought = theirs.authorise(await leave(browser))
    cookie = browser.http.cookies["review-organisation"]
    assert (await browser.http.get(BACK, params=brought)).url.path == "/review"
    again = Browser(people.client(linked))
    again.http.cookies.set("review-organisation", cookie, path="/review")
    again.page = await again.http.get(BACK, params=brought)
    assert (again.status, why(linked)) == (503, "provider_answer") and "canary" not in again.html


async def test_somebody_turned_away_by_the_provider_is_told_so_in_our_own_words(linked, theirs):
    browser = Browser(people.client(linked))
    url = await leave(browser)
    params = {"error": "access_denied", "error_description": "<b>canary</b>", "state": theirs.authorise(url)["state"]}
    browser.page = await browser.http.get(BACK, params=params)
    is_outside(linked, browser, 403, "declined")


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
@pytest.mark.parametrize("fault", ["slow", "broken", "nonsense", "not ours"])
async def test_a_provider_that_is_slow_or_answers_nonsense_lets_nobody_in(linked, theirs, monkeypatch, path, fault):
    monkeypatch.setattr(provider, "TIMEOUT_S", 0.3)
    people.account(linked, "Ada", Post.ADMIN)
    browser = Browser(people.client(linked))
    brought = theirs.authorise(await leave(browser))
    if fault == "slow":
        theirs.stuck.add(path)
    else:
        theirs.wrong[path] = {"broken": (502, b"canary"), "nonsense": (200, b"<canary>"), "not ours": (200, b'["canary"]')}[fault]
    browser.page = await browser.http.get(BACK, params=brought)
    is_outside(linked, browser, 503, "provider_away" if fault in ("slow", "broken") else "provider_answer")


async def test_a_provider_that_is_down_or_names_itself_otherwise_is_not_gone_to(address, tmp_path, database, theirs):
    for issuer, fault in (("http://127.0.0.1:1", "provider_away"), (f"{theirs.issuer}/other", "provider_answer")):
        theirs.wrong["/other/.well-known/openid-configuration"] = (200, b'{"issuer": "https://evil.example"}')
        system = running(address, tmp_path, **{**settings_of(theirs), "facilitator_oidc_issuer": issuer})
        browser = Browser(people.client(system))
        is_outside(system, await browser.get(LEAVE), 503, fault)
        await system.parts.link.close()
        system.built.database.dispose()


async def test_only_a_few_visits_to_the_provider_are_open_at_once(linked, theirs):
    taken = [provider._AT_ONCE.acquire(blocking=False) for _ in range(5)]
    try:
        assert taken == [True] * 4 + [False]
        is_outside(linked, await Browser(people.client(linked)).get(LEAVE), 503, "provider_away")
    finally:
        for _ in range(4):
            provider._AT_ONCE.release()
    assert (await leave(Browser(people.client(linked)))).startswith(theirs.issuer)


async def test_after_thirty_failures_an_address_has_to_wait_and_the_provider_is_not_asked(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    browser = Browser(people.client(linked))
    brought = theirs.authorise(await leave(browser))
    with linked.built.database.unit_of_work() as session:
        for _ in range(sessions.MOST_BY_ADDRESS):
            sessions.failed_at_provider(session, "127.0.0.1", provider.ProviderFault.STATE)
    theirs.asked.clear()
    browser.page = await browser.http.get(BACK, params=brought)
    assert browser.status == 429 and "15 minutes" in browser.text and theirs.asked == []
    assert (await browser.get(LEAVE)).status == 429


async def test_what_was_begun_is_kept_for_the_review_app_only_and_for_ten_minutes(linked, theirs):
    page = await people.client(linked).get(LEAVE, follow_redirects=False)
    parts = set(page.headers["set-cookie"].split("; "))
    assert {"HttpOnly", "Path=/review", "SameSite=lax", "Max-Age=600"} <= parts and page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("trap", ["https://evil.example", "//evil.example", "/review/\\evil", "/chat"])
async def test_signing_in_goes_on_to_no_other_place(linked, theirs, trap):
    people.account(linked, "Ada", Post.ADMIN)
    assert str((await come_in(linked, theirs, trap)).page.url) == "http://test/review"


async def test_the_second_factor_is_the_providers_job_unless_one_was_set_up_here(address, tmp_path, database, theirs):
    system = running(address, tmp_path, facilitator_two_factor="required", **settings_of(theirs))
    ada = people.account(system, "Ada", Post.ADMIN)
    assert (await (await come_in(system, theirs)).get("/review/accounts")).path == "/review/accounts"
    with system.built.database.unit_of_work() as session:
        row = accounts.account(session, ada)
        row.two_factor_on, row.two_factor_secret = True, "A" * 32
    browser = await come_in(system, theirs)
    assert browser.path == "/review/sign-in/code" and (await browser.get("/review/accounts")).path == "/review/sign-in/code"
    browser = await come_in(system, theirs, "/review/flags")
    await browser.send("/review/sign-in/code", code=pyotp.TOTP("A" * 32).now())
    assert browser.path == "/review/flags"
    await system.parts.link.close()
    system.built.database.dispose()


# ── erasing, where no password could be asked for ──


def gone(system) -> bool:
    return rows(system, ConversationRow) == []


def some_time_ago(system, minutes: int) -> None:
    """All who are signed in have been for so long."""
    with system.built.database.unit_of_work() as session:
        session.execute(update(CoordinatorSessionRow).values(created_at=store.now() - timedelta(minutes=minutes)))


def failures(system) -> int:
    return len(rows(system, SignInFailureRow))


async def erase(browser: Browser, which: str, **proof: str) -> Browser:
    await browser.get("/review/erasing")
    await browser.send("/review/erasing/count", asked="conversations", id=which)
    return await browser.send("/review/erasing/erase", **proof)


async def test_an_admin_who_has_just_signed_in_where_they_work_can_erase_without_a_password(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    which, _ = people.person(linked, None)
    ada = await come_in(linked, theirs)
    await ada.get("/review/erasing")
    assert "sign in once more" not in ada.text
    assert (await erase(ada, which)).status == 200 and "It is deleted" in ada.text
    assert gone(linked) and failures(linked) == 0


async def test_one_who_signed_in_long_ago_is_asked_to_do_so_once_more_and_then_can(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    which, _ = people.person(linked, None)
    ada = await come_in(linked, theirs)
    await ada.get("/review/erasing")
    await ada.send("/review/erasing/count", asked="conversations", id=which)
    some_time_ago(linked, 16)
    await ada.send("/review/erasing/erase")
    assert ada.status == 422 and "sign in once more where you work" in ada.text and 'type="password"' not in ada.html
    assert not gone(linked) and failures(linked) == 0, "nor is that a failed sign-in"
    await ada.get("/review/erasing")
    assert "15 minutes" in ada.text
    again = unescape(re.search(r'href="(/review/sign-in/organisation\?[^"]+)"', ada.html)[1])
    url = (await ada.http.get(again, follow_redirects=False)).headers["location"]
    assert "prompt=login" in url and "prompt" not in await leave(Browser(people.client(linked)))
    ada.page = await ada.http.get(BACK, params=theirs.authorise(url))
    assert ada.path == "/review/erasing" and "once more" not in ada.text
    assert (await erase(ada, which)).status == 200 and gone(linked)


@pytest.mark.parametrize(("minutes", "recent"), [(5, True), (20, False), (-60, True), (None, True)])
async def test_a_provider_that_knew_them_already_is_no_fresh_proof_where_it_says_so(linked, theirs, minutes, recent):
    people.account(linked, "Ada", Post.ADMIN)
    theirs.claims["auth_time"] = None if minutes is None else int(time.time()) - minutes * 60
    ada = await come_in(linked, theirs)
    assert ada.path == "/review", "it is proof enough for all the rest"
    await ada.get("/review/erasing")
    assert ("once more" not in ada.text) is recent


async def test_one_with_an_authenticator_is_asked_for_its_code_which_opens_once(linked, theirs):
    ada_id = people.account(linked, "Ada", Post.ADMIN)
    which, other = people.person(linked, None)[0], people.person(linked, None)[0]
    ada = await come_in(linked, theirs)
    some_time_ago(linked, 120)
    with linked.built.database.unit_of_work() as session:
        row = accounts.account(session, ada_id)
        row.two_factor_on, row.two_factor_secret = True, "A" * 32
    code = pyotp.TOTP("A" * 32).at(store.now())
    assert (await erase(ada, which, code="000000" if code != "000000" else "111111")).status == 422
    assert "This code is not right" in ada.text and not gone(linked) and failures(linked) > 0
    assert (await ada.send("/review/erasing/erase", code=code)).status == 200 and "It is deleted" in ada.text
    assert (await erase(ada, other, code=code)).status == 422 and len(rows(linked, ConversationRow)) == 1


async def test_no_account_of_the_organisation_gets_a_password_by_having_signed_in_recently(linked, theirs):
    people.account(linked, "Ada", Post.ADMIN)
    ada = await come_in(linked, theirs)
    await ada.get("/review/erasing")
    form = re.search(r'name="form" value="([^"]+)"', ada.html)[1]
    answer = await ada.http.post("/review/me/password", data={"form": form, "old": "", "password": "eight blue umbrellas"})
    assert answer.status_code == 422 and [row.password_hash for row in rows(linked, CoordinatorRow)] == [None]


async def test_without_the_settings_there_is_neither_a_button_nor_anything_behind_it(system):
    browser = Browser(people.client(system))
    await browser.get("/review/sign-in")
    assert LEAVE not in browser.html
    for path in (LEAVE, BACK):
        assert (await browser.get(path)).status == 404


async def test_with_the_settings_the_button_names_the_provider_and_keeps_where_one_was_going(linked):
    browser = await Browser(people.client(linked)).get("/review/flags")
    assert "Sign in with Northtown Trust" in browser.text
    assert f'href="{LEAVE}?next=%2Freview%2Fflags"' in browser.html
