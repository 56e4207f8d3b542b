import pytest

from playbook.records.memory import open_engine
from playbook.settings.client import Settings


def engine(tmp_path, **machine):
    chosen = Settings(client="Acme", tables={"orders": {"files": "orders.csv"}}, machine=machine)
    scratch = tmp_path / "playbook-x"
    scratch.mkdir()
    return open_engine(chosen, scratch)


def setting(connection, name):
    value = connection.raw_sql(f"SELECT current_setting('{name}')").fetchone()[0]
    connection.disconnect()
    return value


@pytest.mark.parametrize("written", ["256MB", "256 MB"])
def test_the_engine_takes_no_more_memory_than_the_settings_allow(tmp_path, written):
    assert setting(engine(tmp_path, memory_limit=written), "memory_limit") == "244.1 MiB"


def test_a_limit_from_the_environment_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYBOOK_MEMORY", "512MiB")
    assert setting(engine(tmp_path, memory_limit="256MB"), "memory_limit") == "512.0 MiB"


def test_what_does_not_fit_into_memory_goes_where_the_settings_say(tmp_path):
    place = tmp_path / "large"
    place.mkdir()
    connection = engine(tmp_path, memory_limit="64MB", temp_directory=str(place))
    connection.raw_sql("SET threads = 1")
    connection.raw_sql(
        "CREATE TEMP TABLE t AS SELECT range AS x, md5(range::VARCHAR) AS y FROM range(4000000)"
    )
    assert any(path.is_file() for path in place.rglob("*"))
    connection.disconnect()
    assert not any(path.is_file() for path in place.rglob("*"))


def test_runs_beside_each_other_share_threads_and_memory(tmp_path, monkeypatch):
    def share(beside, name):
        monkeypatch.setenv("PLAYBOOK_BESIDE", str(beside))
        (tmp_path / f"{name}{beside}").mkdir()
        return setting(engine(tmp_path / f"{name}{beside}"), name)

    assert share(2, "threads") == max(1, share(1, "threads") // 2)
    whole, half = (float(share(beside, "memory_limit").split()[0]) for beside in (1, 2))
    assert half == pytest.approx(whole / 2, rel=0.02)


def test_an_unreadable_limit_is_refused():
    with pytest.raises(ValueError, match="memory_limit"):
        Settings(client="Acme", tables={"orders": {"files": "x"}}, machine={"memory_limit": "much"})
