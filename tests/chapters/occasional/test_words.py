"""The chapter in words: from findings read back, for a charity, and the reason of each buyer."""

import json
from dataclasses import asdict, replace

import numpy as np

from playbook.archive.findings import Finding
from playbook.chapters.occasional.words import (
    left_out_cautions,
    left_out_sentences,
    reasons,
)
from playbook.show.words import Words
from tests.chapters.occasional.study import WORDS, as_csv, occasional_sentences, settings_text, steady_shop


def test_the_chapter_is_worded_the_same_from_findings_that_were_written(demo):
    text = json.dumps([asdict(finding) for finding in demo.findings.values()], allow_nan=False)
    read_back = {item["name"]: Finding(**item) for item in json.loads(text)}
    assert occasional_sentences(read_back, WORDS, 0.9) == demo.sentences.split("\n")
    said = [demo.second, demo.base, demo.kinds, demo.weighed]
    assert "\n".join(line for result in said for line in result.sentences(WORDS)) == demo.sentences


def test_more_given_up_than_saved_is_said_of_those_that_client_yml_leaves_out(demo):
    findings = dict(demo.findings)
    findings["left_out"] = replace(findings["left_out"], verdict="out")
    for given_up, said in ((10.0, False), (1000.0, True)):
        findings["margin_given_up"] = Finding("margin_given_up", given_up, 1, 2000)
        findings["cost_saved"] = Finding("cost_saved", 100.0)
        text = " ".join(left_out_sentences(findings, WORDS))
        assert ("pays only if they respond less than 10%" in text) == said
        assert ("costs CHF\N{NO-BREAK SPACE}900 more than it saves" in text) == said
        cautions = left_out_cautions(findings, WORDS)
        assert [("client.yml leaves out (occasional.treat)" in line) for line in cautions] == [True] * said
        stands = findings | {"selection_stands": Finding("selection_stands", 1)}
        assert left_out_cautions(stands, WORDS) == []
    assert "method" not in " ".join(left_out_sentences(findings, WORDS))


def test_a_charity_has_donors_and_gifts(read):
    more = "preset: donations\noccasional: {treat: out}\n"
    findings = read(as_csv(steady_shop()), settings_text(more=more)).findings
    said = " ".join(occasional_sentences(findings, Words(preset="donations"), 0.9))
    assert "occasional donors" in said
    assert "second gifts" in said
    assert "kinds of occasional donors" in said
    for word in ("bought", "order ", "orders", "buyers", "customers"):
        assert word not in said


def test_the_share_that_has_come_is_that_of_the_settings(demo):
    assert "by then 9 in 10 of the second orders" in demo.sentences
    other = replace(demo.second, share=0.95)
    assert "by then 95% of the second orders" in " ".join(other.sentences(WORDS))
    seen = demo.weighed.customers
    said = reasons(seen[seen["occasional"]].head(1), demo.kinds, other, WORDS).iloc[0]
    assert "95% of second orders come within" in said


def test_pictures_say_what_they_show(demo):
    assert f"after {demo.second.days} days" in demo.second.figure(WORDS).alt
    assert "odds ratio" in demo.against.figure(WORDS).alt


def test_every_occasional_buyer_has_a_reason_in_words_and_nobody_else(demo):
    seen = demo.weighed.customers
    texts = reasons(seen, demo.kinds, demo.second, WORDS)
    assert (texts.notna() == seen["occasional"]).all()
    coupon = seen[seen["occasional"] & (seen["occasional_kind"] == "coupon")].iloc[0]
    assert "with a coupon" in texts[coupon.name]
    row = seen[seen["occasional"] & seen["left_out"]].iloc[0]
    text = texts[row.name]
    assert f"One order, {WORDS.number(row['silence_days'])} days ago" in text
    assert "Left out" in text
    assert WORDS.money(row["contact_cost"], 2) in text


def test_a_reason_says_where_no_contact_is_allowed_or_nothing_can_be_told(demo):
    seen = demo.weighed.customers.query("occasional").head(2).copy()
    seen["contact_cost"] = [np.nan, 1.6]
    seen["worth"] = [1.0, np.nan]
    texts = reasons(seen, demo.kinds, demo.second, WORDS)
    assert texts.iloc[0].endswith("No contact is allowed.")
    assert texts.iloc[1].endswith("What a contact could bring cannot be told.")
