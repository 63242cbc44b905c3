"""What the words around a word say about it: a title before it, a role, a verb after it, a month, a place."""

from __future__ import annotations

from collections.abc import Sequence

from facilitator.privacy.lexicon import Lexicon
from facilitator.privacy.tokens import Word

_JOINS = " ,(-:\u2013"
_CALLED = frozenset(("is", "was", "called", "named"))


class Surroundings:
    """Answers questions about one word of one text."""

    def __init__(self, words: Sequence[Word], lexicon: Lexicon) -> None:
        self.words, self._lexicon = words, lexicon
        self.shouting = sum(word.shouted for word in words) * 2 > len(words)

    def next_to(self, at: int) -> Word | None:
        """The word that follows in the same breath."""
        following = self.words[at + 1] if at + 1 < len(self.words) else None
        return following if following is not None and following.between.strip("- \u2019'") == "" and not following.opens else None

    def follows_title(self, at: int) -> bool:
        """ "Dr X", "mrs x", "Nurse X"."""
        if at == 0:
            return False
        title, word = self.words[at - 1], self.words[at]
        allowed = (" ", ". ", ".") if title.folded in self._lexicon.abbreviated_titles else (" ",)
        if title.folded not in self._lexicon.titles or word.between not in allowed:
            return False
        if word.folded in self._lexicon.after or word.folded in self._lexicon.places_after:
            return False
        acting = word.folded in self._lexicon.ambiguous_first and self.acts(at)
        known = (
            acting
            or word.folded in self._lexicon.first
            or (word.folded in self._lexicon.last and word.folded not in self._lexicon.ordinary)
        )
        return title.folded not in self._lexicon.loose_titles or word.capital or known

    def follows_role(self, at: int) -> bool:
        """ "my key worker x", "our chair, x", "his son is called x"."""
        back = at
        while back > 0 and at - back < 2 and self.words[back - 1].folded in _CALLED and not self._broken(back):
            back -= 1
        if back == 0 or self._broken(at) or self._broken(back):
            return False
        for size in (3, 2, 1):
            role = tuple(word.folded for word in self.words[max(0, back - size) : back])
            if len(role) == size and role in self._lexicon.roles:
                owned = back - size > 0 and self.words[back - size - 1].folded in self._lexicon.owners
                named = back < at
                sure = self.words[at].capital or self.words[at].folded in self._lexicon.first
                return sure or (owned and (not named or self.words[at - 1].folded in ("called", "named")))
        return False

    def follows_naming(self, at: int) -> bool:
        """ "my name is x", "they call me x", "I'm X"; and "x is my first name"."""
        if self._before_name_word(at):
            return True
        word = self.words[at]
        if word.opens and word.between.strip() != ":":
            return False
        before = [other.folded for other in self.words[max(0, at - 3) : at]]
        if before[-2:] in (
            ["name", "is"],
            ["name", "was"],
            ["names", "is"],
            ["call", "me"],
            ["calls", "me"],
            ["called", "me"],
            ["known", "as"],
            ["name", "s"],
            ["down", "as"],
            ["name", "as"],
            ["go", "by"],
            ["goes", "by"],
            ["going", "by"],
            ["answer", "to"],
            ["answers", "to"],
        ) or before[-1:] in (["aka"], ["nicknamed"], ["nee"]):
            return True
        if before[-1:] in (["called"], ["named"]):
            return before[-2:-1] in (
                ["i'm"],
                ["im"],
                ["am"],
                ["me"],
                ["he"],
                ["she"],
                ["who"],
                ["him"],
                ["her"],
                ["they"],
                ["shes"],
                ["hes"],
            ) or before[-3:-1] in (
                ["he", "is"],
                ["she", "is"],
            )
        if before[-1:] in (["surname"], ["forename"], ["forenames"]) and word.between.strip() in (":", "", "-", "="):
            return True
        if before[-1:] == ["am"] and (len(before) == 1 or before[-2] in ("hello", "hi", "hiya", "hey")):
            return word.capital or (word.folded not in self._lexicon.ordinary and self.ends(at))
        if before[-1:] in (["name"], ["names"]) and word.between.strip() in (":", "", "-", "="):
            return word.folded not in self._lexicon.ordinary or word.folded in self._lexicon.ambiguous_first
        said_of_self = before[-1:] in (["i'm"], ["im"]) or before[-2:] == ["i", "am"] or before[-2:] == ["this", "is"]
        return said_of_self and word.capital and not self.shouting and word.folded not in self._lexicon.after

    def follows_person_word(self, at: int) -> bool:
        """ "asked x", "with x", "thanks x": words that often stand before a name."""
        if self.words[at].between.strip(" ,"):
            return False
        return any(tuple(word.folded for word in self.words[at - size : at]) in self._lexicon.before for size in (2, 1) if at >= size)

    def is_talked_to(self, at: int) -> bool:
        """ "told X", "spoke to X": whoever it is, it is a person."""
        if self.words[at].opens or self.words[at].between.strip(" ,"):
            return False
        return any(tuple(word.folded for word in self.words[at - size : at]) in self._lexicon.talking_to for size in (2, 1) if at >= size)

    def is_told(self, at: int) -> bool:
        """ "ask dawn about the kettle", "tell kez he owes me": asked or told, and what of; not "we ask for patience and time"."""
        word = self.words[at]
        if word.opens or word.between != " ":
            return False
        asked = any(tuple(word.folded for word in self.words[at - size : at]) in self._lexicon.asked for size in (2, 1) if at >= size)
        following = self.next_to(at)
        return asked and (following is None or following.folded in self._lexicon.told_that)

    def speaks_up(self, at: int) -> bool:
        """ "bill reckons", "i think hope said": at the beginning, or after a word that leads to somebody who speaks."""
        following = self.next_to(at)
        if following is None or following.folded not in self._lexicon.speech:
            return False
        return self.words[at].opens or (self.words[at].between == " " and self.words[at - 1].folded in self._lexicon.leads_to_speech)

    def is_asked_of(self, at: int) -> bool:
        """ "is angel still running it", "it's rose who does the newsletter"."""
        following = self.next_to(at)
        if at == 0 or following is None or not self._in_one_breath(at):
            return False
        before = self.words[at - 1]
        led_to = before.folded in ("its", "is", "was", "and", "with", "from", "like") or (before.folded == "it" and before.owns)
        who = following.folded == "who" and led_to
        return who or (before.opens and before.folded in self._lexicon.asked_of and following.folded in self._lexicon.is_doing)

    def _in_one_breath(self, at: int) -> bool:
        """Whether nothing but a space, and the 's of the word before, stands before this one."""
        return self.words[at].between.removeprefix("'s").removeprefix("\u2019s") == " "

    def is_beside_me(self, at: int) -> bool:
        """ "me and will are doing the stall"."""
        following = self.next_to(at)
        if at < 2 or following is None or self.words[at - 1].folded not in ("and", "n"):
            return False
        return self.words[at - 2].folded in ("me", "i", "him", "her", "myself") and following.folded in (
            "are",
            "were",
            "r",
            "both",
            "went",
            "did",
        )

    def has_an_article(self, at: int) -> bool:
        """ "the jack for the projector", "at the mo", "a no telly zone": a thing, in small letters."""
        return at > 0 and self.words[at].between == " " and self.words[at - 1].folded in ("the", "no", "every")

    def will_do(self, at: int) -> bool:
        """ "Faith will bring the flipchart"."""
        following, then = self.next_to(at), self.next_to(at + 1)
        return following is not None and then is not None and following.folded in ("will", "can") and then.folded in self._lexicon.will_do

    def is_asked_by_name(self, at: int) -> bool:
        """ "Would Penny mind", "Is Grace in": a capital straight after the verb that opens a question."""
        before = self.words[at - 1] if at else None
        if before is None or not before.opens or self.words[at].between != " " or not self.words[at].capital:
            return False
        asked = before.folded in self._lexicon.asked_of or before.folded in ("would", "could", "should", "shall", "have", "are")
        return asked and self.words[at].folded not in self._lexicon.times and not self.shouting

    def says_what_they_are(self, at: int) -> bool:
        """ "i'm blessing, carer for my dad"."""
        following = self.words[at + 1] if at + 1 < len(self.words) else None
        said = at > 0 and self.words[at - 1].folded in ("i'm", "im", "am") and self.words[at].between == " "
        return said and following is not None and following.between.strip() == "," and following.folded in self._lexicon.named_as

    def has_a_family_name(self, at: int) -> bool:
        """ "Harmony Quayson": a capital that nobody knows as a word comes next."""
        following = self.next_to(at)
        if following is None or not self.words[at].capital or self.shouting or following.shouted:
            return False
        unknown = following.capital and len(following.text) > 3 and following.folded not in self._lexicon.ordinary
        return unknown and following.folded not in self._lexicon.places and following.folded not in self._lexicon.never

    def is_told_of(self, at: int) -> bool:
        """ "my nurse blessing she is very kind": whoever it is, is spoken of at once."""
        following = self.next_to(at)
        return following is not None and following.folded in ("she", "he", "shes", "hes")

    def is_in_a_place(self, at: int) -> bool:
        """ "my GP in Shirley", "near Barry": a first name that is a town too; not "I trust in Shirley". Or the ward of a plant's name."""
        if at == 0 or self.words[at].between != " " or self.words[at].owns:
            return False
        before = self.words[at - 1].folded
        if before == "on" and self.words[at].folded in self._lexicon.plants:
            return at < 2 or self.words[at - 2].folded not in self._lexicon.leans
        if before == "in":
            return at < 2 or self.words[at - 2].folded not in self._lexicon.confides
        if not self.words[at].capital:
            return False
        moving = {word.folded for word in self.words[max(0, at - 4) : at]} & {"moved", "moving", "move", "train", "bus"}
        return (before in ("to", "from") and bool(moving)) or before in ("near", "around", "outside")

    def speaks(self, at: int) -> bool:
        """ "X said", where X is not the end of something longer: "the Green Light Toolkit says"."""
        following = self.next_to(at)
        if following is None or following.folded not in self._lexicon.speaks or self.words[at].folded in self._lexicon.places_after:
            return False
        return self.words[at].opens or at == 0 or not (self.words[at - 1].capital or self.words[at - 1].folded in ("the", "a", "an"))

    def says_who(self, at: int) -> bool:
        """ "its debs again", "this is kez calling", "Fatoumata here": somebody says who is writing."""
        word, following = self.words[at], self.next_to(at)
        said = following is not None and following.folded in self._lexicon.introduced
        known = word.folded in self._lexicon.ordinary
        if word.opens or self._greeted(at):
            then = self.words[at + 2] if at + 2 < len(self.words) else None
            ends = then is None or then.between.strip() != "" or then.folded == "from"
            return said and following is not None and following.folded == "here" and ends and not known
        before = tuple(other.folded for other in self.words[max(0, at - 2) : at])
        starts = at - 1 if before[-1:] in (("its",), ("it",)) else at - 2 if before == ("this", "is") else -1
        if starts < 0 or not self._in_one_breath(at) or not (self.words[starts].opens or self._greeted(starts)):
            return False
        return (word.capital and not known and self.ends(at)) or (said and (word.capital or not known))

    def signs_off(self, at: int) -> bool:
        """ "thank you, Rosalind" and "cheers, bez xx": the last word, after a word of parting and a stop."""
        rest = {word.folded for word in self.words[at + 1 :]}
        if at == 0 or not rest <= {"x", "xx", "xxx"} or not set(self.words[at].between) & set(",.!\n-\u2013"):
            return False
        return self.words[at - 1].folded in self._lexicon.signs_off

    def does_something(self, at: int) -> bool:
        """ "Mark marked the agenda": something done, and to what."""
        following, then = self.next_to(at), self.next_to(at + 1)
        if following is None or then is None or not following.folded.endswith("ed") or following.folded in self._lexicon.not_done:
            return False
        return then.folded in self._lexicon.objects and not self._needs_no_article(at)

    def _greeted(self, at: int) -> bool:
        return at > 0 and self.words[at - 1].folded in ("hi", "hello", "hiya", "hey", "morning", "evening", "afternoon", "yo")

    def owns(self, at: int) -> bool:
        """ "X's taxi", but not "May's meeting"."""
        following = self.words[at + 1] if at + 1 < len(self.words) else None
        if not self.words[at].owns or not self.words[at].capital or following is None or following.opens:
            return False
        return self.words[at].folded not in self._lexicon.times or following.folded not in self._lexicon.of_a_time

    def acts(self, at: int) -> bool:
        """Whether a verb of people follows: "x said", "x is my key worker"."""
        following = self.next_to(at)
        if following is None or following.folded not in self._lexicon.after:
            return False
        if following.folded == "and" and not self._joins_people(at + 2):
            return False
        if not self.words[at].opens or following.folded not in self._lexicon.weak_verbs or not self._needs_no_article(at):
            return True
        then = self.next_to(at + 1)
        if self.words[at].folded in self._lexicon.times:
            return then is not None and then.folded in ("my", "our") and self._is_role(at + 3)
        return then is not None and then.folded in self._lexicon.of_a_person

    def named_so(self, at: int) -> bool:
        """ "someone called X", "my name is X": said outright of a person, so that any word with a capital is a name."""
        before = [word.folded for word in self.words[max(0, at - 2) : at]]
        if before[-1:] in (["called"], ["named"]):
            return self.follows_role(at)
        return before[-1:] in (["name"], ["names"]) or before in (["name", "is"], ["names", "is"], ["name", "was"])

    def is_plain_word(self, at: int) -> bool:
        """ "ray of sunshine", "rob us of hope": a first name that is a plain word before these."""
        following = self.next_to(at)
        return following is not None and following.folded in self._lexicon.plain_before.get(self.words[at].folded, ())

    def ends_something(self, at: int) -> bool:
        """ "Brick Lane", "Recovery Star": the end of a longer name that is no person's."""
        before, word = self.words[at - 1] if at else None, self.words[at]
        if before is None or word.opens or word.between != " " or not before.capital or before.owns:
            return False
        lexicon = self._lexicon
        leads_to_people = (lexicon.small, lexicon.titles, lexicon.first, lexicon.rare_first, lexicon.last, lexicon.after)
        spoken = any((before.folded,) in phrases for phrases in (lexicon.before, lexicon.talking_to, lexicon.roles))
        return not spoken and len(before.text) > 1 and not any(before.folded in words for words in leads_to_people)

    def ends(self, at: int) -> bool:
        """Whether nothing, a stop or a verb follows, so that the word is not the start of something longer."""
        following = self.words[at + 1] if at + 1 < len(self.words) else None
        return following is None or following.opens or following.between.strip() != "" or following.folded in self._lexicon.after

    def is_month_or_place(self, at: int) -> bool:
        """ "in May", "3 June", "near Preston"."""
        if at == 0:
            return False
        before, month = self.words[at - 1], self.words[at].folded in self._lexicon.times
        following = self.next_to(at)
        if before.text[0].isdigit() or (month and following is not None and following.text[0].isdigit()):
            return True
        return before.folded in self._lexicon.month_before if month else before.folded in ("in", "at", "near", "from")

    def belongs_to_a_place(self, at: int, length: int) -> bool:
        """ "Rose ward", "Elizabeth House", "St Mary's": places and organisations keep their names."""
        last = at + length - 1
        after = self.words[last + 1] if last + 1 < len(self.words) else None
        if self._is_in_a_list_of_places(last):
            return True
        if after is not None and after.folded in self._lexicon.places_after and after.between in (" ", "'s ", "\u2019s ", "' ", "\u2019 "):
            if self._is_home_of(at, length, after):
                return False
            if after.folded not in self._lexicon.everyday_places:
                return True
            the = at > 0 and self.words[at - 1].folded in ("the", "a") and after.between == " "
            return self.words[at].capital and (after.capital or the)
        before = self.words[at - 1] if at else None
        named = before is not None and before.folded in self._lexicon.places_before
        if before is not None and before.folded == "st":
            return self.words[at].between in (" ", ". ", ".")
        return named and self.words[at].capital and self.words[at].between in (" ", ". ", ".")

    def _is_in_a_list_of_places(self, at: int) -> bool:
        """ "Willow, Jasmine and Bluebell wards": one name after another, up to what all of them are."""
        following = at + 1
        while following + 1 < min(len(self.words), at + 8) and self._goes_on(following):
            following += 2 if self.words[following].folded in ("and", "or") else 1
        many = self.words[following] if following < len(self.words) else None
        return many is not None and many.folded in self._lexicon.many_places and many.between == " "

    def _goes_on(self, at: int) -> bool:
        """Whether another name of a list begins here: after a comma, or after "and"."""
        word = self.words[at]
        return word.between == ", " or (word.folded in ("and", "or") and word.between in (" ", ", ") and self.words[at + 1].between == " ")

    def owns_a_home(self, at: int) -> bool:
        """Whether this first name owns what follows, as in "Margaret's house"."""
        return at + 1 < len(self.words) and self._is_home_of(at, 1, self.words[at + 1])

    def _is_home_of(self, at: int, length: int, after: Word) -> bool:
        """ "Margaret's house" is hers; "St Mary's hospital" and "Rose's Ward" are places."""
        before = self.words[at - 1] if at else None
        named = before is not None and before.folded in self._lexicon.places_before
        known = self.words[at].folded in self._lexicon.first
        return known and not named and self.words[at + length - 1].owns and not after.capital and after.folded in self._lexicon.homely

    def joined_to(self, at: int) -> int | None:
        """The word that "and" or a comma joins to this one from before, if any."""
        if at >= 2 and self.words[at - 1].folded in ("and", "or", "n") and not self.words[at].opens:
            return at - 2
        return at - 1 if at >= 1 and self.words[at].between.strip() in (",", "&", "/") else None

    def _joins_people(self, at: int) -> bool:
        """Whether the word after "and" may be a person too: "Rose and I", but not "Christian and Sikh prayers"."""
        if at >= len(self.words):
            return False
        word = self.words[at]
        if word.folded in ("i", "me", "my", "the", "his", "her", "others"):
            return True
        return word.capital and not (word.folded in self._lexicon.small or word.folded in self._lexicon.never)

    def _is_role(self, at: int) -> bool:
        return any(tuple(word.folded for word in self.words[at : at + size]) in self._lexicon.roles for size in (3, 2, 1))

    def _needs_no_article(self, at: int) -> bool:
        return self.words[at].folded in self._lexicon.without_article or self.words[at].folded in self._lexicon.places

    def _before_name_word(self, at: int) -> bool:
        following = [word.folded for word in self.words[at + 1 : at + 6]]
        return self.words[at].capital and following[:2] in (["is", "my"], ["was", "my"]) and bool({"name", "surname"} & set(following[2:4]))

    def _broken(self, at: int) -> bool:
        return self.words[at].opens or self.words[at].between.removeprefix("'s").removeprefix("\u2019s").strip(_JOINS) != ""
