"""What the files producer makes of files, good and bad."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from producers.files import Produced, read_files, run
from producers.reading.draft import TITLE_LIMIT
from producers.reading.inputs import FILE_LIMIT, matching
from wirewatch.errors import UnreadableInput, UserMistake
from wirewatch.models import Article
from wirewatch.settings import Settings

NOW = datetime(2025, 6, 1, 12, tzinfo=UTC)
SETTINGS = Settings()
LARGEST_MESSAGE = 8_000_000


def write(folder: Path, name: str, content: str | bytes) -> str:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


def read(*paths: str, **given: str) -> list[Article | UnreadableInput]:
    return list(read_files(paths, settings=SETTINGS, now=NOW, **given))  # type: ignore[arg-type]


def article(path: str, **given: str) -> Article:
    (found,) = read(path, **given)
    assert isinstance(found, Article), found
    return found


def refusal(path: str) -> str:
    (found,) = read(path)
    assert isinstance(found, UnreadableInput), found
    return str(found)


def dry(*paths: str, stdin: bytes = b"", limit: int | None = None) -> Produced:
    return run(SETTINGS, paths, dry_run=True, now=NOW, stdin=io.BytesIO(stdin), limit=limit)


class TestFormats:
    def test_the_first_line_of_a_txt_is_its_title(self, tmp_path: Path) -> None:
        found = article(write(tmp_path, "a.txt", "\nFlood in Derna\n\nTwo dams broke.\n"))
        assert (found.title, found.text, found.published_at) == ("Flood in Derna", "Two dams broke.", None)
        assert found.fetched_at == NOW
        assert found.lineage.path == str(tmp_path / "a.txt")

    def test_front_matter_of_a_md_is_honoured_and_its_syntax_stripped(self, tmp_path: Path) -> None:
        found = article(
            write(
                tmp_path,
                "a.md",
                '---\ntitle: "Hama: taken"\ndate: 2024-12-05T14:00:00+02:00\nauthor: [Ann, Bo]\n'
                "url: https://x.example/a\nsource: Cedar Post\nlanguage: en-GB\nsummary: Short.\ntags: [war]\n---\n"
                "# Hama: taken\n\nThe **army** left [Hama](https://x.example/h), see snake_case and 2*3*4.\n\n- one\n",
            )
        )
        assert found.title == "Hama: taken"
        assert found.text == "The army left Hama, see snake_case and 2*3*4.\n\none"
        assert found.published_at == datetime(2024, 12, 5, 12, tzinfo=UTC)
        assert (found.author, found.language, found.summary) == ("Ann, Bo", "en", "Short.")
        assert (found.source.name, found.source.domain) == ("Cedar Post", "x.example")

    def test_front_matter_that_is_no_yaml_is_refused(self, tmp_path: Path) -> None:
        assert "front matter" in refusal(write(tmp_path, "a.md", "---\ntitle: [a\n---\nText\n"))

    def test_metadata_of_a_html_page_is_kept_and_its_frame_is_not(self, tmp_path: Path) -> None:
        body = "".join(
            f"<p>Sentence number {n} tells what happened in the town of Homs that day.</p>" for n in range(9)
        )
        found = article(
            write(
                tmp_path,
                "a.html",
                '<!doctype html><html lang="fr-FR"><head><title>Homs calm - Cedar Post</title>'
                '<link rel="canonical" href="https://cedar.example/homs">'
                '<meta property="og:site_name" content="Cedar Post"><meta name="author" content="Ann Bee">'
                '<meta property="article:published_time" content="2024-12-07T18:30:00Z"></head>'
                f"<body><nav><a href='/'>Front page</a></nav><article><h1>Homs calm</h1>{body}</article></body></html>",
            )
        )
        assert (found.title, found.url, found.author) == ("Homs calm", "https://cedar.example/homs", "Ann Bee")
        assert (found.source.name, found.language) == ("Cedar Post", "fr")
        assert found.published_at == datetime(2024, 12, 7, 18, 30, tzinfo=UTC)
        assert found.text.startswith("Sentence number 0")
        assert "Front page" not in found.text

    def test_a_latin1_page_is_read_as_it_declares(self, tmp_path: Path) -> None:
        page = '<html><head><meta charset="iso-8859-2"><title>T</title></head><body><article>{}</article></body></html>'
        text = "<p>Wałęsa mówił w Gdańsku o wolności i solidarności przez całą godzinę.</p>" * 5
        found = article(write(tmp_path, "a.html", page.format(text).encode("iso-8859-2")))
        assert "Wałęsa mówił w Gdańsku" in found.text

    def test_a_json_list_gives_its_good_records_and_names_the_bad(self, tmp_path: Path) -> None:
        good, bad = read(write(tmp_path, "a.json", json.dumps([{"title": "A", "text": "B"}, {"headline": "C"}])))
        assert isinstance(good, Article)
        assert "record 2: has neither title nor text (keys: headline)" in str(bad)

    def test_a_folder_is_read_in_order_without_hidden_files(self, tmp_path: Path) -> None:
        for name in ("b.txt", "a.txt", ".hidden.txt", "notes.csv"):
            write(tmp_path, name, f"{name}\ntext")
        (tmp_path / ".git").mkdir()
        write(tmp_path, ".git/c.txt", "no")
        (tmp_path / "sub").mkdir()
        write(tmp_path, "sub/d.txt", "d.txt\ntext")
        assert [found.title for found in read(str(tmp_path)) if isinstance(found, Article)] == [
            "a.txt",
            "b.txt",
            "d.txt",
        ]
        assert any(".csv" in note for note in dry(str(tmp_path)).notes)

    @pytest.mark.parametrize(
        ("data", "titles"),
        [
            (b'{"title": "A", "text": "x"}\n{"title": "B", "text": "y"}\n', 2),
            (b'{"title": "A",\n "text": "x"}', 1),
            (b'\n[{"title": "A"}, {"title": "B"}]', 2),
            (b"A title\nand a text", 1),
        ],
    )
    def test_standard_input_is_read_as_what_it_looks_like(self, data: bytes, titles: int) -> None:
        produced = dry("-", stdin=data)
        assert (produced.read, produced.refused) == (titles, ())

    def test_a_stream_whose_first_line_is_broken_loses_only_that_line(self) -> None:
        produced = dry("-", stdin=b'{"title": \n{"title": "B"}\n{"title": "C"}\n')
        assert produced.read == 2
        assert produced.refused[0].startswith("standard input, line 1: ")

    def test_source_and_language_stand_in_where_a_file_names_none(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.txt", "A\nb")
        found = article(path, source="cedar.example", language="fr")
        assert (found.source.domain, found.language) == ("cedar.example", "fr")


class TestIds:
    def test_a_second_reading_gives_the_same_id(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.txt", "A\nb")
        later = next(iter(read_files([path], settings=SETTINGS, now=datetime(2026, 1, 1, tzinfo=UTC))))
        assert isinstance(later, Article)
        assert later.id == article(path).id

    def test_the_same_article_twice_in_one_file_is_one(self, tmp_path: Path) -> None:
        record = json.dumps({"title": "A", "text": "b", "url": "https://x.example/1?utm_source=z"})
        again = json.dumps({"title": "A", "text": "b", "url": "https://X.example/1/"})
        one, two = read(path := write(tmp_path, "a.jsonl", f"{record}\n{again}\n"))
        assert isinstance(one, Article)
        assert isinstance(two, Article)
        assert one.id == two.id
        assert "sent once" in " ".join(dry(path).notes)

    def test_an_article_without_url_has_the_id_of_its_content(self, tmp_path: Path) -> None:
        a, b = read(write(tmp_path, "a.txt", "A\nb"), write(tmp_path, "b.md", "# A\n\nb\n"))
        assert isinstance(a, Article)
        assert isinstance(b, Article)
        assert (a.url, a.id) == (None, b.id)


class TestBadInput:
    def test_a_missing_path_is_named_before_anything_is_read(self, tmp_path: Path) -> None:
        with pytest.raises(UserMistake, match=r"nowhere\.txt: there is no such file or folder"):
            dry(write(tmp_path, "a.txt", "A"), str(tmp_path / "nowhere.txt"))

    def test_a_folder_with_nothing_to_read_is_a_mistake(self, tmp_path: Path) -> None:
        with pytest.raises(UserMistake, match="nothing to read"):
            dry(str(tmp_path))

    @pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.json", "a.jsonl"])
    def test_an_empty_file_is_refused_whatever_its_format(self, tmp_path: Path, name: str) -> None:
        assert refusal(write(tmp_path, name, " \n\n")).endswith(f"{name}: is empty")

    @pytest.mark.parametrize("data", [bytes(range(256)) * 9, b"%PDF-1.7 abc", b"\x00\x01\x02\x03 text" * 5])
    def test_binary_data_is_refused_in_words(self, tmp_path: Path, data: bytes) -> None:
        assert "not text" in refusal(write(tmp_path, "a.txt", data))

    def test_a_few_invalid_bytes_in_utf8_are_replaced_with_a_note(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.txt", "Élysée\nL'été à Orléans ".encode() + b"\xff fin")
        assert article(path).text == "L'été à Orléans � fin"
        assert "1 broken characters" in dry(path).notes[0]

    @pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8-sig", "utf-32"])
    def test_other_encodings_of_western_text_are_recognised(self, tmp_path: Path, encoding: str) -> None:
        found = article(write(tmp_path, "a.txt", "Élection à Orléans\nLe président a été reçu.".encode(encoding)))
        assert (found.title, found.text) == ("Élection à Orléans", "Le président a été reçu.")

    def test_old_cyrillic_text_is_recognised(self, tmp_path: Path) -> None:
        text = "Новости дня\nСегодня в Москве прошёл сильный дождь и ветер"
        assert article(write(tmp_path, "a.txt", text.encode("cp1251"))).title == "Новости дня"

    @pytest.mark.parametrize("name", ["a.txt", "a.json"])
    def test_a_file_of_50_mb_is_refused_with_its_size_and_the_limit(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(50_000_000)
        assert "is 50 MB, the limit is 20 MB" in refusal(str(path))

    def test_a_jsonl_may_be_larger_than_the_limit_of_a_file_but_not_a_line_of_it(self, tmp_path: Path) -> None:
        path = tmp_path / "a.jsonl"
        with path.open("wb") as file:
            file.write(b'{"title": "A"}\n' + b"x" * (2 * FILE_LIMIT + 5) + b'\n{"title": "B"}\n')
        first, refused, last = read(str(path))
        assert isinstance(first, Article)
        assert "line 2: is longer than the limit" in str(refused)
        assert isinstance(last, Article)
        assert last.title == "B"

    def test_one_broken_line_of_a_hundred_costs_only_itself(self, tmp_path: Path) -> None:
        lines = [json.dumps({"title": f"T{n}", "text": "x"}) for n in range(1, 101)]
        lines[41] = '{"title": "T42", "text"'
        produced = dry(write(tmp_path, "a.jsonl", "\n".join(lines)))
        assert produced.read == 99
        (refused,) = produced.refused
        assert "a.jsonl, line 42: is no JSON" in refused

    @pytest.mark.parametrize(
        ("record", "why"),
        [
            ({"url": "https://x.example"}, "neither title nor text"),
            ({"title": 5}, "title is a number"),
            (["a"], "is no JSON object"),
        ],
    )
    def test_a_record_of_a_wrong_shape_is_refused_with_the_reason(
        self, tmp_path: Path, record: object, why: str
    ) -> None:
        assert why in refusal(write(tmp_path, "a.jsonl", json.dumps(record)))

    def test_json_nested_too_deep_is_refused(self, tmp_path: Path) -> None:
        assert "nested too deep" in refusal(write(tmp_path, "a.json", "[" * 200_000))

    def test_unknown_keys_are_counted(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.jsonl", '{"title": "A", "id": 1, "x": 2}\n{"title": "B", "id": 3}\n')
        assert dry(path).ignored_keys == {"id": 2, "x": 1}

    def test_a_title_of_100_kb_is_cut_and_stays_whole_in_the_text(self, tmp_path: Path) -> None:
        title = "word " * 20_000
        found = article(write(tmp_path, "a.txt", f"{title}\nbody"))
        assert len(found.title) <= TITLE_LIMIT
        assert found.title.endswith("word")
        assert found.text.startswith(title.strip())
        assert found.text.endswith("body")

    def test_a_text_of_3_mb_is_cut_at_a_word_and_marked(self, tmp_path: Path) -> None:
        found = article(write(tmp_path, "a.txt", "Title\n" + "wordy " * 500_000))
        assert found.truncated
        assert SETTINGS.text_limit - 10 < len(found.text) <= SETTINGS.text_limit
        assert found.text.endswith("wordy")

    def test_the_longest_text_fits_into_the_largest_message(self) -> None:
        longest = json.dumps("😀" * SETTINGS.text_limit)  # every character as two JSON escapes of 6 bytes
        assert len(longest) < LARGEST_MESSAGE / 2

    @pytest.mark.parametrize(
        ("published", "expected"),
        [
            ("9999-12-31T23:59:59-12:00", datetime(2025, 6, 3, 12, tzinfo=UTC)),
            ("0001-01-01T00:00:00+14:00", datetime(1900, 1, 1, tzinfo=UTC)),
            ("0000-01-01", None),
            ("next week", None),
            ("Thu, 05 Dec 2024 14:00:00 +0200", datetime(2024, 12, 5, 12, tzinfo=UTC)),
            ("2024-12-05", datetime(2024, 12, 5, tzinfo=UTC)),
        ],
    )
    @pytest.mark.parametrize("form", ["json", "md"])
    def test_a_strange_date_is_clamped_or_left_out(
        self, tmp_path: Path, published: str, expected: datetime | None, form: str
    ) -> None:
        record = json.dumps({"title": "A", "published": published})
        matter = f"---\ntitle: A\ndate: {published}\n---\ntext"
        found = article(write(tmp_path, f"a.{form}", record if form == "json" else matter))
        assert found.published_at == expected

    def test_null_bytes_and_lone_surrogates_are_taken_out(self, tmp_path: Path) -> None:
        plain = article(write(tmp_path, "a.txt", b"The ti\0tle of it\nand the te\0xt of it"))
        assert (plain.title, plain.text) == ("The title of it", "and the text of it")
        found = article(write(tmp_path, "a.json", r'{"title": "A\u0000B", "text": "x\ud800y"}'))
        assert (found.title, found.text) == ("AB", "xy")
        assert msgspec.json.decode(msgspec.json.encode(found), type=Article) == found

    def test_right_to_left_text_is_kept_letter_by_letter(self, tmp_path: Path) -> None:
        found = article(write(tmp_path, "a.txt", "سقوط دمشق\nدخلت الفصائل مدينة دمشق فجر الأحد."))
        assert (found.title, found.text) == ("سقوط دمشق", "دخلت الفصائل مدينة دمشق فجر الأحد.")

    def test_an_address_that_is_none_is_left_out_with_a_note(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.json", '{"title": "A", "url": "javascript:alert(1)"}')
        assert article(path).url is None
        assert "no web address" in dry(path).notes[0]

    def test_the_limit_ends_the_reading(self, tmp_path: Path) -> None:
        path = write(tmp_path, "a.jsonl", '{"title": "A"}\n{"title": "B"}\n{"title": "C"}\n')
        assert (dry(path, limit=2).read, dry(path, limit=2).end) == (2, "limit")
        assert dry(path, limit=3).end == "input"


def test_a_pattern_means_the_files_it_matches_and_a_path_means_itself(tmp_path: Path) -> None:
    for folder in ("2024-01", "2024-02", "2025-01"):
        (tmp_path / folder / "deep").mkdir(parents=True)
        write(tmp_path / folder / "deep", "a.txt", "Title")
    names = [str(tmp_path / folder / "deep" / "a.txt") for folder in ("2024-01", "2024-02")]
    assert matching(f"{tmp_path}/2024-*/**/*.txt") == names
    assert matching(names[0]) == names[:1]
    odd = write(tmp_path, "a[1].txt", "Title")
    assert matching(odd) == [odd]
    assert matching(str(tmp_path / "nowhere")) == [str(tmp_path / "nowhere")]
    with pytest.raises(UserMistake, match="nothing matches"):
        matching(f"{tmp_path}/1999-*/*.txt")
