"""The PostgreSQL server of the tests hands out empty databases that do not know each other."""

import pytest
from sqlalchemy import create_engine, inspect, text

from tests.lab.postgres import Postgres

pytestmark = pytest.mark.lab


def test_every_database_is_empty_and_its_own(postgres: Postgres, postgres_url: str) -> None:
    first, second = create_engine(postgres_url), create_engine(postgres.create_database())
    with first.begin() as connection:
        connection.execute(text("create table things (name text)"))
        connection.execute(text("insert into things values ('Ünïcödé ☎')"))
        assert connection.scalar(text("select name from things")) == "Ünïcödé ☎"

    assert inspect(first).get_table_names() == ["things"]
    assert inspect(second).get_table_names() == []
    first.dispose()
    second.dispose()
