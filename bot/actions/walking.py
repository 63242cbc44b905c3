"""Answering, adding words, moving about."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import walking


class Rate(FacilitatorAction):
    action_name = "action_rate"
    move = staticmethod(walking.rate)


class Comment(FacilitatorAction):
    action_name = "action_comment"
    move = staticmethod(walking.want_to_comment)


class NoComment(FacilitatorAction):
    action_name = "action_no_comment"
    move = staticmethod(walking.no_comment)


class Skip(FacilitatorAction):
    action_name = "action_skip"
    move = staticmethod(walking.skip)


class Back(FacilitatorAction):
    action_name = "action_back"
    move = staticmethod(walking.back)


class ChangeAnswer(FacilitatorAction):
    action_name = "action_change_answer"
    move = staticmethod(walking.change_answer)


class Reflect(FacilitatorAction):
    action_name = "action_reflect"
    move = staticmethod(walking.reflect)
