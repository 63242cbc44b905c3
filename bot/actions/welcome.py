"""Saying hello and setting up."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import welcome


class Greet(FacilitatorAction):
    action_name = "action_greet"
    move = staticmethod(welcome.greet)


class ChooseKeeping(FacilitatorAction):
    action_name = "action_choose_keeping"
    move = staticmethod(welcome.choose_keeping)


class ChooseRole(FacilitatorAction):
    action_name = "action_choose_role"
    move = staticmethod(welcome.choose_role)


class ChooseStage(FacilitatorAction):
    action_name = "action_choose_stage"
    move = staticmethod(welcome.choose_stage)


class HelpPickStage(FacilitatorAction):
    action_name = "action_help_pick_stage"
    move = staticmethod(welcome.help_pick_stage)


class ChooseDepth(FacilitatorAction):
    action_name = "action_choose_depth"
    move = staticmethod(welcome.choose_depth)
