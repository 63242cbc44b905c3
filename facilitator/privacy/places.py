"""Postcodes and street addresses. Towns, services and venues without a street number stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facilitator.privacy.entities import Entity, EntityType
from facilitator.privacy.numbers import follows_a_reference

_AREA = (
    "(?:A[BL]|B[ABDFHLNRSTX]?|C[ABFHMORTVW]|D[ADEGHLNTY]|E[CHNX]?|F[KY]|G[LUY]?|H[ADGPRSUX]|I[GMPV]|JE|K[ATWY]|L[ADELNSU]?|M[EKL]?|"
    "N[EGNPRW]?|O[LX]|P[AEHLOR]|R[GHM]|S[AEGKLMNOPRSTWY]?|T[ADFNQRSW]|UB|W[ACDFNRSV]?|YO|ZE)"
)
# a zero is often typed as the letter O; the last two letters may be any, for people mistype, but not those of a unit: "M4 5km"
_UNIT_OF_MEASURE = r"(?:[ap]m|[kcm]m|m[lgibs]|k[gmwb]|c[cl]|in|to|of|on|or|is|it|if|do|go|me|my|AM|PM|KM)"
_POSTCODE = re.compile(rf"(?<![\w£]){_AREA}\d[a-z\d]?[ \t.\-]{{0,2}}[\do](?!(?-i:{_UNIT_OF_MEASURE})(?!\w))[a-z]{{2}}(?!\w)", re.IGNORECASE)
# no real second half ends in these letters: one without a space that does is a code, not a slip
_LETTERS_OF_NONE = frozenset("CIKMOV")
_SPACED_POSTCODE = re.compile(
    r"(?<![\w£])[a-z](?:[ .-][a-z])?(?:[ .-]\d){1,2}(?:[ .-][a-z])?[ .,-]{1,2}\d(?:[ .-][a-z]){2}(?!\w)", re.IGNORECASE
)
_SAID_TO_BE_ONE = re.compile(r"post ?code[^.!?\n]{0,20}$", re.IGNORECASE)
_PART_OF_ONE = re.compile(rf"(?:post ?code|live in|living in)[^.!?\n]{{0,12}}?\b({_AREA}\d{{1,2}}[a-z]?)(?!\w)", re.IGNORECASE)
_ORDINAL = re.compile(r"(?:1st|2nd|3rd|\d(?<![A-Z]\d)th)$")

_SURE = (
    "street|str|st|road|rd|lane|ln|avenue|ave|av|crescent|cres|terrace|terr|gardens|gdns|mews|grove|drive|dr|close|cl|boulevard|blvd|"
    "parade|croft|villas|cottages|rise|causeway|esplanade|promenade|circus|heol|ffordd|stryd|brae|wynd|gate"
)
_LIKELY = (
    "way|place|pl|court|ct|park|view|row|walk|hill|green|square|sq|yard|wharf|quay|mount|bank|fields|field|heights|house|hse|lodge|cottage|"
    "reach|brow|nook|end|side|common|meadow|meadows|fold|garth|point|tower|towers|mansions|buildings|building|estate|farm|mill"
)
_NUMBER = r"(?:no\.? ?|number )?\d{1,4} ?[a-d]?(?:[ ]?[-/][ ]?\d{1,4}[a-d]?)?"
_UNIT = (
    r"(?:flat|apartment|apt\.?|unit|room|rm|house|bedsit|maisonette|plot|caravan|pitch|block|floor)[ ]?(?:no\.? ?|"
    r"number )?(?:\d{1,4}[a-z]?|[a-h])"
)
_NAME = (
    r"(?:(?!(?:and|or|in|on|at|to|a|of|for|is|was|were|are|we|i|it|from|with|by|bus|near|until|till|then|"
    r"via|past|off|onto|into|my|our|his|her|they|you|he|she|this|that|but|so|if|no|not|people|minutes?|"
    r"mins?|hours?|hrs?|miles?|days?|weeks?|months?|years?|yards|metres|steps|pm|am|out|more|per|times|"
    r"different|other|new)\b)[^\W\d_][\w'\u2019.\-]*[ ]){0,3}?(?!(?:minutes?|mins?|minute's|hours?|hrs?|"
    r"miles?|days?|weeks?|months?|years?|people|way|ways|different|other|more)\b)[^\W\d_][\w'\u2019.\-]*"
)
_END = r"(?![\w'\u2019])"
_TAIL = r"(?:[ ]?,[ ]?(?:flat|apt|block|floor)[ ]?\w{1,4})?"
_STREET = re.compile(
    rf"(?<![\w£:.])(?:{_UNIT},?[ ]+(?:at[ ]+)?)?{_NUMBER},?[ ]+(?:the[ ]+)?{_NAME}[ ](?:{_SURE})(?:[ ](?:{_SURE}))?{_END}{_TAIL}",
    re.IGNORECASE,
)
_STREET_LIKELY = re.compile(
    rf"(?<![\w£:.])(?:{_UNIT},?[ ]+(?:at[ ]+)?)?{_NUMBER},?[ ]+(?:the[ ]+)?{_NAME}[ ](?:{_LIKELY}){_END}{_TAIL}", re.IGNORECASE
)
_IN_A_BLOCK = re.compile(rf"(?<!\w){_UNIT}[ ]?,?[ ]+(?:at |in |of )?(?:the )?{_NAME}[ ](?:{_SURE}|{_LIKELY}){_END}", re.IGNORECASE)
_THE = re.compile(
    r"(?<![\w£:.])(?:no\.? ?|number )?\d{1,4}[a-d]?,? the (?:green|close|avenue|street|lane|drive|crescent|"
    r"square|grove|mews|hill|meadows|paddock|orchard|ridings|beeches|oaks|limes|willows|firs|cedars|elms)(?!\w)",
    re.IGNORECASE,
)
_WELSH = re.compile(
    rf"(?<![\w£:.])(?:{_UNIT},?[ ]+)?{_NUMBER},?[ ]+(?:heol|ffordd|stryd|lon|l\u00f4n|maes|clos|rhodfa|"
    rf"cwrt|bryn|llys|parc|tan|trem|cae|pen|plas)[ ][^\W\d_][\w'\u2019\-]*(?:[ ][^\W\d_][\w'\u2019\-]*)?",
    re.IGNORECASE,
)
_NAMED_HOUSE = re.compile(
    r"(?<!\w)[A-Z][\w'\u2019\-]*(?: [A-Z][\w'\u2019\-]*)? (?:Cottage|House|Farm|Lodge|Barn|Bungalow|Villa|Court|Mill|Croft|View)"
    rf"[ ]?,[ ]?[A-Z][\w'\u2019\-]*(?: [A-Z][\w'\u2019\-]*)? (?:{'|'.join(word.title() for word in _SURE.split('|'))})(?!\w)"
)
_NO_NUMBER = re.compile(
    rf"(?:\blive (?:on|at|down|up|in)|\bliving (?:on|at|in)|\bmy (?:home )?address(?: is|:)?|\bmoved to|"
    rf"\bhome is|\bhouse (?:on|in)|\bflat (?:on|in)|\bdeliver to|\bpost it to|\bstay(?:ing|s)? at|\blives (?:on|"
    rf"at|in)|\bround (?:on|at))[ ]"
    rf"(?P<street>{_NAME}[ ](?:{_SURE}|court|house|cottage|lodge|mews|place|way|row|walk|view|farm|hill|square|tower)){_END}",
    re.IGNORECASE,
)
_NUMBERED_NAME = re.compile(
    r"(?<![\w£:.])\d{1,4}[a-d]? (?:The )?[A-Z][\w'\u2019\-]*(?: [A-Z][\w'\u2019\-]*){0,2}"
    r"[ ]?,[ ]?[A-Z][\w'\u2019\-]*(?: [A-Z][\w'\u2019\-]*)? "
    rf"(?:{'|'.join(word.title() for word in _SURE.split('|'))})(?!\w)"
)
_BEFORE_POSTCODE = re.compile(
    rf"(?<![\w£:.])(?:{_UNIT},?[ ]+)?{_NUMBER},?[ ]+{_NAME}[ ]?,?\s{{1,2}}(?={_AREA}\d[a-z\d]?[ ]?\d[abd-hjlnp-uw-z]{{2}}(?!\w))",
    re.IGNORECASE,
)
_VENUE = re.compile(r"(?:room|rm|floor|block|unit)\b", re.IGNORECASE)
_ROOM_NUMBER = re.compile(r"\b(?:room|rm|floor|block|unit|ward|bay|suite|hall|studio|desk|theatre) $", re.IGNORECASE)
_LIVED_IN = re.compile(
    r"\b(?:live|lives|living|address|moved|home|stay|staying|post|send|deliver|visit|round|i'?m|mine|pick|flat)\b[^.!?\n]{0,24}$",
    re.IGNORECASE,
)
_BOX = re.compile(r"(?<!\w)p\.?o\.? box \d{1,6}(?!\w)", re.IGNORECASE)
_ADDRESS_CUE = re.compile(
    r"(?:\blive|\bliving|\blives|\baddress|\bmoved|\bhome|\bhouse|\bstay|\bstaying|\bpost|\bsend|\bdeliver|"
    r"\bpick(?:ed)? .{0,12}up|\bvisit|\bround|\bat|\bto|\bfrom|\bis)[ :,]*(?:me |it |him |her |us )?(?:(?:at|"
    r"to|from|in|is) )?[ :,]*$",
    re.IGNORECASE,
)


def find_postcodes(text: str) -> Iterator[Entity]:
    """Whole postcodes in any case and spacing; the first half alone only where the words announce one."""
    for match in _POSTCODE.finditer(text):
        if not _ORDINAL.search(match.group()) and not _is_a_code(text, match):
            yield Entity(match.start(), match.end(), EntityType.POSTCODE)
    for match in _SPACED_POSTCODE.finditer(text):
        yield Entity(match.start(), match.end(), EntityType.POSTCODE)
    for match in _PART_OF_ONE.finditer(text):
        yield Entity(match.start(1), match.end(1), EntityType.POSTCODE)


def _is_a_code(text: str, match: re.Match[str]) -> bool:
    """ "b384ac", "canary-e794ab", "ref W6R7FP": what has the shape of a postcode and is none."""
    found, before = match.group(), text[max(0, match.start() - 40) : match.start()]
    if _SAID_TO_BE_ONE.search(before):
        return False
    if not found.isalnum():
        return follows_a_reference(before)
    goes_on = before[-1:] in ("-", "#", "/") or bool(re.match(r"-\w", text[match.end() :]))
    return goes_on or bool(_LETTERS_OF_NONE & set(found[-2:].upper())) or follows_a_reference(before)


def find_addresses(text: str) -> Iterator[Entity]:
    """A number with a street, a flat in a named block, or a named street that somebody says they live in."""
    for pattern in (_STREET, _THE, _BOX, _WELSH, _NAMED_HOUSE, _NUMBERED_NAME, _BEFORE_POSTCODE):
        for match in pattern.finditer(text):
            yield Entity(match.start(), match.start() + len(match.group().rstrip(" ,\n")), EntityType.ADDRESS)
    for match in _IN_A_BLOCK.finditer(text):
        if not _VENUE.match(match.group()) or _LIVED_IN.search(text[max(0, match.start() - 40) : match.start()]):
            yield Entity(match.start(), match.end(), EntityType.ADDRESS)
    for match in _STREET_LIKELY.finditer(text):
        if not _ROOM_NUMBER.search(text[max(0, match.start() - 10) : match.start()]) and _is_addressed(text, match.start(), match.end()):
            yield Entity(match.start(), match.end(), EntityType.ADDRESS)
    for match in _NO_NUMBER.finditer(text):
        yield Entity(match.start("street"), match.end("street"), EntityType.ADDRESS)


def _is_addressed(text: str, start: int, end: int) -> bool:
    """ "12 Castle View" is an address by its capitals; "3 members place" is not without words that say so."""
    words = re.findall(r"[^\W\d_][\w'\u2019]*", text[start:end])
    if words and all(word[0].isupper() for word in words[-2:]):
        return True
    after = text[end : end + 12]
    return bool(_ADDRESS_CUE.search(text[max(0, start - 30) : start]) or _POSTCODE.match(after.lstrip(" ,\n")))
