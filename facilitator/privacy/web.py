"""E-mail and web addresses that lead to a person. Those of services and other organisations stay."""

from __future__ import annotations

import re
from collections.abc import Iterator

from facilitator.privacy.entities import Entity, EntityType

_EMAIL = re.compile(
    r"(?<![\w.+\-])(?:[\w\-]{1,30} (?:dot|underscore|dash) ){0,3}[\w.+\-']{1,64}[ ]?"
    r"(?:(?<! )@|(?<= )@(?= |(?:gmail|hotmail|yahoo|outlook|icloud|live|aol)\b)|\(at\)|\[at\]|"
    r"(?<= )at(?= (?:gmail|hotmail|yahoo|outlook|icloud|live|aol|btinternet|sky|googlemail|proton)\b))[ ]?"
    r"(?:[\w\-]{1,63}[ ]?(?:\.(?! (?!(?:com|co|org|net|uk|ac|nhs)\b))|\(dot\)|\[dot\]|(?<= )dot(?= ))[ ]?){1,4}[a-z]{2,24}(?!\w)",
    re.IGNORECASE,
)
# "s dot akhtar at example dot org": said in words, whatever the provider
_SPOKEN_EMAIL = re.compile(
    r"(?<![\w.+\-])(?P<name>(?:[\w+'\-]{1,40}[ ]?(?:\bdot\b|\.|\bunderscore\b|\b_\b|\bdash\b|\bhyphen\b|\bpoint\b)[ ]?){0,5}[\w+'\-]{1,40})"
    r"[ ]?(?:\bat\b|\(at\)|\[at\]|\{at\}|\(a\)|@)[ ]?(?P<host>(?:[\w\-]{1,63}[ ]?(?:\bdot\b|\(dot\)|\[dot\]|\bpoint\b|\.)[ ]?){1,4}"
    r"(?:com|co|org|net|uk|ac|nhs|me|info|io|eu|ie|scot|wales|cymru|example|email|mail))(?!\w)",
    re.IGNORECASE,
)
_NOT_A_MAILBOX = re.compile(
    r"look|looking|see|find|found|is|are|was|page|site|website|visit|up|out|me|us|them|it|read|more|there|everything|info|details|online|"
    r"form|map|works?|working|blog|list",
    re.IGNORECASE,
)
_SHARED_MAILBOX = re.compile(
    r"^(?:info|information|enquir(?:y|ies)|contact(?:us)?|help|helpline|support|hello|admin|office|reception|"
    r"complaints?|pals|feedback|noreply|no-reply|"
    r"involvement|coproduction|co-production|engagement|press|volunteer(?:s|ing)?|training|membership|"
    r"safeguarding|team|mail|events|bookings?)@(?!gmail|hotmail|yahoo|outlook|icloud|live|aol)",
    re.IGNORECASE,
)
_URL = re.compile(
    r"(?<![\w@.])(?:https?://|www\.)[^\s<>\"']{3,}|(?<![\w@.])(?:[a-z0-9\-]+\.)+(?:com|co\.uk|org\.uk|"
    r"me\.uk|org|net|me|uk|info|blog|io|wales|cymru|scot|tv|be|page|link|site|online|ee|gg|social|app|example)(?:/[^\s<>\"']*)?(?![\w@])",
    re.IGNORECASE,
)
_NETWORK = r"insta(?:gram)?|twitter|tiktok|snap(?:chat)?|facebook|fb|threads|bluesky|discord|telegram|skype|handle|username|ig|youtube"
# after a network's name, a word that nobody writes otherwise: quietlykind_teapot, beth1987
_NICKNAME = re.compile(
    rf"\b(?:{_NETWORK})\b[ :,\w'\u2019-]{{0,24}}?[ :]([a-z][a-z\d]*(?:_[a-z\d]+)+_?|[a-z]{{3,}}\d{{2,}})(?!\w)", re.IGNORECASE
)
_TO_EVERYONE = ("@channel", "@here", "@everyone", "@all")
_HANDLE = re.compile(
    rf"(?:\b(?:{_NETWORK}|x)\b[^.!?\n@]{{0,24}})(@?[\w.]*[\w])(?=[\s,.!?)]|$)|(?<![\w.@])(@[a-z][\w.]{{2,30}})(?!\w)",
    re.IGNORECASE,
)
# an address under one of these says which organisation, not which person
_ORGANISATION = re.compile(
    r"(?:^|\.)(?:nhs\.uk|nhs\.net|gov\.uk|gov\.wales|gov\.scot|ac\.uk|police\.uk|parliament\.uk|sch\.uk|"
    r"nhs\.scot|nhs\.wales|org\.uk|org|wales|cymru|scot|"
    r"bbc\.co\.uk|bbc\.com|wikipedia\.org|google\.com|google\.co\.uk|zoom\.us|microsoft\.com|eventbrite\.co\.uk|"
    r"eventbrite\.com|surveymonkey\.com|"
    r"surveymonkey\.co\.uk|theguardian\.com|youtube\.com|youtu\.be|giveusashout\.org|moneysavingexpert\.com|"
    r"slack\.com|amazon\.co\.uk|amazon\.com|trainline\.com|"
    r"thetrainline\.com|nationalrail\.co\.uk|mentimeter\.com|padlet\.com|doodle\.com|miro\.com|teams\.live\.com|"
    r"nationalexpress\.com|england\.nhs\.uk)$",
    re.IGNORECASE,
)
_SOCIAL = re.compile(
    r"(?:^|\.)(?:facebook|fb|instagram|twitter|x|tiktok|linkedin|snapchat|threads|bsky|t|wa|github|pinterest|"
    r"reddit|medium|substack|onlyfans|linktr|"
    r"wordpress|blogspot|wixsite|weebly|tumblr|soundcloud|etsy|flickr|strava|justgiving|gofundme|paypal|"
    r"discord|steamcommunity|twitch)\.(?:com|net|app|me|ee|co|uk|social|example)$",
    re.IGNORECASE,
)
_PERSONAL_PATH = re.compile(r"^/(?:@|in/|u/|user/|users/|people/|team/\w|staff/\w|profile|channel/|c/|~)", re.IGNORECASE)
_OWN_PAGE = re.compile(
    r"\b(?:(?:blog|vlog|profile|portfolio) (?:is|at)|(?:my|his|her) (?:\w+ )?"
    r"(?:blog|vlog|page|site|website|web site|poems|poetry|channel|profile|art|story|stories))\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)


def kept_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where shared mailboxes and organisations' pages stand, which keep every word: the "jo" of Samaritans is nobody's name."""
    for match in _EMAIL.finditer(text):
        if _is_shared(match.group()):
            yield match.span()
    for match in _URL.finditer(text):
        if not _leads_to_a_person(match):
            yield match.span()


def _is_shared(address: str) -> bool:
    return bool(_SHARED_MAILBOX.match(address)) or address.lower() == "jo@samaritans.org"


def find_emails(text: str) -> Iterator[Entity]:
    """E-mail addresses, "name at gmail dot com" too; a mailbox shared by a service is not found."""
    for match in _EMAIL.finditer(text):
        if not _is_shared(match.group()):
            yield Entity(match.start(), match.end(), EntityType.EMAIL)
    for match in _SPOKEN_EMAIL.finditer(text):
        if _is_spoken_address(match):
            yield Entity(match.start(), match.end(), EntityType.EMAIL)


def _is_spoken_address(match: re.Match[str]) -> bool:
    """Whether the words are an address: "look at mind dot org" sends nobody a letter."""
    name, between = match.group("name"), match.group()[len(match.group("name")) : -len(match.group("host"))]
    spoken = " dot " in f" {match.group('host').lower()} " or "(" in between or "[" in between or "@" in between
    if re.fullmatch(r"[A-Za-z]+", name) and (_NOT_A_MAILBOX.fullmatch(name) or not spoken):
        return False
    said = re.sub(r"\s*\bat\b\s*|\s*[(\[{]at[)\]}]\s*|\s*@\s*", "@", match.group(), count=1, flags=re.IGNORECASE)
    return not _is_shared(re.sub(r"\s+", "", said))


def find_web_addresses(text: str) -> Iterator[Entity]:
    """Personal pages, profiles and handles."""
    for match in _URL.finditer(text):
        if _leads_to_a_person(match):
            end = match.start() + len(match.group().rstrip(".,;:!?)'\""))
            yield Entity(match.start(), end, EntityType.URL)
    for match in _HANDLE.finditer(text):
        group = 1 if match.group(1) else 2
        if match.group(group).startswith("@") and match.group(group).lower() not in _TO_EVERYONE:
            yield Entity(match.start(group), match.end(group), EntityType.URL)
    for match in _NICKNAME.finditer(text):
        yield Entity(match.start(1), match.end(1), EntityType.URL)


def _leads_to_a_person(found: re.Match[str]) -> bool:
    """By the address, or because somebody says so: "my blog is …"."""
    return is_personal(found.group()) or _OWN_PAGE.search(found.string[max(0, found.start() - 80) : found.start()]) is not None


def is_personal(address: str) -> bool:
    """Whether a web address leads to a person rather than to an organisation."""
    rest = re.sub(r"^https?://", "", address, flags=re.IGNORECASE)
    host, slash, path = rest.partition("/")
    host = re.sub(r"^www\.", "", host, flags=re.IGNORECASE).split(":")[0].rstrip(".,;!?)'\"")
    if _SOCIAL.search(host):
        return bool(path) or "." in host.rsplit(".", 2)[0] or host.count(".") > 1
    if slash and _PERSONAL_PATH.match(slash + path):
        return True
    return not _ORGANISATION.search(host)
