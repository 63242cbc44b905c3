from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facilitator import intents
from facilitator.cli.evaluate import evaluate_app
from facilitator.cli.knowledge import knowledge_app
from facilitator.errors import ContentError
from facilitator.evaluation import intent_figures, knowledge_figures, read_tsv
from facilitator.knowledge.base import Decision, Found, Hit
from facilitator.settings import ROOT


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_tsv_is_read_as_it_stands(tmp_path: Path) -> None:
    text = '\ufeffid\tnote\ttext\ttopics\r\n1\tx\t"quoted" \\t\tpay|rules\r\n\r\n2\ty\tno topics\n3\tz\tnone\t\n'
    rows = read_tsv(write(tmp_path / "a.tsv", text), ("id", "text", "topics"))
    assert [(row.line, row["id"], row["text"], row["topics"]) for row in rows] == [
        (2, "1", '"quoted" \\t', "pay|rules"),
        (4, "2", "no topics", ""),
        (5, "3", "none", ""),
    ]


@pytest.mark.parametrize(
    ("text", "fault", "line"),
    [
        ("id,text,topics\n1,a,b\n", "has no column id, text, topics", 1),
        ("id\ttext\ttopics\n1\n", "has 1 columns", 2),
        ("id\ttext\ttopics\n", "has no rows", None),
        ("", "has no column", 1),
    ],
)
def test_a_bad_tsv_names_its_line(tmp_path: Path, text: str, fault: str, line: int | None) -> None:
    with pytest.raises(ContentError, match=fault) as raised:
        read_tsv(write(tmp_path / "a.tsv", text), ("id", "text", "topics"))
    assert raised.value.line == line


def test_a_tsv_that_is_missing_or_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read"):
        read_tsv(tmp_path / "gone.tsv", ("id",))
    (tmp_path / "a.tsv").write_bytes("id\ncafé\n".encode("latin-1"))
    with pytest.raises(ContentError, match="not UTF-8"):
        read_tsv(tmp_path / "a.tsv", ("id",))


FOUND = {
    "right": Found(Decision.ANSWER, [Hit("pay", "pay#short", 0.9), Hit("rules", "rules#short", 0.1)]),
    "second": Found(Decision.OFFER, [Hit("doc-x-1", "doc-x-1#short", 0.9), Hit("rules", "r", 0.5), Hit("pay", "p", 0.4)]),
    "declined": Found(Decision.DECLINE, [Hit("pay", "p", 0.4)], "utter_decline_uncovered"),
    "offered": Found(Decision.OFFER, [Hit("pay", "p", 0.4)]),
    "answered": Found(Decision.ANSWER, [Hit("pay", "p", 0.9)]),
}


def test_knowledge_is_counted_as_the_design_says(tmp_path: Path) -> None:
    text = "id\ttext\ttopics\na\tright\tpay\nb\tsecond\tpay\nc\tdeclined\tpay|rules\nd\toffered\t\ne\tanswered\t\nf\tdeclined\t\n"
    path = write(tmp_path / "a.tsv", text)
    figures = knowledge_figures(read_tsv(path, ("id", "text", "topics")), FOUND.__getitem__, frozenset({"pay", "rules"}), path)
    assert figures.line() == "top1=0.6667 top3=1.0000 declined_wrongly=0.3333 answered_wrongly=0.3333 n=6"
    assert figures.by_topic == {"pay": (3, 2), "rules": (1, 1)}
    assert [miss.split(":")[0] for miss in figures.misses] == ["b", "c", "e"]


def test_a_topic_that_does_not_exist_is_a_fault_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", "id\ttext\ttopics\na\tright\tpayment\n")
    with pytest.raises(ContentError, match="names a topic that does not exist: payment"):
        knowledge_figures(read_tsv(path, ("id", "text", "topics")), FOUND.__getitem__, frozenset({"pay"}), path)


def test_intents_are_counted_with_any_accepted_label() -> None:
    pairs = [(("affirm", "answer_yes"), "answer_yes"), (("skip",), "skip"), (("skip",), "back"), (("back",), "back")]
    figures = intent_figures(pairs)
    # f1: answer_yes 1, skip 2/3, back 2/3
    assert figures.line() == "accuracy=0.7500 macro_f1=0.7778 n=4"
    assert figures.confused == ((("skip", "back"), 1),)


def test_evaluate_intents_prints_its_figures_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "classify", lambda texts: [intents.Intent("skip", 0.5) for _ in texts])
    path = write(tmp_path / "a.tsv", "id\ttext\tlabel\na\tnext one\tskip\nb\tgo back\tback\n")
    ran = CliRunner().invoke(evaluate_app, ["intents", str(path), "--confusions"])
    assert ran.exit_code == 0
    assert ran.output.splitlines() == ["b: back taken for skip (0.50)", "  1 × back taken for skip", "accuracy=0.5000 macro_f1=0.3333 n=2"]


def _helper(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setattr(intents, "RASA_PYTHON", Path(sys.executable))
    monkeypatch.setattr(intents, "_HELPER", write(folder / "helper.py", code))


def test_the_helper_is_given_the_texts_and_its_answers_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = "for line in sys.stdin:\n    print(json.dumps({'intent': json.loads(line), 'confidence': 1}))\n"
    _helper(tmp_path, f"import json, sys\nprint('a warning')\n{loop}", monkeypatch)
    assert [intent.name for intent in intents.classify(["one\ntwo", "é"])] == ["one\ntwo", "é"]


def test_a_helper_that_fails_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _helper(tmp_path, "import sys\nprint('there is no trained model', file=sys.stderr)\nsys.exit(1)\n", monkeypatch)
    with pytest.raises(intents.IntentsUnavailable, match="there is no trained model"):
        intents.classify(["hello"])
    monkeypatch.setattr(intents, "RASA_PYTHON", tmp_path / "gone")
    with pytest.raises(intents.IntentsUnavailable, match="make setup"):
        intents.classify(["hello"])


def test_the_command_line_shows_what_was_found_and_why() -> None:
    ran = CliRunner().invoke(knowledge_app, ["search", "what does a faciltator do"])
    assert ran.exit_code == 0, ran.output
    assert "read as: what does a facilitator do" in ran.output
    assert "decision: answer" in ran.output
    assert "facilitation-brokering#what-a-facilitator-does" in ran.output
    assert "source: " in ran.output


def test_the_command_line_adds_lists_and_removes_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACILITATOR_DATA_DIR", str(tmp_path / "var"))
    paper = write(tmp_path / "policy.md", "# Car parks\n\n" + "Members may park behind the Willow Centre at no cost on weekdays. " * 3)
    run = CliRunner().invoke
    assert "No documents" in run(knowledge_app, ["list"]).output
    assert "as our-car-parks" in run(knowledge_app, ["add", str(paper), "--title", "Our car parks"]).output
    assert "our-car-parks  “Our car parks”  Markdown, 1 sections" in run(knowledge_app, ["list"]).output
    assert "Removed “Our car parks”" in run(knowledge_app, ["remove", "our-car-parks"]).output


def test_the_command_line_finds_no_fault_in_our_own_knowledge() -> None:
    ran = CliRunner().invoke(knowledge_app, ["check"])
    assert ran.exit_code == 0
    assert "27 topics" in ran.output


def test_a_fault_ends_the_check_with_exit_code_1(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facilitator import settings

    path = folder / "framework" / "pay.md"
    path.write_text(path.read_text(encoding="utf-8").replace("## More\n", "## Oops\n"), encoding="utf-8")
    monkeypatch.setattr(settings, "ROOT", folder.parent)
    ran = CliRunner().invoke(knowledge_app, ["check"])
    assert ran.exit_code == 1
    assert "knowledge/framework/pay.md:" in ran.output
    assert json.dumps(str(folder.parent)) not in ran.output


def test_our_labelled_files_have_every_column() -> None:
    folder = ROOT / "tests" / "evaluation"
    assert len(read_tsv(folder / "knowledge.tsv", ("id", "text", "topics"))) > 250
    assert len(read_tsv(folder / "intents.tsv", ("id", "text", "label"))) > 300
