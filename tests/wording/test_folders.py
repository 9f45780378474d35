"""A force's own templates: laid over ours, and refused with file, line and field where they do too much."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from notifier.errors import SettingsError
from notifier.records import Form, RenderRequest
from notifier.rendering import Renderer
from notifier.template_folders import SHIPPED, refusals, templates_in_force
from notifier.wording import samples

SHORT = "case.charged/en/short.txt"


def laid(folder: Path, path: str, text: str) -> Path:
    """Write a template into a force's folder; return the folder."""
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    return folder


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ours without the events: reading all of them each time takes long."""
    folder = tmp_path_factory.mktemp("ours")
    shutil.copytree(SHIPPED / "_frame", folder / "_frame")
    return folder


def charged(form: Form = Form.SHORT) -> RenderRequest:
    return samples.request(form, events=(samples.event("case.charged"),))


def test_without_a_folder_ours_are_in_force() -> None:
    assert templates_in_force(None) == (SHIPPED,)


def test_ours_are_never_refused() -> None:
    assert refusals([SHIPPED]) == []


def test_a_file_of_the_force_counts_and_the_rest_is_ours(tmp_path: Path) -> None:
    laid(tmp_path, SHORT, "Someone faces a charge since {{ event.on }}.")
    renderer = Renderer(samples.TIMEZONE, *templates_in_force(tmp_path))
    assert "Someone faces a charge since 1 April." in renderer.render(charged()).text
    assert "This is Example Police" in renderer.render(charged()).text
    assert "Someone was charged on 1 April." in renderer.render(charged(Form.MAIL)).text


def test_a_shared_part_of_the_force_stands_in_our_templates(tmp_path: Path) -> None:
    laid(tmp_path, "_shared/en/hearing.txt", "- At: {{ event.court }}")
    renderer = Renderer(samples.TIMEZONE, *templates_in_force(tmp_path))
    hearing = samples.request(Form.MAIL, events=(samples.event("court.hearing_listed"),))
    assert "- At: Example Crown Court" in renderer.render(hearing).text


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        # fields outside of the list
        ("\n{{ event.case_id }}", 2, "event.case_id is no field here; there are offences, on"),
        ("{{ event['victim_ids'] }}", 1, "event.victim_ids is no field here"),
        ("{{ event[represented] }}", 1, "a field that is not named"),
        ("{% if event.outcome %}x{% endif %}", 1, "event.outcome is no field here"),
        ("{{ contact.id }}", 1, "contact.id is no field here"),
        ("{{ case.offence }}", 1, "case.offence is no field here"),
        ("{{ address }}", 1, "address is no field here"),
        ("{% for one in event.offences %}{{ one }}{{ address }}{% endfor %}", 1, "address is no field here"),
        ("{{ courtesy.last }}", 1, "courtesy is no field here"),
        # ways out of the sandbox
        ("{{ recipient.__class__ }}", 1, "reads __class__ of something that has no fields"),
        ("{{ ''.__class__.__mro__ }}", 1, "reads __class__ of"),
        ("{{ event.items() }}", 1, "event.items is no field here"),
        ("{{ recipient.format(event) }}", 1, "reads format of"),
        ("{{ recipient() }}", 1, "calls something that is no macro"),
        ("{{ range(10) }}", 1, "range is no field here"),
        ("{{ self }}", 1, "self is no field here"),
        ("{{ recipient | attr('__class__') }}", 1, "No filter named 'attr'"),
        ("{{ recipient | safe }}", 1, "No filter named 'safe'"),
        ("{% if recipient is named %}x{% endif %}", 1, "named is no filter or test that is allowed"),
        ("{% if recipient | attr('x') %}x{% endif %}", 1, "attr is no filter or test that is allowed"),
        ("{% autoescape false %}x{% endautoescape %}", 1, "take autoescape out"),
        # other templates
        ("{% include '../../../etc/passwd' %}", 1, "in no folder of templates"),
        ("{% include '/etc/passwd' %}", 1, "in no folder of templates"),
        ("{% include recipient %}", 1, "not named: write the name out"),
        ("{% extends '_frame/en/words.txt' %}", 1, "include that one"),
        ("{% import '_frame/en/words.txt' as frame %}", 1, "imports a whole template"),
        ("{% from '_frame/en/none.txt' import police %}", 1, "in no folder of templates"),
        ("{% include 'case.charged/en/short.txt' %}", 1, "which takes it in"),
        # what cannot be read
        ("one\n{% if %}", 2, "not a template that can be read"),
    ],
)
def test_what_a_template_may_not_do_is_refused(
    tmp_path: Path, frame: Path, text: str, line: int, said: str
) -> None:
    laid(tmp_path, SHORT, text)
    found = refusals([tmp_path, frame])
    assert {(refusal.path, refusal.line) for refusal in found} == {(SHORT, line)}
    assert said in " ".join(refusal.words for refusal in found)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ event.on }} {{ event.offences | map('phrase') | join(', ') }}", SHORT),
        ("{% set who = recipient or 'you' %}{{ who | lower }}", SHORT),
        ("{% macro said(what) %}{{ what }}{% endmacro %}{{ said(event.on) }}", SHORT),
        ("{% from '_frame/en/words.txt' import police with context %}{{ police() }}", SHORT),
        ("{% for one in event.offences %}{{ one }}{% if not loop.last %}, {% endif %}{% endfor %}", SHORT),
        ("{{ courtesy.waiting_for }} {{ brief }}", "_courtesy/en/short.txt"),
        ("{{ event.officer.name }} {{ event.officer.phone }}", "officer.assigned/cy/full.txt"),
        ("Help\n\nCall {{ contact.phone }}.", "_leaflets/help-after-crime/en.txt"),
    ],
)
def test_what_a_template_needs_is_not_refused(tmp_path: Path, frame: Path, text: str, path: str) -> None:
    assert refusals([laid(tmp_path, path, text), frame]) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("case.charged/en/shrot.txt", "the files here are subject.txt, full.txt"),
        ("case.charged/fr/short.txt", "name it FOLDER/LANGUAGE/FILE (languages: en, cy)"),
        ("case.charged/short.txt", "name it FOLDER/LANGUAGE/FILE"),
        ("case.opened/en/short.txt", "case.opened is no event that victims are told of"),
        ("_frame/en/short.txt", "the files here are words.txt"),
    ],
)
def test_a_file_that_nothing_reads_is_refused(tmp_path: Path, frame: Path, path: str, said: str) -> None:
    (refusal,) = refusals([laid(tmp_path, path, "x"), frame])
    assert refusal.path == path
    assert said in refusal.words


def test_a_part_that_another_includes_has_the_fields_of_that_one(tmp_path: Path) -> None:
    laid(tmp_path, "_shared/en/more.txt", "{{ event.offences | join }} {{ event.court }}")
    laid(tmp_path, SHORT, "{% include '_shared/en/more.txt' %}")
    (refusal,) = refusals([tmp_path, SHIPPED])
    assert str(refusal) == "_shared/en/more.txt, line 1: event.court is no field here; there are offences, on"


def test_a_link_out_of_the_folder_is_refused_and_nothing_is_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("{{ nothing }}")
    folder = tmp_path / "force" / "case.charged" / "en"
    folder.mkdir(parents=True)
    (folder / "short.txt").symlink_to(outside)
    (refusal,) = refusals([tmp_path / "force", SHIPPED])
    assert refusal.path == SHORT
    assert "a link out of the folder" in refusal.words


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    laid(tmp_path, SHORT, "")
    (tmp_path / SHORT).write_bytes(b"\xff\xfe")
    (refusal,) = refusals([tmp_path, SHIPPED])
    assert refusal.words == "it is not UTF-8: save it as UTF-8"


def test_a_bad_folder_stops_the_start_with_one_line(tmp_path: Path) -> None:
    laid(tmp_path, SHORT, "{{ event.secret }}\n{{ secret }}")
    with pytest.raises(SettingsError) as stopped:
        templates_in_force(tmp_path)
    said = str(stopped.value)
    assert said.startswith(f"{SHORT}, line 1: event.secret is no field here")
    assert f"(and 1 more: see `notifier templates check --folder {tmp_path}`)" in said
    assert "\n" not in said
