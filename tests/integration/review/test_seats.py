"""Every route and every verb from six seats. The route table itself is walked, so that a page added later is tested too."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest
from fastapi.routing import APIRoute

from facilitator.coordinators import answers, sessions
from facilitator.coordinators.rights import RIGHTS, Post, Right, Viewer
from facilitator.reports import tickets
from facilitator.reports.rows import What
from facilitator.reports.tickets import Form
from tests.integration.review import people
from web.review.guard import OWNERS, Guard
from web.review.routes import review_router

# Open to everybody, because they are how one gets in.
PUBLIC = {"/review/sign-in", "/review/sign-in/code", "/review/welcome/{token}", "/review/style/{name}"}
PUBLIC |= {"/review/sign-in/organisation", "/review/sign-in/organisation/back"}
# Parts of an address that belong to nobody in particular: only admins get there, or nothing is there.
NOBODYS = {"account_id", "path"}


def walk(routes: Iterable[object]) -> Iterator[APIRoute]:
    """Every route, those of included routers too."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        elif (inside := getattr(route, "original_router", None)) is not None:
            yield from walk(inside.routes)


ROUTES = [(route.path, method, route) for route in walk(review_router().routes) for method in sorted(route.methods)]


def guards_of(route: APIRoute) -> list[Guard]:
    found, waiting = [], [route.dependant]
    while waiting:
        dependant = waiting.pop()
        found += [dependant.call] if isinstance(dependant.call, Guard) else []
        waiting += dependant.dependencies
    return found


def test_the_application_has_every_one_of_these_routes(system):
    served = [route for route in walk(system.app.routes) if route.path.startswith("/review")]
    assert {(route.path, method) for route in served for method in route.methods} == {(path, method) for path, method, _ in ROUTES}
    assert len(ROUTES) > 40


def test_every_route_but_the_way_in_has_exactly_one_guard():
    unguarded = {route.path for _, _, route in ROUTES if not guards_of(route)}
    assert unguarded == PUBLIC
    assert all(len(guards_of(route)) == 1 for _, _, route in ROUTES if route.path not in PUBLIC)


def test_every_part_of_an_address_has_an_owner_or_is_for_admins():
    for path, _, route in ROUTES:
        parts = set(re.findall(r"{(\w+)", path))
        if path in PUBLIC or parts <= set(OWNERS):
            continue
        assert parts <= NOBODYS, path
        assert guards_of(route)[0].right is Right.ADMIN or parts == {"path"}, path


def test_nothing_but_get_and_head_changes_anything_without_the_forms_secret():
    assert {method for _, method, route in ROUTES if route.path not in PUBLIC and not route.path.endswith("{path:path}")} <= {"GET", "POST"}


@pytest.fixture
def cast(system):
    """Two activities; each seat with what it may open."""
    own, code = people.activity(system, "Ours")
    other, _ = people.activity(system, "Theirs")
    conversation, token = people.person(system, own)
    ids = {
        "admin": people.account(system, "Ada", Post.ADMIN),
        "own": people.account(system, "Cora", Post.COORDINATOR, own),
        "other": people.account(system, "Otto", Post.COORDINATOR, other),
        "viewer": people.account(system, "Vera", Post.VIEWER, own),
    }
    with system.built.database.unit_of_work() as session:
        viewer = Viewer(ids["admin"], "Ada", "ada@example.org", Post.ADMIN)
        draft = answers.Draft("Is there parking?", "", "Yes, behind the hall.", "Test Trust")
        answer = answers.write(session, viewer, draft, [], own).id
        export = tickets.ask(session, viewer, What.ANSWERS, Form.CSV, own)
    flag = str(people.flag(system, conversation, "crisis"))
    parts = {"answer_id": answer, "export_id": export, "code": code, "flag_id": flag, "conversation_id": conversation}
    return ids, {**parts, "account_id": ids["viewer"], "path": "nowhere"}, token


def filled(path: str, parts: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(:path)?}", lambda found: parts[found[1]], path)


def expected(seat: str, route: APIRoute) -> set[int]:
    """What this seat gets. A form without the secret is refused after everything else was looked at."""
    right = guards_of(route)[0].right
    post = {"admin": Post.ADMIN, "viewer": Post.VIEWER}.get(seat, Post.COORDINATOR)
    if right not in RIGHTS[post]:
        return {403}
    if route.path.endswith("{path:path}"):
        return {404, 403}
    if seat == "other" and re.search(r"{(code|flag_id|conversation_id|answer_id|export_id)}", route.path):
        return {404}
    return {200}


@pytest.mark.parametrize("seat", ["admin", "own", "other", "viewer"])
async def test_each_seat_reaches_what_is_theirs_and_nothing_else(system, cast, seat):
    ids, parts, _ = cast
    browser = people.signed_in(system, ids[seat])
    for path, method, route in ROUTES:
        if path in PUBLIC or path == "/review/sign-out":
            continue
        address = filled(path, parts)
        response = await browser.http.request(method, address)
        wanted = expected(seat, route)
        if method not in ("GET", "HEAD") and wanted == {200}:
            wanted = {403}
        assert response.status_code in wanted, f"{seat}: {method} {address}: {response.status_code}, not {wanted}"
        if method == "GET" and wanted == {200}:
            await browser.get(address)


@pytest.mark.parametrize("token", ["", "participant", "half", "made up"])
async def test_without_a_session_every_address_ends_at_the_sign_in_page(system, cast, token):
    ids, parts, chat_token = cast
    browser = people.Browser(people.client(system))
    if token == "participant":
        browser.http.headers["Authorization"] = f"Bearer {chat_token}"
        browser.http.cookies.set("review-session", chat_token, path="/review")
    elif token == "made up":
        browser.http.cookies.set("review-session", "x" * 43, path="/review")
    elif token == "half":
        with system.built.database.unit_of_work() as session:
            from facilitator.coordinators import accounts

            half = sessions.start(session, accounts.account(session, ids["admin"]), complete=False)
        browser.http.cookies.set("review-session", half.token, path="/review")
    for path, method, _ in ROUTES:
        if path in PUBLIC:
            continue
        response = await browser.http.request(method, filled(path, parts))
        assert response.url.path == ("/review/sign-in/code" if token == "half" else "/review/sign-in"), f"{method} {path}"
        assert response.status_code == 200


async def test_a_form_needs_this_sessions_secret(system, cast):
    ids, parts, _ = cast
    cora, ada = people.signed_in(system, ids["own"]), people.signed_in(system, ids["admin"])
    await ada.get("/review/me")
    stolen = re.search(r'name="form" value="([^"]+)"', ada.html)
    assert stolen
    for secret in ("", "x", stolen[1]):
        response = await cora.http.post(f"/review/flags/{parts['flag_id']}/move", data={"form": secret, "to": "seen"})
        assert response.status_code == 403
