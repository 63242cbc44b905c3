"""A bare yes or no."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import plain_yes_no


class Yes(FacilitatorAction):
    action_name = "action_yes"
    move = staticmethod(plain_yes_no.yes)


class No(FacilitatorAction):
    action_name = "action_no"
    move = staticmethod(plain_yes_no.no)
