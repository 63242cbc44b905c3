"""People's names: from lists of many origins, from the words around them, and from spaCy's model where those agree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.lexicon import Lexicon, load_lexicon
from facilitator.privacy.tokens import Word, read_words

_PARTICLES = frozenset("de da di do dos das del della van von der den bin binti bint ibn al el ap ab ben o mac mc la le abu abd ul ur ud st".split())
_SUFFIXES = ("wski", "wska", "cki", "cka", "czyk", "wicz", "enko", "chuk", "escu", "sson", "opoulos", "oglu", "zadeh", "yan", "ova", "owski", "owska", "singh", "eva", "inder", "preet", "jeet", "ullah", "abdul")
_LONGEST = 4


class NameFinder:
    """Finds names in one text. Holds only word lists, so several threads may share it."""

    def __init__(self, lexicon: Lexicon, kept: Iterable[str] = ()) -> None:
        self._lexicon = lexicon
        own = (tuple(word.folded for word in read_words(phrase)) for phrase in kept)
        self._kept = lexicon.kept | {phrase for phrase in own if phrase}

    def find(self, text: str, model_says: Sequence[tuple[int, int]] = ()) -> Iterator[Entity]:
        """Names in `text`.

        Args:
            model_says: character spans that a language model takes for people; each is checked against the lists.
        """
        words = read_words(text)
        hinted = {index for index, word in enumerate(words) if any(start <= word.start < end for start, end in model_says)}
        index = 0
        while index < len(words):
            length = self._name_at(words, index, hinted)
            if length and not self._is_kept(words, index, length):
                yield Entity(words[index].start, words[index + length - 1].end, EntityType.PERSON)
            index += max(length, 1)

    def _name_at(self, words: Sequence[Word], at: int, hinted: set[int]) -> int:
        """How many words from `at` are one name; 0 when no name begins here."""
        word = words[at]
        if not word.text[0].isalpha() or word.folded in self._lexicon.never or not self._starts(words, at, hinted):
            return 0
        length = self._length(words, at, hinted)
        return 0 if self._belongs_to_a_place(words, at, length) else length

    def _starts(self, words: Sequence[Word], at: int, hinted: set[int]) -> bool:
        word, lexicon = words[at], self._lexicon
        if word.folded in lexicon.ambiguous_first:
            return self._ambiguous_is_name(words, at, hinted)
        if word.folded in lexicon.first:
            return not (word.shouted and len(word.text) <= 3 and not self._all_shouted(words))
        if self._follows_title(words, at):
            return word.folded not in lexicon.ordinary or word.folded in lexicon.last or (word.capital and len(word.text) > 2)
        if word.folded in lexicon.last or word.folded.endswith(_SUFFIXES) and len(word.folded) > 5:
            return self._surname_alone(words, at, hinted)
        if len(word.text) == 1 and word.capital and at + 1 < len(words):
            return self._initial_then_surname(words, at)
        known = word.folded in lexicon.ordinary
        if self._after_role(words, at) or self._after_naming(words, at):
            return not known and len(word.text) > 2 and (word.capital or self._followed_by_verb_or_end(words, at))
        return at in hinted and word.capital and not known and not word.shouted

    def _ambiguous_is_name(self, words: Sequence[Word], at: int, hinted: set[int]) -> bool:
        word, lexicon = words[at], self._lexicon
        following = words[at + 1] if at + 1 < len(words) else None
        joined = following is not None and following.between.strip("-") in ("", " ") and following.between != ""
        surname = joined and following is not None and following.folded in lexicon.last and (following.capital or not word.capital) and following.folded not in lexicon.ordinary_last
        if self._follows_title(words, at) or self._after_naming(words, at):
            return word.capital or self._after_naming(words, at) and self._followed_by_verb_or_end(words, at)
        if surname and (word.capital or at in hinted):
            return True
        if self._after_role(words, at) and (word.capital or self._followed_by_verb_or_end(words, at) and following is not None and following.folded in lexicon.after - {"will", "can", "could", "would", "did", "does", "is", "and", "from", "was", "has", "had"}):
            return True
        if not word.capital or self._all_shouted(words):
            return False
        if self._is_month_or_place(words, at):
            return False
        verb = following is not None and joined and following.folded in lexicon.after
        if word.opens:
            return verb and following is not None and following.folded not in ("is", "was", "will", "can", "could", "would", "has", "had", "and", "from", "also", "always", "never", "made", "started", "comes", "came", "gives", "helps", "does", "did") or at in hinted and verb
        return verb or at in hinted or self._after_before_word(words, at)

    def _surname_alone(self, words: Sequence[Word], at: int, hinted: set[int]) -> bool:
        word = words[at]
        if self._after_role(words, at) or self._after_naming(words, at):
            return True
        if word.folded in self._lexicon.ordinary:
            return word.capital and at in hinted and not word.opens
        return word.capital and not word.shouted and (at in hinted or not word.opens)

    def _length(self, words: Sequence[Word], at: int, hinted: set[int]) -> int:
        """Family names, second names, particles and initials that follow belong to the name."""
        length = 1
        while at + length < len(words) and length < _LONGEST:
            word = words[at + length]
            if word.between not in (" ", "-", "'", "\u2019", ". ", "  "):
                break
            if word.between == ". " and len(words[at + length - 1].text) > 1:
                break
            step = self._continues(words, at, at + length, hinted)
            if not step or at + length + step > len(words):
                break
            length += step
        return length

    def _continues(self, words: Sequence[Word], first: int, at: int, hinted: set[int]) -> int:
        word, lexicon = words[at], self._lexicon
        if word.folded in lexicon.never or word.opens or word.folded in lexicon.places_after:
            return 0
        if word.folded in _PARTICLES and at + 1 < len(words) and (words[at + 1].capital or words[at + 1].folded in lexicon.last):
            return 2
        if word.folded in lexicon.ordinary_last or word.folded in lexicon.ambiguous_first:
            return int(word.capital or self._followed_by_verb_or_end(words, at) and words[first].folded in lexicon.first and at == first + 1)
        if word.folded in lexicon.last or word.folded in lexicon.first or word.folded.endswith(_SUFFIXES):
            return 1
        if len(word.text) == 1 and (word.capital or self._followed_by_verb_or_end(words, at)) and word.folded not in "ia":
            return 1
        return int(word.capital and not word.shouted and word.folded not in lexicon.after and (word.folded not in lexicon.ordinary or at in hinted))

    def _follows_title(self, words: Sequence[Word], at: int) -> bool:
        if at == 0 or words[at].between not in (" ", ". ", "."):
            return False
        title = words[at - 1]
        if title.folded not in self._lexicon.titles or words[at].folded in self._lexicon.after | self._lexicon.places_after:
            return False
        family = title.folded in ("sister", "nan", "nanny", "nana", "grandma", "uncle", "aunt", "auntie", "aunty", "nurse", "doctor", "lady", "miss", "guru", "baba", "pastor", "constable", "sir")
        return not family or words[at].capital or words[at].folded in self._lexicon.first

    def _after_role(self, words: Sequence[Word], at: int) -> bool:
        """ "my key worker sarah", "our chair, Dan", "his son is called Ali"."""
        back = at
        while back > 0 and at - back < 3 and words[back - 1].folded in ("is", "was", "called", "named", "s"):
            back -= 1
        if back == 0 or words[at].between.strip(" ,(-:\u2013") or words[at].opens:
            return False
        if words[back].between.strip(" ,(-:\u2013"):
            return False
        names_it = back < at
        for size in (3, 2, 1):
            if back - size >= 0 and tuple(word.folded for word in words[back - size : back]) in self._lexicon.roles:
                return not names_it or words[at - 1].folded in ("called", "named") or words[at].capital or words[at].folded in self._lexicon.first
        return False

    def _after_naming(self, words: Sequence[Word], at: int) -> bool:
        """ "my name is", "I am called", "i'm Dan", "they call me"."""
        if words[at].opens and words[at].between.strip() != ":":
            return False
        before = [word.folded for word in words[max(0, at - 3) : at]]
        if not before:
            return False
        if before[-1] in ("called", "named") or before[-2:] in (["name", "is"], ["name", "was"], ["names", "is"], ["call", "me"], ["known", "as"], ["name", "s"]):
            return True
        if before[-1] in ("name", "names") and words[at].between.strip() in (":", "", "-", "="):
            return words[at].folded not in self._lexicon.ordinary or words[at].folded in self._lexicon.ambiguous_first
        return (before[-1] in ("i'm", "im") or before[-2:] == ["i", "am"]) and words[at].capital and not self._all_shouted(words) and words[at].folded not in self._lexicon.after

    def _after_before_word(self, words: Sequence[Word], at: int) -> bool:
        return any(
            at - size >= 0 and tuple(word.folded for word in words[at - size : at]) in self._lexicon.before for size in (2, 1)
        ) and words[at].between.strip(" ,") == ""

    def _initial_then_surname(self, words: Sequence[Word], at: int) -> bool:
        following = words[at + 1]
        return words[at].folded not in "ia" and following.between in (" ", ". ", ".") and following.capital and following.folded in self._lexicon.last

    def _followed_by_verb_or_end(self, words: Sequence[Word], at: int) -> bool:
        following = words[at + 1] if at + 1 < len(words) else None
        return following is None or following.opens or following.between.strip() != "" or following.folded in self._lexicon.after

    def _is_month_or_place(self, words: Sequence[Word], at: int) -> bool:
        if at == 0:
            return False
        before = words[at - 1]
        months = words[at].folded in ("may", "april", "june", "august", "summer", "easter", "christmas", "spring")
        if before.text[0].isdigit() or (at + 1 < len(words) and words[at + 1].text[0].isdigit() and months):
            return True
        return before.folded in ("in", "at", "near", "from") and not months or months and before.folded in self._lexicon.month_before

    def _belongs_to_a_place(self, words: Sequence[Word], at: int, length: int) -> bool:
        after = words[at + length] if at + length < len(words) else None
        if after is not None and after.folded in self._lexicon.places_after and after.between in (" ", "'s ", "\u2019s ", "' ", "\u2019 ", "s "):
            common = after.folded in ("day", "week", "month", "care", "health", "team", "service", "services", "report", "room", "group", "lead", "law", "act", "way", "drive", "test", "project", "union")
            return not common or words[at].capital and after.capital
        before = words[at - 1] if at else None
        return before is not None and before.folded in self._lexicon.places_before and words[at].between in (" ", ". ", ".") and words[at].capital

    def _is_kept(self, words: Sequence[Word], at: int, length: int) -> bool:
        name = tuple(word.folded for word in words[at : at + length])
        return any(name == kept or len(kept) >= length and _within(name, kept, words, at) for kept in self._kept)

    def _all_shouted(self, words: Sequence[Word]) -> bool:
        return sum(word.shouted for word in words) * 2 > len(words)


def _within(name: tuple[str, ...], kept: tuple[str, ...], words: Sequence[Word], at: int) -> bool:
    """Whether the words around stand exactly as the kept phrase has them."""
    for shift in range(len(kept) - len(name) + 1):
        if kept[shift : shift + len(name)] == name:
            start = at - shift
            if start >= 0 and tuple(word.folded for word in words[start : start + len(kept)]) == kept:
                return True
    return False


@lru_cache(maxsize=1)
def shared_name_finder() -> NameFinder:
    return NameFinder(load_lexicon())


def looks_like_full_name(text: str) -> bool:
    """Whether a pseudonym looks like a first and a family name: "Sarah Jones", "agnieszka k", but not "Blue Tiger"."""
    words = [word for word in read_words(text) if word.text[0].isalpha()]
    lexicon = load_lexicon()
    firsts = lexicon.first | lexicon.ambiguous_first
    lasts = lexicon.last | lexicon.ordinary_last
    if len(words) < 2:
        return False
    if words[0].folded in lexicon.titles:
        return words[1].folded in lasts | firsts or words[1].folded not in lexicon.ordinary
    sure = words[0].folded in lexicon.first and (words[-1].folded in lasts or words[-1].folded in lexicon.first or words[-1].folded not in lexicon.ordinary)
    either = words[0].folded in firsts and words[-1].folded in lexicon.last
    reversed_order = words[-1].folded in lexicon.first and words[0].folded in lexicon.last and words[0].folded not in lexicon.ordinary
    return sure or either or reversed_order
