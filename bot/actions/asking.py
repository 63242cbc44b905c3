"""Asking about the question in hand."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import asking_back


class ExplainWhy(FacilitatorAction):
    action_name = "action_explain_why"
    move = staticmethod(asking_back.explain_why)


class GiveExample(FacilitatorAction):
    action_name = "action_give_example"
    move = staticmethod(asking_back.give_example)


class Simplify(FacilitatorAction):
    action_name = "action_simplify"
    move = staticmethod(asking_back.simplify)


class Repeat(FacilitatorAction):
    action_name = "action_repeat"
    move = staticmethod(asking_back.repeat)


class ShowProgress(FacilitatorAction):
    action_name = "action_show_progress"
    move = staticmethod(asking_back.show_progress)


class ShowSummary(FacilitatorAction):
    action_name = "action_show_summary"
    move = staticmethod(asking_back.show_summary)
