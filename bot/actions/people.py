"""Thanks, being cross, asking for a person, not being understood."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import people


class Thank(FacilitatorAction):
    action_name = "action_thank"
    move = staticmethod(people.thank)


class SayWhatIAm(FacilitatorAction):
    action_name = "action_say_what_i_am"
    move = staticmethod(people.say_what_i_am)


class FindPerson(FacilitatorAction):
    action_name = "action_find_person"
    move = staticmethod(people.find_person)


class HearFrustration(FacilitatorAction):
    action_name = "action_hear_frustration"
    move = staticmethod(people.hear_frustration)


class SpeakEnglish(FacilitatorAction):
    action_name = "action_speak_english"
    move = staticmethod(people.speak_english)


class NotUnderstood(FacilitatorAction):
    action_name = "action_not_understood"
    move = staticmethod(people.not_understood)
