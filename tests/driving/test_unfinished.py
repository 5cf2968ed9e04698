"""A stage that fails holds up those that read it, and no others; the error says all of it."""

import pytest

from audsem_data.core.errors import AudsemError, StageError, ToleranceError

from .conftest import Toys

ALL = ("toy-count", "toy-double", "toy-slow", "toy-mean", "toy-keep", "toy-spread")


def test_what_does_not_read_a_failed_stage_is_done(toys: Toys) -> None:
    toys.flag("break-b")
    with pytest.raises(StageError) as caught:
        toys.run(*ALL)
    assert "toy-mean" in str(caught.value)
    assert caught.value.__notes__ == ["not run: toy-spread; they wait for toy-mean"]
    assert len(toys.rows("toy-slow")) == len(toys.rows("toy-keep")) == 5
    assert not (toys.root / "toy-spread").exists()
    (toys.calls_file.parent / "break-b").unlink()
    toys.run(*ALL)
    assert len(toys.rows("toy-spread")) > 0


def test_every_error_is_told_and_the_first_is_raised(toys: Toys) -> None:
    toys.put("a", -1, -2)
    toys.put("b", -4)
    toys.flag("break-b")
    with pytest.raises(ToleranceError, match="toy-double") as caught:
        toys.run(*ALL, tolerate=0.5)
    other, waiting = caught.value.__notes__
    assert other.startswith("error: toy-mean")
    assert waiting == "not run: toy-slow, toy-keep, toy-spread; they wait for toy-double, toy-mean"


def test_a_full_disk_ends_the_run_at_once(toys: Toys, monkeypatch: pytest.MonkeyPatch) -> None:
    from audsem_data.core.errors import StorageError
    from audsem_data.runtime import driver

    def full(ledger: object, stage: object, pending: int) -> None:
        raise StorageError("no space is left")

    toys.run("toy-count")
    monkeypatch.setattr(driver, "check_space", full)
    with pytest.raises(StorageError) as caught:
        toys.run("toy-double", "toy-mean")
    assert not hasattr(caught.value, "__notes__")
    assert isinstance(caught.value, AudsemError)
    assert not (toys.root / "toy-mean" / "v1").exists()
