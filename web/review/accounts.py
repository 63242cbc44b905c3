"""Accounts, for admins: who there is, a new one, what they may do, a new link, closing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from facilitator.coordinators import accounts as book
from facilitator.coordinators import two_factor
from facilitator.coordinators.accounts import AccountError
from facilitator.coordinators.rights import Post
from web.review.guard import ROOT, AdminSeat, ReviewRoute, Seat, to
from web.review.signing import account_errors

HERE = f"{ROOT}/accounts"
router = APIRouter(prefix=HERE, include_in_schema=False, route_class=ReviewRoute)


@router.get("")
def all_accounts(seat: AdminSeat) -> Response:
    return _list(seat)


@router.post("")
def add(seat: AdminSeat) -> Response:
    name, email, post = (seat.fields.get(field)[:300] for field in ("name", "email", "post"))
    try:
        with seat.work() as session:
            row = book.add(session, seat.viewer.id, name, email, _post(post))
            token = book.link_for(session, seat.viewer.id, row)
    except AccountError as error:
        return _list(seat, 422, errors=account_errors(error), name=name, email=email, post=post)
    return _link(seat, row.name, token)


@router.get("/{account_id}")
def one(account_id: str, seat: AdminSeat) -> Response:
    return _one(seat, account_id)


@router.post("/{account_id}")
def change(account_id: str, seat: AdminSeat) -> Response:
    try:
        with seat.work() as session:
            row = book.account(session, account_id)
            book.change(session, seat.viewer.id, row, name=seat.fields.get("name")[:300], post=_post(seat.fields.get("post")))
    except AccountError as error:
        return _one(seat, account_id, 422, errors=account_errors(error))
    return to(HERE, "account")


@router.post("/{account_id}/link")
def new_link(account_id: str, seat: AdminSeat) -> Response:
    with seat.work() as session:
        row = book.account(session, account_id)
        token = book.link_for(session, seat.viewer.id, row)
    return _link(seat, row.name, token)


@router.post("/{account_id}/two-factor-off")
def two_factor_off(account_id: str, seat: AdminSeat) -> Response:
    """For somebody who lost their phone and their recovery codes; asked for by voice, not by mail."""
    with seat.work() as session:
        row = book.account(session, account_id)
        two_factor.turn_off(session, seat.viewer.id, row)
        book.sign_out_everywhere(session, row)
    return to(f"{HERE}/{account_id}", "two_factor_off")


@router.post("/{account_id}/closed")
def set_closed(account_id: str, seat: AdminSeat) -> Response:
    closed = seat.fields.get("closed") == "yes"
    try:
        with seat.work() as session:
            book.set_closed(session, seat.viewer.id, book.account(session, account_id), closed=closed)
    except AccountError as error:
        return _one(seat, account_id, 422, errors=account_errors(error))
    return to(HERE, "closed" if closed else "opened")


def _post(name: str) -> Post:
    """What nobody chose is the least."""
    return Post(name) if name in set(Post) else Post.VIEWER


def _list(seat: Seat, status: int = 200, **more: Any) -> Response:
    with seat.reading() as session:
        rows = book.everyone(session)
    typed = {"name": "", "email": "", "post": "coordinator", **more}
    return seat.page("accounts", status, rows=rows, state_of=book.state_of, posts=list(Post), **typed)


def _one(seat: Seat, account_id: str, status: int = 200, **more: Any) -> Response:
    with seat.reading() as session:
        row = book.account(session, account_id)
    return seat.page("account", status, row=row, posts=list(Post), **more)


def _link(seat: Seat, name: str, token: str) -> Response:
    """Shown once: only its hash is stored."""
    return seat.page("link", name=name, link=f"{seat.parts.built.settings.address}{ROOT}/welcome/{token}", days=book.LINK_LIVES.days)
