"""QR codes, read by a decoder that is not ours."""

import re

import pytest
from PIL import Image

from offhook.errors import InvalidInput
from offhook.provisioning import codes, tokens
from tests.lab.zbar import read_qr

ADDRESS = "https://phones.example.org:8443/c/7K3QZ-9XWVB-ABCDE-FGHJK"


@pytest.mark.lab
def test_the_png_is_read_by_a_camera(tmp_path):
    codes.write_file(ADDRESS, tmp_path / "code.png")

    assert read_qr((tmp_path / "code.png").read_bytes()) == ADDRESS


@pytest.mark.parametrize("start", ["https://a.example/c/", f"https://{'long.' * 30}example/c/"])
def test_a_code_put_together_is_the_code_drawn_as_a_whole(start):
    for _ in range(20):
        address = start + tokens.make_text(tokens.TOKEN_LENGTH).reveal()
        assert codes.as_png(address, start=start) == codes.as_png(address)


@pytest.mark.lab
def test_the_terminal_shows_the_same_code(tmp_path):
    lines = codes.as_text(ADDRESS).splitlines()
    image = Image.new("L", (len(lines[0]), 2 * len(lines)))
    for y, line in enumerate(lines):
        for x, block in enumerate(line):
            image.putpixel((x, 2 * y), 255 * (block in "█▀"))
            image.putpixel((x, 2 * y + 1), 255 * (block in "█▄"))
    image.resize((image.width * 5, image.height * 5)).save(tmp_path / "code.png")

    assert read_qr((tmp_path / "code.png").read_bytes()) == ADDRESS


@pytest.mark.lab
def test_the_svg_shows_the_same_code(tmp_path):
    svg = codes.as_svg(ADDRESS)
    size = int(re.search(r'viewBox="0 0 (\d+)', svg)[1])
    image = Image.new("L", (size, size), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1", svg):
        image.putpixel((int(x), int(y)), 0)
    image.resize((size * 5, size * 5)).save(tmp_path / "code.png")

    assert read_qr((tmp_path / "code.png").read_bytes()) == ADDRESS


def test_only_pictures_are_written(tmp_path):
    with pytest.raises(InvalidInput, match=r"use \.png or \.svg"):
        codes.write_file(ADDRESS, tmp_path / "code.doc")
    with pytest.raises(InvalidInput, match="No such file"):
        codes.write_file(ADDRESS, tmp_path / "nowhere" / "code.png")
