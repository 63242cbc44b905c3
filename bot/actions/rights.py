"""Who sees this, download, delete, sharing."""

from bot.actions.base import FacilitatorAction
from facilitator.conversation.moves import rights


class WhoSees(FacilitatorAction):
    action_name = "action_who_sees"
    move = staticmethod(rights.who_sees)


class Delete(FacilitatorAction):
    action_name = "action_delete"
    move = staticmethod(rights.delete)


class Download(FacilitatorAction):
    action_name = "action_download"
    move = staticmethod(rights.download)


class ChangeSharing(FacilitatorAction):
    action_name = "action_change_sharing"
    move = staticmethod(rights.change_sharing)
