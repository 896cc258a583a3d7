"""The drill in a reader's browser: timer, folded answers, filters, shuffling, and progress that stays there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.outputs import BUILD

pytestmark = pytest.mark.gate
TOPIC = "/deadlock-prevention/interview.html"
ALL = "/interview-questions.html"
QUESTION = "details.question"
SHOWN = "details.question:not([hidden])"


@pytest.fixture
def asking(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in one browser profile, whose progress no other test sees."""
    context = browser.new_context()
    errors: list[str] = []

    def new(*, script: str = "") -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        if script:
            page.add_init_script(script)
        return page

    yield new
    context.close()
    assert errors == []


def ids(page: Page) -> list[str]:
    """The questions that a reader sees, from top to bottom."""
    found: list[str] = page.eval_on_selector_all(SHOWN, "all => all.map(each => each.dataset.question)")
    return found


def press(page: Page, name: str) -> None:
    """Press a button of the page by its text."""
    page.get_by_role("button", name=name, exact=True).click()


def status(page: Page) -> str:
    """What the controls of the questions say."""
    return str(page.locator(".drill .drill-said").text_content())


def mark(page: Page, question: str, name: str) -> None:
    """Unfold *question* and press one of its buttons."""
    element = page.locator(f"[data-question={question}]")
    if element.get_attribute("open") is None:
        element.locator("summary").click()
    element.get_by_role("button", name=name).click()


def test_the_timer_counts_down_pauses_and_says_the_time_politely(page: Page, address: str) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto(address + TOPIC)
    face, said = page.get_by_role("timer"), page.locator(".drill-timer").get_by_role("status")
    expect(face).to_have_text("1:00")
    press(page, "Start")
    page.clock.run_for(29_000)
    expect(face).to_have_text("0:31")
    expect(said).to_have_text("Running, 60 seconds left.")
    page.clock.run_for(1_000)
    expect(said).to_have_text("30 seconds left.")
    press(page, "Pause")
    page.clock.run_for(20_000)
    expect(face).to_have_text("0:30")
    press(page, "Resume")
    page.clock.run_for(30_000)
    expect(face).to_have_text("0:00")
    expect(said).to_have_text("Time is up.")
    press(page, "3 minutes")
    expect(face).to_have_text("3:00")
    press(page, "Start")
    page.clock.run_for(60_000)
    expect(said).to_have_text("2 minutes left.")
    press(page, "Reset")
    expect(face).to_have_text("3:00")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_focused()


def test_the_time_left_is_right_although_ticks_came_late(page: Page, address: str) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto(address + TOPIC)
    press(page, "Start")
    page.clock.fast_forward(45_000)  # as in a tab that was not looked at: one tick for all
    expect(page.get_by_role("timer")).to_have_text("0:15")
    page.clock.fast_forward(600_000)
    expect(page.get_by_role("timer")).to_have_text("0:00")


def test_nothing_moves_while_the_timer_runs(page: Page, address: str) -> None:
    page.clock.install(time=0)
    page.clock.pause_at(1000)
    page.goto(address + TOPIC)
    places = """[...document.querySelectorAll('.drill-timer, .drill-timer *, .drill')].map(each => {
        const box = each.getBoundingClientRect();
        return [box.left, box.top + scrollY];
    })"""
    before = page.evaluate(places)
    for name, wait in (("Start", 31_000), ("Pause", 0), ("Resume", 40_000)):
        press(page, name)
        page.clock.run_for(wait)
        assert page.evaluate(places) == before, name


def test_answers_are_folded_until_asked_for_by_mouse_or_key(page: Page, address: str) -> None:
    page.goto(address + TOPIC)
    question = page.locator(QUESTION).first
    answer = question.locator(".question-answer")
    expect(answer).to_be_hidden()
    question.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(answer).to_be_visible()
    press(page, "Fold all")
    expect(answer).to_be_hidden()


def test_questions_are_filtered_by_words_level_and_topic(page: Page, address: str) -> None:
    page.goto(address + ALL)
    total = page.locator(QUESTION).count()
    assert total > 100
    page.get_by_label("Topic").select_option("Deadlock prevention")
    assert ids(page) == [f"deadlock-prevention-{number:02}" for number in range(1, 17)]
    assert page.locator("h2:visible").count() == 1
    page.get_by_label("junior").uncheck()
    assert ids(page)[0] == "deadlock-prevention-05"
    page.get_by_label("Words").fill("RLock thread")
    assert ids(page) == ["deadlock-prevention-06"]
    assert status(page).startswith(f"1 of {total} questions;")
    page.get_by_label("Words").fill("loop can't run it")  # the page has another apostrophe
    assert ids(page) == ["deadlock-prevention-05"]
    page.get_by_label("Words").fill("<img src=x>")
    assert ids(page) == []


def test_questions_are_shuffled_across_topics_and_put_in_order_again(page: Page, address: str) -> None:
    page.goto(address + ALL)
    ordered = ids(page)
    press(page, "Shuffle")
    shuffled = ids(page)
    assert shuffled != ordered
    assert sorted(shuffled) == sorted(ordered)
    assert page.locator("h2:visible").count() == 0
    press(page, "In order")
    assert ids(page) == ordered
    expect(page.get_by_role("button", name="In order")).to_be_disabled()


def test_progress_is_kept_after_a_reload_and_on_other_pages_until_forgotten(
    asking: Callable[..., Page], address: str
) -> None:
    page = asking()
    page.goto(address + TOPIC)
    mark(page, "deadlock-prevention-01", "Known")
    mark(page, "deadlock-prevention-02", "Again")
    assert "1 known, 1 to be asked again" in status(page)
    page.reload()
    assert "1 known, 1 to be asked again" in status(page)
    page.get_by_label("Show").select_option("not yet known")
    assert ids(page)[0] == "deadlock-prevention-02"
    page.get_by_label("Show").select_option("to be asked again")
    assert ids(page) == ["deadlock-prevention-02"]

    other = asking()
    other.goto(address + ALL)
    assert "1 known, 1 to be asked again" in status(other)
    mark(other, "deadlock-prevention-02", "Again")  # a second press takes the mark away
    expect(page.locator(".drill .drill-said")).to_contain_text("1 known, 0 to be asked again")

    other.on("dialog", lambda dialog: dialog.accept())
    press(other, "Forget my progress")
    assert "0 known, 0 to be asked again" in status(other)
    other.reload()
    assert "0 known, 0 to be asked again" in status(other)
    assert other.evaluate("Object.keys(localStorage).filter(key => key.includes('drill'))") == []


def test_a_question_that_its_mark_hides_hands_the_focus_on(page: Page, address: str) -> None:
    page.goto(address + TOPIC)
    page.get_by_label("Show").select_option("not yet known")
    mark(page, "deadlock-prevention-01", "Known")
    assert "deadlock-prevention-01" not in ids(page)
    expect(page.locator("[data-question=deadlock-prevention-02] summary")).to_be_focused()


DENIED = """for (const name of %s) {
    const real = Storage.prototype[name];
    Storage.prototype[name] = function (key, ...rest) {
        if (key.includes("drill")) throw new DOMException("denied", "SecurityError");
        return real.call(this, key, ...rest); // the theme's own script does not expect it
    };
}"""


@pytest.mark.parametrize("denied", [["getItem", "setItem", "removeItem"], ["setItem", "removeItem"]])
def test_storage_that_is_denied_is_said_and_the_drill_goes_on(
    asking: Callable[..., Page], address: str, denied: list[str]
) -> None:
    page = asking(script=DENIED % denied)
    page.goto(address + TOPIC)
    assert "keeps no progress" in status(page)
    mark(page, "deadlock-prevention-01", "Known")
    assert "1 known" in status(page)


def test_progress_that_can_not_be_read_counts_for_nothing(asking: Callable[..., Page], address: str) -> None:
    for stored in ("nonsense", "null", "[1]", '{"deadlock-prevention-01": "<b>"}'):
        page = asking(script=f"localStorage.setItem('async-multithreading.drill', {stored!r})")
        page.goto(address + TOPIC)
        assert "0 known, 0 to be asked again" in status(page)


def test_a_link_to_a_question_opens_it(page: Page, address: str) -> None:
    page.goto(f"{address}{TOPIC}#question-deadlock-prevention-06")
    expect(page.locator("#question-deadlock-prevention-06 .question-answer")).to_be_visible()


def test_without_scripts_everything_is_there_and_nothing_that_does_not_work(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for where in (TOPIC, ALL):
        page.goto(address + where)
        assert page.locator(".drill, .drill-timer, .drill-marks").count() == 0
        question = page.locator(QUESTION).first
        question.locator("summary").click()
        expect(question.locator(".question-answer")).to_be_visible()
    context.close()


def test_answers_are_printed_and_the_controls_are_not(page: Page, address: str) -> None:
    page.goto(address + TOPIC)
    page.emulate_media(media="print")
    expect(page.locator(".question-answer").last).to_be_visible()
    expect(page.locator(".drill")).to_be_hidden()
    expect(page.locator(".drill-timer")).to_be_hidden()


def test_on_a_narrow_screen_nothing_sticks_out(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    for where in (TOPIC, ALL):
        page.goto(address + where)
        width = page.evaluate(
            "Math.max(...[...document.querySelectorAll('.drill *, .drill-timer *')]"
            ".map(each => each.getBoundingClientRect().right))"
        )
        assert width <= 320


def test_a_page_from_the_disk_drills_too(page: Page) -> None:
    page.goto(Path(BUILD, "html" + TOPIC).resolve().as_uri())
    mark(page, "deadlock-prevention-01", "Known")
    assert "1 known" in status(page)


def test_only_pages_with_questions_load_the_drill(page: Page, address: str) -> None:
    page.goto(f"{address}/overview.html")
    assert page.locator("[src*='drill'], [href*='drill']").count() == 0
    page.goto(address + TOPIC)
    assert page.locator("[src*='drill'], [href*='drill.css']").count() == 3
