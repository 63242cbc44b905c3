"""Getting in: the first link, passwords, throttling, sessions, the second factor."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select, update

from facilitator.coordinators import accounts, audit, passwords, sessions
from facilitator.coordinators.passwords import PasswordFault
from facilitator.coordinators.provider import ProviderFault
from facilitator.coordinators.rights import Post
from facilitator.settings import ROOT
from facilitator.storage import conversations as store
from facilitator.storage.models import AuditRow, CoordinatorLinkRow, CoordinatorRow, CoordinatorSessionRow, MessageRow, SignInFailureRow
from tests.integration.review import people
from tests.integration.review.people import PASSWORD, Browser
from tests.integration.web import running
from web.review.guard import WRITTEN


def first_link(system) -> str | None:
    with system.built.database.unit_of_work() as session:
        return accounts.first_link(session)


async def sign_in(browser: Browser, email: str, password: str = PASSWORD, path: str = "/review") -> Browser:
    await browser.get(path)
    return await browser.send("/review/sign-in", email=email, password=password)


async def test_the_first_link_makes_one_admin_and_then_nothing(system):
    token = first_link(system)
    browser = Browser(people.client(system))
    await browser.get(f"/review/welcome/{token}")
    await browser.get(f"/review/welcome/{token}")
    await browser.send(f"/review/welcome/{token}", name="Ada", email="Ada@Example.org ", password="short")
    assert browser.status == 422 and "15 letters" in browser.text
    await browser.send(f"/review/welcome/{token}", name="Ada", email="Ada@Example.org ", password=PASSWORD)
    assert browser.path == "/review" and browser.status == 200
    with system.built.database.reading() as session:
        row = session.scalar(select(CoordinatorRow))
        assert (row.email, row.role) == ("ada@example.org", "admin")
        assert PASSWORD not in row.password_hash and row.password_hash.startswith("$argon2id$")
        assert session.scalar(select(CoordinatorLinkRow)) is None
    assert (await browser.get(f"/review/welcome/{token}")).status == 404
    assert first_link(system) is None


async def test_a_link_ends_with_its_time_and_with_a_newer_one(system):
    old, new = first_link(system), first_link(system)
    browser = Browser(people.client(system))
    assert (await browser.get(f"/review/welcome/{old}")).status == 404
    with system.built.database.unit_of_work() as session:
        session.execute(update(CoordinatorLinkRow).values(expires_at=store.now() - timedelta(seconds=1)))
    assert (await browser.get(f"/review/welcome/{new}")).status == 404


async def test_signing_in_goes_on_to_the_page_that_was_asked_for_and_nowhere_else(system):
    people.account(system, "Ada", Post.ADMIN)
    browser = await sign_in(Browser(people.client(system)), "ADA@example.org", path="/review/flags?kind=crisis")
    assert str(browser.page.url).endswith("/review/flags?kind=crisis")
    for trap in ("https://evil.example", "//evil.example", "/review//evil.example", "/review/\\evil", "/chat"):
        stranger = Browser(people.client(system))
        await stranger.get("/review/sign-in")
        await stranger.send("/review/sign-in", email="ada@example.org", password=PASSWORD, next=trap)
        assert str(stranger.page.url) == "http://test/review"


async def test_the_session_cookie_is_out_of_reach_and_new_at_every_sign_in(system, tmp_path):
    people.account(system, "Ada", Post.ADMIN)
    browser = Browser(people.client(system))
    browser.http.cookies.set("review-session", "planted", path="/review")
    await sign_in(browser, "ada@example.org")
    header = next(h for r in browser.page.history for h in r.headers.get_list("set-cookie") if h.startswith("review-session="))
    assert {"HttpOnly", "Path=/review", "SameSite=lax"} <= set(header.split("; ")) and "Secure" not in header
    token = re.match(r"review-session=([\w-]+)", header)[1]
    assert len(token) >= 43 and token != "planted"
    with system.built.database.reading() as session:
        assert [row.token_hash for row in session.scalars(select(CoordinatorSessionRow))] == [store.digest(token)]


async def test_behind_https_the_cookie_is_secure(address, tmp_path, database):
    system = running(address, tmp_path, facilitator_public_url="https://chat.example.org")
    people.account(system, "Ada", Post.ADMIN)
    http = people.client(system)
    page = await http.get("/review/sign-in")
    assert "Secure" in page.headers["set-cookie"]
    await system.parts.link.close()
    system.built.database.dispose()


async def test_wrong_e_mail_and_wrong_password_look_the_same(system):
    people.account(system, "Ada", Post.ADMIN)
    pages = []
    for email in ("ada@example.org", "nobody@example.org"):
        browser = await sign_in(Browser(people.client(system)), email, "wrong password for her")
        assert browser.status == 422
        pages.append(re.sub(r'value="[^"]*"', "", browser.html))
    assert pages[0] == pages[1]


async def test_after_ten_failures_even_the_right_password_waits_until_the_quarter_of_an_hour_is_over(system, monkeypatch):
    monkeypatch.setattr(passwords, "matches", lambda stored, given: given == PASSWORD and stored is not None)
    people.account(system, "Ada", Post.ADMIN)
    people.account(system, "Bo", Post.VIEWER)
    browser = Browser(people.client(system))
    for _ in range(sessions.MOST_TOGETHER):
        assert (await sign_in(browser, "ada@example.org", "wrong")).status == 422
    assert (await sign_in(browser, "ada@example.org")).status == 429
    assert (await sign_in(Browser(people.client(system)), "bo@example.org")).path == "/review"
    with system.built.database.unit_of_work() as session:
        session.execute(update(SignInFailureRow).values(at=store.now() - sessions.WINDOW - timedelta(seconds=1)))
    assert (await sign_in(browser, "ada@example.org")).path == "/review"


async def test_one_address_cannot_try_one_password_on_everybody(system, monkeypatch):
    monkeypatch.setattr(passwords, "matches", lambda stored, given: False)
    browser = Browser(people.client(system))
    for number in range(sessions.MOST_BY_ADDRESS):
        await sign_in(browser, f"person{number}@example.org", "spring")
    assert (await sign_in(browser, "another@example.org", "spring")).status == 429


@pytest.mark.parametrize(("addresses", "one"), [("2001:db8:0:1::{:x}", True), ("2001:db8:0:{:x}::1", False), ("::ffff:192.0.2.{}", False)])
def test_addresses_that_one_owner_can_change_at_will_are_one(system, monkeypatch, addresses, one):
    monkeypatch.setattr(passwords, "matches", lambda stored, given: False)
    people.account(system, "Ada", Post.ADMIN)

    def is_refused(email: str, number: int) -> bool:
        try:
            sessions.sign_in(system.built.database, email, "spring", addresses.format(number))
        except sessions.TooManyTriesError:
            return True
        return False

    assert not any([is_refused("ada@example.org", number) for number in range(1, sessions.MOST_TOGETHER + 1)])
    assert is_refused("ada@example.org", 99) is one
    for number in range(100, 100 + sessions.MOST_BY_ADDRESS):
        is_refused(f"person{number}@example.org", number)
    assert is_refused("another@example.org", 200) is one


async def test_when_too_many_passwords_are_looked_at_the_next_is_told_at_once_and_counted_for_nothing(system):
    people.account(system, "Ada", Post.ADMIN)
    ada = people.signed_in(system, people.account(system, "Bo", Post.ADMIN))
    await ada.get("/review/me")
    taken = [passwords._INSIDE.acquire(blocking=False) for _ in range(7)]
    try:
        assert taken == [True] * 6 + [False]
        browser = await sign_in(Browser(people.client(system)), "ada@example.org")
        assert browser.status == 503 and "try again in a moment" in browser.text and 'value="ada@example.org"' in browser.html
        await ada.send("/review/me/password", old=PASSWORD, password="eight blue umbrellas")
        assert ada.status == 503 and "try again in a moment" in ada.text
    finally:
        for _ in range(6):
            passwords._INSIDE.release()
    with system.built.database.reading() as session:
        assert session.scalar(select(SignInFailureRow)) is None
    assert (await sign_in(browser, "ada@example.org")).path == "/review"


def test_many_failures_are_few_rows_of_the_audit_which_say_how_many(system, monkeypatch):
    quarter = store.now().replace(minute=15, second=0, microsecond=0)
    ada = people.account(system, "Ada", Post.ADMIN)
    emails = ["ada@example.org"] * 9 + [f"invented{number}@example.org" for number in range(40)]
    for start in (quarter, quarter + sessions.WINDOW):
        for number, email in enumerate(emails):
            monkeypatch.setattr(sessions, "now", lambda at=start + timedelta(seconds=number): at)
            with system.built.database.unit_of_work() as session:
                sessions.failed(session, email, "192.0.2.1")
                sessions.failed_at_provider(session, "192.0.2.1", ProviderFault.STATE)
    with system.built.database.reading() as session:
        audit.check(session)
        rows = list(session.scalars(select(AuditRow).where(AuditRow.action == "sign_in_failed").order_by(AuditRow.seq)))
    many = [1, 2, 4, 8, 16, 32]
    for kind, times in ((f"account:{ada}", many[:4]), (None, many), ("state", many)):
        assert [row.details["times"] for row in rows if (row.details.get("why") or row.about) == kind] == times * 2
    assert len(rows) == 2 * (4 + 6 + 6), "of 196 failures"


@pytest.mark.parametrize("change", [{"seen_at": sessions.IDLE}, {"expires_at": timedelta(0)}])
async def test_a_session_ends_when_left_alone_and_when_its_time_is_over(system, change):
    browser = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    assert (await browser.get("/review")).path == "/review"
    with system.built.database.unit_of_work() as session:
        session.execute(
            update(CoordinatorSessionRow).values({name: store.now() - ago - timedelta(seconds=1) for name, ago in change.items()})
        )
    assert (await browser.get("/review")).path == "/review/sign-in"


def left_alone(system) -> None:
    """As if nobody had done anything for more than an hour."""
    with system.built.database.unit_of_work() as session:
        session.execute(update(CoordinatorSessionRow).values(seen_at=store.now() - sessions.IDLE - timedelta(seconds=1)))


async def test_what_was_written_for_longer_than_an_hour_is_there_to_copy_and_kept_nowhere(system):
    activity_id, _ = people.activity(system, "Ours")
    conversation, _ = people.person(system, activity_id)
    number = people.flag(system, conversation, "asked_for_person")
    cora = people.signed_in(system, people.account(system, "Cora", Post.COORDINATOR, activity_id))
    await cora.get(f"/review/flags/{number}")
    page = cora.page
    left_alone(system)
    await cora.send(f"/review/flags/{number}/reply", reply="I am <Cora> & I will look.\n\nThank you.")
    assert cora.status == 401 and cora.path == f"/review/flags/{number}/reply" and "no-store" in cora.page.headers["cache-control"]
    assert "readonly>\nI am &lt;Cora&gt; &amp; I will look.\n\nThank you.</textarea>" in cora.html
    assert f"/review/sign-in?next=%2Freview%2Fflags%2F{number}" in cora.html
    with system.built.database.reading() as session:
        assert "I will look" not in str([vars(row) for row in session.scalars(select(MessageRow))])
    cora.page = page
    await cora.send(f"/review/flags/{number}/move", to="seen", note=" ")
    assert cora.path == "/review/sign-in", "nothing was written"


async def test_neither_a_password_nor_what_another_page_sends_is_shown_again(system):
    cora = people.signed_in(system, people.account(system, "Cora", Post.COORDINATOR))
    await cora.get("/review/me")
    left_alone(system)
    await cora.send("/review/me/password", old=PASSWORD, password="eight blue umbrellas")
    assert cora.path == "/review/sign-in" and "umbrellas" not in cora.html
    for secret in ("", "not ours", sessions.form_secret("")):
        if secret == sessions.form_secret(""):
            cora.http.cookies.clear()
        response = await cora.http.post("/review/flags/1/reply", data={"form": secret, "reply": "Ring this number"})
        assert response.url.path == "/review/sign-in" and "Ring this number" not in response.text


async def test_what_was_written_in_an_old_tab_is_there_to_copy_after_signing_in_anew(system):
    activity_id, _ = people.activity(system, "Ours")
    conversation, _ = people.person(system, activity_id)
    number = people.flag(system, conversation, "asked_for_person")
    account = people.account(system, "Cora", Post.COORDINATOR, activity_id)
    before, cora = people.signed_in(system, account), people.signed_in(system, account)
    await before.get(f"/review/flags/{number}")
    for site, shown in (("same-origin", True), ("cross-site", False), ("same-site", False)):
        cora.page, cora.http.headers["sec-fetch-site"] = before.page, site
        await cora.send(f"/review/flags/{number}/reply", reply="I am <Cora> & I will look.")
        assert cora.status == 403 and ("I am &lt;Cora&gt; &amp; I will look.</textarea>" in cora.html) is shown, site
        assert not shown or f'href="/review/flags/{number}"' in cora.html
    with system.built.database.reading() as session:
        assert "I will look" not in str([vars(row) for row in session.scalars(select(MessageRow))])


def test_every_box_to_write_in_is_shown_again_when_it_came_too_late():
    pages = (ROOT / "web" / "review" / "templates" / "review").glob("*.html")
    boxes = {name for page in pages for name in re.findall(r'parts\.field\("(\w+)"[^\n]*rows=', page.read_text("utf-8"))}
    assert boxes and boxes <= WRITTEN


async def test_signing_out_ends_the_session_on_the_server(system):
    browser = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    kept = browser.http.cookies["review-session"]
    await browser.get("/review")
    await browser.send("/review/sign-out")
    assert browser.path == "/review/sign-in"
    browser.http.cookies.set("review-session", kept, path="/review")
    assert (await browser.get("/review")).path == "/review/sign-in"


async def test_a_changed_password_a_closed_account_and_a_new_post_sign_others_out(system):
    ada = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    cora_id = people.account(system, "Cora", Post.COORDINATOR)
    for step in ("password", "post", "closed"):
        cora = people.signed_in(system, cora_id)
        if step == "password":
            here = people.signed_in(system, cora_id)
            await here.get("/review/me")
            await here.send("/review/me/password", old="not it at all, no", password="eight blue umbrellas")
            assert here.status == 422
            await here.send("/review/me/password", old=PASSWORD, password="eight blue umbrellas")
            assert here.path == "/review/me" and here.status == 200
        else:
            await ada.get(f"/review/accounts/{cora_id}")
            if step == "post":
                await ada.send(f"/review/accounts/{cora_id}", name="Cora", post="viewer")
            else:
                await ada.send(f"/review/accounts/{cora_id}/closed")
        assert (await cora.get("/review")).path == "/review/sign-in"
    assert (await sign_in(Browser(people.client(system)), "cora@example.org", "eight blue umbrellas")).status == 422


async def test_the_only_admin_stays_one(system):
    ada_id = people.account(system, "Ada", Post.ADMIN)
    ada = people.signed_in(system, ada_id)
    await ada.get(f"/review/accounts/{ada_id}")
    await ada.send(f"/review/accounts/{ada_id}", name="Ada", post="viewer")
    assert ada.status == 422 and "only admin" in ada.text
    await ada.send(f"/review/accounts/{ada_id}/closed")
    assert ada.status == 422


async def test_the_second_factor_is_asked_for_opens_once_and_has_recovery_codes(system, monkeypatch):
    ada_id = people.account(system, "Ada", Post.ADMIN)
    ada = people.signed_in(system, ada_id)
    await ada.get("/review/me/two-factor")
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", ada.html)[1]
    await ada.send("/review/me/two-factor", code="000000")
    assert ada.status == 422 and secret in ada.html
    moment = store.now()
    await ada.send("/review/me/two-factor", code=pyotp.TOTP(secret).at(moment))
    recovery = re.findall(r"<code>(\w{5}-\w{5})</code>", ada.html)
    assert len(recovery) == 10

    browser = await sign_in(Browser(people.client(system)), "ada@example.org")
    assert browser.path == "/review/sign-in/code"
    half = browser.http.cookies["review-session"]
    assert (await browser.get("/review/accounts")).path == "/review/sign-in/code"
    await browser.send("/review/sign-in/code", code=pyotp.TOTP(secret).at(moment))
    assert browser.status == 422, "a code used once does not open again"
    later = moment + timedelta(seconds=30)
    await browser.send("/review/sign-in/code", code=pyotp.TOTP(secret).at(later))
    assert browser.path == "/review/accounts" and browser.http.cookies["review-session"] != half

    for number in (0, 1):
        other = await sign_in(Browser(people.client(system)), "ada@example.org")
        await other.send("/review/sign-in/code", code=recovery[0].lower())
        assert other.path == ("/review/sign-in/code" if number else "/review")
    with system.built.database.reading() as session:
        stored = str([vars(row) for row in session.scalars(select(CoordinatorRow))])
    assert not any(code.replace("-", "") in stored for code in recovery)


async def test_after_the_code_too_one_goes_on_to_the_page_that_was_asked_for_and_nowhere_else(system):
    ada_id = people.account(system, "Ada", Post.ADMIN)
    with system.built.database.unit_of_work() as session:
        row = accounts.account(session, ada_id)
        row.two_factor_secret, row.two_factor_on = "A" * 32, True
    codes = (pyotp.TOTP("A" * 32).at(store.now() + timedelta(seconds=30 * number)) for number in (-1, 0, 1))
    browser = await sign_in(Browser(people.client(system)), "ada@example.org", path="/review/flags?kind=crisis")
    assert browser.path == "/review/sign-in/code"
    await browser.send("/review/sign-in/code", code="no code")
    assert browser.status == 422
    await browser.send("/review/sign-in/code", code=next(codes))
    assert str(browser.page.url).endswith("/review/flags?kind=crisis")
    # a page asked for between the two steps
    half = await sign_in(Browser(people.client(system)), "ada@example.org")
    await half.get("/review/accounts")
    await half.send("/review/sign-in/code", code=next(codes))
    assert half.path == "/review/accounts"
    stranger = await sign_in(Browser(people.client(system)), "ada@example.org")
    await stranger.send("/review/sign-in/code", code=next(codes), next="https://evil.example")
    assert str(stranger.page.url) == "http://test/review"


async def test_where_it_is_required_nothing_opens_before_it_is_set_up(address, tmp_path, database):
    system = running(address, tmp_path, facilitator_two_factor="required")
    browser = people.signed_in(system, people.account(system, "Ada", Post.ADMIN))
    assert (await browser.get("/review/accounts?post=admin")).path == "/review/me/two-factor"
    await browser.send("/review/me/two-factor", code="no code")
    assert browser.status == 422
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", browser.html)[1]
    await browser.send("/review/me/two-factor", code=pyotp.TOTP(secret).at(store.now()))
    assert 'class="button main" href="/review/accounts?post=admin"' in browser.html
    await browser.get("/review/accounts?post=admin")
    assert browser.status == 200
    stranger = people.signed_in(system, people.account(system, "Otto", Post.ADMIN))
    await stranger.get("/review/me/two-factor?next=https://evil.example")
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", stranger.html)[1]
    await stranger.send("/review/me/two-factor", code=pyotp.TOTP(secret).at(store.now()))
    assert 'class="button main" href="/review"' in stranger.html and "evil" not in stranger.html
    await system.parts.link.close()
    system.built.database.dispose()


def test_passwords_need_length_and_to_be_no_ones_first_guess():
    assert passwords.fault("fourteen signs") is PasswordFault.SHORT
    assert passwords.fault("a" * 201) is PasswordFault.LONG
    for common in ("Password Password 1", "aaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "123456789012345678", "coproduction-facilitator"):
        assert passwords.fault(common) is PasswordFault.COMMON, common
    assert passwords.fault("cora.northtown@example.org", "Cora", "cora.northtown@example.org") is PasswordFault.ABOUT_YOU
    assert passwords.fault("seven green bicycles", "Ada", "ada@example.org") is None
    assert passwords.fault("ñandú 日本語 с пробелами") is None


async def test_the_audit_says_who_came_and_never_what_was_typed(system):
    people.account(system, "Ada", Post.ADMIN)
    await sign_in(Browser(people.client(system)), "ada@example.org", "a canary that sang loudly")
    await sign_in(Browser(people.client(system)), "canary@example.org")
    await sign_in(Browser(people.client(system)), "ada@example.org")
    with system.built.database.reading() as session:
        rows = list(session.scalars(select(AuditRow).order_by(AuditRow.seq)))
        audit.check(session)
    assert [row.action for row in rows][-3:] == ["sign_in_failed", "sign_in_failed", "signed_in"]
    assert "canary" not in str([vars(row) for row in rows])
