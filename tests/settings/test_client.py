from datetime import date

import pytest

from playbook.errors import CallError, SettingsError, one_line
from playbook.settings import client

BASE = "client: A\ntables:\n  orders:\n    files: x.csv\n    columns: {customer_id: a}\n"


@pytest.fixture
def load(tmp_path):
    def write_and_load(text, **overrides):
        (tmp_path / "acme").mkdir(exist_ok=True)
        (tmp_path / "acme" / "client.yml").write_text(text, encoding="utf-8")
        return client.load("acme", tmp_path, overrides)

    return write_and_load


def test_defaults_are_the_method_s(load):
    chosen = load(BASE)
    assert (chosen.horizon_days, chosen.min_return, chosen.discount_rate) == (183, 0.02, 0.08)
    assert (chosen.survival.longest_days, chosen.survival.least_at_risk) == (730, 100)
    assert chosen.measurement.horizon_days == 90


def test_null_means_as_the_preset_says(load):
    assert load(BASE + "horizon_days: null\nas_of: null\n").horizon_days == 183


def test_a_selection_of_null_switches_off_the_presets(load):
    text = BASE + "preset: donations\n"
    assert load(text).selection is not None
    assert load(text + "selection: null\n").selection is None
    assert load(text + "selection: null\n", budget=9).margin_rate == 1.0


def test_client_yml_overrides_the_preset_and_parameters_override_both(load):
    text = BASE + "preset: donations\n"
    assert load(text).margin_rate == 1.0
    assert load(text + "margin_rate: 0.5\n").margin_rate == 0.5
    assert load(text + "margin_rate: 0.5\n", margin_rate=0.7).margin_rate == 0.7
    assert load(text + "offers: {budget: 10}\n", budget=99).offers.budget == 99


def test_a_file_is_a_list_of_one(load):
    assert load(BASE).tables.orders.files == ("x.csv",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BASE + "horizn_days: 3\n", "line 6: horizn_days is not a known key. Did you mean 'horizon_days'?"),
        (BASE + "offers: {budgt: 3}\n", "offers.budgt is not a known key. Did you mean 'budget'?"),
        (BASE + "horizon_days: soon\n", "line 6: horizon_days: input should be a valid integer"),
        (BASE + "horizon_days: -1\n", "horizon_days: input should be greater than 0"),
        (BASE + "occasional: {treat: never}\n", "occasional.treat: input should be 'apart', 'out' or 'keep'"),
        (BASE + "language: xx\n", "language: no catalogue for 'xx'"),
        (BASE + "tables: [b", "this is no YAML"),
        (BASE + "as_of: 9999-12-31\n", "line 6: as_of: write a day of the years 1900 to 2199"),
        (BASE + "forget_before: 0001-01-01\n", "forget_before: write a day of the years"),
        (BASE + "checks: {earliest: 2200-01-01}\n", "checks.earliest: write a day of the years"),
        ("just words\n", "expected settings as 'key: value' lines"),
        ("client: A\n", "client.yml: tables is missing."),
    ],
)
def test_a_wrong_setting_is_one_sentence_that_says_where(load, text, said):
    with pytest.raises(SettingsError) as caught:
        load(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "source: postgres://reader:geheim@x/y\nsource: x\n",
            'line 7: this is no YAML (found duplicate key "source").',
        ),
        ("source: *geheim\n", "line 6: this is no YAML (found undefined alias)."),
        (
            "pseudonymise: !!bool geheim\n",
            "client.yml: a value in it is no text, number, date, list or mapping",
        ),
        ("seed: !!int ''\n", "client.yml: a value in it is no text"),
        ("checks: &x\n  <<: *x\n  gap_days: 1\n", "client.yml: a value in it is no text"),
        ("consent: {assumed: !!set {email, letter}}\n", "line 6: a value in it is no text"),
        ("client: !geheim x\n", "client.yml, line 6: this is no YAML"),
        ("currency: !geheim x\n", "line 6: a value in it is no text"),
        ("seed: 0x" + "f" * 5000 + "\n", "line 6: a number in it is too long."),
        ("language: " + "x" * 5000 + "\n", "language: no catalogue for 'xxx"),
        (
            "horizon_days: [" + "a, " * 5000 + "b]\n",
            "horizon_days: input should be a valid integer, found ['a', ",
        ),
    ],
)
def test_what_the_parser_trips_over_is_one_short_sentence_without_values(load, text, said):
    with pytest.raises(SettingsError) as caught:
        load(BASE + text)
    told = one_line(caught.value)
    assert said in told and "geheim" not in told and len(told) < 400


@pytest.mark.parametrize(
    "name", ["..", "../acme", "a/b", "", ".hidden", "a..b", "Index.HTML", "comparison.html"]
)
def test_a_client_s_name_cannot_lead_elsewhere(tmp_path, name):
    with pytest.raises(CallError, match="is no client name"):
        client.load(name, tmp_path)


def test_an_unknown_client_is_told_which_there_are(load, tmp_path):
    load(BASE)
    with pytest.raises(CallError, match=r"Did you mean 'acme'\?"):
        client.load("acm", tmp_path)


def test_parameters_that_a_notebook_names_too_are_told_once():
    with pytest.raises(CallError) as caught:
        client.parse_parameters(["budgt=3"], {"budget": float})
    assert str(caught.value).count("margin_rate") == 1
    assert str(caught.value).endswith("seed, scoring.weights.CRITERION.")


def test_parameters_are_typed_and_checked():
    assert client.parse_parameters(["seed=3", "budget=2.5"]) == {"seed": 3, "budget": 2.5}
    assert client.parse_parameters(["inactivity_days=200"]) == {"inactivity_days": 200}
    with pytest.raises(CallError, match=r"Did you mean 'horizon_days'\?"):
        client.parse_parameters(["horizon_dys=2"])
    with pytest.raises(CallError, match="expected a whole number, got 'x'"):
        client.parse_parameters(["horizon_days=x"])
    with pytest.raises(CallError, match="write it as NAME=VALUE"):
        client.parse_parameters(["horizon_days"])


def test_the_weight_of_a_criterion_is_a_parameter_too(load):
    given = client.parse_parameters(["scoring.weights.past margin=2"])
    chosen = load(BASE + "scoring: {weights: {order value: 3}}\n", **given)
    assert chosen.scoring.weights == {"past margin": 2.0, "order value": 3.0}
    with pytest.raises(CallError, match="expected a number"):
        client.parse_parameters(["scoring.weights.past margin=two"])


def test_the_weight_of_no_criterion_is_told_with_those_there_are(load):
    with pytest.raises(SettingsError, match=r"names 'foo', which is no criterion\. There are: past"):
        load(BASE, **client.parse_parameters(["scoring.weights.foo=3"]))
    own = "scoring: {criteria: [{name: mine, column: margin}], weights: {past margin: 2}}\n"
    with pytest.raises(SettingsError, match="There are: mine"):
        load(BASE + own)


def test_dates_and_inputs(load, tmp_path):
    chosen = load(BASE + "as_of: 2025-01-31\n")
    assert chosen.as_of == date(2025, 1, 31)
    assert [path.name for path in chosen.inputs(tmp_path)] == ["client.yml", "x.csv"]


def test_settings_survive_the_way_to_the_kernel(load):
    chosen = load(BASE + "preset: donations\nas_of: 2025-01-31\n")
    assert client.Settings.model_validate_json(chosen.model_dump_json()) == chosen


@pytest.mark.parametrize(
    "text",
    [
        BASE.replace("x.csv", "../bettini/x.csv"),
        BASE.replace("x.csv", "[in/x.csv, link.csv]"),
        BASE.replace("x.csv", "{}/bettini/x.csv"),
        BASE.replace("files: x.csv", "lines: {{files: ../gone/x.csv}}\n    files: in/x.csv"),
        BASE.replace("files: x.csv", "table: x") + "source: duckdb://../bettini/x.csv\n",
    ],
)
def test_a_client_s_tables_lie_in_its_folder(load, tmp_path, text):
    (tmp_path / "elsewhere" / "in").mkdir(parents=True)
    (tmp_path / "bettini").mkdir()
    (tmp_path / "acme").symlink_to("elsewhere")
    for place in ("bettini/x.csv", "acme/in/x.csv"):
        (tmp_path / place).write_text("")
    (tmp_path / "acme" / "inner.csv").symlink_to("in/x.csv")
    assert load(BASE.replace("x.csv", "[inner.csv, in/x.csv, in/../later.csv]"))
    (tmp_path / "acme" / "link.csv").symlink_to(tmp_path / "bettini" / "x.csv")
    with pytest.raises(SettingsError, match=r"client.yml names (x|link).csv, which lies outside"):
        load(text.replace("{{", "{").replace("}}", "}").replace("{}", str(tmp_path)))
