"""What to do about an error of PostgreSQL."""

import psycopg
import pytest
from psycopg import errors

from gateway.store.errors import Remedy, remedy


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("server closed the connection"), Remedy.RETRY),
        (errors.SerializationFailure(), Remedy.RETRY),
        (errors.DeadlockDetected(), Remedy.RETRY),
        (errors.DiskFull(), Remedy.RETRY),
        (errors.TooManyConnections(), Remedy.RETRY),
        (errors.AdminShutdown(), Remedy.RETRY),
        (errors.QueryCanceled(), Remedy.RETRY),
        (errors.ReadOnlySqlTransaction(), Remedy.RETRY),
        (errors.NumericValueOutOfRange(), Remedy.REJECT),
        (errors.CheckViolation(), Remedy.REJECT),
        (errors.UntranslatableCharacter(), Remedy.REJECT),
        (errors.UndefinedTable(), Remedy.STOP),
        (errors.InsufficientPrivilege(), Remedy.STOP),
        (errors.InvalidPassword(), Remedy.STOP),
    ],
)
def test_what_the_store_says_decides_between_trying_again_refusing_and_stopping(error, expected) -> None:
    assert remedy(error) is expected
