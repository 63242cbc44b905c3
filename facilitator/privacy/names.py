"""People's names: from lists of many origins, and from the words around them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from facilitator.encoder.slips import one_slip_away
from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.lexicon import Lexicon, load_lexicon
from facilitator.privacy.surroundings import Surroundings
from facilitator.privacy.tokens import Word, read_words

_LONGEST = 4
_BETWEEN_NAMES = (" ", "-", "'", "\u2019", "  ", "-\n")


class NameFinder:
    """Finds names in one text at a time. Holds only word lists, so several threads may share it."""

    def __init__(self, lexicon: Lexicon, kept: Iterable[str] = ()) -> None:
        self._lexicon = lexicon
        self._endings = tuple(lexicon.endings)
        own = (tuple(word.folded for word in read_words(phrase)) for phrase in kept)
        self._kept = lexicon.kept | {phrase for phrase in own if phrase}

    def find(self, text: str) -> Iterator[Entity]:
        """Names in `text`."""
        return self.find_among(self.read(text))

    def read(self, text: str) -> Surroundings:
        """The words of `text`, for this and for whoever weighs what it finds."""
        return Surroundings(read_words(text), self._lexicon)

    def find_among(self, around: Surroundings) -> Iterator[Entity]:
        """Names among words that were read before."""
        words = around.words
        found = self._first_look(around)
        self._second_look(around, found)
        for at, length in sorted(found.items()):
            if not self._is_kept(words, at, length):
                yield Entity(words[at].start, words[at + length - 1].end, EntityType.PERSON)

    def could_be(self, around: Surroundings, at: int) -> bool:
        """Whether a second opinion on a word is worth having: it is on a list of names, or unknown, or has a capital for no reason."""
        if not self.could_belong(around, at):
            return False
        word = around.words[at]
        return (
            self.is_listed(word) or word.folded not in self._lexicon.ordinary or (word.capital and not word.opens and not around.shouting)
        )

    def is_listed(self, word: Word) -> bool:
        """Whether a word is on any list of names, also of those that are words too."""
        lexicon = self._lexicon
        lists = (lexicon.first, lexicon.rare_first, lexicon.last, lexicon.ambiguous_first, lexicon.ordinary_last)
        return any(word.folded in names for names in lists)

    def could_belong(self, around: Surroundings, at: int) -> bool:
        """Whether a word may stand in a name as it is: no code, no initial, and none that never is one."""
        word = around.words[at]
        return len(word.text) > 1 and self._may_stand(word)

    def _may_stand(self, word: Word) -> bool:
        fit = word.text[0].isalpha() and not word.coded
        return fit and word.folded not in self._lexicon.never and word.folded not in self._lexicon.small

    def is_kept_or_place(self, around: Surroundings, at: int, length: int) -> bool:
        """Whether these words are a name that stays: an organisation's own, a ward's, a town's."""
        word = around.words[at]
        placed = (length == 1 and word.folded in self._lexicon.places) or around.is_in_a_place(at)
        return placed or around.belongs_to_a_place(at, length) or self._is_kept(around.words, at, length)

    def is_said_outright(self, around: Surroundings, at: int) -> bool:
        """Whether the text itself says that a name begins here: "Dr Day", "my name is Winter", "my nurse is May", "Margaret's house"."""
        return around.follows_title(at) or around.follows_naming(at) or around.owns_a_home(at)

    def _first_look(self, around: Surroundings) -> dict[int, int]:
        found: dict[int, int] = {}
        at = 0
        while at < len(around.words):
            length = self._name_at(around, at)
            if length:
                found[at] = length
            at += max(length, 1)
        return found

    def _second_look(self, around: Surroundings, found: dict[int, int]) -> None:
        """A capital joined to a name is a name: "Delroy and Winsome", "June and Bill"."""
        inside = {at + step: at for at, length in found.items() for step in range(length)}
        for at in range(len(around.words)):
            other = around.joined_to(at)
            if other is None:
                continue
            for candidate, name in ((at, other), (other, at)):
                if candidate in inside or name not in inside:
                    continue
                if self._may_be_name(around, candidate) or self._is_named_beside(around, candidate, name):
                    reach = self._length(around, candidate)
                    free = next((step for step in range(1, reach) if candidate + step in inside), reach)
                    found[candidate] = free
                    inside |= {candidate + step: candidate for step in range(free)}

    def _may_be_name(self, around: Surroundings, at: int) -> bool:
        word, lexicon = around.words[at], self._lexicon
        if (
            word.folded in lexicon.places
            or word.coded
            or not word.capital
            or len(word.text) < 2
            or word.folded in lexicon.never
            or around.shouting
            or around.belongs_to_a_place(at, 1)
        ):
            return False
        return word.folded in lexicon.ambiguous_first or (word.folded not in lexicon.ordinary and not word.shouted)

    def _is_named_beside(self, around: Surroundings, at: int, name: int) -> bool:
        """ "keith and sue didnt come": in lower case a word that may be a name is one beside a name, where it ends or acts."""
        word, other = around.words[at], around.words[name]
        small = not word.capital and not other.capital and other.folded in self._lexicon.first
        return small and word.folded in self._lexicon.ambiguous_first and name < at and (around.acts(at) or around.ends(at))

    def _name_at(self, around: Surroundings, at: int) -> int:
        """How many words from `at` are one name; 0 when no name begins here."""
        if not self._may_stand(around.words[at]) or not self._starts(around, at):
            return 0
        length = self._length(around, at)
        return 0 if around.belongs_to_a_place(at, length) else length

    def _starts(self, around: Surroundings, at: int) -> bool:
        word, lexicon = around.words[at], self._lexicon
        if word.folded in lexicon.ambiguous_first:
            return self._ambiguous_is_name(around, at)
        strong = around.follows_role(at) or around.follows_naming(at)
        if word.folded in lexicon.first and around.is_in_a_place(at) and not strong and not around.follows_title(at):
            return False
        if word.folded in lexicon.places and not strong and not around.follows_title(at):
            return False
        if word.folded in lexicon.first:
            if around.is_plain_word(at) or (not word.capital and around.has_an_article(at)):
                return False
            if word.text in lexicon.accented:
                return False  # "tim" is a name, Welsh "tîm" is a team
            return around.shouting or not (word.shouted and len(word.text) <= 3)
        if word.folded in lexicon.rare_first and word.capital and not word.shouted:
            return not around.is_plain_word(at)
        if not word.capital and len(word.text) > 2 and around.is_told(at):
            unknown = word.folded not in lexicon.ordinary and not _is_slip(word.folded, lexicon.ordinary)
            return word.folded in lexicon.rare_first or unknown
        if around.says_who(at) or around.signs_off(at):
            return word.folded not in lexicon.ordinary or (word.capital and word.folded not in lexicon.places_after)
        return self._unlisted_is_name(around, at, strong=strong)

    def _unlisted_is_name(self, around: Surroundings, at: int, *, strong: bool) -> bool:
        """A word on no list of first names: a family name, an initial, or one that stands where only names do."""
        word, lexicon = around.words[at], self._lexicon
        if around.follows_title(at):
            return self._is_titled(around, at)
        if word.folded in lexicon.last or (word.folded.endswith(self._endings) and len(word.folded) > 6):
            return self._surname_alone(around, at)
        if len(word.text) == 1:
            return self._initial_then_surname(around, at)
        if strong and len(word.text) > 2:
            known = word.folded in lexicon.ordinary or word.folded.removesuffix("s") in lexicon.ordinary
            unknown = not known and around.ends(at) and not _derived(word)
            return unknown or (word.capital and not word.shouted and (word.folded not in lexicon.ordinary or around.named_so(at)))
        return word.capital and word.folded not in lexicon.ordinary and not word.shouted and self._is_shown(around, at)

    @staticmethod
    def _is_shown(around: Surroundings, at: int) -> bool:
        """An unknown word with a capital that does as people do."""
        talked_to = around.is_talked_to(at) and len(around.words[at].text) > 2
        return around.owns(at) or around.speaks(at) or talked_to

    def _is_titled(self, around: Surroundings, at: int) -> bool:
        word, lexicon = around.words[at], self._lexicon
        if len(word.text) == 1:
            return self._initial_then_surname(around, at, titled=True)
        return word.folded not in lexicon.ordinary or word.folded in lexicon.last or (word.capital and len(word.text) > 2)

    def _ambiguous_is_name(self, around: Surroundings, at: int) -> bool:
        word, lexicon, following = around.words[at], self._lexicon, around.next_to(at)
        if around.is_plain_word(at) or around.is_in_a_place(at):
            return False
        surname = following is not None and following.folded in lexicon.last and following.capital == word.capital
        if following is not None and following.between == "-" and word.capital and len(word.text) == 2:
            return True  # "Ji-woo"
        if around.follows_title(at) or around.follows_naming(at):
            return word.capital or around.ends(at)
        if (surname and word.capital) or around.has_a_family_name(at) or around.is_asked_by_name(at):
            return True
        if around.follows_role(at) and (
            word.capital or around.is_told_of(at) or (around.acts(at) and following is not None and following.folded not in lexicon.modals)
        ):
            return True
        if not word.capital and not around.shouting and self._is_shown_in_small(around, at):
            return True
        if not word.capital or around.shouting or around.is_month_or_place(at):
            return False
        if around.ends_something(at):
            return False
        if word.opens:
            owner = around.owns(at) and word.folded not in lexicon.without_article
            return around.acts(at) or owner or around.does_something(at) or around.will_do(at) or around.says_who(at)
        spoken = around.follows_person_word(at) or around.is_talked_to(at) or around.says_who(at) or around.signs_off(at)
        return around.acts(at) or around.owns(at) or spoken

    @staticmethod
    def _is_shown_in_small(around: Surroundings, at: int) -> bool:
        """A word in small letters that may be a name, where only people stand."""
        called = at > 0 and around.words[at - 1].folded in ("called", "named") and around.follows_role(at)
        return (
            called
            or around.is_told(at)
            or around.speaks_up(at)
            or around.is_beside_me(at)
            or around.is_asked_of(at)
            or around.says_what_they_are(at)
        )

    def _surname_alone(self, around: Surroundings, at: int) -> bool:
        word = around.words[at]
        if around.follows_role(at) or around.follows_naming(at):
            return True
        if word.folded in self._lexicon.ordinary:
            return False
        return word.capital and not word.shouted and (not word.opens or around.owns(at))

    def _initial_then_surname(self, around: Surroundings, at: int, *, titled: bool = False) -> bool:
        word = around.words[at]
        following = around.words[at + 1] if at + 1 < len(around.words) else None
        if following is None or following.between not in (" ", ". ", "."):
            return False
        if titled:  # "mr t kowalczyk"
            return not (following.folded in self._lexicon.small or following.folded in self._lexicon.after)
        if not word.capital or word.folded in "ia":
            return False
        unknown = following.between.startswith(".") and len(following.text) > 3 and following.folded not in self._lexicon.ordinary
        return following.capital and (unknown or following.folded in self._lexicon.last or following.folded in self._lexicon.ordinary_last)

    def _length(self, around: Surroundings, at: int) -> int:
        """Family names, second names, particles and initials that follow belong to the name."""
        words, length = around.words, 1
        while at + length < len(words) and length < _LONGEST:
            word, before = words[at + length], words[at + length - 1]
            if word.between not in _BETWEEN_NAMES and not (word.between in (". ", ".") and len(before.text) == 1):
                break
            step = self._continues(around, at, at + length)
            if not step or at + length + step > len(words):
                break
            length += step
        return length

    def _continues(self, around: Surroundings, first: int, at: int) -> int:
        word, lexicon, words = around.words[at], self._lexicon, around.words
        if word.folded in lexicon.never or word.opens or word.folded in lexicon.places_after:
            return 0
        if word.folded in lexicon.particles and at + 1 < len(words) and (words[at + 1].capital or words[at + 1].folded in lexicon.last):
            return 2
        if word.folded in lexicon.particles and at + 2 < len(words) and words[at + 1].folded in lexicon.particles and words[at + 2].capital:
            return 3  # "van der Plassen"
        if word.folded in lexicon.ordinary_last or word.folded in lexicon.ambiguous_first:
            if word.between == "-" and words[first].folded in lexicon.first:
                return 1  # "mei-ling"
            lower_case_name = (
                around.ends(at)
                and word.folded not in lexicon.modals
                and words[first].folded in lexicon.first
                and not words[first].capital
                and at == first + 1
            )
            return int(word.capital or lower_case_name)
        if self._is_rest_of_small_name(around, first, at):
            return 1
        if word.folded in lexicon.last or word.folded in lexicon.first or word.folded.endswith(self._endings):
            return 1
        if len(word.text) == 1 and word.folded not in "ia" and word.text != "x":
            return int(word.capital or around.ends(at))
        return int(word.capital and not word.shouted and word.folded not in lexicon.after and word.folded not in lexicon.ordinary)

    def _is_rest_of_small_name(self, around: Surroundings, first: int, at: int) -> bool:
        """ "bernadette quillfeather and she", in small letters: a word nobody knows, after a first name and before a stop or a verb."""
        word, begun, lexicon = around.words[at], around.words[first], self._lexicon
        plain = not word.capital and not begun.capital and word.between == " " and word.text.isalpha() and len(word.text) > 4
        if not plain or begun.folded not in lexicon.first or word.folded in lexicon.ordinary:
            return False
        return around.ends(at) and not _is_slip(word.folded, lexicon.ordinary)

    def _is_kept(self, words: Sequence[Word], at: int, length: int) -> bool:
        name = tuple(word.folded for word in words[at : at + length])
        return any(_stands_in(name, kept, words, at) for kept in self._kept)


def _is_slip(folded: str, ordinary: frozenset[str]) -> bool:
    """Whether a word is an everyday one with a slip or an ending, as most unknown words in small letters are: "definately", "shudnt"."""
    known = any(folded.removesuffix(ending) in ordinary for ending in ("s", "ed", "ing", "er", "ly", "nt", "n't"))
    return known or any(other in ordinary for other in one_slip_away(folded))


_DERIVED = ("ation", "ative", "ment", "ness", "ing", "edly", "ical", "able", "ised", "ized", "ity", "ology", "otal", "ed", "ly")


def _derived(word: Word) -> bool:
    """A lower-case word built like an everyday one: "my nurse revalidation" names nobody."""
    return not word.capital and word.folded.endswith(_DERIVED)


def _stands_in(name: tuple[str, ...], kept: tuple[str, ...], words: Sequence[Word], at: int) -> bool:
    """Whether the words around the name stand exactly as the kept phrase has them."""
    for shift in range(len(kept) - len(name) + 1):
        start = at - shift
        if (
            start >= 0
            and kept[shift : shift + len(name)] == name
            and tuple(word.folded for word in words[start : start + len(kept)]) == kept
        ):
            return True
    return False


def looks_like_full_name(text: str) -> bool:
    """Whether a pseudonym looks like a first and a family name: "Sarah Jones", but not "Blue Tiger" or "Dave B"."""
    words = [word for word in read_words(text) if word.text[0].isalpha()]
    if len(words) < 2:
        return False
    lexicon = load_lexicon()
    begin, end = words[0].folded, words[-1].folded
    family = any(end in names for names in (lexicon.last, lexicon.ordinary_last, lexicon.first, lexicon.rare_first))
    if begin in lexicon.titles:
        return family or words[1].folded not in lexicon.ordinary
    if begin in lexicon.first or begin in lexicon.rare_first:
        return family or end not in lexicon.ordinary
    if begin in lexicon.ambiguous_first:
        return end in lexicon.last
    return end in lexicon.first and begin in lexicon.last and begin not in lexicon.ordinary_last
