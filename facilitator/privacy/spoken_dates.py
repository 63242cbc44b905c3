"""Dates as people say them: "the third of August nineteen sixty-one", "5 V 1972", "xmas eve 1999"."""

from __future__ import annotations

import re

MONTH = (
    r"(?:jan(?:uary|urary|uray|ury)?|feb(?:r?uary|uray|urary|ruray)?|mar(?:ch)?|apr(?:il|ill)?|may|june?|july?|"
    r"aug(?:ust|st)?|agust|sept?(?:ember|mber|tember)?|setember|oct(?:ober|obre)?|nov(?:ember|emeber|mber)?|"
    r"dec(?:ember|emeber|mber)?|ionawr|chwefror|mawrth|ebrill|mai|mehefin|gorffennaf|awst|medi|hydref|tachwedd|rhagfyr)"
    r"(?:\.(?=[ ]?['\u2019\d]))?"
)
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_TENS = "twenty|thirty|fourty|forty|fifty|sixty|seventy|eighty|ninety|ninty"
_FIRST_TO_NINTH = "first|second|third|fourth|forth|fifth|sixth|seventh|eighth|eigth|ninth|nineth"
_ORDINAL = (
    rf"(?:(?:twenty|thirty)[ -](?:{_FIRST_TO_NINTH})|{_FIRST_TO_NINTH}|tenth|eleventh|twelfth|twelth|thirteenth|fourteenth|fifteenth|"
    r"sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twentyeth|thirtieth)"
)
_BELOW_A_HUNDRED = rf"(?:(?:{_TENS})(?:[ -]?(?:{_ONES}))?|{_TEENS}|(?:oh?|nought|zero)[ -](?:{_ONES})|(?:{_ONES}))"
YEAR_IN_WORDS = (
    rf"(?:nineteen(?:[ -]hundred)?(?: and)?[ -]{_BELOW_A_HUNDRED}|two[ -]thousand(?: and)?(?:[ -]{_BELOW_A_HUNDRED})?|"
    rf"twenty[ -]{_BELOW_A_HUNDRED}|(?:{_TENS})(?:[ -](?:{_ONES}))?)"
)
DAY_IN_WORDS = rf"(?:{_ORDINAL}|{_BELOW_A_HUNDRED})"
_FIGURES = r"(?:0?[1-9]|[12]\d|3[01])(?:[ ]?(?:st|nd|rd|th))?"
_YEAR = rf"(?:(?:19|20)\d\d|['\u2019]?\d\d|{YEAR_IN_WORDS})"
_ROMAN = r"(?:xii|xi|ix|iv|viii|vii|vi|v|iii|ii|i|x)"
_FEAST = (
    r"(?:(?:christmas|xmas|chrimbo|new year'?s?|new years|easter|midsummer|hallow)[ -]?(?:eve|day|night|sunday|monday|e'en)|boxing day|"
    r"christmas|xmas|valentine'?s(?: day)?|st\.? ?(?:patrick|david|george|andrew)'?s(?: day)?|"
    r"hallowe'?en|bonfire night|guy fawkes(?: night)?|"
    r"burns night|leap day|may day|april fools?'?(?: day)?|pancake day|shrove tuesday|good friday|easter|whitsun|armistice day)"
)
_GAP = r"[ ,.\-]*"
_SPOKEN = (
    rf"(?:the )?(?:{DAY_IN_WORDS}|{_FIGURES})(?: day)?(?: of)?{_GAP}{MONTH}(?:(?:[ ,\-]+(?:in )?(?:of )?){_YEAR})?",
    rf"{MONTH}{_GAP}(?:the )?(?:{DAY_IN_WORDS}|{_FIGURES})(?:[ ,\-]+{_YEAR})?",
    rf"(?:the )?(?:{_ORDINAL}|{_FIGURES}) of (?:the )?(?:{_ORDINAL}|\d{{1,2}}(?:st|nd|rd|th))(?:,? (?:of )?{_YEAR})?",
    rf"{_FIGURES}[ ./\-]{{1,2}}{_ROMAN}[ ./\-]{{1,2}}(?:19|20)?\d\d",
    rf"{_FEAST},? (?:in )?(?:of )?{_YEAR}",
    rf"{_FEAST}(?= (?:baby|1\d\d\d|19|20))",
)
SPOKEN = re.compile(rf"(?<![\w£/.\-])(?:{'|'.join(_SPOKEN)})(?![\w/])", re.IGNORECASE)
