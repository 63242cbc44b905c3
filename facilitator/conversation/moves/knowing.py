"""Questions, answered from the knowledge base with their source; follow-ups use the topic just spoken of."""

from __future__ import annotations

from dataclasses import replace

from facilitator.conversation.asking import return_to, then_ask
from facilitator.conversation.moves.rights import before_choosing
from facilitator.conversation.moves.walking import comment
from facilitator.conversation.reading import looks_like_question, tells_of_oneself
from facilitator.conversation.turn import AnswerWanted, Choice, FlagRaised, Library, Outcome, Say, Talk, Turn
from facilitator.knowledge.base import Decision, Found, Part
from facilitator.vocabulary import FlagKind, Kind, Role, Step

OFFERED = 3
_UNCOVERED = (None, "utter_decline_uncovered", "utter_decline_off_topic")
_PART_FOR_ROLE = {Role.SERVICE_USER: Part.SERVICE_USERS, Role.CARER: Part.SERVICE_USERS, Role.STAFF: Part.STAFF, Role.LEAD: Part.LEADS}


def answer_question(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Answer, offer the nearest topics, or say kindly that the framework does not cover it; then return."""
    chosen = turn.entities.get("passage")
    if chosen:
        return _answer(talk, library, chosen)
    if turn.text is None:
        return return_to(talk, library)
    found = library.knowledge.search(turn.text)
    if found.decision is Decision.ANSWER:
        return _answer(talk, library, found.hits[0].passage)
    if talk.kept is None and found.reply in _UNCOVERED:
        return before_choosing(talk, library)
    if found.decision is Decision.OFFER:
        is_story = talk.kept and talk.position.step is Step.ITEM and tells_of_oneself(turn.text)
        return _keep_and_offer(turn, talk, library, found) if is_story else _offer(talk, library, found)
    if _is_remark(turn.text, talk, found):
        return comment(turn, talk, library)
    return _decline(talk, library, found)


def _is_remark(text: str, talk: Talk, found: Found) -> bool:
    """Words at a question that ask nothing and that the framework has nothing on: a remark on that question, to be kept."""
    return bool(talk.kept) and talk.position.step is Step.ITEM and found.reply in _UNCOVERED and not looks_like_question(text)


def tell_more(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return _part_of_focus(talk, library, turn, Part.MORE)


def for_staff(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return _part_of_focus(talk, library, turn, Part.STAFF)


def for_carers(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return _part_of_focus(talk, library, turn, Part.SERVICE_USERS)


def for_leads(turn: Turn, talk: Talk, library: Library) -> Outcome:
    return _part_of_focus(talk, library, turn, Part.LEADS)


def explain_term(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """What a word means: from the glossary, else about the topic in hand, else simpler words for the question."""
    term = library.knowledge.explain(turn.text or "")
    if term:
        return return_to(talk, library, Say("utter_term", Kind.ANSWER, {"term": term.term}))
    if talk.position.focus:
        return explain_focus(talk, library)
    if talk.position.item:
        return then_ask(talk, library, Say("utter_simple_item", values={"item": talk.position.item}))
    return answer_question(turn, talk, library)


def explain_focus(talk: Talk, library: Library) -> Outcome:
    return _passage(talk, library, f"{talk.position.focus}#{Part.MORE}")


def example_of_focus(talk: Talk, library: Library) -> Outcome:
    return _passage(talk, library, f"{talk.position.focus}#{Part.EXAMPLE}")


def _part_of_focus(talk: Talk, library: Library, turn: Turn, part: Part) -> Outcome:
    topic = turn.entities.get("topic") or talk.position.focus or _topic_of_item(talk, library)
    if topic is None:
        return return_to(talk, library, Say("utter_more_of_what"))
    return _passage(talk, library, f"{topic}#{part}")


def _topic_of_item(talk: Talk, library: Library) -> str | None:
    return library.checklists.item(talk.position.item).topic if talk.position.item else None


def _answer(talk: Talk, library: Library, passage_id: str) -> Outcome:
    try:
        passage = library.knowledge.passage(passage_id)
    except KeyError:
        return return_to(talk, library, Say("utter_answer_gone"))
    said = Say("utter_answer", Kind.ANSWER, {"passage": passage_id}, _follow_ups(talk, library, passage.topic, passage_id))
    return return_to(talk.at(focus=passage.topic), library, said)


def _passage(talk: Talk, library: Library, passage_id: str) -> Outcome:
    try:
        library.knowledge.passage(passage_id)
    except KeyError:
        return return_to(talk, library, Say("utter_no_more"))
    topic = passage_id.partition("#")[0]
    return return_to(talk.at(focus=topic), library, Say("utter_answer", Kind.ANSWER, {"passage": passage_id}))


def _follow_ups(talk: Talk, library: Library, topic_id: str, shown: str) -> tuple[Choice, ...]:
    """Tell me more, for you, an example, and one related topic: titles come from the catalogue by their key."""
    topic = library.knowledge.topic(topic_id)
    about = {"topic": topic_id}
    choices = []
    if Part.MORE in topic.parts:
        choices.append(Choice("{tell_more}", "tell_more", about))
    part = _PART_FOR_ROLE.get(talk.role) if talk.role else None
    if part in (Part.STAFF, None) and Part.STAFF in topic.parts:
        choices.append(Choice("{for_staff}", "for_staff", about))
    if part is Part.LEADS and Part.LEADS in topic.parts:
        choices.append(Choice("{for_leads}", "for_leads", about))
    if part in (Part.SERVICE_USERS, None) and Part.SERVICE_USERS in topic.parts:
        choices.append(Choice("{for_carers}", "for_carers", about))
    if Part.EXAMPLE in topic.parts:
        choices.append(Choice("{give_example}", "ask_question", {"passage": f"{topic_id}#{Part.EXAMPLE}"}))
    for related in topic.related[:1]:
        choices.append(Choice(library.knowledge.topic(related).title, "ask_question", {"passage": f"{related}#{Part.SHORT}"}))
    return tuple(choice for choice in choices if choice.entities.get("passage") != shown)


def _offer(talk: Talk, library: Library, found: Found) -> Outcome:
    return return_to(talk, library, Say("utter_did_you_mean", Kind.TEXT, choices=_nearest(library, found)))


def _keep_and_offer(turn: Turn, talk: Talk, library: Library, found: Found) -> Outcome:
    """Something of the person's own, told at a question: it is kept with it, and what may help is offered beside."""
    kept = comment(turn, talk, library)
    return replace(kept, says=(Say("utter_comment_kept_may_help", Kind.TEXT, choices=_nearest(library, found)), *kept.says[-1:]))


def _nearest(library: Library, found: Found) -> tuple[Choice, ...]:
    hits = found.hits[:OFFERED]
    return tuple(Choice(library.knowledge.topic(hit.topic).title, "ask_question", {"passage": hit.passage}) for hit in hits)


def _decline(talk: Talk, library: Library, found: Found) -> Outcome:
    reply = found.reply or "utter_decline_uncovered"
    if not talk.kept or reply not in _UNCOVERED:
        return return_to(talk, library, Say(reply))
    said = Say(reply, choices=(Choice("{tell_when_answered}", "tell_when_answered"),))
    return return_to(talk, library, said, facts=(FlagRaised(FlagKind.UNANSWERED),))


def tell_when_answered(turn: Turn, talk: Talk, library: Library) -> Outcome:
    """Remember that the person wants to be told. Of somebody who keeps nothing, nothing is remembered."""
    if not talk.kept:
        return return_to(talk, library, Say("utter_cannot_tell"))
    return return_to(talk, library, Say("utter_will_tell"), facts=(AnswerWanted(),))
