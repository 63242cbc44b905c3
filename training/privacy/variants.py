"""Training texts for the second opinion: labelled rows with other names, sentences with a gap for a name, texts that name nobody."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from facilitator.privacy.lexicon import WORDS, load_lexicon
from facilitator.privacy.plain import read_plainly

HERE = Path(__file__).resolve().parent
EVALUATION = HERE.parents[1] / "tests" / "evaluation"
# The newest set, to measure on: it was first looked at with weights that had not learned it, and still have not (decision 0008).
UNLEARNED = frozenset({"privacy-sixteenth"})
# Sets that were once measured on, and texts that were written to be learned from (four writers who had seen nothing, 1 December 2026).
_SETS = {path.stem: path for path in (*EVALUATION.glob("privacy*.tsv"), *(HERE / "written").glob("*.tsv"))}
LABELLED = sorted(_SETS.keys() - UNLEARNED)
# texts of other sets, of which those are used that the rules find nobody in
NAMELESS = ("safety-*.tsv", "safety.tsv", "intents*.tsv", "ratings*.tsv", "knowledge.tsv")
TAKEN_OUT = "\u25a1"  # as facilitator/privacy/plain.py shows what was taken out before
_SWAPPED, _FILLED = 3, 3  # how often a row gets other names, and a sentence its gaps filled
Span = tuple[int, int, str]


@dataclass(frozen=True)
class Text:
    """A text and its labelled details: start, end, kind. What was taken out of it is no word, and has none."""

    text: str
    details: tuple[Span, ...]


def labelled(name: str) -> list[Text]:
    """The rows of a labelled set as they stand."""
    return [Text(text, details) for text, details in _rows(_SETS[name])]


def variants(name: str) -> Iterator[Text]:
    """The rows of a labelled set, and each again with other names, in other letters, and with something taken out. The same every time."""
    chance = random.Random(name)  # noqa: S311 - no secret
    for row in labelled(name):
        yield row
        names = any(kind == "PERSON" for _, _, kind in row.details)
        for _ in range(_SWAPPED if names else 1):
            yield recased(chance, swapped(chance, row))
        if row.details:
            yield taken_out(chance, recased(chance, swapped(chance, row)))


def sentences() -> Iterator[Text]:
    """`sentences.txt` with its gaps filled ({n}: a first name, {l}: a family name), and `plain.txt`, which names nobody."""
    chance = random.Random("sentences")  # noqa: S311
    for line in (HERE / "sentences.txt").read_text(encoding="utf-8").splitlines():
        for _ in range(_FILLED):
            yield _shown(chance, _filled(chance, line))
    for line in (HERE / "plain.txt").read_text(encoding="utf-8").splitlines():
        yield Text(line, ())
        yield Text(_capital(line) + chance.choice(["", "."]), ())


def nameless(texts: list[str]) -> Iterator[Text]:
    """Texts that name nobody, some of them in small letters."""
    chance = random.Random("nameless")  # noqa: S311
    for text in texts:
        yield recased(chance, Text(read_plainly(text).text, ()))


def swapped(chance: random.Random, row: Text) -> Text:
    """The row with other names of the same shape; a name that stands there twice stays the same most of the time."""
    chosen: dict[str, str] = {}

    def other(match: re.Match[str], *, family: bool) -> str:
        word = match.group()
        folded = word.lower()
        if len(word) == 1 or folded in _LISTS.titles or folded in _LISTS.particles:
            return word
        if folded not in chosen or chance.random() < 0.2:
            chosen[folded] = family_name(chance) if family else first_name(chance)
        name = chosen[folded]
        return name.upper() if word.isupper() else _capital(name) if word[0].isupper() else name

    def replaced(text: str, kind: str, before: str) -> str:
        if kind != "PERSON":
            return text
        words = list(re.finditer(r"[^\W\d_]+", text))
        titled = before.rstrip(" .").lower().rpartition(" ")[2] in ("dr", "mr", "mrs", "ms", "miss")
        last = words[-1].start() if words and (len(words) > 1 or titled) else -1
        return re.sub(r"[^\W\d_]+", lambda match: other(match, family=match.start() == last), text)

    return _rewritten(row, replaced)


def taken_out(chance: random.Random, row: Text) -> Text:
    """The row as it is seen at a second look: some of its details are gone already."""
    return _rewritten(row, lambda text, kind, before: TAKEN_OUT if chance.random() < 0.6 else text)


def recased(chance: random.Random, row: Text) -> Text:
    """A quarter in small letters; a few with a capital at names, or at the beginning."""
    draw = chance.random()
    if draw < 0.25:
        return Text("".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in row.text), row.details)
    if draw < 0.30:
        return _rewritten(row, lambda text, kind, before: re.sub(r"[^\W\d_]+", lambda m: _capital(m.group()), text))
    return Text(_capital(row.text), row.details) if draw < 0.33 else row


def first_name(chance: random.Random) -> str:
    """A common name, a rare one, a word, or one that nobody has."""
    draw = chance.random()
    for share, names in ((0.30, _COMMON), (0.40, _MORE), (0.47, _RARE), (0.80, _WORDS)):
        if draw < share:
            return chance.choice(names)
    return _invented(chance)


def family_name(chance: random.Random) -> str:
    """As `first_name`, for family names."""
    draw = chance.random()
    if draw < 0.75:
        return chance.choice(_FAMILY if draw < 0.5 else _FAMILY_WORDS)
    return _invented(chance) + (chance.choice(_FAMILY_ENDS) if draw < 0.9 else "")


def _invented(chance: random.Random) -> str:
    word = chance.choice(_STARTS) + chance.choice(_VOWELS)
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        word += chance.choice(_JOINTS) + chance.choice(_VOWELS)
    return word + (chance.choice(_JOINTS) if chance.random() < 0.5 else chance.choice(_ENDS))


def _filled(chance: random.Random, line: str) -> Text:
    text, details = "", []
    for part in re.split(r"(\{[nl]\})", line):
        if part in ("{n}", "{l}"):
            name = first_name(chance) if part == "{n}" else family_name(chance)
            details.append((len(text), len(text) + len(name), "PERSON"))
            text += name
        else:
            text += part
    return Text(text, tuple(details))


def _shown(chance: random.Random, row: Text) -> Text:
    """A third with capitals at names, most of these written as a sentence."""
    draw = chance.random()
    if draw < 0.35:
        row = _rewritten(row, lambda text, kind, before: _capital(text))
        return Text(_capital(row.text) + chance.choice([".", "", "!"]), row.details) if chance.random() < 0.6 else row
    return Text(_capital(row.text), row.details) if draw < 0.5 else row


def _rewritten(row: Text, change: Callable[[str, str, str], str]) -> Text:
    """The row with each detail as `change` makes it of its text, its kind and what stands before it."""
    text, details, last = "", [], 0
    for start, end, kind in sorted(row.details):
        if start < last:
            continue
        new = change(row.text[start:end], kind, row.text[:start])
        text += row.text[last:start]
        if new != TAKEN_OUT:
            details.append((len(text), len(text) + len(new), kind))
        text, last = text + new, end
    return Text(text + row.text[last:], tuple(details))


def _rows(path: Path) -> Iterator[tuple[str, tuple[Span, ...]]]:
    lines = path.read_text(encoding="utf-8").split("\n")
    columns = lines[0].split("\t")
    for line in filter(None, lines[1:]):
        row = dict(zip(columns, line.split("\t"), strict=False))
        details, behind = [], {}
        plain = read_plainly(row["text"]).text
        for detail in json.loads(row["entities"]):
            words = read_plainly(detail["text"]).text
            start = plain.find(words, behind.get(words, 0))
            if start >= 0:
                behind[words] = start + len(words)
                details.append((start, start + len(words), detail["type"]))
        yield plain, tuple(details)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _names(file: str) -> list[str]:
    return [line for line in (WORDS / file).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]


# what names that nobody has are put together from
_STARTS, _VOWELS, _JOINTS, _ENDS = (
    tuple(sounds.split())
    for sounds in (
        "b br ch d dr f g gr h j k kh l m n ng p r s sh st t th tr v w y z zh",
        "a e i o u ai ee oo ia ei au",
        "b d f g k l ll m n nn p r s t v z sh nd mb rl st",
        "a o i e en an yn ie u on is or ush ek ima ara eth dan",
    )
)
_FAMILY_ENDS = ("son", "by", "well", "ley", "ski", "ova", "feather", "berg", "wala", "worth")
_LISTS = load_lexicon()
_COMMON, _MORE, _RARE, _FAMILY = (_names(f"{kind}_names.txt") for kind in ("first", "more_first", "rare_first", "last"))
_FAMILY_WORDS = sorted(_LISTS.ordinary_last)
_WORDS = [*sorted(_LISTS.ambiguous_first), *(HERE / "words-that-are-names.txt").read_text(encoding="utf-8").split()]
