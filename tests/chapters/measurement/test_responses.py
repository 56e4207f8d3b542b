"""What is said where the next plan repeats what was measured."""

import re

import pytest

from playbook.archive.findings import Finding
from playbook.chapters.measurement.responses import plan_cautions
from playbook.show.words import Words

WORDS = Words()


def cautions(verdict, planned=3, campaigns="SPRING"):
    measured = {
        "campaigns": Finding("campaigns", 1),
        "campaign_1": Finding("campaign_1", "SPRING", verdict=verdict),
        "responses_measured": Finding("responses_measured", 2),
        "response_1": Finding("response_1", "material letter", verdict=campaigns),
        "response_2": Finding("response_2", "material email", verdict=campaigns),
    }
    plan = {"plan_material_letter": Finding("plan_material_letter", planned)}
    plan |= {"plan_material_phone": Finding("plan_material_phone", 9)}  # measured by no campaign
    return plan_cautions(measured, plan, WORDS)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("backfires_later", "“SPRING” is not to be repeated as it was"),
        ("does_not", "“SPRING” is not to be repeated as it was"),
        ("cannot_be_told", "Of “SPRING” it can be told how many came back, not what they brought"),
    ],
)
def test_a_plan_that_repeats_what_failed_or_is_not_proven_is_warned_of_once(verdict, said):
    [warning] = cautions(verdict)
    assert warning.startswith(said)
    assert re.search(r"\b3 offers (of its kind|like it)", warning)
    assert re.search(r"\bone offer (of its kind|like it)", cautions(verdict, planned=1)[0])


def test_no_warning_of_what_works_is_not_planned_or_is_no_longer_known():
    assert cautions("works") == cautions("does_not", planned=0) == cautions("does_not", campaigns="OLD") == []
