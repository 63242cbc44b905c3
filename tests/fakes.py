"""Stand-ins that tests share. Each has the real one's interface."""

from __future__ import annotations

from facilitator.knowledge.base import Decision, Found, Hit, Part, Passage, Source, Term, Topic

SOURCE = Source("Embedding co-production in mental health (NDTi, 2016)", "Step 2: Payment and welfare benefits")


def passage(topic: str, part: str, text: str) -> Passage:
    return Passage(f"{topic}#{part}", topic, topic.replace("-", " "), text, (SOURCE,))


class FakeKnowledge:
    """Knows about payment and ground rules; anything with "medicine" is declined as clinical."""

    def __init__(self) -> None:
        self._topics = {
            topic: Topic(
                id=topic,
                title=topic.replace("-", " ").capitalize(),
                section="Step 2",
                parts={part: passage(topic, part, f"{topic} {part}") for part in Part},
                related=("ground-rules",) if topic != "ground-rules" else (),
            )
            for topic in ("payment-benefits", "ground-rules")
        }

    def search(self, text: str) -> Found:
        lowered = text.lower()
        hits = (Hit("payment-benefits", "payment-benefits#short", 0.9), Hit("ground-rules", "ground-rules#short", 0.2))
        if "medicine" in lowered:
            return Found(Decision.DECLINE, hits, "utter_decline_clinical")
        if "paid" in lowered:
            return Found(Decision.ANSWER, hits)
        if "rules or money" in lowered:
            return Found(Decision.OFFER, hits)
        return Found(Decision.DECLINE, hits, "utter_decline_uncovered")

    def topic(self, topic_id: str) -> Topic:
        return self._topics[topic_id]

    def passage(self, passage_id: str) -> Passage:
        topic, _, part = passage_id.partition("#")
        return self._topics[topic].parts[Part(part)]

    def explain(self, text: str) -> Term | None:
        return Term("parity", "Being treated as equals.") if "parity" in text.lower() else None
