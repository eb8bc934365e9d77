import pytest
from click.testing import CliRunner

from skytract.__main__ import main
from skytract.loaders import doctor
from skytract.loaders.home import PORT, Home
from skytract.loaders.postgresql import PostgreSQL


@pytest.fixture
def at(monkeypatch):
    """Return a function that points the doctor to a home."""
    monkeypatch.delenv("SKYTRACT_DSN", raising=False)
    return lambda home: monkeypatch.setenv("SKYTRACT_HOME", str(home.path))


def states():
    return {(finding.what, finding.state) for finding in doctor.examine()}


def test_before_the_first_start_nothing_is_bad(at, tmp_path):
    at(Home(tmp_path / "home"))
    found = states()
    assert ("PostgreSQL", "ok") in found
    assert ("server", "note") in found
    assert not any(state == "bad" for _, state in found)
    assert not (tmp_path / "home").exists()


def test_an_unmigrated_database_is_bad_and_says_what_to_do(at, cluster):
    at(cluster)
    answer = CliRunner().invoke(main, ["doctor"])
    assert answer.exit_code == 1
    assert "The database skytract has no skytract tables" in answer.output
    assert "Run `skytract migrate`." in answer.output


def test_an_existing_server(cluster, database, monkeypatch):
    monkeypatch.setenv("SKYTRACT_DSN", f"host={cluster.run} port={PORT} dbname={database}")
    answer = CliRunner().invoke(main, ["doctor"])
    assert answer.exit_code == 0, answer.output
    for text in ("q3c 2", "numpy", "tables and functions fit skytract"):
        assert text in answer.output


def test_a_postgresql_that_cannot_be_used_is_explained(at, tmp_path, monkeypatch):
    at(Home(tmp_path / "home"))
    useless = PostgreSQL(tmp_path)
    monkeypatch.setattr("skytract.loaders.postgresql.installed", lambda: [useless])
    monkeypatch.setattr(doctor, "installed", lambda: [useless])
    found = doctor.examine()
    texts = [finding.found for finding in found if finding.what == "PostgreSQL"]
    assert "has no initdb, pg_ctl" in texts[0]
    assert any(finding.state == "bad" and "apt-get" in finding.remedy for finding in found)


def test_a_full_disk_is_bad(at, tmp_path, monkeypatch):
    at(Home(tmp_path / "home"))
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 62)
    assert ("disk", "bad") in states()


def test_a_missing_package_is_bad(at, tmp_path, monkeypatch):
    at(Home(tmp_path / "home"))
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no-such-package"))
    assert ("packages", "bad") in states()


def test_partitions_that_wait_for_a_split_are_noted(owner):
    assert list(doctor.partitions(owner)) == []
    owner.execute("INSERT INTO meta.PartitionSplit VALUES ('raw', 0, 4, 6000000, now(), NULL)")
    [finding] = doctor.partitions(owner)
    assert finding.found == "beyond the row budget: 1, 0/4 with 6,000,000 rows"
    assert "skytract partition split --scheduled" in finding.remedy
