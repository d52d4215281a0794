"""The rules that the tests themselves keep."""

import ast
import socket

import pytest

from tests.house.sources import functions, modules, where


def test_no_test_leaves_this_machine():
    with socket.socket() as tcp, pytest.raises(OSError, match="tests stay on loopback"):
        tcp.connect(("192.0.2.1", 80))
    with pytest.raises(socket.gaierror, match="tests ask no name server"):
        socket.getaddrinfo("pbx.example", 443)


def test_a_name_is_a_sentence():
    names = {
        f"{where(path, test.lineno)} {test.name}"
        for path in modules()
        if path.name.startswith("test_")
        for test in functions(path)
        if test.name.startswith("test_") and test.name.count("_") < 2
    }

    assert names == set()


def test_every_test_can_fail():
    harmless = {
        where(path, test.lineno)
        for path in modules()
        if path.name.startswith("test_")
        for test in functions(path)
        if test.name.startswith("test_") and not checks_something(test)
    }

    assert harmless == set()


def checks_something(test: ast.AST) -> bool:
    """Tell whether a test asserts, expects an error, or leaves that to a function it calls."""
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and is_checking(ast.unparse(node.func)))
        for node in ast.walk(test)
    )


def is_checking(function: str) -> bool:
    """Tell whether a function's name says that it fails a test."""
    words = ("raises", "fail", "expect", "check", "assert", "validate", "wait_until")
    return function.rpartition(".")[2].startswith(words)
