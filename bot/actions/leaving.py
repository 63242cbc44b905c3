"""Pausing, coming back, stopping."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import leaving


class Pause(FacilitatorAction):
    action_name = "action_pause"
    move = staticmethod(leaving.pause)


class Resume(FacilitatorAction):
    action_name = "action_resume"
    move = staticmethod(leaving.resume)


class Stop(FacilitatorAction):
    action_name = "action_stop"
    move = staticmethod(leaving.stop)


class SayGoodbye(FacilitatorAction):
    action_name = "action_say_goodbye"
    move = staticmethod(leaving.say_goodbye)
