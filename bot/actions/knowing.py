"""Questions, answered from the knowledge base."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import knowing


class AnswerQuestion(FacilitatorAction):
    action_name = "action_answer_question"
    move = staticmethod(knowing.answer_question)


class TellMore(FacilitatorAction):
    action_name = "action_tell_more"
    move = staticmethod(knowing.tell_more)


class ForStaff(FacilitatorAction):
    action_name = "action_for_staff"
    move = staticmethod(knowing.for_staff)


class ForCarers(FacilitatorAction):
    action_name = "action_for_carers"
    move = staticmethod(knowing.for_carers)


class ForLeads(FacilitatorAction):
    action_name = "action_for_leads"
    move = staticmethod(knowing.for_leads)


class ExplainTerm(FacilitatorAction):
    action_name = "action_explain_term"
    move = staticmethod(knowing.explain_term)
